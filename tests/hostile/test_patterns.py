"""No regular expression of memlint takes more than linear time, on any text."""

import subprocess
import sys

import pytest

from conftest import ROOT


@pytest.mark.slow
def test_no_pattern_backtracks() -> None:
    # A process of its own, as it measures its own CPU and interrupts what takes too long.
    done = subprocess.run([sys.executable, str(ROOT / "tests" / "hostile" / "patterns.py")], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")


def test_what_it_looks_at_is_all_there_is() -> None:
    """A pattern with a quadratic search is found, so that silence means something."""
    code = (
        "import sys, re; sys.path.insert(0, 'tests/hostile'); import patterns\n"
        "bad = [patterns.Use('x', re.compile(text), method) for text, method in ((r'a[^b]*b', 'search'), (r'^(a+)+$', 'match'), (r'\\s+x', 'search'))]\n"
        "good = [patterns.Use('y', re.compile(r'a[^ab]*b'), 'search'), patterns.Use('z', re.compile(r'^a++b'), 'match')]\n"
        "everything = patterns.uses()\n"
        "assert len(everything) > 200, len(everything)\n"
        "patterns.uses = lambda: bad + good\n"
        "assert [line.split()[0] for line in patterns.slow()] == ['x', 'x', 'x']\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
