"""Edits and texts: what is applied together, what a diff says, what is refused."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint import fixes
from memlint.model import Diagnostic, Edit, Finding, Fix, Problem, Project, Report, Safety, Severity, Verb
from memlint.sources.text import Source


def found(
    *edits: Edit,
    rule: str = "MEM001",
    message: str = "wrong",
    container: str | None = "api",
    workload: str | None = "api",
    safety: Safety = Safety.UNSAFE,
    severity: Severity = Severity.WARNING,
) -> Diagnostic:
    at = Source(edits[0].path, "x").span(0, 1)
    finding = Finding(message, at, fix=Fix("mend", safety, edits))
    return Diagnostic(rule, "x", severity, finding, workload, container, "")


def report(*diagnostics: Diagnostic, texts: Mapping[str, str], problems: tuple[Problem, ...] = ()) -> Report:
    return Report(Verb.CHECK, "0", Project(), diagnostics, problems, texts=texts)


class Sealed(Source):
    __slots__ = ()
    editable = False


def kept(diagnostic: Diagnostic, *sources: Source) -> bool:
    known = {source.path: source for source in sources}
    (left,) = fixes.sound([diagnostic], known.get)
    return left.finding.fix is not None


# ---- applying


def test_edits_are_made_at_the_places_of_the_text_before() -> None:
    assert fixes.apply("abcdef", [Edit("x", 4, 5, "E"), Edit("x", 1, 3, "-"), Edit("x", 6, 6, "!")]) == "a-dEf!"


@pytest.mark.parametrize("edit", [Edit("x", 2, 1, ""), Edit("x", 0, 9, ""), Edit("x", -1, 0, "")])
def test_an_edit_that_does_not_fit_is_an_error(edit: Edit) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        fixes.apply("abc", [edit])


@given(st.text(alphabet="ab\n\r\u2028é", max_size=40), st.text(alphabet="ab\n\r\u2028é", max_size=40))
def test_a_diff_applied_by_patch_gives_the_other_text(tmp_path_factory: pytest.TempPathFactory, before: str, after: str) -> None:
    if before == after or not before or not after:
        return
    folder = tmp_path_factory.mktemp("patch")
    file = folder / "file.txt"
    file.write_bytes(before.encode())
    shown = fixes.diff("file.txt", before, after).encode()
    done = subprocess.run(["patch", "-p1", "--binary", "--quiet"], input=shown, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    assert file.read_bytes() == after.encode()


# ---- choosing


def test_of_one_container_one_fix_is_taken_at_a_time() -> None:
    first, second, other = (
        found(Edit("x", 0, 1, "a")),
        found(Edit("x", 8, 9, "b"), rule="MEM002"),
        found(Edit("x", 5, 6, "c"), container="web", workload="web"),
    )
    plan = fixes.plan([first, second, other], unsafe=True)
    assert plan.taken == (first, other)
    assert plan.put_off == (second,)


def test_the_same_change_mends_two_findings() -> None:
    one, two = found(Edit("x", 0, 1, "a")), found(Edit("x", 0, 1, "a"), container="web")
    plan = fixes.plan([one, two], unsafe=True)
    assert plan.taken == (one, two)
    assert plan.edits == {"x": [Edit("x", 0, 1, "a")]}


def test_a_fix_is_taken_whole_or_not_at_all() -> None:
    one = found(Edit("x", 3, 6, "a"))
    two = found(Edit("y", 0, 1, "b"), Edit("x", 5, 8, "c"), container="web", workload="web")
    plan = fixes.plan([one, two], unsafe=True)
    assert plan.put_off == (two,)
    assert set(plan.edits) == {"x"}


def test_a_fix_of_a_whole_file_goes_alone() -> None:
    whole, single = found(Edit("x", 0, 0, "a"), container=None, workload=None), found(Edit("x", 9, 9, "b"))
    assert fixes.plan([whole, single], unsafe=True).taken == (whole,)
    assert fixes.plan([single, whole], unsafe=True).taken == (single,)


def test_unsafe_ones_are_left_where_nobody_asked() -> None:
    safe, unsafe = found(Edit("x", 0, 1, "a"), safety=Safety.SAFE), found(Edit("y", 0, 1, "a"))
    assert fixes.plan([unsafe, safe], unsafe=False).taken == (safe,)


def test_a_fix_that_overlaps_itself_is_dropped() -> None:
    assert fixes.plan([found(Edit("x", 0, 3, "a"), Edit("x", 2, 4, "b"))], unsafe=True).taken == ()


# ---- what is refused


def test_what_must_stand_there_is_compared() -> None:
    source = Source("x", "abc")
    assert kept(found(Edit("x", 0, 1, "-", "a")), source)
    assert not kept(found(Edit("x", 0, 1, "-", "b")), source)
    assert not kept(found(Edit("x", 0, 9, "-")), source)


def test_files_outside_streams_and_renderings_are_left_alone() -> None:
    edit = found(Edit("x", 0, 1, "-"))
    assert not kept(edit)
    assert not kept(edit, Sealed("x", "abc"))
    assert not kept(found(Edit("x", 0, 1, "-"), Edit("y", 0, 1, "-")), Source("x", "abc"))


ANCHORED = """\
base: &base
  limit: 1
list: &list
  - a
one: &one 512m
plain:
  limit: 2
alias: *base
merged:
  <<: *base
  limit: 3
"""


@pytest.mark.parametrize(
    ("place", "text", "sound"),
    [
        ("limit: 1", "", False),
        ("limit: 2", "", True),
        ("limit: 3", "", True),
        ("512m", "", False),
        ("- a", "", False),
        ("limit: 1", "\n  more: 1", False),  # a line of the anchored mapping
        ("limit: 1", "\nmore: 1", True),  # a line behind it
        ("512m", "\nmore: 1", True),
        ("- a", "\nmore: 1", True),
    ],
)
def test_what_an_anchor_names_is_shared(place: str, text: str, sound: bool) -> None:
    start = ANCHORED.index(place)
    end = start + len(place)
    edit = Edit("x.yaml", end, end, text) if text else Edit("x.yaml", start, end, "x: 9")
    assert kept(found(edit), Source("x.yaml", ANCHORED)) is sound


def test_lines_of_a_template_are_left_alone() -> None:
    text = "a: {{ .Values.a }} # 512\nb: 512\nrun: docker run -m 512 ${{ env.IMAGE }}\n"
    source = Source("x.yaml", text)
    assert not kept(found(Edit("x.yaml", text.index("512"), text.index("512") + 3, "-")), source)
    assert kept(found(Edit("x.yaml", text.index("b: "), text.index("b: ") + 1, "-")), source)
    assert kept(found(Edit("x.yaml", text.rindex("512"), text.rindex("512") + 3, "-")), source)


@given(st.text(alphabet="a:&* -\n[]{}", max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_no_text_makes_the_look_at_it_raise(text: str, start: int, end: int) -> None:
    fixes.sound([found(Edit("x.yaml", start, end, "\n  a"))], lambda path: Source(path, text))


# ---- until nothing is left


def test_fixes_are_applied_until_none_is_left() -> None:
    def judge(texts: Mapping[str, str]) -> Report:
        text = texts["x"]
        at = text.find("a")
        items = [found(Edit("x", at, at + 1, "b"), message=f"{text.count('a')} left", container=None, workload=None)] if at >= 0 else []
        return report(*items, texts=texts)

    mended = fixes.mend(judge({"x": "aaa"}), judge, unsafe=True)
    assert (mended.before, mended.after, mended.total) == ({"x": "aaa"}, {"x": "bbb"}, 3)


def test_a_fix_that_only_changes_the_numbers_is_taken_back() -> None:
    def judge(texts: Mapping[str, str]) -> Report:
        return report(found(Edit("x", 0, 0, "+"), message=f"holds {len(texts['x'])} of {len(texts['x'])}"), texts=texts)

    assert fixes.mend(judge({"x": "a"}), judge, unsafe=True).after == {}


def test_a_fix_without_effect_is_taken_back() -> None:
    def judge(texts: Mapping[str, str]) -> Report:
        return report(found(Edit("x", 0, 1, "b")), texts=texts)

    assert fixes.mend(judge({"x": "aaa"}), judge, unsafe=True).after == {}


def test_a_fix_that_makes_a_file_unreadable_is_taken_back_alone() -> None:
    def judge(texts: Mapping[str, str]) -> Report:
        broken = (Problem("x", "cannot be parsed"),) if texts["x"] != "a" else ()
        items = [found(Edit(path, 0, 1, "b"), container=path, workload=path) for path in "xy" if texts[path] == "a"]
        return report(*items, texts=texts, problems=broken)

    assert fixes.mend(judge({"x": "a", "y": "a"}), lambda texts: judge({"x": "a", "y": "a", **texts}), unsafe=True).after == {"y": "b"}


@pytest.mark.parametrize(("severity", "after"), [(Severity.INFO, {}), (Severity.ERROR, {"x": "b"})])
def test_a_nicety_must_not_cost_an_error(severity: Severity, after: dict[str, str]) -> None:
    def judge(texts: Mapping[str, str]) -> Report:
        if texts["x"] == "a":
            return report(found(Edit("x", 0, 1, "b"), severity=severity), texts=texts)
        error = found(Edit("x", 0, 1, "b"), rule="MEM504", severity=Severity.ERROR)
        return report(error._replace(finding=error.finding._replace(fix=None)), texts=texts)

    assert fixes.mend(judge({"x": "a"}), judge, unsafe=True).after == after


def test_fixes_that_undo_each_other_end() -> None:
    def judge(texts: Mapping[str, str]) -> Report:
        other = "b" if texts["x"] == "a" else "a"
        return report(found(Edit("x", 0, 1, other), message=other), texts=texts)

    assert fixes.mend(judge({"x": "a"}), judge, unsafe=True).total <= 2


def test_diffs_name_the_path(tmp_path: Path) -> None:
    assert fixes.diff("a/b.yaml", "x\n", "y\n").startswith("--- a/a/b.yaml\n+++ b/a/b.yaml\n")
