"""The -XX flags of eight JDKs: which version knows which flag, as what, of which type, and within which range.

Read out of the JVMs themselves in November 2026: OpenJDK 8u504, 11.0.33, 17.0.21, 21.0.13, 25.0.5, 26.0.2, 27.0.1 and 28-ea+18
(Debian builds, x86-64), with -XX:+UnlockDiagnosticVMOptions -XX:+UnlockExperimentalVMOptions and -XX:+PrintFlagsFinal for names, kinds
and types, -XX:+PrintFlagsRanges for ranges; flags that a version only warns about were found by giving it every flag that it lacks
(and, for 8 and 11, in obsolete_jvm_flags and special_jvm_flags of arguments.cpp).
"""

from collections.abc import Iterator
from functools import lru_cache

from memlint.records import NamedTuple

MAJORS = (8, 11, 17, 21, 25, 26, 27, 28)

# Flags that only other processors have, and what other vendors' builds add: never called unknown.
_ELSEWHERE_NAMES = """UseSVE UseLSE UseNeon UseCRC32 UseSIMDForMemoryOps UseSIMDForArrayEquals UseSIMDForSHA3Intrinsic UseSIMDForBigIntegerShiftIntrinsics
AvoidUnalignedAccesses UseBlockZeroing BlockZeroingLowLimit UseBranchProtection SoftwarePrefetchHintDistance UseSimpleArrayEquals
NearCpool UsePopCountInstruction StartFlightRecording FlightRecorderOptions VMOptionsFile Flags OverrideVMProperties UseOpenJSSE
VitalsReportDuringShutdown EnableVitals PrintVitalsAtExit DumpVitalsAtExit UseWisp2 MultiTenant"""
_ELSEWHERE = frozenset(_ELSEWHERE_NAMES.split())

# Updates in which a flag arrived within a major version: (flag, major) -> update.
_SINCE = {
    ("ExitOnOutOfMemoryError", 8): 92, ("CrashOnOutOfMemoryError", 8): 92, ("UseCGroupMemoryLimitForHeap", 8): 131,
    ("UseContainerSupport", 8): 191, ("MaxRAMPercentage", 8): 191, ("MinRAMPercentage", 8): 191, ("InitialRAMPercentage", 8): 191,
    ("ActiveProcessorCount", 8): 191, ("UseShenandoahGC", 11): 9, ("UseContainerCpuShares", 11): 17, ("UseContainerCpuShares", 17): 5,
    ("TrimNativeHeapInterval", 17): 9, ("TrimNativeHeapInterval", 21): 2,
}  # fmt: skip

_TYPES = {
    "b": "bool", "n": "intx", "i": "int", "u": "uintx", "I": "uint", "z": "size_t", "q": "uint64_t", "d": "double", "s": "ccstr", "l": "ccstrlist",
}  # fmt: skip


class FlagInfo(NamedTuple):
    """What one major version makes of a flag.

    `kind`: "product", "experimental", "diagnostic", "ignored" (a warning and nothing else), "absent", "unsure" (between the versions read).
    """

    name: str
    kind: str
    type: str  # as the JVM names it: "bool", "uintx", "size_t", "double", "ccstr" …, "" where not known
    low: str | None = None  # the allowed range as the JVM prints it
    high: str | None = None


_KINDS = {"p": "product", "x": "experimental", "d": "diagnostic", "i": "ignored", ".": "absent", "?": "unsure"}


@lru_cache(maxsize=1024)
def look_up(name: str, major: int, update: int | None = None) -> FlagInfo:
    """Return what a version makes of the flag `name`; `update` None is the newest."""
    line = _line(name)
    if line is None:
        return FlagInfo(name, "unsure" if name in _ELSEWHERE else "absent", "")
    types, kinds, ranges = line
    index, between = _column(major)
    kind = kinds[index] if major >= MAJORS[0] else "?"
    if between and kinds[index + 1] != kind:
        kind = "?"
    since = _SINCE.get((name, major))
    if since is not None and update is not None and update < since:
        kind = "."
    letter = types if len(types) == 1 else types[index]
    low, high = _range(ranges, MAJORS[index])
    return FlagInfo(name, _KINDS[kind], _TYPES.get(letter, ""), low, high)


def known_anywhere(name: str) -> bool:
    return name in _ELSEWHERE or _line(name) is not None


def names(major: int) -> Iterator[str]:
    """Yield every flag that a version takes."""
    index, _ = _column(major)
    for line in _TABLE.splitlines():
        fields = line.split(" ")
        if len(fields) > 2 and fields[2][index] in "pxd":
            yield fields[0]


def _column(major: int) -> tuple[int, bool]:
    """Return the column of the nearest version not above `major`, and whether `major` lies between two columns."""
    if major in MAJORS:
        return MAJORS.index(major), False
    if major > MAJORS[-1]:
        return len(MAJORS) - 1, False
    below = [index for index, known in enumerate(MAJORS) if known < major]
    return (below[-1], True) if below else (0, False)


def _line(name: str) -> tuple[str, str, str] | None:
    if not name.isidentifier():
        return None
    start = _TABLE.find(f"\n{name} ")
    if start < 0:
        return None
    fields = _TABLE[start + 1 : _TABLE.index("\n", start + 1)].split(" ")
    return fields[1], fields[2], fields[3] if len(fields) > 3 else ""


def _range(text: str, major: int) -> tuple[str | None, str | None]:
    if not text or major < 11:
        return None, None
    found = ""
    for piece in text.split(","):
        since, colon, bounds = piece.partition(":")
        if not colon:
            found = piece
        elif int(since) <= major:
            found = bounds
    low, dots, high = found.partition("..")
    return (low, high) if dots else (None, None)


# name, type (one letter, or one a version), kind in 8 11 17 21 25 26 27 28 (p x d: product, experimental, diagnostic; i: ignored with a
# warning; a dot: unknown), and the allowed range, with the version from which on where it changed.
_TABLE = """
AOTAdapterCaching b ....dddd
AOTCache s ....pppp
AOTCacheOutput s ....pppp
AOTCacheParallelRelocation b ....dddd
AOTClassLinking b ....pppp
AOTCodeMaxSize I ....dddd 25:1048576..2147483647,27:1048576..2147483648
AOTCompatibleOopCompression b ......dd
AOTCompileEagerly b ....xxxx
AOTConfiguration s ....pppp
AOTEagerlyLoadObjects b .....ddd
AOTInvokeDynamicLinking b ....dddd
AOTLibrary l .x......
AOTMode s ....pppp
AOTPrintTrainingInfo b ....dddd
AOTRecordTraining b ....dddd
AOTReplayTraining b ....dddd
AOTStreamableObjects b .....ddd
AOTStubCaching b ....dddd
AOTVerifyTrainingData b ....dddd
AVX3Threshold i .ddddddd 0..2147483647
AbortVMOnAOTCodeFailure b ....dddd
AbortVMOnCompilationFailure b dddddddd
AbortVMOnException s .ddddddd
AbortVMOnExceptionMessage s .ddddddd
AbortVMOnSafepointTimeout b dddddddd
AbortVMOnSafepointTimeoutDelay q ....dddd 0..9223372036854775807
AbortVMOnVMOperationTimeout b .ddddddd
AbortVMOnVMOperationTimeoutDelay n .ddddddd 0..9223372036854775807
ActiveProcessorCount niiiiiii pppppppp
AdaptivePermSizeWeight - i.......
AdaptiveSizeDecrementScaleFactor u pppppppp 1..18446744073709551615
AdaptiveSizeMajorGCDecayTimeScale u pppppi..
AdaptiveSizePausePolicy u p.......
AdaptiveSizePolicyCollectionCostMargin u pppp.... 0..100
AdaptiveSizePolicyInitializingSteps u pppppi..
AdaptiveSizePolicyOutputInterval u pppppi..
AdaptiveSizePolicyWeight uuuuIIII pppppppp 0..100
AdaptiveSizeThroughPutPolicy uuuuI-.. pppppi.. 0..1
AdaptiveTimeWeight uuuuI-.. pppppi.. 0..100
AdjustConcurrency b p.......
AdjustStackSizeForTLS b ..pppppp
AggressiveHeap b ppppppi.
AggressiveOpts b pp......
AggressiveUnboxing b xxdddddd
AliasLevel n ppp..... 0..3
AlignVector b pppppppp
AllocateHeapAt s .ppppppp
AllocateInstancePrefetchLines nnnniiii pppppppp 1..64
AllocatePrefetchDistance nnnniiii pppppppp 11:,25:-1..512
AllocatePrefetchInstr n pppppppp
AllocatePrefetchLines nnnniiii pppppppp 1..64
AllocatePrefetchStepSize nnnniiii pppppppp 1..512
AllocatePrefetchStyle nnnniiii pppppppp 0..3
AllowArchivingWithJavaAgent b ..ddd...
AllowJNIEnvProxy b pp......
AllowNonVirtualCalls b pp......
AllowParallelDefineClass b pppppppp
AllowRedefinitionToAddDeleteMethods b ..pppppp
AllowUserSignalHandlers b pppppppp
AllowVectorizeOnDemand b .ppppppp
AltTempDir s .......p
AlwaysActAsServerClassMachine b ppppppi.
AlwaysAtomicAccesses b .xxxxx..
AlwaysCompileLoopMethods b pppppppi
AlwaysLockClassLoader b ppp.....
AlwaysPreTouch b pppppppp
AlwaysPreTouchStacks b ...ddddd
AlwaysRecordEvolDependencies b ....xxxx
AlwaysRestoreFPU b pppppppp
AlwaysSafeConstructors b .xxxxxxx
AlwaysTenure b pppppppp
ArchiveClassesAtExit s ..pppppp
ArchiveRelocationMode ..niiiii ..dddddd 0..2
ArrayAllocatorMallocLimit uzzz.... xxxx....
ArrayCopyLoadStoreMaxElem n .ppppppp 0..9223372036854775807
ArrayMarkingMinStride u ......dd
ArrayOperationPartialInlineSize n ..dddddd 17:0..64,21:0..256
AssertOnSuspendWaitFailure b ppi.....
AssumeMP b pp......
AsyncDeflationInterval n ..dddddd 0..2147483647
AsyncLogBufferSize z ..pppppp 102400..52428800
AutoBoxCacheMax n pppppppp 0..2147483647
AutoCreateSharedArchive b ...ppppp
AutoGCSelectPauseMillis u p.......
AutoShutdownNMT - i.......
AutoVectorizationOverrideProfitability I ....dddd 0..2
AvgMonitorsPerThreadEstimate z ..dddddd
BCEATraceLevel n pppppppp 0..3
BackEdgeThreshold n p.......
BackgroundCompilation b pppppppp
BaseFootPrintEstimate uzzz.... pppp....
BiasedLockingBulkRebiasThreshold n ppp..... 0..9223372036854775807
BiasedLockingBulkRevokeThreshold n ppp..... 0..9223372036854775807
BiasedLockingDecayTime n ppp..... 500..9223372036854775807
BiasedLockingStartupDelay n ppp..... 0..2147483640
BindCMSThreadToCPU b dd......
BindGCTaskThreadsToCPUs b pp......
BlockLayoutByFrequency b pppppppp
BlockLayoutMinDiamondPercentage n pppppppp 0..100
BlockLayoutRotateLoops b pppppppp
BlockOffsetArrayUseUnallocatedBlock b dd......
BootstrapJVMCI b .xxxxx..
BranchOnRegister b pp......
BytecodeVerificationLocal b ppdddddd
BytecodeVerificationRemote b ppdddddd
C1InlineStackLimit n ..pppppp 0..2147483647
C1MaxInlineLevel n ..pppppp 0..2147483647
C1MaxInlineSize n ..pppppp 0..2147483647
C1MaxRecursiveInlineLevel n ..pppppp 0..2147483647
C1MaxTrivialSize n ..pppppp 0..2147483647
C1OptimizeVirtualCallProfiling b pppppppp
C1PatchInvokeDynamic b d.......
C1ProfileBranches b pppppppp
C1ProfileCalls b pppppppp
C1ProfileCheckcasts b pppppppp
C1ProfileInlinedCalls b pppppppp
C1ProfileVirtualCalls b pppppppp
C1UpdateMethodData b pppppppp
CICompilerCount n pppppppp 0..2147483647
CICompilerCountPerCPU b pppppppp
CIPrintCompileQueue b .ddddddd
CIPrintCompilerName b ...ddddd
CITime b pppppppp
CMSAbortSemantics b pp......
CMSAbortablePrecleanMinWorkPerIteration u pp......
CMSAbortablePrecleanWaitMillis n pp...... 0..9223372036854775807
CMSBitMapYieldQuantum uz...... pp...... 1..18446744073709551615
CMSBootstrapOccupancy u pp...... 0..100
CMSClassUnloadingEnabled b pp......
CMSClassUnloadingMaxInterval u pp......
CMSCleanOnEnter b pp......
CMSCompactWhenClearAllSoftRefs b p.......
CMSConcMarkMultiple uz...... pp...... 1..4503599627370495
CMSConcurrentMTEnabled b pp......
CMSCoordinatorYieldSleepCount u pp...... 0..4294967295
CMSDumpAtPromotionFailure b p.......
CMSEdenChunksRecordAlways b pp......
CMSExpAvgFactor u pp...... 0..100
CMSExtrapolateSweep b pp......
CMSFullGCsBeforeCompaction u p.......
CMSIncrementalDutyCycle u p.......
CMSIncrementalDutyCycleMin u p.......
CMSIncrementalMode b p.......
CMSIncrementalOffset u p.......
CMSIncrementalPacing b p.......
CMSIncrementalSafetyFactor u pp...... 0..100
CMSIndexedFreeListReplenish u pp...... 1..18446744073709551615
CMSInitiatingOccupancyFraction n pp...... -9223372036854775808..100
CMSInitiatingPermOccupancyFraction - i.......
CMSIsTooFullPercentage u pp...... 0..100
CMSLargeCoalSurplusPercent d pp...... 0..179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123348274797826204144723168738177180919299881250404026184124858368
CMSLargeSplitSurplusPercent d pp...... 0..179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123348274797826204144723168738177180919299881250404026184124858368
CMSLoopWarn b pp......
CMSMaxAbortablePrecleanLoops u pp......
CMSMaxAbortablePrecleanTime n pp...... 0..9223372036854775807
CMSOldPLABMax uz...... pp...... 1..18446744073709551615
CMSOldPLABMin uz...... pp...... 1..18446744073709551615
CMSOldPLABNumRefills u pp...... 1..18446744073709551615
CMSOldPLABReactivityFactor u pp...... 1..18446744073709551615
CMSOldPLABResizeQuicker b pp......
CMSOldPLABToleranceFactor u pp...... 1..18446744073709551615
CMSPLABRecordAlways b pp......
CMSParPromoteBlocksToClaim u p.......
CMSParallelInitialMarkEnabled b pp......
CMSParallelRemarkEnabled b pp......
CMSParallelSurvivorRemarkEnabled b pp......
CMSPermGenPrecleaningEnabled - i.......
CMSPrecleanDenominator u pp...... 1..18446744073709551615
CMSPrecleanIter u pp...... 0..9
CMSPrecleanNumerator u pp...... 0..18446744073709551614
CMSPrecleanRefLists1 b pp......
CMSPrecleanRefLists2 b pp......
CMSPrecleanSurvivors1 b pp......
CMSPrecleanSurvivors2 b pp......
CMSPrecleanThreshold u pp...... 100..18446744073709551615
CMSPrecleaningEnabled b pp......
CMSPrintChunksInDump b pp......
CMSPrintEdenSurvivorChunks b p.......
CMSPrintObjectsInDump b pp......
CMSRemarkVerifyVariant u pp...... 1..2
CMSReplenishIntermediate b pp......
CMSRescanMultiple uz...... pp...... 1..4503599627370495
CMSRevisitStackSize - i.......
CMSSamplingGrain u pp...... 8..18446744073709551615
CMSScavengeBeforeRemark b pp......
CMSScheduleRemarkEdenPenetration u pp...... 0..100
CMSScheduleRemarkEdenSizeThreshold uz...... pp......
CMSScheduleRemarkSamplingRatio u pp...... 1..18446744073709551615
CMSSmallCoalSurplusPercent d pp...... 0..179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123348274797826204144723168738177180919299881250404026184124858368
CMSSmallSplitSurplusPercent d pp...... 0..179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123348274797826204144723168738177180919299881250404026184124858368
CMSSplitIndexedFreeListBlocks b pp......
CMSTriggerInterval n pp...... -1..9223372036854775807
CMSTriggerPermRatio - i.......
CMSTriggerRatio u pp...... 0..100
CMSWaitDuration n pp...... -2147483648..2147483647
CMSWorkQueueDrainThreshold u pp...... 1..4294967295
CMSYield b pp......
CMSYieldSleepCount u pp...... 0..4294967295
CMSYoungGenPerWorker uz...... pp...... 1..18446744073709551615
CMS_FLSPadding u pp...... 0..4294967295
CMS_FLSWeight u pp...... 0..100
CMS_SweepPadding u pp...... 0..4294967295
CMS_SweepTimerThresholdMillis u pp......
CMS_SweepWeight u pp...... 0..100
CPUForCMSThread u dd...... 0..4294967295
CalculateClassFingerprint b .p......
CaptureBailoutInformation b ....dddd
CheckAssertionStatusDirectives - .i......
CheckEndorsedAndExtDirs b pi......
CheckIntrinsics b .ddddddd
CheckJNICalls b pppppppp
ClassUnloading b pppppppp
ClassUnloadingWithConcurrentMark b pppppppp
ClearFPUAtPark n p.......
ClipInlining b pppppppp
CodeCacheExpansionSize uuuuuzzz pppppppp 32768..18446744073709551615
CodeCacheMinBlockLength .uuuuzzz .ddddddd 1..100
CodeCacheMinimumFreeSpace u p.......
CodeCacheSegmentSize ..uuuzzz ..xxxxxx 1..1024
CodeEntryAlignment ...nnnII ...xxxxx
CollectGen0First b p.......
CompactFields b pp......
CompactStrings b .ppppppp
CompilationMode s ..pppppp
CompilationPolicyChoice n pp...... 0..2
CompilationRepeat - i.......
CompileCommand l pppppppp
CompileCommandFile s pppppppp
CompileOnly l pppppppp
CompileThreshold n pppppppp
CompileThresholdScaling d .ppppppp 0..179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123348274797826204144723168738177180919299881250404026184124858368
CompilerDirectivesFile s .ddddddd
CompilerDirectivesIgnoreCompileCommands b .ddddddd
CompilerDirectivesLimit i .ddddddd
CompilerDirectivesPrint b .ddddddd
CompilerThreadHintNoPreempt b pp......
CompilerThreadPriority nnniiiii pppppppp 11:-2147483648..2147483647,21:
CompilerThreadStackSize n pppppppp 0..9007199254740991
CompressedClassSpaceSize uzzzzzzz pppppppp 11:1048576..3221225472,25:1048576..4294967296
ConcGCThreads uIIIIIII pppppppp
ConditionalMoveLimit n pppppppp 0..2147483647
ContendedPaddingWidth nnnniiii pppppppp 0..8192
ControlIntrinsic l ..dddddd
ConvertSleepToYield b p.......
ConvertYieldToSleep b p.......
CopyAVX3Threshold i ......dd 0..2147483647
CrashOnOutOfMemoryError b pppppppp
CreateCoredumpOnCrash b .ppppppp
CreateMinidumpOnCrash b pppppppp
CriticalJNINatives b ppp.....
DTraceAllocProbes b pppppppp
DTraceMethodProbes b pppppppp
DTraceMonitorProbes b pppppppp
DebugInlinedCalls b dddddddd
DebugNonSafepoints b dddddddd
Debugging b pp......
DefaultMaxRAMFraction u pppp....
DefaultThreadPriority n p.......
DeferInitialCardMark b ddddd...
DeferPollingPageLoopCount n pi......
DeferThrSuspendLoopCount n pi......
DelayAfterInliningCutoff b ......dd
DelayCompilerStubsGeneration b ...ddddd
DeoptimizeNMethodBarriersALot b ..dddddd
DeoptimizeOnAllocationException b ....dddd
DeoptimizeRandom b pp......
DiagnoseSyncOnValueBasedClasses ..niiiii ..dddddd 0..2
DisableAttachMechanism b pppppppp
DisableExplicitGC b pppppppp
DisableIntrinsic l dddddddd
DisablePrimordialThreadGuardPages b xxxxxxxx
DisplayVMOutput b dddddddd
DisplayVMOutputToStderr b pppppppp
DisplayVMOutputToStdout b pppppppp
DoEscapeAnalysis b pppppppp
DoJVMTIVirtualThreadTransitions b ...xxxxx
DoReserveCopyInSuperWord b .ppp....
DominatorSearchLimit n dddddddd 0..2147483647
DontCompileHugeMethods b pppppppp
DontYieldALot b pppp....
DumpLoadedClassList s pppppppp
DumpPerfMapAtExit b ..dddddd
DumpPrivateMappingsInCore b .ddddddd
DumpReplayDataOnError b pppppppp
DumpSharedMappingsInCore b .ddddddd
DumpSharedSpaces b pppiiii.
DuplicateBackedge b ...ddddd
DynamicDumpSharedSpaces b ..piiii.
DynamicallyResizeSystemDictionaries b .dd.....
EagerJVMCI b .xxxxx..
EagerXrunInit b pppppppp
EliminateAllocationArraySizeLimit n pppppppp 0..2147483647
EliminateAllocationFieldsLimit n ..dddddd 0..2147483647
EliminateAllocations b pppppppp
EliminateAutoBox b pppppppp
EliminateLocks b pppppppp
EliminateNestedLocks b pppppppp
EmitSync n px......
EnableContended b pppppppp
EnableDynamicAgentLoading b .ppppppp
EnableInvokeDynamic b d.......
EnableJVMCI b .xxxxx..
EnableJVMCIProduct b ..xxxx..
EnableThreadSMRExtraValidityChecks b .d......
EnableThreadSMRStatistics b .ddddddd
EnableTracing b pi......
EnableVectorAggressiveReboxing b ..xxxxxx
EnableVectorReboxing b ..xxxxxx
EnableVectorSupport b ..xxxxxx
EnableX86ECoreOpts b ....dddd
EpsilonElasticTLAB b .xxxxxxx
EpsilonElasticTLABDecay b .xxxxxxx
EpsilonMaxTLABSize z .xxxxxxx 1..9223372036854775807
EpsilonMinHeapExpand z .xxxxxxx 1..9223372036854775807
EpsilonPrintHeapSteps z .xxxxxxx 0..9223372036854775807
EpsilonTLABDecayTime z .xxxxxxx 1..9223372036854775807
EpsilonTLABElasticity d .xxxxxxx 1..179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123348274797826204144723168738177180919299881250404026184124858368
EpsilonUpdateCountersStep z .xxxxxxx 1..9223372036854775807
ErgoHeapSizeLimit uzzzzzzz pppppppp
ErrorFile s pppppppp
ErrorFileToStderr b pppppppp
ErrorFileToStdout b pppppppp
ErrorLogPrintCodeLimit i ..dddddd 0..10
ErrorLogSecondaryErrorDetails b ...ddddd
ErrorLogTimeout .qqqqqqI .ppppppp 0..9223372036854775
ErrorReportServer s pp......
EscapeAnalysisTimeout d pppppppp 0..179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123348274797826204144723168738177180919299881250404026184124858368
EstimateArgEscape b pppppppp
ExecutingUnitTests b .ppppppp
ExitOnOutOfMemoryError b pppppppp
ExpandSubTypeCheckAtParseTime b ..dd....
ExplicitGCInvokesConcurrent b pppppppp
ExplicitGCInvokesConcurrentAndUnloadsClasses b p.......
ExtendedDTraceProbes b ppp.....
ExtensiveErrorReports b .ppppppp
ExtraSharedClassListFile s pppppppp
FLSAlwaysCoalesceLarge b pp......
FLSCoalescePolicy u pp...... 0..4
FLSLargestBlockCoalesceProximity d pp...... 0..1
FLSVerifyAllHeapReferences b dd......
FLSVerifyIndexTable b dd......
FLSVerifyLists b dd......
FailOverToOldVerifier b pp......
FastLockingSpins i .....ddd 1..30
FastTLABRefill b pi......
FenceInstruction n p.......
FieldsAllocationStyle n pp...... 0..2
FilterSpuriousWakeups b ppp.....
FlatArrayElementMaxOops n .......d
FlatteningBudget I .......x 0..1048576
FlightRecorder b pppppppp
FlightRecorderOptions s pppppppp
FoldStableValues b dddddddd
ForceDynamicNumberOfGCThreads b dd......
ForceNUMA b pp......
ForceNonTearable l .......d
ForceTimeHighResolution b pppppppp
ForceUnreachable b dddddddd
FreqInlineSize n pppppppp 0..2147483647
FullGCHeapDumpLimit I ....pppp
G1AdaptiveIHOPNumInitialSamples z .xxxxxxx 1..9223372036854775807
G1CPUUsageDeviationPercent I .....ddd 0..100
G1CPUUsageExpandThreshold I .....ddd
G1CPUUsageShrinkThreshold I .....ddd
G1ConcMarkStepDurationMillis d pppppppp 1..179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123348274797826204144723168738177180919299881250404026184124858368
G1ConcRSHotCardLimit u pppi.... 0..255
G1ConcRSLogCacheSize uzz-.... pppi.... 0..27
G1ConcRefinementGreenZone nzz-.... pppi.... 0..9223372036854775807
G1ConcRefinementRedZone nzz-.... pppi.... 0..9223372036854775807
G1ConcRefinementServiceIntervalMillis nuu-.... pppi.... 0..2147483647
G1ConcRefinementThreads uIIIIIII pppppppp 0..268435455
G1ConcRefinementThresholdStep nzz-.... pppi.... 1..18446744073709551615
G1ConcRefinementYellowZone nzz-.... pppi.... 0..9223372036854775807
G1ConfidencePercent uuuuIIII pppppppp 11:0..100,25:1..100
G1EagerReclaimHumongousObjects b xxx.....
G1EagerReclaimHumongousObjectsWithStaleRefs b xxx.....
G1EagerReclaimRemSetThreshold I ..xxxxxx
G1ExpandByPercentOfAvailable nnnnIIII xxxxxxxx 0..100
G1HeapRegionSize uzzzzzzz pppppppp 11:0..33554432,21:0..536870912
G1HeapWastePercent uuuuIIII pppppppp 0..100
G1IHOP I ......pp 0..100
G1LastPLABAverageOccupancy d .xxxxxxx 0.001..100
G1LogLevel s x.......
G1MaxNewSizePercent uuuuIIII xxxxxxxx 0..100
G1MixedGCCountTarget u pppppppp
G1MixedGCLiveThresholdPercent uuuuIIII xxxxxxxx 0..100
G1NewSizePercent uuuuIIII xxxxxxxx 0..100
G1NumCardsCostSampleThreshold I ...ddddd 1..4294967295
G1NumCodeRootsCostSampleThreshold I ....dddd 1..4294967295
G1NumCollectionsKeepPinned I ....dddd
G1OldCSetGroupSize I ....xxx. 1..256
G1OldCSetRegionThresholdPercent uuuuIIII xxxxxxxx 0..100
G1OldCardSetGroupSize I .......x 1..256
G1PerThreadPendingCardThreshold z .....ddd 0..4294967295
G1PeriodicGCInterval u ..pppppp 0..9223372036854775807
G1PeriodicGCInvokesConcurrent b ..pppppp
G1PeriodicGCSystemLoadThreshold d ..pppppp 0..18446744073709551616
G1PretouchAuxiliaryMemory b .x......
G1PrintHeapRegions b d.......
G1PrintRegionLivenessInfo b d.......
G1RSetRegionEntries n ppp..... 0..268435455
G1RSetScanBlockSize uz...... pp...... 1..18446744073709551615
G1RSetSparseRegionEntries n ppp..... 0..268435455
G1RSetUpdatingPauseTimePercent nnnnIIII pppppppp 0..100
G1RebuildRemSetChunkSize z .xxxxxxx 4096..33554432
G1RefProcDrainInterval nIIIIIII pppppppp 1..2147483647
G1RemSetArrayOfCardsEntries I ...xxxxx 0..65536
G1RemSetCoarsenHowlBitmapToHowlFullPercent I ...xxxxx 1..100
G1RemSetCoarsenHowlToFullPercent I ...xxxxx 1..100
G1RemSetFreeMemoryKeepExcessRatio d ...xxxxx 0..1
G1RemSetFreeMemoryRescheduleDelayMillis I ...xxxxx 1..4294967295
G1RemSetFreeMemoryStepDurationMillis d ...xxxxx 0.001..1000000
G1RemSetHowlMaxNumBuckets I ...xxxxx 1..1024
G1RemSetHowlNumBuckets I ...xxxxx 0..1024
G1ReservePercent uuuuIIII pppppppp 0..50
G1RestoreRetainedRegionChunksPerWorker I ...ddddd 1..256
G1RetainRegionLiveThresholdPercent I ....xxxx 0..100
G1SATBBufferEnqueueingThresholdPercent uuuuIIII pppppppp 0..100
G1SATBBufferSize nzzzzzzz pppppppp 11:1..18446744073709551615,25:
G1ShrinkByPercentOfAvailable I .....ddd 0..100
G1SummarizeConcMark b d.......
G1SummarizeRSetStats b d.......
G1SummarizeRSetStatsPeriod nnnnuuuu dddddddd 0..9223372036854775807
G1TraceConcRefinement b d.......
G1TraceEagerReclaimHumongousObjects b x.......
G1TraceStringSymbolTableScrubbing b x.......
G1UpdateBufferSize nzzzz-.. pppppi.. 11:1..1073741824,25:
G1UseAdaptiveConcRefinement b pppi....
G1UseAdaptiveIHOP b .ppppppp
G1UseConcMarkReferenceProcessing b x.......
G1UseConcRefinement b ...ddddd
G1UsePreventiveGC b ..di....
G1UseReferencePrecleaning b .xxxxxxx
G1VerifyBitmaps b ......dd
G1VerifyHeapRegionCodeRoots b dddddddd
G1VerifyRSetsDuringFullGC b ddd.....
GCCardSizeInBytes I ...ppppp 128..1024
GCDrainStackTargetSize uuuuIIII pppppppp 11:0..4294967295,25:0..8192
GCHeapFreeLimit uuuuIIII pppppppp 0..100
GCLockerEdenExpansionPercent u pppp.... 0..100
GCLockerInvokesConcurrent b pp......
GCLockerRetryAllocationCount u dddd....
GCLogFileSize u p.......
GCParallelVerificationEnabled b ddd.....
GCPauseIntervalMillis u pppppppp
GCTaskTimeStampEntries uI...... pp...... 1..2147483647
GCTimeLimit uuuuIIII pppppppp 0..100
GCTimeRatio uuuuIIII pppppppp 11:0..4294967295,25:
GuaranteedAsyncDeflationInterval n ..dddddd 0..2147483647
GuaranteedSafepointInterval n dddddddd 0..2147483647
HandshakeALot b ..dddddd
HandshakeTimeout I .ddddddd
HeapBaseMinAddress uzzzzzzz pppppppp
HeapDumpAfterFullGC b pppppppp
HeapDumpBeforeFullGC b pppppppp
HeapDumpGzipLevel ..nniiii ..pppppp 0..9
HeapDumpOnOutOfMemoryError b pppppppp
HeapDumpPath s pppppppp
HeapFirstMaximumCompactionCount u pppp....
HeapMaximumCompactionInterval u pppppi..
HeapSearchSteps u .ppppppp 1..18446744073709551615
HeapSizePerGCThread uzzzzzzz pppppppp 4096..18446744073709551615
HotCodeCallLevel I ......xx
HotCodeHeap b ......xx
HotCodeHeapSize z ......xx
HotCodeIntervalSeconds I ......xx
HotCodeMaxSamplingMs I ......xx 27:,28:1..4294967295
HotCodeMinSamplingMs I ......xx
HotCodeSamplePercent d ......xx 0..100
HotCodeSampleSeconds I ......xx
HotCodeStablePercent d ......xx -1..179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123348274797826204144723168738177180919299881250404026184124858368
HotCodeStartupDelaySeconds I ......xx
HotMethodDetectionLimit n .dd..... 1..2147483647
IFGEdgesLimit I .....ddd
IdealizeClearArrayNode b .ddddddd
IgnoreEmptyClassPaths b pppppppp
IgnoreUnrecognizedVMOptions b pppppppp
IgnoreUnverifiableClassesDuringDump b dd......
ImplicitNullChecks b .ddddddd
IncreaseFirstTierCompileThresholdAt u pppppppp 0..99
IncrementalInline b pppppppp
IncrementalInlineForceCleanup b ..dddddd
IncrementalInlineMH b ..dddddd
IncrementalInlineVector b .......d
IncrementalInlineVirtual b ..dddddd
InitArrayShortSize n .ddddddd 0..9223372036854775807
InitialBootClassLoaderMetaspaceSize uz...... pp...... 30720..2305843009213693951
InitialCodeCacheSize uuuuuzzz pppppppp 4096..18446744073709551615
InitialHeapSize uzzzzzzz pppppppp
InitialRAMFraction u pppp.... 1..18446744073709551615
InitialRAMPercentage d pppppppp 0..100
InitialSurvivorRatio u pppppppp 11:,25:3..18446744073709551615
InitialTenuringThreshold uuuuIIII pppppppp 0..16
InitiatingHeapOccupancyPercent uuuuIIII pppppppp 0..100
InjectGCWorkerCreationFailure b .ddddddd
Inline b pppppppp
InlineArrayCopy b .ddddddd
InlineCacheBufferSize z .xxx....
InlineClassNatives b .ddddddd
InlineColdMethods b .......d
InlineDataFile s pppppppp
InlineFrequencyCount n .dd..... 0..2147483647
InlineFrequencyRatio d ...ddddd
InlineMathNatives b .ddddddd
InlineNIOCheckIndex b .dd.....
InlineNatives b .ddddddd
InlineNotify - .i......
InlineObjectCopy b .ddddddd
InlineObjectHash b .ddddddd
InlineReflectionGetCallerClass b .ddddddd
InlineSecondarySupersTest b ...ddddd
InlineSmallCode n pppppppp 0..2147483647
InlineSynchronizedMethods b pppppppp
InlineThreadNatives b .ddddddd
InlineUnsafeOps b .ddddddd
InsertMemBarAfterArraycopy b pp......
IntelJccErratumMitigation b ..dddddd
InteriorEntryAlignment n pppppppp
InterpreterProfilePercentage n pppppppp 0..100
JNIDetachReleasesMonitors b p.......
JVMCICompilerIdleDelay I ...xxx.. 0..2147483647
JVMCICounterSize n .xxxxx.. 0..1000000
JVMCICountersExcludeCompiler b .xxxxx..
JVMCIEventLogLevel n ..xxxx.. 0..4
JVMCIHostThreads n .xxxxx.. 1..2147483647
JVMCILibDumpJNIConfig s ..xxxx..
JVMCILibPath s ..xxxx..
JVMCINMethodSizeLimit n .xxxxx.. 0..2147483647
JVMCINativeLibraryErrorFile s ...xxx..
JVMCINativeLibraryThreadFraction d ...xxx.. 0..1
JVMCIPrintProperties b .xxxxx..
JVMCIThreads n .xxxxx.. 1..2147483647
JVMCIThreadsPerNativeLibraryRuntime I ...xxx.. 0..2147483647
JVMCITraceLevel n .xxxxx.. 11:0..6,17:0..4
JavaMonitorsInStackTrace b pppppppp
JavaPriority10_To_OSPriority nnniiiii pppppppp 11:-1..127,25:
JavaPriority1_To_OSPriority nnniiiii pppppppp 11:-1..127,25:
JavaPriority2_To_OSPriority nnniiiii pppppppp 11:-1..127,25:
JavaPriority3_To_OSPriority nnniiiii pppppppp 11:-1..127,25:
JavaPriority4_To_OSPriority nnniiiii pppppppp 11:-1..127,25:
JavaPriority5_To_OSPriority nnniiiii pppppppp 11:-1..127,25:
JavaPriority6_To_OSPriority nnniiiii pppppppp 11:-1..127,25:
JavaPriority7_To_OSPriority nnniiiii pppppppp 11:-1..127,25:
JavaPriority8_To_OSPriority nnniiiii pppppppp 11:-1..127,25:
JavaPriority9_To_OSPriority nnniiiii pppppppp 11:-1..127,25:
LIRFillDelaySlots b pp......
LargePageHeapSizeThreshold uzzzzzzz pppppppp
LargePageSizeInBytes uzzzzzzz pppppppp
LazyBootClassLoader b p.......
LibJVMCICompilerThreadHidden b ....xx..
LightweightFastLockingSpins i ....d... 1..30
LiveNodeCountInliningCutoff n pppppppp 0..536870911
LoadExecStackDllInVMThread b pppppppp
LockingMode i ...xpi.. 0..2
LogClassLoadingCauseFor s ....pppp
LogCompilation b dddddddd
LogEvents b dddddddd
LogEventsBufferEntries uuuuiiii dddddddd 1..1048576
LogFile s dddddddd
LogJFR b p.......
LogTouchedMethods b .dd.....
LogVMOutput b dddddddd
LoopLimitCheck b d.......
LoopMaxUnroll n pppppppp 0..2147483647
LoopMultiversioning b ....dddd
LoopOptsCount n pppppppp 11:5..43,25:5..2147483647
LoopPeeling I ......dd 0..2
LoopPercentProfileLimit n .ppppppp 10..100
LoopStripMiningIter u .ppppppp 0..4294967295
LoopStripMiningIterShortLoop u .ppppppp 0..4294967295
LoopUnrollLimit n pppppppp 0..536870911
LoopUnrollMin n pppppppp 0..2147483647
LoopUnswitching b pppppppp
MacroExpansionCleanupCount I .......d 1..100
MallocLimit s ...ddddd
MallocMaxTestWords u ddd.....
MallocVerifyInterval n d.......
MallocVerifyStart n d.......
ManagementServer b pppppppp
MarkStackSize uzzzzzzz pppppppp 11:,17:1..2147483646
MarkStackSizeMax uzzzzzzz pppppppp 1..2147483646
MarkSweepAlwaysCompactCount uIIIIIII pppppppp 1..4294967295
MarkSweepDeadRatio uuuuIIII pppppppp 0..100
MaxBCEAEstimateLevel n pppppppp 0..2147483647
MaxBCEAEstimateSize n pppppppp 0..2147483647
MaxDirectMemorySize uqqqqqqq pppppppp 0..9223372036854775807
MaxFDLimit b pppppppp
MaxGCMinorPauseMillis u pppp....
MaxGCPauseMillis u pppppppp 1..18446744073709551614
MaxHeapFreeRatio u pppppppp 0..100
MaxHeapSize uzzzzzzz pppppppp
MaxInlineLevel n pppppppp 0..2147483647
MaxInlineSize n pppppppp 0..2147483647
MaxJNILocalCapacity n pppppppp
MaxJavaStackTraceDepth nnnniiii pppppppp 0..1073741823
MaxJumpTableSize n pppppppp 0..9223372036854775807
MaxJumpTableSparseness n pppppppp 0..2305843009213693951
MaxLabelRootDepth n pppppppp 100..2147483647
MaxLoopPad n pppppppp 0..2147483647
MaxMetaspaceExpansion uzzzzzzz pppppppp
MaxMetaspaceFreeRatio uuuuIIII pppppppp 0..100
MaxMetaspaceSize uzzzzzzz pppppppp
MaxNewSize uzzzzzzz pppppppp
MaxNodeLimit n pppppppp 1000..715827882
MaxPermHeapExpansion - i.......
MaxPermSize - ii......
MaxRAM q ppppppi.
MaxRAMFraction u pppp.... 1..18446744073709551615
MaxRAMPercentage d pppppppp 0..100
MaxRecursiveInlineLevel n pppppppp 0..2147483647
MaxTenuringThreshold uuuuIIII pppppppp 0..16
MaxTrivialSize n pppppppp 0..2147483647
MaxVectorSize n pppppppp 0..2147483647
MergeStores b ....dddd
MetaspaceGuardAllocations b ..d.....
MetaspaceHandleDeallocations b ..d.....
MetaspaceReclaimPolicy s ..piiiii
MetaspaceSize uzzzzzzz pppppppp
MethodFlushing b pppppppp
MethodProfileWidth n .x......
MinHeapDeltaBytes uzzzzzzz pppppppp 11:,25:0..9223372036854775808
MinHeapFreeRatio u pppppppp 0..100
MinHeapSize z ..pppppp
MinInlineFrequencyRatio d ...ddddd
MinInliningThreshold n ppp..... 0..2147483647
MinJumpTableSize n pppppppp 0..9223372036854775807
MinMetaspaceExpansion uzzzzzzz pppppppp
MinMetaspaceFreeRatio uuuuIIII pppppppp 0..99
MinPassesBeforeFlush n .ddddddd 0..9223372036854775807
MinPermHeapExpansion - i.......
MinRAMFraction u pppp.... 1..18446744073709551615
MinRAMPercentage d pppppppp 0..100
MinSurvivorRatio u pppppppp 3..18446744073709551615
MinTLABSize uzzzzzzz pppppppp 1..9223372036854775807
MonitorBound n pp...... 0..2147483647
MonitorDeflationMax n ..dddddd 1024..2147483647
MonitorInUseLists b pp......
MonitorUnlinkBatch n ..dddddd 1..2147483647
MonitorUsedDeflationThreshold .nnniiii .xdddddd 0..100
MultiArrayExpandLimit n pppppppp 0..2147483647
MustCallLoadClassInternal b pi......
NMethodRelocation b .....xxx
NUMAChunkResizeWeight u pppppppp 0..100
NUMAInterleaveGranularity uzzzzzzz pppppppp 4096..8796093022208
NUMAPageScanRate u pppp....
NUMASpaceResizeRate uzzzzzzz pppppppp
NUMAStats b pppppppp
NativeMemoryTracking s pppppppp
NativeMonitorFlags n xi......
NativeMonitorSpinLimit n xi......
NativeMonitorTimeout n xi......
NeedsDeoptSuspend b pp......
NeverActAsServerClassMachine b ppppppi.
NeverTenure b pppppppp
NewRatio u pppppppp 0..18446744073709551614
NewSize uzzzzzzz pppppppp
NewSizeThreadIncrease uzzzzz-. ppppppi.
NmethodSweepActivity n pppppppp 0..2000
NmethodSweepCheckInterval n p.......
NmethodSweepFraction n p.......
NoAsyncDeflationProgressMax u ..dddddd
NodeLimitFudgeFactor n pppppppp
NonNMethodCodeHeapSize .uuuuzzz .ppppppp 4096..18446744073709551615
NonProfiledCodeHeapSize .uuuuzzz .ppppppp
NumberOfGCLogFiles u p.......
NumberOfLoopInstrToAlign n pppppppp 0..2147483647
ObjectAlignmentInBytes nnniiiii pppppppp 8..256
ObjectCountCutOffPercent d xxxxxxxx 0..100
OldPLABSize uzzzzzzz pppppppp
OldPLABWeight u pp...... 0..100
OldSize uzzz.... pppp....
OmitStackTraceInFastThrow b pppppppp
OnError l pppppppp
OnOutOfMemoryError l pppppppp
OnStackReplacePercentage n pppppppp
OptimizeExpensiveOps b dddddddd
OptimizeFill b pppppppp
OptimizePtrCompare b pppppppp
OptimizeReachabilityFences b ......dd
OptimizeStringConcat b pppppppp
OptimizeUnstableIf b ...ddddd
OptoBundling b pppppppi
OptoLoopAlignment n pppppppp 11:1..16,21:1..128
OptoRegScheduling b .ppppppp
OptoScheduling b pppppppp
PLABWeight uuuuIIII pppppppp 0..100
PSChunkLargeArrays b ppppppi.
ParGCArrayScanChunk niiiiiii pppppppp 1..715827882
ParGCCardsPerStrideChunk n dd...... 1..9223372036854775807
ParGCDesiredObjsFromOverflowList u pp......
ParGCStridesPerThread u dd...... 1..18446744073709551615
ParGCTrimOverflow b pp......
ParGCUseLocalOverflow b pp......
ParallelGCBufferWastePct uuuuIIII pppppppp 0..100
ParallelGCRetainPLAB b d.......
ParallelGCThreads uIIIIIII pppppppp 11:,25:0..2147483647
ParallelGCVerbose b p.......
ParallelOldDeadWoodLimiterMean uzzz.... pppp.... 0..100
ParallelOldDeadWoodLimiterStdDev uzzz.... pppp.... 0..100
ParallelRefProcBalancingEnabled b ppppppi.
ParallelRefProcEnabled b ppppppi.
PartialPeelAtUnsignedTests b pppppppp
PartialPeelLoop b pppppppp
PartialPeelNewPhiDelta n pppppppp 0..2147483647
PauseAtExit b dddddddd
PauseAtStartup b dddddddd
PauseAtStartupFile s dddddddd
PausePadding uuuuI-.. pppppi.. 11:0..4294967295,25:
PerBytecodeRecompilationCutoff n pppppppp -1..9223372036854775807
PerBytecodeTrapLimit n pppppppp 0..2147483647
PerMethodRecompilationCutoff n pppppppp -1..9223372036854775807
PerMethodSpecTrapLimit n xxxxxxxx 0..2147483647
PerMethodTrapLimit n pppppppp 0..2147483647
PerfAllowAtExitRegistration b pppppppp
PerfBypassFileSystemCheck b pppppppp
PerfDataMemorySize nnniiiii pppppppp 128..2097152
PerfDataSamplingInterval n ppppi... 10..2147483647
PerfDataSaveFile s pppppppp
PerfDataSaveToFile b pppppppp
PerfDisableSharedMem b pppppppp
PerfMaxStringConstLength nnniiiii pppppppp 32..32768
PermGenPadding - i.......
PermMarkSweepDeadRatio - i.......
PermSize - ii......
PostLoopMultiversioning b .xxx....
PreInflateSpin n p.......
PreTouchParallelChunkSize z .ppppppp 11:1..9223372036854775807,17:4096..9223372036854775807
PredictedLoadedClassCount n x.......
PreferContainerQuotaForCPUCount b ppp.....
PreferInterpreterNativeStubs b pppppppp
PrefetchCopyIntervalInBytes n pppppppp -1..2147483647
PrefetchFieldsAhead n ppp..... -1..2147483647
PrefetchScanIntervalInBytes n pppppppp -1..2147483647
PreserveAllAnnotations b pppp....
PreserveFramePointer b pppppppp
PreserveReachabilityFencesOnConstants b ......dd
PretenureSizeThreshold uzzzz-.. pppppi..
PrintAOT b .x......
PrintActiveCpus b d.......
PrintAdapterHandlers b dddddddd
PrintAdaptiveSizePolicy b p.......
PrintAssembly b dddddddd
PrintAssemblyOptions s dddddddd
PrintBiasedLockingStatistics b ddd.....
PrintBootstrap b .xxxxx..
PrintCMSInitiationStatistics b p.......
PrintCMSStatistics n p.......
PrintClassHistogram b pppppppp
PrintClassHistogramAfterFullGC b p.......
PrintClassHistogramBeforeFullGC b p.......
PrintCodeCache b pppppppp
PrintCodeCacheOnCompilation b pppppppp
PrintCodeHeapAnalytics b ..dddddd
PrintCommandLineFlags b pppppppp
PrintCompilation b pppppppp
PrintCompilation2 b dddddddd
PrintCompilerMemoryStatisticsAtExit b ....dddd
PrintCompressedOopsMode b dp......
PrintConcurrentLocks b pppppppp
PrintContainerInfo b d.......
PrintDTraceDOF b d.......
PrintExtendedThreadInfo b .ppppppp
PrintFLSCensus n p.......
PrintFLSStatistics n p.......
PrintFieldLayout b .......d
PrintFlagsFinal b pppppppp
PrintFlagsInitial b pppppppp
PrintFlagsRanges b .ppppppp
PrintFlatArrayLayout b .......d
PrintGC b pppppppp
PrintGCApplicationConcurrentTime b p.......
PrintGCApplicationStoppedTime b p.......
PrintGCCause b p.......
PrintGCDateStamps b p.......
PrintGCDetails b pppppppp
PrintGCID b p.......
PrintGCTaskTimeStamps b p.......
PrintGCTimeStamps b p.......
PrintHeapAtGC b p.......
PrintHeapAtGCExtended b p.......
PrintHeapAtSIGBREAK b pppppppp
PrintInlining b dddddddd
PrintInterpreter b dddddddd
PrintIntrinsics b dddddddd
PrintJNIGCStalls b p.......
PrintJNIResolving b pp......
PrintMalloc - .i......
PrintMallocFree - .i......
PrintMemoryMapAtExit b ....dddd
PrintMetaspaceStatisticsAtExit b .ddddddd
PrintMethodData b .ddddddd
PrintMethodFlushingStatistics b dddd....
PrintMethodHandleStubs b dddddddd
PrintNMTStatistics b dddddddd
PrintNMethods b dddddddd
PrintNativeNMethods b dddddddd
PrintOldPLAB b p.......
PrintOopAddress b p.......
PrintOptoAssembly b .ddddddd
PrintPLAB b p.......
PrintParallelOldGCPhaseTimes b p.......
PrintPreciseBiasedLockingStatistics b ddd.....
PrintPreciseRTMLockingStatistics b dddd....
PrintPromotionFailure b p.......
PrintReferenceGC b p.......
PrintRevisitStats - i.......
PrintSafepointStatistics b pp......
PrintSafepointStatisticsCount n pp...... 1..9223372036854775807
PrintSafepointStatisticsTimeout n pp...... -1..9223372036854
PrintSharedArchiveAndExit b pppppppp
PrintSharedDictionary b ppp.....
PrintSharedSpaces b pp......
PrintSignatureHandlers b dddddddd
PrintStringDeduplicationStatistics b p.......
PrintStringTableStatistics b pppppppp
PrintStubCode b dddddddd
PrintTLAB b p.......
PrintTenuringDistribution b p.......
PrintTieredEvents b pppppppp
PrintTouchedMethodsAtExit b .dd.....
PrintVMInfoAtExit b ....dddd
PrintVMOptions b pppppppp
PrintVMQWaitTime b pp......
PrintValueLayout b .......d
PrintWarnings b pppppppp
ProcessDistributionStride u pppp.... 0..4294967295
ProfileDynamicTypes b dddddddd
ProfileExceptionHandlers b ....pppp
ProfileInterpreter b pppppppp
ProfileIntervals b pp......
ProfileIntervalsTicks n pp...... 0..9223372036854775807
ProfileMaturityPercentage n pppppppp 0..100
ProfileVM b pp......
ProfiledCodeHeapSize .uuuuzzz .ppppppp
ProfilerNumberOfCompiledMethods n .d......
ProfilerNumberOfInterpretedMethods n .d......
ProfilerNumberOfRuntimeStubNodes n .d......
ProfilerNumberOfStubMethods n .d......
ProfilerPrintByteCodeStatistics b pp......
ProfilerRecordPC b pp......
PromotedPadding uuuuIIII pppppppp 11:0..4294967295,25:
QueuedAllocationWarningCount u pppppppp
RTMAbortRatio niii.... xxxx.... 0..100
RTMAbortThreshold niii.... xxxx.... 0..2147483647
RTMLockingCalculationDelay n xxxx....
RTMLockingThreshold niii.... xxxx.... 0..2147483647
RTMRetryCount uiii.... pppp.... 0..2147483647
RTMSpinLoopCount niii.... xxxx.... 0..2147483647
RTMTotalCountIncrRate niii.... xxxx.... 1..2147483647
RangeCheckElimination b pppppppp
RangeLimitCheck b d.......
ReadPrefetchInstr n p.......
ReassociateInvariants b pppppppp
RecordDynamicDumpInfo b ..pppppp
ReduceAllocationMerges b ....dddd
ReduceBulkZeroing b pppppppp
ReduceFieldZeroing b pppppppp
ReduceInitialCardMarks b pppppppp
ReduceNumberOfCompilerThreads b .ddddddd
ReduceSignalUsage b pppppppp
RefDiscoveryPolicy n pppi.... 0..1
ReferencesPerThread z .xxxxxxx
ReflectionWrapResolutionErrors b p.......
RegisterFinalizersAtInit b pppp....
RelaxAccessControlCheck b pppppppp
RepeatCompilation n ..dddddd 0..2147483647
ReplayCompiles b ...ddddd
ReplayDataFile s pppppppp
ReplayIgnoreInitErrors b ...ddddd
ReplayReduce b ...xxxxx
ReplaySuppressInitializers n ...ddddd 0..3
RequireSharedSpaces b pppiiii.
ReservedCodeCacheSize uuuuuzzz pppppppp 4096..18446744073709551615
ResizeOldPLAB b pp......
ResizePLAB b pppppppp
ResizeTLAB b pppppppp
RestoreMXCSROnJNICalls b pppppppp
RestrictContended b pppppppp
RestrictReservedStack b .ppppppp
RewriteBytecodes b pppppppp
RewriteFrequentPairs b pppppppp
SafepointALot b .ddddddd
SafepointPollOffset n p.......
SafepointSpinBeforeYield n pi......
SafepointTimeout b pppppppp
SafepointTimeoutDelay nnnndddd pppppppp 11:0..9223372036854,25:0..9218868437227
ScavengeBeforeFullGC b pppp....
ScavengeRootsInCode n dddddddd 0..2
SegmentedCodeCache b .ppppppp
SegmentedHeapDumpThreshold - i.......
SelfDestructTimer nnnddddd pppppppp 11:0..9223372036854775807,21:0..9223372036854775808
SerializeVMOutput b dddddddd
ServiceThreadCleanupInterval n ....dddd 0..2147483647
SharedArchiveConfigFile s .ppppppp
SharedArchiveFile s dppppppp
SharedBaseAddress uzzzzzzz pppppppp
SharedClassListFile s pppppppp
SharedMiscCodeSize u pi......
SharedMiscDataSize u pi......
SharedReadOnlySize u pi......
SharedReadWriteSize u pi......
SharedSymbolTableBucketSize .uuIIIII .ppppppp 2..246
ShenandoahAdaptiveDecayFactor d ..xxxxi. 0..1
ShenandoahAdaptiveInitialConfidence d ..xxxxxx 0.319..3.291
ShenandoahAdaptiveInitialSpikeThreshold d ..xxxxi.
ShenandoahAdaptiveSampleFrequencyHz u ..xxxxi.
ShenandoahAdaptiveSampleSizeSeconds u ..xxxxi.
ShenandoahAgingCyclePeriod u ....xxx.
ShenandoahAllocFailureALot b .ddddddd
ShenandoahAllocRateSampleWindow I ......xx 1..10000
ShenandoahAllocSpikeFactor u .xxxxxxx 0..100
ShenandoahAllocationThreshold u .xxxxxxx 0..100
ShenandoahAllowOldMarkingPreemption b ....dddd
ShenandoahAlwaysClearSoftRefs b .xxxxxxx
ShenandoahCASBarrier b .ddddd..
ShenandoahCardBarrier b ....dddd
ShenandoahCloneBarrier b .ddddddd
ShenandoahCloneRuntime b ......dd
ShenandoahCoalesceChance u ....dddd 0..100
ShenandoahCodeRootsStyle u .d......
ShenandoahControlIntervalAdjustPeriod u .xxxxxxx
ShenandoahControlIntervalMax u .xxxxxxx 1..999
ShenandoahControlIntervalMin u .xxxxxxx 1..999
ShenandoahCriticalFreeThreshold u .xxxxxxx 0..100
ShenandoahDegeneratedGC b .ddddddd
ShenandoahDoNotIgnoreGrowthAfterYoungCycles u ....xxxx
ShenandoahElasticTLAB b .dd.....
ShenandoahElideIdealBarriers b ......dd
ShenandoahElideMachBarriers b ......dd
ShenandoahEvacReserve u .xxxxxxx 1..100
ShenandoahEvacReserveOverflow b .xxxxxxx
ShenandoahEvacTracking b ....dddd
ShenandoahEvacWaste d .xxxxxxx 1..100
ShenandoahExpediteMixedThreshold u ....xxxx
ShenandoahExpeditePromotionsThreshold u ....xxxx 0..100
ShenandoahFullGCThreshold u .xxxxxxx
ShenandoahGCHeuristics s .ppppppp
ShenandoahGCMode s .ppppppp
ShenandoahGarbageThreshold u .xxxxxxx 0..100
ShenandoahGenerationalAdaptiveTenuring b .....x..
ShenandoahGenerationalCensusIgnoreOlderCohorts b ....xxxx
ShenandoahGenerationalHumongousReserve u ....xxxx 0..100
ShenandoahGenerationalMaxTenuringAge u ....xxxx 1..16
ShenandoahGenerationalMinPIPUsage u ....xxxx 0..100
ShenandoahGenerationalMinTenuringAge u ....xxxx 1..16
ShenandoahGenerationalTenuringCohortPopulationThreshold z ....xxxx
ShenandoahGenerationalTenuringMortalityRateThreshold d ....xxxx 0.001..0.999
ShenandoahGuaranteedGCInterval u .xxxxxxx
ShenandoahGuaranteedOldGCInterval u ....xxxx
ShenandoahGuaranteedYoungGCInterval u ....xxxx
ShenandoahHumongousMoves b .ddddddd
ShenandoahHumongousThreshold n .xxx.... 1..100
ShenandoahIUBarrier b .ddd....
ShenandoahIgnoreGarbageThreshold u ....xxxx 0..100
ShenandoahIgnoreOldGrowthBelowPercentage u ....xxxx 0..100
ShenandoahImmediateThreshold u .xxxxxxx 0..100
ShenandoahImplicitGCInvokesConcurrent b .xxxxxxx
ShenandoahInitFreeThreshold u .xxxxxxx 0..100
ShenandoahLearningSteps u .xxxxxxx 0..100
ShenandoahLoadRefBarrier b .ddddddd
ShenandoahLoopOptsAfterExpansion b .dd.....
ShenandoahMarkLoopStride u .xxxxxxx
ShenandoahMarkScanPrefetch n .xxxxxx. 0..256
ShenandoahMaxRegionSize z .xxxxx..
ShenandoahMaxSATBBufferFlushes u .xxxxxxx
ShenandoahMaxYoungPercentage u ....xx.. 0..100
ShenandoahMinFreeThreshold u .xxxxxxx 0..100
ShenandoahMinOldGenGrowthPercent d ....xxxx 0..100
ShenandoahMinOldGenGrowthRemainingHeapPercent d ......xx 0..100
ShenandoahMinRegionSize z .xxxxx..
ShenandoahMinYoungPercentage u ....xx.. 0..100
ShenandoahMinimumOldTimeMs u ....xxxx
ShenandoahMomentaryAllocRateSampleWindow I ......xx 1..1000
ShenandoahNMethodBarrier b ..d.....
ShenandoahNoProgressThreshold u ....xxxx
ShenandoahOOMDuringEvacALot b .ddddddd
ShenandoahOldCompactionReserve u ....xxxx 0..128
ShenandoahOldEvacPercent u ......xx 0..100
ShenandoahOldEvacRatioPercent u ....xx.. 0..100
ShenandoahOldEvacWaste d ....xxxx 1..100
ShenandoahOldGarbageThreshold u ....xxxx 0..100
ShenandoahOptimizeStaticFinals b .d......
ShenandoahPacing b .xxxxi..
ShenandoahPacingCycleSlack u .xxxx... 0..100
ShenandoahPacingIdleSlack u .xxxx... 0..100
ShenandoahPacingMaxDelay u .xxxx...
ShenandoahPacingSurcharge d .xxxx... 1..100
ShenandoahParallelRegionStride u .xxxxxxx
ShenandoahPinRegionRate u .......d 0..1000
ShenandoahPreclean b .d......
ShenandoahPromoEvacWaste d ....xxxx 1..100
ShenandoahRecentAllocRateSampleWindow I ......xx 1..5000
ShenandoahRefProcFrequency u .x......
ShenandoahRegionSampling b .xxxxxxx
ShenandoahRegionSamplingRate i .xxxxxxx
ShenandoahRegionSize z .xxxxxxx
ShenandoahSATBBarrier b .ddddddd
ShenandoahSATBBufferSize z .xxxxxxx 1..18446744073709551615
ShenandoahSelfFixing b .dd.....
ShenandoahSoftMaxHeapSize z .p......
ShenandoahStackWatermarkBarrier b ..dddd..
ShenandoahSuspendibleWorkers b .xx.....
ShenandoahTargetNumRegions z .xxxxxxx
ShenandoahUncommit b .xxxxxxx
ShenandoahUncommitDelay u .xxxxxxx
ShenandoahUnloadClassesFrequency u .xx.....
ShenandoahVerify b .ddddddd
ShenandoahVerifyLevel n .ddddddd
ShortRunningLongLoop b .....ddd
ShowCarrierFrames b ...ddddd
ShowCodeDetailsInExceptionMessages b ..pppppp
ShowHiddenFrames b dddddddd
ShowMessageBoxOnError b pppppppp
ShowRegistersOnAssert b .ddddddd
ShowSafepointMsgs - .i......
ShrinkHeapInSteps b .ppppppp
SkipTier2IfPossible b ....dddd
SoftMaxHeapSize z ..pppppp
SoftRefLRUPolicyMSPerMB n pppppppp 0..9223372036854775807
SpecTrapLimitExtraEntries nnnniiii xxxxxxxx 0..100
SpecialArraysEquals b .ddddddd
SpecialEncodeISOArray b pddddddd
SpecialStringCompareTo b .ddddddd
SpecialStringEquals b .ddddddd
SpecialStringIndexOf b .ddddddd
SplitIfBlocks b pppppppp
StackRedPages n pppppppp 1..3
StackReservedPages n .ppppppp 0..11
StackShadowPages n pppppppp 10..50
StackTraceInThrowable b pppppppp
StackYellowPages n pppppppp 2..7
StartAggressiveSweepingAt u .ppppppp 0..100
StartAttachListener b pppppppp
StartFlightRecording s pppppppp
StarvationMonitorInterval n p.......
StressCCP b ..dddddd
StressCodeAging b .dd.....
StressEliminateAllocations b .......d
StressEliminateAllocationsMean I .......d 1..4294967295
StressGCM b dddddddd
StressIGVN b ..dddddd
StressIncrementalInlining b ...ddddd
StressLCM b dddddddd
StressLdcRewrite b ppdddddd
StressMacroElimination b .....ddd
StressMacroExpansion b ....dddd
StressReachabilityFences b ......dd
StressSecondarySupers b ...ddddd
StressSeed I ..dddddd
StressUnstableIfTraps b ....dddd
StringDeduplicationAgeThreshold uuIIIIII pppppppp 1..15
StringDeduplicationCleanupDeadMinimum z ..xxxxxx
StringDeduplicationCleanupDeadPercent i ..xxxxxx 1..100
StringDeduplicationGrowTableLoad d ..xxxxxx 0.100..1000
StringDeduplicationHashSeed q ..dddddd
StringDeduplicationInitialTableSize z ..xxxxxx 1..1073741824
StringDeduplicationRehashALot b dd......
StringDeduplicationResizeALot b dddddddd
StringDeduplicationShrinkTableLoad d ..xxxxxx 0.010..100
StringDeduplicationTargetTableLoad d ..xxxxxx 0.010..1000
StringTableSize u pppppppp 128..16777216
SuperWordAutomaticAlignment I ....dddd 0..2
SuperWordLoopUnrollAnalysis b .ppppppp
SuperWordReductions b .ppppppp
SuperWordStoreToLoadForwardingFailureDetection I ....dddd 0..4096
SuppressFatalErrorMessage b pppppppp
SurvivorAlignmentInBytes n xx......
SurvivorPadding uuuuI-.. pppppi.. 11:0..4294967295,25:
SurvivorRatio u pppppppp 1..18446744073709551613
SuspendRetryCount n ppi..... 0..9223372036854775807
SuspendRetryDelay n ppi..... 0..9223372036854775807
SweeperThreshold d ..pppppp 0..100
SymbolTableSize u xxxxxxxx 11:1009..2221221,17:1024..16777216
SyncFlags n px......
SyncKnobs s px......
SyncVerbose n px......
THPStackMitigation b .ddddddd
TLABAllocationWeight u pppppppp 0..100
TLABRefillWasteFraction u pppppppp 1..4294967295
TLABSize uzzzzzzz pppppppp
TLABStats b pppp....
TLABWasteIncrement u pppppppp 0..2147483647
TLABWasteTargetPercent u pppppppp 1..100
TargetPLABWastePct uuuuIIII pppppppp 1..100
TargetSurvivorRatio uuuuIIII pppppppp 0..100
TenuredGenerationSizeIncrement uuuuI-.. pppppi.. 0..100
TenuredGenerationSizeSupplement uuuuI-.. pppppi.. 0..100
TenuredGenerationSizeSupplementDecay u pppppi.. 1..18446744073709551615
ThreadLocalHandshakes b .p......
ThreadPriorityPolicy nnniiiii pppppppp 0..1
ThreadPriorityVerbose b pppppppp
ThreadSafetyMargin u p.......
ThreadStackSize n pppppppp 0..1048576
ThresholdTolerance uuuuIIII pppppppp 0..100
Tier0BackedgeNotifyFreqLog n pppppppp 0..30
Tier0Delay n ..dddddd 0..2147483647
Tier0InvokeNotifyFreqLog n pppppppp 0..30
Tier0ProfileDelayFactor d ....d...
Tier0ProfilingStartPercentage n pppppppp 0..2147483647
Tier23InlineeNotifyFreqLog n pppppppp 0..30
Tier2BackEdgeThreshold n pppppppp 0..2147483647
Tier2BackedgeNotifyFreqLog n pppppppp 0..30
Tier2CompileThreshold n pppppppp 0..2147483647
Tier2InvokeNotifyFreqLog n pppppppp 0..30
Tier2ProfileDelayFactor d ....d...
Tier3AOTBackEdgeThreshold n .p...... 0..2147483647
Tier3AOTCompileThreshold n .p...... 0..2147483647
Tier3AOTInvocationThreshold n .p...... 0..2147483647
Tier3AOTMinInvocationThreshold n .p...... 0..2147483647
Tier3BackEdgeThreshold n pppppppp 0..2147483647
Tier3BackedgeNotifyFreqLog n pppppppp 0..30
Tier3CompileThreshold n pppppppp 0..2147483647
Tier3DelayOff n pppppppp 0..2147483647
Tier3DelayOn n pppppppp 0..2147483647
Tier3InvocationThreshold n pppppppp 0..2147483647
Tier3InvokeNotifyFreqLog n pppppppp 0..30
Tier3LoadFeedback n pppppppp 0..2147483647
Tier3MinInvocationThreshold n pppppppp 0..2147483647
Tier4BackEdgeThreshold n pppppppp 0..2147483647
Tier4CompileThreshold n pppppppp 0..2147483647
Tier4InvocationThreshold n pppppppp 0..2147483647
Tier4LoadFeedback n pppppppp 0..2147483647
Tier4MinInvocationThreshold n pppppppp 0..2147483647
TieredCompilation b pppppppp
TieredCompileTaskTimeout n pppppppp 0..9223372036854775807
TieredOldPercentage n ..dddddd 0..2147483647
TieredRateUpdateMaxTime n pppppppp 11:0..9223372036854775807,26:1..9223372036854775807
TieredRateUpdateMinTime n pppppppp 11:0..9223372036854775807,26:1..9223372036854775807
TieredStopAtLevel n pppppppp 0..4
TimeLinearScan b pppp....
TimerSlack n ..xxxxxx
TraceBiasedLocking b pp......
TraceClassLoading b pp......
TraceClassLoadingPreorder b pp......
TraceClassPaths b pp......
TraceClassResolution b pp......
TraceClassUnloading b pp......
TraceCompilerThreads b .ddddddd
TraceDeoptimization b ...dddd.
TraceDynamicGCThreads b p.......
TraceExceptions b pp......
TraceGCTaskThread b d.......
TraceGen0Time b p.......
TraceGen1Time b p.......
TraceJVMTI s pppppppp
TraceJVMTIObjectTagging b dd......
TraceLoaderConstraints b pp......
TraceMetadataHumongousAllocation b p.......
TraceMonitorInflation b pp......
TraceNMethodInstalls b dd......
TraceParallelOldGCTasks b p.......
TraceRedefineClasses nb...... pp......
TraceSafepointCleanupTime b pp......
TraceScavenge - .i......
TraceSpilling b .ddddddd
TraceSuspendWaitFailures b ppi.....
TraceTypeProfile b dddddddd
TrackedInitializationLimit n pppppppp 0..65535
TransmitErrorReport b pp......
TrapBasedNullChecks b pppppppp
TrapBasedRangeChecks b pppppppp
TrimNativeHeapInterval I ..pppppp
TrustFinalNonStaticFields b xxxxxxxx
TypeProfileArgsLimit nnnniiii pppppppp 0..16
TypeProfileLevel uuuIIIII pppppppp
TypeProfileMajorReceiverPercent n pppppppp 0..100
TypeProfileParmsLimit nnnniiii pppppppp -1..64
TypeProfileSubTypeCheckCommonThreshold n ....pppp 0..100
TypeProfileWidth n pppppppp 0..8
UnguardOnExecutionViolation nnniiiii pppppppp 0..2
UnlinkSymbolsALot b pp......
UnlockCommercialFeatures b p.......
UnlockDiagnosticVMOptions b dddddddd
UnlockExperimentalVMOptions b xxxxxxxx
UnrollLimitCheck b d.......
UnsyncloadClass b di......
Use486InstrsOnly b p.......
UseACmpProfile b .......d
UseAES b pppppppp
UseAESCTRIntrinsics b .ddddddd
UseAESIntrinsics b pddddddd
UseAOT b .x......
UseAOTStrictLoading b .d......
UseAPX b ....xxxp
UseAVX nnniiiii pppppppp 11:0..99,21:0..3
UseAcmpFastPath b .......d
UseAdaptiveGCBoundary b pp......
UseAdaptiveGenerationSizePolicyAtMajorCollection b pppppi..
UseAdaptiveGenerationSizePolicyAtMinorCollection b pppppi..
UseAdaptiveNUMAChunkSizing b pppppppp
UseAdaptiveSizeDecayMajorGCCost b pppppi..
UseAdaptiveSizePolicy b pppppppp
UseAdaptiveSizePolicyFootprintGoal b pppppi..
UseAdaptiveSizePolicyWithSystemGC b pppppi..
UseAddressNop b pppppppp
UseAdler32Intrinsics b .ddddddd
UseAltSigs b p.......
UseAppCDS - .i......
UseArrayFlattening b .......d
UseArrayLoadStoreProfile b .......d
UseAutoGCSelectPolicy b p.......
UseAutoVectorizationPredicate b .....ddd
UseAutoVectorizationSpeculativeAliasingChecks b .....ddd
UseBASE64Intrinsics b .ppppppp
UseBMI1Instructions b pppppppp
UseBMI2Instructions b pppppppp
UseBiasedLocking b ppp.....
UseBimorphicInlining b pppppppp
UseBootstrapCallInfo i .ddddddd
UseBoundThreads b p.......
UseCGroupMemoryLimitForHeap b x.......
UseCLMUL b pppppppp
UseCMSBestFit b pp......
UseCMSCollectionPassing b p.......
UseCMSCompactAtFullCollection b p.......
UseCMSInitiatingOccupancyOnly b pp......
UseCMoveUnconditionally b .ppppppp
UseCRC32CIntrinsics b .ddddddd
UseCRC32Intrinsics b pddddddd
UseChaCha20Intrinsics b ...ddddd
UseCharacterCompareIntrinsics b .ddddddd
UseCodeAging b .pp.....
UseCodeCacheFlushing b pppppppp
UseCompactObjectHeaders b ....pppp
UseCompiler b pppppppp
UseCompilerSafepoints b p.......
UseCompressedClassPointers b ppppppii
UseCompressedOops b pppppppp
UseConcMarkSweepGC b pp......
UseCondCardMark b pppppppp
UseContainerCpuShares b .pp.....
UseContainerSupport b pppppppp
UseCopySignIntrinsic b .ddddddd
UseCountLeadingZerosInstruction b pppppppp
UseCountTrailingZerosInstruction b pppppppp
UseCountedLoopSafepoints b pppppppp
UseCounterDecay b pppp....
UseCpuAllocPath b .ddddddd
UseCriticalCMSThreadPriority b xx......
UseCriticalCompilerThreadPriority b xxxxxxxx
UseCriticalJavaThreadPriority b xxxxxxxx
UseDilithiumIntrinsics b ..dddddd
UseDivMod b pppppppp
UseDynamicNumberOfCompilerThreads b .ppppppp
UseDynamicNumberOfGCThreads b pppppppp
UseEmptySlotsInSupers b ..pp....
UseEpsilonGC b .xxxxxxx
UseFMA b .ppppppp
UseFPUForSpilling b pppppppp
UseFastAccessorMethods b p.......
UseFastEmptyMethods b p.......
UseFastJNIAccessors b pppppppp
UseFastStosb b pppppppp
UseFastUnorderedTimeStamps b xxxxxxxx
UseFieldFlattening b .......d
UseG1GC b pppppppp
UseGCLogFileRotation b p.......
UseGCOverheadLimit b pppppppp
UseGCTaskAffinity b pp......
UseGHASHIntrinsics b pddddddd
UseGraalJIT b ...xxx..
UseHashcodeFastPath b .......d
UseHeavyMonitors b ppp.....
UseHugeTLBFS b pppp....
UseISM - i.......
UseImplicitStableValues b dd......
UseIncDec b dddddddd
UseInlineCaches b pppppppp
UseInlineDepthForSpeculativeTypes b dddddddd
UseIntPoly25519Intrinsics b .......d
UseIntPolyIntrinsics b ....dddd
UseInterpreter b pppppppp
UseJVMCICompiler b .xxxxx..
UseJVMCINativeLibrary b ..xxxx..
UseJumpTables b pppppppp
UseKNLSetting b ..dddddd
UseKyberIntrinsics b ..dddddd
UseLWPSynchronization b pp......
UseLargePages b pppppppp
UseLargePagesInMetaspace b pp......
UseLargePagesIndividualAllocation b pppppppp
UseLegacyJNINameEscaping b pp......
UseLibmIntrinsic b .ddddddd
UseLinuxPosixThreadCPUClocks b ppppi...
UseLockedTracing b pi......
UseLoopCounter b pppppppp
UseLoopInvariantCodeMotion b pppppppp
UseLoopLimitCheckPredicate b .......d
UseLoopPredicate b pppppppp
UseMD5Intrinsics b ..dddddd
UseMPSS - i.......
UseMadvPopulateWrite b ...ddddd
UseMathExactIntrinsics b pddddddd
UseMaximumCompactionOnSystemGC b pppppppp
UseMemSetInBOT b x.......
UseMembar b pp......
UseMontgomeryMultiplyIntrinsic b pddddddd
UseMontgomerySquareIntrinsic b pddddddd
UseMulAddIntrinsic b pddddddd
UseMultiplyToLenIntrinsic b pddddddd
UseNUMA b pppppppp
UseNUMAInterleaving b pppppppp
UseNewCode b dddddddd
UseNewCode2 b dddddddd
UseNewCode3 b dddddddd
UseNewLongLShift b ppppppi.
UseNotificationThread b ..pp....
UseNullFreeAtomicValueFlattening b .......x
UseNullFreeNonAtomicValueFlattening b .......x
UseNullableAtomicValueFlattening b .......d
UseNullableNonAtomicValueFlattening b .......d
UseOSErrorReporting b pp......
UseObjectMonitorTable b ....ddd.
UseOldInlining - i.......
UseOnStackReplacement b pppppppp
UseOnlyInlinedBimorphic b pppppppp
UseOprofile b pppppi..
UseOptoBiasInlining b ppp.....
UsePSAdaptiveSurvivorSizePolicy b pppppi..
UseParNewGC b p.......
UseParallelBitInstructions b .......p
UseParallelGC b pppppppp
UseParallelOldGC b pp......
UseParsePredicates b .......d
UsePerfData b pppppppp
UsePermISM - i.......
UsePoly1305Intrinsics b ...ddddd
UsePopCountInstruction b pppppppp
UseProfiledLoopPredicate b .ppppppp
UseRDPCForConstantTableBase b pp......
UseRTMDeopt b pppp....
UseRTMForStackLocks b xxxx....
UseRTMLocking b pppp....
UseRTMXendForLockBusy b xxxx....
UseSHA b pppppppp
UseSHA1Intrinsics b pddddddd
UseSHA256Intrinsics b pddddddd
UseSHA3Intrinsics b ..dddddd
UseSHA512Intrinsics b pddddddd
UseSHM b pppp....
UseSSE nnniiiii pppppppp 11:0..99,21:0..4,27:2..4
UseSSE42Intrinsics b pppppppp
UseSecondarySupersCache b ...ddddd
UseSecondarySupersTable b ...ddddd
UseSemaphoreGCThreadsSynchronization b .d......
UseSerialGC b pppppppp
UseSharedSpaces b pppiiii.
UseShenandoahGC b .ppppppp
UseSignalChaining b pppppppp
UseSignumIntrinsic b .ddddddd
UseSplitVerifier - i.......
UseSquareToLenIntrinsic b pddddddd
UseStoreImmI16 b pppppppp
UseStoreStoreForCtor b ....dddd
UseStringCache - i.......
UseStringDeduplication b pppppppp
UseSubwordForMaxVector b .ppppppp
UseSuperWord b pppppppp
UseSwitchProfiling b .ddddddd
UseSystemMemoryBarrier b ...ppppp
UseTLAB b pppppppp
UseThreadPriorities b pppppppp
UseThreadsLockThrottleLock b ...ddddd
UseTransparentHugePages b pppppppp
UseTypeProfile b pppppppp
UseTypeSpeculation b pppppppp
UseUTCFileTimestamp - .i......
UseUnalignedAccesses b .ddddddd
UseUnalignedLoadStores b pppppppp
UseVMInterruptibleIO b p.......
UseVectorCmov b .ppppppp
UseVectorMacroLogic b ..dddddd
UseVectorStubs b ..xxxx..
UseVectoredExceptions - i.......
UseVectorizedHashCodeIntrinsic b ...ddddd
UseVectorizedMismatchIntrinsic b .ddddddd
UseVtableBasedCHA b ..dd....
UseXMMForArrayCopy b ppppppi.
UseXMMForObjInit b .ppppppp
UseXmmI2D b pppppppp
UseXmmI2F b pppppppp
UseXmmLoadAndClearUpper b pppppppp
UseXmmRegToRegMoveAll b pppppppp
UseZGC b .xpppppp
UserThreadWaitAttemptsAtExit n ....pppp 0..1000
VMContinuations b ...xxxxx
VMThreadHintNoPreempt b pp......
VMThreadPriority nnniiiii pppppppp 11:-1..127,25:
VMThreadStackSize n pppppppp 0..9007199254740991
ValueMapInitialSize n pppppppp 1..32768
ValueMapMaxLoopSize n pppppppp 0..128
ValueSearchLimit n pppppppp 0..2147483647
ValueTypePassFieldsAsArgs b .......d
ValueTypeReturnedAsFields b .......d
VerboseVerification b d.......
VerifyAdapterCalls b ddddd...
VerifyAfterGC b dddddddd
VerifyArchivedFields i ..dddddd 0..2
VerifyBeforeExit b dddddddd
VerifyBeforeGC b dddddddd
VerifyBeforeIteration b dddddddd
VerifyConstraintCasts I ....dddd 0..2
VerifyDuringGC b dddddddd
VerifyDuringStartup b dddddddd
VerifyGCLevel n dddd.... 0..1
VerifyGCStartAt u dddddddd
VerifyGCType l .ddddddd
VerifyMergedCPBytecodes b pp......
VerifyMethodHandles b dddddddd
VerifyObjectStartArray b dddd....
VerifyReceiverTypes b ..dddddd
VerifyRememberedSets b dddd....
VerifySecondarySupers b ...ddddd
VerifySharedSpaces b pppppppp
VerifySilently b d.......
VerifyStringTableAtExit b dddddddd
VerifySubSet l dddddddd
WhiteBoxAPI b dddddddd
WorkAroundNPTLTimedWaitHang n p.......
WorkStealingHardSpins u xxxxxxxx
WorkStealingSleepMillis u xxxxxxxx
WorkStealingSpinToYieldRatio u xxxxxxxx
WorkStealingYieldsBeforeSleep u xxxxxxxx
X86ICacheSync i ....dddd -1..5
YoungGenerationSizeIncrement uuuuIIII pppppppp 0..100
YoungGenerationSizeSupplement uuuuIIII pppppppp 0..100
YoungGenerationSizeSupplementDecay u pppppppp 1..18446744073709551615
YoungPLABSize uzzzzzzz pppppppp
ZAllocationSpikeTolerance d .ppppppp 0..2147483647
ZAsyncUnmappingLimit d ...d....
ZBufferStoreBarriers b ...ddddd
ZCollectionInterval .Idddddd .ppppppp
ZCollectionIntervalMajor d ...ppppp
ZCollectionIntervalMinor d ...ppppp
ZCollectionIntervalOnly b ...ppppp
ZConcurrentJNIWeakGlobalHandles b .d......
ZConcurrentStringTable b .d......
ZConcurrentVMWeakHandles b .d......
ZFragmentationLimit d .ppppppp 0..100
ZGenerational b ...pi...
ZIndexDistributorStrategy ...uuuuI ...ddddd 0..1
ZMarkStackSpaceLimit z ..ppi... 33554432..1099511627776
ZMarkStacksMax z .p...... 33554432..1099511627776
ZOldGCThreads I ...ddddd
ZOptimizeLoadBarriers b .d......
ZPath s .p......
ZProactive b .dpppppp
ZStallOnOutOfMemory b .p......
ZStatisticsForceTrace b .d......
ZStatisticsInterval I .pdddddd 1..4294967295
ZStressFastMediumPageAllocation b ....dddd
ZStressRelocateInPlace b ..dddddd
ZSymbolTableUnloading b .d......
ZTenuringThreshold i ...ddddd -1..15
ZUncommit b ..pppppp
ZUncommitDelay u ..pppppp
ZUnmapBadViews b .d......
ZUseMediumPageSizeRange b ....dddd
ZVerifyForwarding b .ddddddd
ZVerifyMarking b .ddddddd
ZVerifyObjects b ..dddddd
ZVerifyRemembered b ...ddddd
ZVerifyRoots b ..dddddd
ZVerifyViews b ..dd....
ZWeakRoots b .d......
ZYoungCompactionLimit d ...ppppp 0..100
ZYoungGCThreads I ...ddddd
ZeroTLAB b pppppppp
hashCode n pxxxxxxx
"""
