"""A measurement becomes a footprint that `check` then uses."""

from collections.abc import Callable

from conftest import Answer

Memlint = Callable[..., Answer]

REPORT = """17:

Native Memory Tracking:

Total: reserved=1874311KB, committed=401415KB
-                 Java Heap (reserved=524288KB, committed=200704KB)
                            (mmap: reserved=524288KB, committed=200704KB)

-                     Class (reserved=1049501KB, committed=9053KB)
                            (classes #14000)
-                    Thread (reserved=61800KB, committed=6100KB)
                            (thread #60)
-                      Code (reserved=249000KB, committed=41000KB)
-                        GC (reserved=60000KB, committed=40000KB)
-                  Internal (reserved=900KB, committed=900KB)
-                     Other (reserved=210000KB, committed=210000KB)
-                    Symbol (reserved=9000KB, committed=9000KB)
-                 Metaspace (reserved=80000KB, committed=78000KB)
-                    Module (reserved=200KB, committed=200KB)
"""
COMPOSE = "services:\n  api:\n    image: eclipse-temurin:21-jre\n    command: java -Xmx512m -jar app.jar\n    mem_limit: 768m\n"


def test_the_footprint_changes_the_verdict(memlint: Memlint) -> None:
    files = {"nmt.txt": REPORT, "compose.yaml": COMPOSE}
    before = memlint("budget", "--output", "json", "compose.yaml", files=files).json["containers"][0]
    entry = memlint("calibrate", "nmt.txt", "--match", "container=api")
    assert entry.status == 0, entry.err
    after = memlint("budget", "--output", "json", "compose.yaml", files={".memlint.yaml": entry.out}).json["containers"][0]
    direct = next(part for part in after["parts"] if part["name"] == "direct")
    assert direct["expected"] >= 205 << 20
    assert (before["verdict"], after["verdict"]) == ("tight", "over")


def test_a_stream(memlint: Memlint) -> None:
    answer = memlint("calibrate", "-", stdin=REPORT)
    assert answer.status == 0
    assert "classes: 14000" in answer.out


def test_what_cannot_be_read_is_refused_with_its_line(memlint: Memlint) -> None:
    answer = memlint("calibrate", "cut.txt", files={"cut.txt": REPORT.replace("(reserved=249000KB, committed=41000KB)", "(reserved=2490")})
    assert answer.status == 2
    assert answer.err.startswith("cut.txt:13:1: problem cannot read this category")


def test_match_is_checked(memlint: Memlint) -> None:
    assert memlint("calibrate", "-", "--match", "pod=x", stdin=REPORT).status == 2
