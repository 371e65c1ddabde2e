"""The paper on fields: its verdicts, and what must or must not change them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from derive.annotation import Annotation, Entry
from derive.notation import load_notation
from derive.paper import Equation, Paper, load_paper
from derive.verdict import Result
from derive.verify import Verifier

SHOWN = ("proved", "proved-to-order")

# A regression table and no more: (verdict, follows, inherits, order), and the lines that have it.
TABLE = {
    ("definition", None, (), None): """
        2.1 2.2 2.6a 2.6b 2.10 2.11a 2.11b 2.13a 2.13b 2.17a 2.17b 2.21 3.1 3.3 3.5 3.6a 3.6b 3.7a 3.7b 3.8b
        3.8c 3.8d 3.11 3.14a 3.14b 3.14c 3.14d 3.18 4.1a 4.1b 4.2a 4.2b 4.3 4.4 4.8 4.12 4.13 4.15a 4.15b 4.16
        4.19 4.21 4.22 4.24a 4.24b 4.28a 4.28b 4.30 4.31a 4.31b 4.34a 4.34b 4.35a 4.35b 4.35c 4.35d
        claim-mean-states claim-mean-training claim-difference claim-sum claim-other-loss 5.1a 5.1b 5.2a 5.2b
        5.3 5.4 5.6a
    """,
    ("proved", True, (), None): """
        2.3 2.4 2.7 2.8 2.9 claim-oscillator-grows claim-oscillator-lasts 2.12a 2.12b 2.14 2.15
        claim-orthogonal-biases 2.18a 2.18b 3.2a 3.2b claim-klein-gordon-from-hamilton
        claim-hamilton-from-klein-gordon 3.9 3.10 3.12 3.13 3.15
        3.16 3.17 3.19 claim-first-weights-symmetric claim-second-weights-symmetric claim-no-dual-of-section-2
        claim-dispersion claim-first-rule claim-second-rule claim-energy-grows claim-energy-conserved
        claim-learning-after-activation claim-any-dispersion claim-any-rule claim-any-energy claim-any-growth
        claim-diffusion 4.5 4.6a 4.6b 4.7a 4.7b 4.9 claim-no-mass-by-symmetric-weights 4.11a 4.11b
        claim-no-hamiltonian-in-these-variables 4.17a 4.17b 4.17c 4.17d 4.20 4.23a 4.23b 4.26a 4.26b 4.32 4.33
        4.36a 4.36b claim-complex-anticommutators claim-complex-square claim-complex-commutators
        claim-real-anticommutators claim-real-square claim-real-commutators 4.37 4.38
        claim-weights-and-biases-commute claim-norm-grows 4.39a claim-biases-are-not-invertible
        claim-hopping-squared claim-dirac-rule claim-any-norm-grows claim-norm-conserved claim-doublers
        claim-other-step claim-other-learning-rule claim-uncoupled claim-stable-rule claim-stable-energy
        claim-global-states claim-global-learning 5.2+1 5.2+2 claim-two-transformations claim-covariant-states
        claim-covariant-learning 5.7 claim-gauged-norm-grows claim-complex-states claim-complex-learning 5.10
    """,
    ("proved-to-order", True, (), 1): """
        2.5a 3.4a 4.18a 4.18b 4.18c 4.18d 4.27a 4.27b claim-cayley-states claim-cayley-training
        claim-symmetric-states claim-symmetric-training claim-stable-states claim-stable-training
        claim-gauged-states claim-gauged-learning
    """,
    ("proved-to-order", True, (), 2): """
        2.5b 3.4b claim-limit-of-learning
    """,
    ("conditional", False, (), None): """
        2.16 claim-weights-without-symmetry claim-loss-of-linear-learning 4.29a 4.29b
    """,
    ("assumption", None, (), None): """
        2.19a 2.19b 2.19c 4.25a 4.25b 4.25c claim-cayley-rule-states claim-cayley-rule-training
        claim-unit-weights claim-massive-biases claim-other-activation claim-other-learning
        claim-other-learning-after
    """,
    ("conditional", None, (), None): """
        2.20
    """,
    ("refuted", False, (), None): """
        claim-any-hamiltonian 3.8a 4.10 4.14 4.39b 5.5a 5.5b 5.6b 5.9
    """,
    ("proved-to-order", True, (), 3): """
        claim-limit-of-weights
    """,
    ("proved-to-order", False, (), 2): """
        4.40
    """,
    ("refuted", True, ("5.6b",), None): """
        5.8
    """,
    ("proved", False, (), None): """
        claim-learning-with-a-gauge-field claim-u1-states claim-u1-learning
    """,
    ("proved-to-order", False, (), 1): """
        claim-gauge-covariance claim-gauge-covariance-of-learning
    """,
}


@pytest.fixture(scope="module")
def paper() -> Paper:
    return load_paper("fields-2024")


@pytest.fixture(scope="module")
def verified(shipped: dict[str, dict[str, Result]]) -> dict[str, Result]:
    return shipped["fields-2024"]


def test_verdicts_of_all_lines_and_claims(verified: dict[str, Result]) -> None:
    expected = {number: row for row, numbers in TABLE.items() for number in numbers.split()}
    found = {number: (r.verdict, r.follows, r.inherits, r.order) for number, r in verified.items()}
    assert found == expected
    assert all(result.borne_out for result in verified.values())


def test_the_command_says_that_all_is_settled(shipped_store: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "derive", "verify", "fields-2024", "--json"],
        capture_output=True, check=False, env={**os.environ, "DERIVE_STORE": str(shipped_store)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = json.loads(done.stdout)["papers"][0]["equations"]
    assert len(lines) == 220
    assert all(line["read"] is True and line["verdict"] != "open" for line in lines)


def test_every_refutation_has_a_witness_and_every_condition_is_named(verified: dict[str, Result]) -> None:
    for number, result in verified.items():
        if result.verdict == "refuted":
            assert result.witness is not None, number
        if result.verdict == "conditional":
            assert result.hypotheses, number


# -- findings --------------------------------------------------------------------------------------------------------


def test_stripping_the_findings_proves_nothing_new(paper: Paper, verified: dict[str, Result]) -> None:
    def stripped(equation: Equation) -> Equation:
        kept = tuple(entry for entry in equation.annotation.entries if entry.key not in ("corrected", "needs"))
        return replace(equation, annotation=Annotation(kept, equation.line))

    verifier = Verifier(replace(paper, equations=tuple(stripped(equation) for equation in paper.equations)))
    with_findings = [
        e.number for e in paper.equations if any(x.key in ("corrected", "needs") for x in e.annotation.entries)
    ]
    assert len(with_findings) > 8
    verifier.learn({name: result for name, result in verified.items() if name not in with_findings})
    for number in with_findings:
        result = verifier.result(number)
        assert result.verdict not in (*SHOWN, "definition", "assumption"), number


# -- signs -----------------------------------------------------------------------------------------------------------

SIGNS = [
    ("3.10", r"-m^{2}", "+m^{2}"),
    ("4.9", r"+(V-I)", "-(V-I)"),
    ("4.26b", r"-m{\cal X}", r"+m{\cal X}"),
    ("4.37", r"-m\psi", r"+m\psi"),
    ("5.2+1", r"+m{\cal X}", r"-m{\cal X}"),
    ("5.10", r"-m\psi", r"+m\psi"),
    ("5.10", r"}+i{\cal A}", r"}-i{\cal A}"),
]


@pytest.mark.parametrize(("number", "printed", "turned"), SIGNS)
def test_a_turned_sign_is_not_shown(
    paper: Paper, verified: dict[str, Result], number: str, printed: str, turned: str
) -> None:
    latex = paper.equation(number).latex
    assert latex.count(printed) == 1
    assert verified[number].verdict in SHOWN
    changed = replace(paper.equation(number), latex=latex.replace(printed, turned), reads=paper.equation(number).reads)
    verifier = Verifier(replace(paper, equations=tuple(changed if e.number == number else e for e in paper.equations)))
    verifier.learn({name: result for name, result in verified.items() if name != number})
    assert verifier.result(number).verdict in ("refuted", "open", "supported")


# -- renaming --------------------------------------------------------------------------------------------------------

RENAMED = {
    r"\phi": r"\chi", r"\beta": r"\xi", r"\pi": r"\zeta", r"\delta": r"\kappa", r"\mu": r"\nu", r"\nu": r"\mu",
    "A": "P", "B": "E", "W": "Q", "V": "R", "H": "G", "m": "g", "i": "j", "j": "k", "k": "i", "t": "t",
}  # fmt: skip


def renamed(text: str) -> str:
    return "".join(RENAMED.get(token, token) for token in re.findall(r"\\[A-Za-z]+|.", text, re.DOTALL))


def test_a_copy_of_the_lattice_field_with_every_symbol_renamed(
    paper: Paper, verified: dict[str, Result], tmp_path: Path
) -> None:
    table = (paper.folder / "notation.toml").read_text(encoding="utf-8")
    scopes = table[table.index("[scope.klein-gordon]") : table.index("[scope.klein-gordon-modes]")]
    (tmp_path / "notation.toml").write_text(
        re.sub(r"'([^']*)'", lambda m: f"'{renamed(m[1])}'", scopes), encoding="utf-8"
    )

    def entry(old: Entry) -> Entry:
        return replace(old, value=renamed(old.value)) if old.key in ("so", "corrected", "given") else old

    def line(old: Equation) -> Equation:
        entries = tuple(entry(e) for e in old.annotation.entries)
        return replace(old, latex=renamed(old.latex), annotation=Annotation(entries, old.line), reads=())

    numbers = [e.number for e in paper.equations]
    wanted = numbers[numbers.index("3.6a") : numbers.index("3.19") + 1]
    kept = [e for e in paper.equations if e.number in wanted]
    copy = replace(
        paper,
        equations=tuple(line(e) for e in kept),
        givens=tuple(
            replace(g, entry=replace(g.entry, value=renamed(g.entry.value)))
            for g in paper.givens
            if g.scope in ("klein-gordon", "klein-gordon-again")
        ),
        notation=load_notation(tmp_path / "notation.toml"),
    )
    verifier = Verifier(copy)
    assert len(wanted) > 15
    for number in wanted:
        before, after = verified[number], verifier.result(number)
        assert (after.verdict, after.follows, after.borne_out) == (before.verdict, before.follows, before.borne_out), (
            number
        )
