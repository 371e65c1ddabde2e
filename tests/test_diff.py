"""Two versions of a paper: which lines correspond, what differs, and what the command says of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derive.diff import Diff, Row, align, compare, correspondence, rows, summary, whole_paper
from derive.errors import UnknownName
from derive.latex.tokens import tokens
from derive.paper import load_paper
from derive.verify import Verifier

ROOT = Path(__file__).resolve().parents[1]
APRIL, JULY = "inference-2024-04", "inference-2024-07"
NOTATION = """
[paper]
title = "{name}"
[scope.s.ranges]
item = {{ size = "N", indices = "i j" }}
[scope.s.symbols]
a = {{ slots = "item" }}
b = {{ slots = "item" }}
c = {{}}
"""
SPLIT = r"\sum_i (a_i + b_i) = \sum_i a_i + \sum_i b_i"
SQUARE = r"(c + 1)^2 = c^2 + 2 c + 1"
CUBE = r"(c + 1)^3 = c^3 + 3 c^2 + 3 c + 1"
FACTOR = r"\sum_i c a_i = c \sum_i a_i"
NUMBER_OF_TERMS = r"\sum_i 1 = N"


def line(latex: str, *comments: str) -> str:
    """A numbered display that claims to hold exactly, or says what the comments say."""
    said = "".join(f"% {comment}\n" for comment in comments or ("by: exact",))
    return f"{said}\\begin{{equation}}\n{latex}\n\\end{{equation}}\n\n"


def claim(slug: str, latex: str) -> str:
    return f"% claim {slug}: {latex}\n% by: exact\n\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a paper of a name with these parts; the folder is the one the test runs in."""
    monkeypatch.chdir(tmp_path)

    def written(name: str, *parts: str) -> str:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "paper.tex").write_text("% scope: s\n\n" + "".join(parts), "utf-8")
        (folder / "notation.toml").write_text(NOTATION.format(name=folder.name.capitalize()), "utf-8")
        return name

    return written


@pytest.fixture
def derive(tmp_path: Path):
    """Runs the command with a store of its own; returns exit code, standard output and standard error."""

    def run(*arguments: str, store: Path = tmp_path / "store.sqlite") -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "derive", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            cwd=tmp_path,
            env={**os.environ, "DERIVE_STORE": str(store)},
        )
        return done.returncode, done.stdout, done.stderr

    return run


def results(name: str) -> dict[str, Any]:
    """The results of a paper as its JSON object has them."""
    return {"equations": [result.as_json() for result in Verifier(load_paper(name)).results()]}


def diff(first: str, second: str) -> Diff:
    return compare((load_paper(first), load_paper(second)), (results(first), results(second)))


def numbers(found: dict[str, Any], name: str) -> list[tuple[str | None, str | None]]:
    """The numbers of the entries in one list of the JSON object."""
    return [(entry["first"], entry["second"]) for entry in found[name]]


# -- small papers ----------------------------------------------------------------------------------------------------


def test_a_line_that_is_added_renumbers_those_behind_it(write) -> None:
    old = write("old", line(SPLIT), line(SQUARE), line(FACTOR))
    new = write("new", line(NUMBER_OF_TERMS), line(SPLIT), line(SQUARE), line(FACTOR))
    found = diff(old, new)
    data = found.as_json()
    assert numbers(data, "added") == [(None, "1")]
    assert data["added"][0]["now"] == "proved"
    assert numbers(data, "same") == [("1", "2"), ("2", "3"), ("3", "4")]
    assert data["renumbered"] == data["same"]
    assert data["removed"] == data["changed"] == data["verdicts"] == []
    assert rows(found) == [
        Row("", "(1)", ("proved",), "only in the second"),
        Row("(1) to (3)", "(2) to (4)", ("proved",), "renumbered"),
    ]


def test_a_line_that_is_removed_stands_where_it_stood(write) -> None:
    old = write("old", line(SPLIT), line(NUMBER_OF_TERMS), line(SQUARE))
    found = diff(old, write("new", line(SPLIT), line(SQUARE)))
    data = found.as_json()
    assert numbers(data, "removed") == [("2", None)]
    assert (data["removed"][0]["was"], data["removed"][0]["now"]) == ("proved", None)
    assert numbers(data, "renumbered") == [("3", "2")]
    assert [(row.first, row.second) for row in rows(found)] == [("(2)", ""), ("(3)", "(2)")]
    assert summary(found) == (
        "2 lines and claims correspond, 0 of them printed otherwise, 1 renumbered, 0 with another verdict; "
        "1 only in the first, 0 only in the second"
    )


def test_a_print_that_changed_is_told_token_by_token_with_its_verdicts(write) -> None:
    wrong = SQUARE.replace("2 c", "3 c")
    found = diff(write("old", line(SPLIT), line(wrong)), write("new", line(SPLIT), line(SQUARE)))
    data = found.as_json()
    assert data["changed"] == data["verdicts"]
    assert data["changed"] == [
        {
            "first": "2",
            "second": "2",
            "kind": "equation",
            "was": "refuted",
            "now": "proved",
            "by": "print",
            "difference": "printed as in (2) but for $2$ instead of $3$",
        }
    ]
    assert rows(found) == [Row("(2)", "(2)", ("refuted", "proved"), "printed as in (2) but for $2$ instead of $3$")]


def test_a_verdict_can_change_though_the_print_does_not(write) -> None:
    doubled = r"c = 2 \sum_i a_i"
    old = write("old", line(r"c = \sum_i a_i", "by: definition"), line(SQUARE), line(doubled, "from: 1"))
    new = write("new", line(doubled, "by: definition"), line(SQUARE), line(doubled, "from: 1"))
    found = diff(old, new)
    data = found.as_json()
    assert numbers(data, "changed") == [("1", "1")]
    assert [(entry["second"], entry["was"], entry["now"]) for entry in data["verdicts"]] == [("3", "refuted", "proved")]
    assert numbers(data, "same") == [("2", "2"), ("3", "3")]
    assert rows(found)[1:] == [Row("(3)", "(3)", ("refuted", "proved"), "")]


def test_layout_is_no_difference(write) -> None:
    spaced = r"\left( c + 1 \right)^2 \; = c^2+2c+1 \,."
    found = diff(write("old", line(SQUARE)), write("new", line(spaced)))
    assert numbers(found.as_json(), "same") == [("1", "1")]
    assert rows(found) == []


def test_lines_with_nothing_in_common_do_not_correspond(write) -> None:
    data = diff(write("old", line(SQUARE)), write("new", line(SPLIT))).as_json()
    assert numbers(data, "removed") == [("1", None)]
    assert numbers(data, "added") == [(None, "1")]
    assert data["same"] == data["changed"] == []


def test_a_print_that_the_reader_refuses_is_compared_all_the_same(write) -> None:
    refused = r"\begin{equation}" + "\na = \\begin{array}{c} 1 + 2 + %s \\end{array}\n" + r"\end{equation}" + "\n\n"
    old = write("old", refused % "3", refused % "5")
    data = diff(old, write("new", refused % "4", refused % "5")).as_json()
    assert numbers(data, "same") == [("2", "2")]
    assert [entry["difference"] for entry in data["changed"]] == [
        "printed otherwise than (1), in a form that cannot be compared token by token"
    ]


def test_same_in_the_second_paper_goes_before_the_print(write) -> None:
    old = write("old", line(SQUARE), line(SPLIT))
    new = write("new", line(SPLIT, "by: exact", "same: old:1"), line(FACTOR))
    data = diff(old, new).as_json()
    assert [(e["first"], e["second"], e["by"]) for e in data["changed"]] == [("1", "1", "same")]
    assert numbers(data, "removed") == [("2", None)]
    assert numbers(data, "added") == [(None, "2")]


def test_same_in_the_first_paper_counts_too_and_may_name_a_file(write) -> None:
    new = write("new", line(CUBE), line(SQUARE))
    old = write("old", line(NUMBER_OF_TERMS, "by: exact", f"same: {new}/paper.tex:2"))
    data = diff(old, new).as_json()
    assert [(e["first"], e["second"], e["by"]) for e in data["changed"]] == [("1", "2", "same")]
    assert numbers(data, "renumbered") == [("1", "2")]


def test_same_as_in_a_third_paper_says_nothing(write) -> None:
    write("third", line(SPLIT))
    new = write("new", line(SPLIT, "same: third:1"))
    data = diff(write("old", line(SQUARE)), new).as_json()
    assert data["same"] == data["changed"] == []


def test_what_is_stated_may_cross_and_what_is_printed_does_not(write) -> None:
    old = write("old", line(SPLIT), line(SQUARE), line(FACTOR))
    moved = write("moved", line(SQUARE), line(FACTOR), line(SPLIT))
    assert [(i, j) for i, j, _ in correspondence(load_paper(old), load_paper(moved))] == [(1, 0), (2, 1)]
    stated = write("stated", line(SQUARE), line(FACTOR), line(SPLIT, "same: old:1"))
    assert correspondence(load_paper(old), load_paper(stated)) == [(0, 2, "same"), (1, 0, "print"), (2, 1, "print")]
    assert [(row.first, row.second) for row in rows(diff(old, stated))] == [
        ("(2) to (3)", "(1) to (2)"),
        ("(1)", "(3)"),
    ]


def test_lines_that_change_places_are_no_run(write) -> None:
    old = write("old", line(SPLIT), line(SQUARE))
    new = write("new", line(SQUARE, "same: old:2"), line(SPLIT, "same: old:1"))
    assert [(row.first, row.second) for row in rows(diff(old, new))] == [("(2)", "(1)"), ("(1)", "(2)")]


@pytest.mark.parametrize("turned", [False, True])
def test_a_claim_that_is_the_same_as_a_display_has_no_other_partner(write, turned: bool) -> None:
    write("old", line(SQUARE), claim("1", SPLIT))
    write("new", "% same: old:1\n\n")
    papers = (load_paper("new"), load_paper("old")) if turned else (load_paper("old"), load_paper("new"))
    assert correspondence(*papers) == [(0, 0, "same")]


def test_of_two_lines_that_are_the_same_as_one_the_first_counts(write) -> None:
    old = write("old", line(SQUARE))
    new = write("new", line(SQUARE, "same: old:1"), line(SQUARE, "same: old:1"))
    data = diff(old, new).as_json()
    assert numbers(data, "same") == [("1", "1")]
    assert numbers(data, "added") == [(None, "2")]
    assert numbers(diff(new, old).as_json(), "removed") == [("2", None)]


def test_claims_go_by_slug_or_by_same(write) -> None:
    old = write("old", claim("terms", r"\sum_i 1 = N"), claim("gone", SQUARE), claim("cube", CUBE), line(SPLIT))
    new = write(
        "new", "% same: old:claim-cube\n\n", line(SPLIT), claim("terms", r"\sum_i 1 = 2 N"), claim("more", FACTOR)
    )
    found = diff(old, new)
    data = found.as_json()
    assert [(e["first"], e["second"], e["kind"], e["by"]) for e in data["same"]] == [
        ("claim-cube", "claim-cube", "claim", "same"),
        ("1", "1", "equation", "print"),
    ]
    assert data["changed"] == data["verdicts"]
    assert [(e["first"], e["by"], e["was"], e["now"], e["difference"]) for e in data["changed"]] == [
        ("claim-terms", "slug", "proved", "refuted", "printed as in claim-terms but for $=2$ instead of $=$")
    ]
    assert numbers(data, "removed") == [("claim-gone", None)]
    assert numbers(data, "added") == [(None, "claim-more")]
    assert [row.first or row.second for row in rows(found)] == ["claim-terms", "claim-gone", "claim-more"]


def test_a_run_of_lines_is_one_row_only_where_one_thing_is_said_of_them(write) -> None:
    false = FACTOR.replace("= c", "= 2 c")
    old = write("old", line(SPLIT))
    new = write("new", line(SPLIT), line(SQUARE), claim("terms", NUMBER_OF_TERMS), line(CUBE), line(false))
    assert rows(diff(old, new)) == [
        Row("", "(2) to (3)", ("proved",), "only in the second"),
        Row("", "(4)", ("refuted",), "only in the second"),
        Row("", "claim-terms", ("proved",), "only in the second"),
    ]


def test_a_run_ends_where_the_numbers_make_a_step(write) -> None:
    old = write("old", line(SPLIT), line(SQUARE), line(CUBE), line(FACTOR))
    new = write("new", line(NUMBER_OF_TERMS), line(SPLIT), line(SQUARE), line(FACTOR))
    assert [(row.first, row.second) for row in rows(diff(old, new))] == [
        ("", "(1)"),
        ("(1) to (2)", "(2) to (3)"),
        ("(3)", ""),
    ]


def test_two_papers_of_one_name_and_a_paper_against_itself(write) -> None:
    old, new = write("one/paper", line(SQUARE)), write("two/paper", line(SQUARE), line(SPLIT))
    data = diff(old, new).as_json()
    assert [paper["id"] for paper in data["papers"]] == ["paper", "paper"]
    assert (numbers(data, "same"), numbers(data, "added")) == ([("1", "1")], [(None, "2")])
    assert rows(diff(new, new)) == []


def test_a_paper_without_lines(write) -> None:
    data = diff(write("old"), write("new", line(SQUARE))).as_json()
    assert (numbers(data, "added"), data["removed"]) == ([(None, "1")], [])


def test_a_part_of_a_paper_is_refused(write) -> None:
    old = write("old", line(SQUARE), line(SPLIT))
    assert whole_paper(old).id == "old"
    with pytest.raises(UnknownName, match="diff wants whole papers, as old, and not old:2"):
        whole_paper(f"{old}:2")


# -- the alignment ---------------------------------------------------------------------------------------------------

LINES = st.lists(st.text("ab=", min_size=1, max_size=4).map(tuple), max_size=7)


@given(LINES, LINES)
def test_pairs_never_cross_and_lines_have_one_partner(
    first: list[tuple[str, ...]], second: list[tuple[str, ...]]
) -> None:
    pairs = align(first, second)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))


@given(LINES)
def test_a_paper_is_aligned_with_itself(lines: list[tuple[str, ...]]) -> None:
    assert align(lines, lines) == [(place, place) for place in range(len(lines))]


@given(LINES, LINES, LINES)
def test_lines_put_in_between_change_no_partner(
    before: list[tuple[str, ...]], between: list[tuple[str, ...]], after: list[tuple[str, ...]]
) -> None:
    strangers = [tuple(token.replace("a", "x").replace("b", "y").replace("=", "<") for token in row) for row in between]
    shift = len(before) + len(strangers)
    pairs = align([*before, *after], [*before, *strangers, *after])
    assert pairs == [(at, at) for at in range(len(before))] + [
        (len(before) + at, shift + at) for at in range(len(after))
    ]


def test_equal_tokens_go_before_two_that_are_alike() -> None:
    longer = "abcdefghij"
    assert align([longer, longer[:-1] + "x"], [longer[:-1] + "y", longer]) == [(0, 1)]


def test_one_close_likeness_goes_before_two_distant_ones() -> None:
    first = ["abcdefgh", "ijklmnopqr"]
    close, distant = "ijklmnopqs", "abcdefxy"
    assert align([first[1]], [distant, close]) == [(0, 1)]
    assert align(first, [close, "ijklmnwxyz"]) == [(1, 0)]


def test_a_stated_pair_is_not_crossed_by_lines_that_are_alike() -> None:
    long, alike = "abcdefghij", "abcdefghix"
    assert align(["p", long], [alike, "q"]) == [(1, 0)]
    assert align(["p", long], [alike, "q"], {0: 1}) == [(0, 1)]
    assert align([long, "p"], ["q", alike], {1: 0}) == [(1, 0)]
    assert align(["p", long], [long, "q"], {0: 1}) == [(1, 0)]
    assert align([long, "p"], ["q", long], {1: 0}) == [(0, 1)]


def test_lines_without_tokens_have_no_partner() -> None:
    assert align(["", "a=b"], ["", "a=b"]) == [(1, 1)]


# -- the shipped versions --------------------------------------------------------------------------------------------


def test_the_print_alone_finds_what_is_stated_of_the_shipped_papers() -> None:
    april, july = load_paper(APRIL).lines, load_paper(JULY).lines
    texts = [[tuple(token.text for token in tokens(equation.latex)) for equation in lines] for lines in (april, july)]
    found = {april[i].number: july[j].number for i, j in align(texts[0], texts[1])}
    same = {e.number: entry.value.removeprefix(f"{JULY}:") for e in april if (entry := e.annotation.one("same"))}
    assert len(same) > 40
    assert {number: found.get(number) for number in same} == same


def test_the_shipped_versions(derive, shipped_store: Path) -> None:
    code, out, err = derive("diff", APRIL, JULY, "--json", store=shipped_store)
    assert (code, err) == (0, "")
    data = json.loads(out)
    assert [paper["id"] for paper in data["papers"]] == [APRIL, JULY]
    entries = {entry["second"]: entry for name in ("same", "changed") for entry in data[name]}
    assert len(entries) == len(data["same"]) + len(data["changed"])
    assert [pair for pair in numbers(data, "removed") if "claim" not in str(pair)] == [("19", None), ("20", None)]
    added = [number for _, number in numbers(data, "added")]
    assert {"19", "21", "71", "97+1", "130"} <= set(added)
    assert not {str(number) for number in range(22, 71)} & set(added)
    assert numbers(data, "renumbered") == [("21", "20")]
    assert entries["20"]["difference"] == r"printed as in (21) but for $\Theta_x$ instead of $\Theta$"
    assert entries["14"]["difference"] == r"printed as in (14) but for $\Theta_x$ instead of $\Theta$"
    assert entries["63"]["by"] == "same"
    assert entries["63"]["difference"] == "printed as in (63) but for $x_i$ instead of $x$"
    assert entries["15"]["difference"] is None
    assert (entries["59"]["was"], entries["59"]["now"]) == ("refuted", "refuted")
    assert entries["claim-binomial"]["by"] == "same"
    assert {entry["second"] for entry in data["verdicts"]} == {
        number for number, entry in entries.items() if entry["was"] != entry["now"]
    }

    code, table, err = derive("diff", APRIL, JULY, store=shipped_store)
    assert (code, err) == (0, "")
    assert f"{APRIL} → {JULY}" in table
    assert re.search(r"^\(19\).* only in the first *$", table, re.MULTILINE)
    assert re.search(r"^\(21\) +\(20\) +.*renumbered; printed as in \(21\) but for", table, re.MULTILINE)
    assert "\x1b[" not in table


# -- the command -----------------------------------------------------------------------------------------------------


def test_the_table_and_the_exit_code_of_the_command(derive, write) -> None:
    wrong = SQUARE.replace("2 c", "3 c")
    old = write("old", line(SQUARE), line(SPLIT))
    new = write("new", line(NUMBER_OF_TERMS), line(wrong), line(SPLIT))
    code, out, err = derive("diff", old, f"{new}/paper.tex", "--no-store", "--jobs", "1", "--timeout", "60")
    assert (code, err) == (0, "")
    rows = [re.split(r"\s{2,}", row.strip()) for row in out.splitlines()]
    assert rows[1] == ["first", "second", "verdict", "what changed"]
    assert rows[2:5] == [
        ["(1)", "proved", "only in the second"],
        ["(1)", "(2)", "proved → refuted", "renumbered; printed as in (1) but for $3$ instead of $2$"],
        ["(2)", "(3)", "proved", "renumbered"],
    ]
    assert "1 with another verdict; 0 only in the first, 1 only in the second" in " ".join(out.split())
    assert not (Path(old).parent / "store.sqlite").exists()


def test_the_json_is_what_the_readme_says(derive, write) -> None:
    old = write("old", line(SQUARE), line(CUBE), claim("terms", NUMBER_OF_TERMS))
    new = write("new", line(FACTOR), line(SQUARE.replace("2 c", "3 c")), claim("terms", NUMBER_OF_TERMS))
    code, out, err = derive("diff", old, new, "--json")
    assert (code, err) == (0, "")
    assert derive("diff", old, new, "--json")[1] == out
    data = json.loads(out)
    lists = ["same", "changed", "added", "removed", "renumbered", "verdicts"]
    fields = ["first", "second", "kind", "was", "now", "by", "difference"]
    assert list(data) == ["schema", "papers", *lists]
    assert data["schema"] == 1
    assert data["papers"] == [{"id": "old", "title": "Old"}, {"id": "new", "title": "New"}]
    assert all(list(entry) == fields for name in lists for entry in data[name])
    assert all(data[name] for name in ("same", "changed", "added", "removed", "renumbered", "verdicts"))
    told = next(
        part for part in (ROOT / "README.md").read_text("utf-8").split("\n\n") if part.startswith("`derive diff`")
    )
    assert set(re.findall(r"`(\w+)`", told)) == {"id", "title", "print", "slug", *data, *fields}


def test_a_paper_against_itself_has_no_table(derive, write) -> None:
    one = write("one", line(SQUARE))
    code, out, _ = derive("diff", one, one)
    assert code == 0
    assert "what changed" not in out
    assert "1 lines and claims correspond, 0 of them printed otherwise" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("diff", "old", "nope"), "there is no paper 'nope'; papers: fields-2024"),
        (("diff", "nope", "old"), "there is no paper 'nope'"),
        (("diff", "old:1", "old"), "diff wants whole papers, as old, and not old:1"),
        (("diff", "old", "old:9"), "old has no line 9; its lines are 1 to 2"),
        (("diff", "old"), "the following arguments are required: PAPER"),
        (("diff", "old", "old", "old"), "unrecognized arguments: old"),
        (("diff", "old", "old", "--jobs", "0"), "is not a number of processes"),
        (("diff", "old", "broken"), "broken/paper.tex:3: unknown key 'form'"),
    ],
)
def test_wrong_calls(derive, write, arguments: tuple[str, ...], said: str) -> None:
    write("old", line(SQUARE), line(SPLIT))
    write("broken", line(SQUARE, "form: 1"))
    code, out, err = derive(*arguments)
    assert code == 2
    assert out == ""
    assert said in err
    assert "Traceback" not in err
