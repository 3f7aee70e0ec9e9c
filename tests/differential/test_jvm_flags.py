"""The reading of JVM flags against the JVM of this machine, where there is one: refused or taken, and with which sizes."""

import os
import re
import shutil
import subprocess

import pytest

from memlint.api import Program
from memlint.runtimes.jvm import settings
from unit.runtimes.jvm.build import known, surroundings

JAVA = shutil.which("java")
SETS = """
-Xmx512m
-Xmx513m -Xms64m
-Xmx512mb
-Xmx1.5g
-Xmx0x20000000
-Xmx512
-Xms1g -Xmx512m
-Xms700m
-mx300m
-XX:MaxRAMPercentage=12.5
-XX:MaxRAMPercentage=7.5e1
-XX:MaxRAMPercentage=101.0
-XX:MaxRAMPercentage=75%
-XX:MaxRAM=1g
-XX:MaxRAM=200m -XX:MaxRAMPercentage=75.0
-XX:MaxRAM=200m -XX:MinRAMPercentage=80.0
-XX:+UseSerialGC -Xmx630194299
-XX:+UseParallelGC -Xmx101m
-XX:+UseG1GC -XX:G1HeapRegionSize=8m -Xmx101m
-XX:+UseSerialGC -XX:+UseG1GC
-XX:ActiveProcessorCount=1
-XX:ActiveProcessorCount=1 -XX:-UseSerialGC
-XX:+AggressiveHeap -Xmx400m
-XX:UseSerialGC
-XX:+MaxHeapSize
-XX:MaxPermSize=64m
-XX:+UseConcMarkSweepGC
-XX:Foo=1
-XX:+IgnoreUnrecognizedVMOptions -XX:Foo=1 -Xfoo
-XX:G1NewSizePercent=20
-XX:+UnlockExperimentalVMOptions -XX:G1NewSizePercent=20
-XX:MinHeapFreeRatio=80
-XX:SoftMaxHeapSize=64g -Xmx1g
-XX:ReservedCodeCacheSize=1m
-Xss100k
-Xmn64m -Xmx256m
-XX:NativeMemoryTracking=on
--add-opens java.base/java.lang=ALL-UNNAMED -Xmx200m
-Xverify:foo
-d64
""".strip().splitlines()


@pytest.fixture(scope="module")
def version() -> str:
    if JAVA is None:
        pytest.skip("no java here")
    told = subprocess.run([JAVA, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "([\d.]+|1\.8\.0_\d+)', told)
    if match is None or "OpenJ9" in told:
        pytest.skip("no HotSpot here")
    return match[1].replace("1.8.0_", "8u")


@pytest.mark.parametrize("flags", SETS)
def test_this_machines_jvm_agrees(version: str, flags: str) -> None:
    assert JAVA is not None
    words = ["-XX:-UseContainerSupport", *flags.split(), "-XX:+PrintFlagsFinal", "-version"]
    done = subprocess.run([JAVA, *words], capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    host = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    around = surroundings(None, f"eclipse-temurin:{version}_1-jdk", cpus=(os.cpu_count() or 1) * 1000, host=host, cgroup=2)
    found = settings.read(Program(tuple(known(word) for word in ("java", *words)), {}), around)
    assert found is not None
    refused = [refusal.message for refusal in found.main.refusals]
    assert bool(refused) == (done.returncode != 0), (refused, done.stderr)
    if not refused and "ActiveProcessorCount" not in flags:
        sizes = found.main.sizes[2]
        assert sizes is not None
        values = dict(re.findall(r"^\s*\w+ (MaxHeapSize|InitialHeapSize)\s+:?=\s+(\d+)", done.stdout, re.MULTILINE))
        assert (sizes.maximum, sizes.initial) == (int(values["MaxHeapSize"]), int(values["InitialHeapSize"]))
