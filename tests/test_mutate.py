"""The adversary: what mutants there are, which are caught, by what, and that it can fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from derive.latex.writer import write_chain
from derive.methods import exact
from derive.methods.goal import Answer
from derive.mutants.lines import mutants_of, names_of, tried
from derive.mutants.statements import chain_mutants
from derive.mutants.trial import Outcome, Trials
from derive.verify import Verifier

# -- what mutants there are ------------------------------------------------------------------------------------------


def mutants(bench, formula: str) -> set[tuple[str, str]]:
    chain = bench.chain(formula)
    return {(change, write_chain(mutant, bench.scope)) for change, mutant in chain_mutants(chain, bench.scope)}


EXPECTED = {
    "a = b - 2 c": {
        ("sign", "-a = b - 2 c"),
        ("sign", "a = -b - 2 c"),
        ("sign", "a = b + 2 c"),
        ("term dropped", "a = b"),
        ("term dropped", "a = -2 c"),
        ("coefficient", "a = b - 3 c"),
        ("factor dropped", "a = b - c"),
        ("symbol", "a = c - 2 c"),
        ("exponent", "a = b - 2 c^{2}"),
    },
    r"a = \frac{b}{c^2}": {
        ("factor dropped", "a = b"),
        ("factor dropped", r"a = \frac{1}{c^{2}}"),
        ("exponent", r"a = \frac{b}{c^{3}}"),
        ("exponent", r"a = \frac{b}{c}"),
    },
    r"\sum_{j \neq i} x_i x_j = 0": {
        ("index", r"\sum_{j \neq i} x_{j} x_{j} = 0"),
        ("index", r"\sum_{j \neq i} x_{i} x_{i} = 0"),
        ("index", r"\sum_{j} x_{i} x_{j} = 0"),
        ("coefficient", r"\sum_{j \neq i} x_{i} x_{j} = 1"),
    },
    r"\mathbf{A} \mathbf{C} = \mathbf{A} \mathbf{C}": {
        ("order of factors", r"\mathbf{C} \mathbf{A} = \mathbf{A} \mathbf{C}"),
        ("factor dropped", r"\mathbf{A} \mathbf{C} = \mathbf{C}"),
    },
    r"\exp(a) \geq b": {("relation", r"\exp\left( a \right) \leq b"), ("function", r"\log\left( a \right) \geq b")},
}


@pytest.mark.parametrize("formula", EXPECTED)
def test_each_kind_of_slip_is_made(bench, formula: str) -> None:
    found = {(change, latex.replace(" \\,", "")) for change, latex in mutants(bench, formula)}
    assert EXPECTED[formula] <= found


def test_no_mutant_reads_as_the_line_itself(bench) -> None:
    for formula in EXPECTED:
        chain = bench.chain(formula)
        for _, mutant in chain_mutants(chain, bench.scope):
            again = bench.chain(write_chain(mutant, bench.scope))
            assert (again.first, again.links) == (mutant.first, mutant.links)
            assert (again.first, again.links) != (chain.first, chain.links)


# -- what becomes of them --------------------------------------------------------------------------------------------


def fates(bench, tex: str) -> dict[str, list[tuple[str, str, Outcome]]]:
    """The change, the mutant and its fate, of all mutants of each line of a little paper."""
    paper = bench.paper(tex)
    trials = Trials(paper, {result.number: result for result in Verifier(paper).results()})
    return {
        name: [(mutant.change, mutant.what, tried(mutant)) for mutant in mutants_of(trials, name)]
        for name in names_of(trials)
    }


def line(number: str, formula: str, *comments: str) -> str:
    said = "".join(f"% {comment}\n" for comment in comments)
    return f"{said}\\begin{{equation}}\n{formula} \\tag{{{number}}}\n\\end{{equation}}\n\n"


def survivors(found: list[tuple[str, str, Outcome]]) -> list[tuple[str, str, str]]:
    return [(change, what, outcome.by) for change, what, outcome in found if outcome.fate == "survived"]


def equal(found: list[tuple[str, str, Outcome]]) -> set[str]:
    return {what for _, what, outcome in found if outcome.fate == "equal"}


def test_all_mutants_of_a_proof_are_caught_or_equal(bench) -> None:
    found = fates(bench, line("1", "(a + b)^2 = a^2 + 2 a b + b^2", "by: exact"))["1"]
    assert len(found) > 40
    assert survivors(found) == []
    assert equal(found) == set()
    found = fates(bench, line("1", r"\sum_i \sum_{j \neq i} (x_i y_j - x_j y_i) = 0", "by: exact"))["1"]
    assert survivors(found) == []
    assert r"-\sum_{i} \sum_{j \neq i} \left( x_{i} y_{j} - x_{j} y_{i} \right) = 0" in equal(found)


def test_what_is_beyond_the_order_is_equal(bench) -> None:
    found = fates(bench, line("1", r"\exp(g) \approx 1 + g - g^2", "by: order 1 in s"))["1"]
    assert survivors(found) == []
    assert {r"\exp\left( g \right) \approx 1 + g", r"\exp\left( g \right) \approx 1 + g + g^{2}"} <= equal(found)
    assert not any("1 + g^{2}" in what for what in equal(found))


def test_of_a_refuted_line_the_correction_is_changed(bench) -> None:
    found = fates(bench, line("1", "(a + b)^2 = a^2 + b^2", "by: exact", "corrected: = a^2 + 2 a b + b^2"))["1"]
    statements = [(what, outcome) for change, what, outcome in found if change != "token dropped"]
    assert {outcome.fate for _, outcome in statements} == {"caught"}
    assert r"= a^{2} - 2 a b + b^{2}" in {what for what, _ in statements}


def test_a_definition_is_caught_by_its_obligations_or_by_what_uses_it(bench) -> None:
    alone = fates(bench, line("1", "f = a + b", "by: definition"))["1"]
    assert ("sign", "f = a - b", "nothing uses it, and nothing more is said of it") in survivors(alone)
    used = line("1", "f = a + b", "by: definition") + line("2", "f - a = b", "from: 1")
    found = fates(bench, used)
    assert survivors(found["1"]) == survivors(found["2"]) == []
    assert any(outcome.by.startswith("(2): ") for _, _, outcome in found["1"])
    obliged = fates(bench, line("1", "f = c^2", "by: definition", "so: f positive"))["1"]
    assert ("sign", "f = -c^{2}", Outcome("caught", "open and no longer definition")) in obliged


def test_what_only_the_left_side_of_a_chain_says_is_caught_by_what_uses_the_chain(bench) -> None:
    tex = (
        line("1", "f = a + b", "by: definition")
        + line("2", "= b + a", "from: 1")
        + line("3", "2 f = 2 a + 2 b", "from: 2")
    )
    assert survivors(fates(bench, tex)["1"]) == []


def test_a_premise_is_missed_or_said_not_to_be_needed(bench) -> None:
    tex = line("1", "f = a + b", "by: definition") + line("2", "t = a", "by: definition")
    found = fates(bench, tex + line("3", "f - b = a", "from: 1, 2"))["3"]
    assert ("premise dropped", "1", Outcome("caught", "what was shown is not shown")) in found
    assert ("premise dropped", "2", Outcome("equal", "the line is said to be shown without it")) in found


def test_a_hypothesis_is_missed(bench) -> None:
    found = fates(bench, line("1", "a^2 = b^2", "by: exact", "needs: a = b"))["1"]
    dropped = [(what, outcome.fate) for change, what, outcome in found if change == "hypothesis dropped"]
    assert dropped == [("a = b", "caught")]


def test_what_is_stated_by_name_is_changed_too(bench) -> None:
    tex = "% given half @1: f = \\frac{a}{2}\n% given idle @1: t = a\n\n" + line("1", "2 f = a", "from: half")
    found = fates(bench, tex)
    assert survivors(found["given bench/half"]) == []
    why = "no line names it as a premise, and every line of its scope does without it"
    assert survivors(found["given bench/idle"]) == [("dropped", "all that is stated", why)]


def test_what_no_line_names_is_caught_by_a_model_that_rests_on_it(bench) -> None:
    found = fates(bench, "% given value @1: f = 3 a\n\n" + line("1", "f = 3 a", "by: exact"))
    ((change, _, outcome),) = found["given bench/value"]
    assert (change, outcome) == ("dropped", Outcome("caught", "(1): refuted and no longer supported"))


def test_what_is_stated_by_name_in_other_words_is_equal(bench) -> None:
    found = fates(bench, "% given none @1: f = 0\n\n" + line("1", "f a = 0", "from: none"))
    assert "f = -0" in equal(found["given bench/none"])
    assert survivors(found["given bench/none"]) == []


def test_an_inequality_to_zero_times_a_positive_number_is_equal(bench) -> None:
    found = fates(bench, line("1", r"\frac{1}{c} > 0", "by: exact", "needs: c > 0"))["1"]
    assert r"\frac{2}{c} > 0" in equal(found)
    assert not any("-" in what.replace("-0", "") for what in equal(found))


def test_a_token_that_says_nothing_is_told(bench) -> None:
    found = fates(bench, line("1", r"2 \cdot 3 = 6", "by: exact"))["1"]
    assert survivors(found) == []
    assert r"\cdot at 2" in equal(found)


def test_a_verifier_that_proves_everything_catches_nothing(bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard can fail: where proofs hold whatever is said, the models disagree, and mutants survive."""
    monkeypatch.setattr(exact, "prove", lambda goal: Answer(True, exact.METHOD))
    found = fates(bench, line("1", "(a + b)^2 = a^2 + 2 a b + b^2", "by: exact"))["1"]
    statements = [outcome for change, _, outcome in found if change not in ("token dropped", "relation")]
    assert {outcome.fate for outcome in statements} == {"survived"}
    assert all(outcome.by.startswith("an error of this program: (1) was proved, but") for outcome in statements)


# -- the command -----------------------------------------------------------------------------------------------------


def mutate(store: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "derive", "mutate", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DERIVE_STORE": str(store), "COLUMNS": "120"},
    )
    return done.returncode, done.stdout, done.stderr


def test_a_sample_of_all_papers(shipped_store: Path) -> None:
    """The whole of it is for the night: ``make mutate``."""
    code, out, err = mutate(shipped_store, "--sample", "240", "--seed", "2024", "--json")
    assert err == ""
    data = json.loads(out)
    tried_ = data["all"] + data["equal"]
    assert tried_ == 240
    assert data["caught"] >= 0.96 * data["all"]
    assert code == (0 if all(paper["caught"] >= 0.99 * paper["all"] for paper in data["papers"]) else 1)
    for paper in data["papers"]:
        for found in (survivor for line_ in paper["lines"] for survivor in line_["survivors"]):
            assert found["by"], found
            assert not found["by"].startswith(("an error of this program", "not decided", "their trial")), found
    assert data["failed"] == 0


def test_the_same_bytes_whatever_the_workers(shipped_store: Path) -> None:
    one = mutate(shipped_store, "scinet-2021", "--json", "--jobs", "1")
    assert one == mutate(shipped_store, "scinet-2021", "--json", "--jobs", "3")
    data = json.loads(one[1])
    assert [paper["id"] for paper in data["papers"]] == ["scinet-2021"]
    (paper,) = data["papers"]
    assert paper["all"] == sum(line_["all"] for line_ in paper["lines"])
    assert paper["caught"] == paper["all"] - sum(len(line_["survivors"]) for line_ in paper["lines"])


def test_the_table_tells_why_a_mutant_survives(tmp_path: Path) -> None:
    (tmp_path / "notation.toml").write_text("[scope.main.symbols]\n'a' = {}\n'b' = {}\n'c' = {}\n", "utf-8")
    definition = "% scope: main\n\n% by: definition\n\\begin{equation}\na = b + 2 c\n\\end{equation}\n"
    (tmp_path / "paper.tex").write_text(definition, "utf-8")
    code, out, err = mutate(tmp_path / "store.sqlite", str(tmp_path))
    assert err == ""
    assert code == 1
    assert "nothing uses it" in out
