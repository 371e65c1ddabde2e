# ruff: noqa: E501 (a formula stands on one line)
"""The rules of soundness of :mod:`test_soundness`, held against the sections of the July paper other than 2.3.

Laws, operators, deltas and sums over values: every line outside section 2.3, with mutants of its print, its tokens
left out one by one, its findings stripped, its premises removed; and little papers in the style of these sections.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from derive.annotation import Annotation, Entry
from derive.errors import DeriveError
from derive.latex.tokens import tokens
from derive.mutants.annotations import annotation_mutants
from derive.mutants.prints import without_token
from derive.paper import Paper, load_paper
from derive.statement import Reading
from derive.verdict import Result
from derive.verify import Verifier

PAPER = load_paper("inference-2024-07")
LINES = {e.number: e for e in PAPER.equations if not e.section.startswith("2.3")}
SHOWN = ("proved", "proved-to-order")
INTRODUCED = ("definition", "assumption")

# A regression table and no more: verdict, follows, inherits.
TABLE: dict[str, tuple[str, bool | None, tuple[str, ...]]] = {
    **dict.fromkeys(("1", "71", "81", "101", "102", "S1"), ("assumption", None, ())),
    **dict.fromkeys(("2", "5", "5+1", "5+2", "5+3", "20", "21", "74", "75", "77"), ("definition", None, ())),
    **dict.fromkeys(("87", "90", "97", "103", "104", "105", "125", "126"), ("definition", None, ())),
    **dict.fromkeys(("88", "91"), ("conditional", None, ())),
    **dict.fromkeys(("3", "4", "19", "78", "82"), ("conditional", True, ())),
    **dict.fromkeys(
        ("claim-values", "claim-bits", "claim-connections", "claim-mixture-parameters", "claim-unit-vector"),
        ("proved", None, ()),
    ),
    **dict.fromkeys(("7", "8", "11", "12", "13", "14", "15", "16", "17", "18"), ("proved", True, ())),
    **dict.fromkeys(("72", "73", "76", "79", "80", "83", "84", "85", "86", "97+3"), ("proved", True, ())),
    **dict.fromkeys(("106", "108", "109", "110", "111", "116", "117", "118", "119", "120"), ("proved", True, ())),
    **dict.fromkeys(("122", "123", "130", "claim-commuting", "claim-orthogonal"), ("proved", True, ())),
    **dict.fromkeys(("S1+1", "S1+2", "S1+3", "S1+4", "S1+5", "S1+6", "S1+7", "S1+8"), ("proved", True, ())),
    "114": ("proved", False, ()),
    **dict.fromkeys(("89", "92", "97+2", "112", "115", "121"), ("proved-to-order", True, ())),
    **dict.fromkeys(("6", "93", "97+1", "99", "107", "113", "124", "127", "S1+9", "S2"), ("refuted", False, ())),
    "claim-pauli-equation": ("refuted", False, ()),
    **dict.fromkeys(
        ("claim-exponentially-fewer", "claim-two-model-parameters", "claim-four-degrees", "claim-complex-loss"),
        ("refuted", None, ()),
    ),
    **dict.fromkeys(("9", "10"), ("refuted", True, ("6",))),
    **dict.fromkeys(("94", "95", "96", "98"), ("refuted", True, ("93",))),
    "100": ("refuted", True, ("99",)),
    "128": ("refuted", True, ("127",)),
    "129": ("refuted", True, ("124",)),
    **dict.fromkeys(("S1+10", "S1+11", "S1+12"), ("refuted", True, ("S1+9",))),
}
SLOW = ("6", "9", "93", "99", "106", "107", "claim-pauli-equation")
"""Lines that take more than a second each; their verdicts are in the table, their copies are left to others."""


@pytest.fixture(scope="module")
def verified(shipped: dict[str, dict[str, Result]]) -> dict[str, Result]:
    """The results of these lines as they ship."""
    return {number: shipped[PAPER.id][number] for number in TABLE}


def changed(number: str, **changes: object) -> Paper:
    """The paper with one line changed."""
    lines = (replace(e, **changes) if e.number == number else e for e in PAPER.equations)  # type: ignore[arg-type]
    return replace(PAPER, equations=tuple(lines))


def users_of(paper: Paper, number: str) -> set[str]:
    """The lines that name a line as a premise, or go on from it."""
    lines = list(paper.equations)
    found = set()
    for before, equation in zip([lines[0], *lines], lines, strict=False):
        entry = equation.annotation.one("from")
        if (entry is not None and number in entry.parts) or (
            entry is None and before.number == number and equation.latex.startswith(("=", r"\approx"))
        ):
            found.add(equation.number)
    return found


def verifier_of(paper: Paper, number: str, known: dict[str, Result]) -> Verifier:
    """A verifier of a paper in which one line was changed, that knows the results of all that doesn't rest on it."""
    verifier = Verifier(paper)
    affected, todo = {number}, [number]
    while todo:
        more = users_of(paper, todo.pop()) - affected
        affected |= more
        todo.extend(more)
    verifier._results.update({name: result for name, result in known.items() if name not in affected})
    return verifier


# -- the table -------------------------------------------------------------------------------------------------------


def test_verdicts_of_all_other_sections(verified) -> None:
    displayed = {number for number, equation in LINES.items() if equation.kind == "equation"}
    assert displayed <= set(TABLE)
    assert {number: (r.verdict, r.follows, r.inherits) for number, r in verified.items()} == TABLE


def test_what_is_shown_has_a_model_and_what_is_refuted_a_witness(verified) -> None:
    for number, result in verified.items():
        assert result.borne_out, number
        said = " ".join(result.evidence)
        if result.verdict == "proved":
            is_ratio = Reading(PAPER).line(number).relation == "∝"
            assert re.search(r"agrees at [1-9]\d* points? in [1-9]\d* exact model", said) or is_ratio, number
        if result.verdict == "proved-to-order":
            assert re.search("numeric remainder goes as|vanishes|exact model", said), number
        if result.verdict == "refuted":
            assert result.witness is not None, number
            assert result.correction, number
        if result.verdict == "conditional":
            assert result.witness is not None, number
            assert result.hypotheses, number


# -- tokens ----------------------------------------------------------------------------------------------------------

SAY_NOTHING = {("2", "+"), ("claim-four-degrees", r"\cdot")}
"""The sign in U(+1, …), and the dot of a product of two numbers."""


def test_every_token_of_the_print_says_something() -> None:
    """A line with one token left out is an error, or reads as another statement."""
    reading = Reading(PAPER)
    idle = set()
    for number in TABLE:
        for at, token in enumerate(tokens(LINES[number].latex)):
            if without_token(reading.line(number), at).fate != "caught":
                idle.add((number, token.text))
    assert idle == SAY_NOTHING


# -- findings --------------------------------------------------------------------------------------------------------


def test_stripping_the_findings_proves_nothing(verified) -> None:
    found_of = {n for n, r in verified.items() if r.verdict in ("refuted", "conditional")} - set(SLOW)
    keys = ("corrected", "needs")
    stripped = (
        replace(e, annotation=Annotation(tuple(x for x in e.annotation.entries if x.key not in keys), e.line))
        for e in PAPER.equations
    )
    verifier = Verifier(replace(PAPER, equations=tuple(stripped)))
    verifier._results.update({n: result for n, result in verified.items() if n not in found_of})
    shown = set()
    for number in found_of:
        after = verifier.result(number)
        if after.verdict in (*SHOWN, *INTRODUCED, "conditional"):
            shown.add(number)
        assert not after.borne_out or after.verdict in ("open", "supported", *SHOWN, *INTRODUCED), number
    assert not shown


def annotated(number: str, *changes: tuple[str, str]) -> Paper:
    """The paper with entries of one line changed, or added where it has none of that key."""
    entries = list(LINES[number].annotation.entries)
    for key, value in changes:
        at = next((n for n, entry in enumerate(entries) if entry.key == key), len(entries))
        entries[at : at + 1] = [replace(entries[at], value=value) if at < len(entries) else Entry(key, value, "", 0)]
    return changed(number, annotation=Annotation(tuple(entries), LINES[number].line))


WRONG = {
    "a correction that lacks the factor": ("113", "corrected", r"= \int d\mathbf{x}_{1:N} \mathcal{P}(\mathbf{x}_{1:N}) x_i \langle \alpha | \hat{I} | \alpha \rangle"),
    "the print as its own correction": ("124", "corrected", r"= \frac{q_b q_i}{r_{bi}} \frac{2\Delta t \nu^2}{\hbar m_b} (\langle \hat{\sigma}_1 \rangle \nu_2 - \langle \hat{\sigma}_2 \rangle \nu_1)"),
    "a count that is wrong": ("claim-two-model-parameters", "corrected", r"\#(J_0, J_n) = N"),
    "a sign turned in a correction": ("S1+9", "corrected", r"= \frac{J_i q_i q_j + J_j}{2} \sum_{b_i} \sum_{b_j} (b_j - q_i q_j b_i) \mathcal{P}(b_i|b_j) \mathcal{P}(b_j)"),
    "a correction of what is proved": ("86", "corrected", r"= 0"),
    "a hypothesis of what is proved": ("122", "needs", r"\hbar = 1"),
    "a correction of a definition": ("104", "corrected", r"\hat{H}_U(\mathbf{x}_{1:N}) = 0 \hat{H}_T"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_a_wrong_finding_is_not_borne_out(verified, case: tuple[str, str, str]) -> None:
    number, *change = case
    paper = annotated(number, tuple(change))  # type: ignore[arg-type]
    assert not verifier_of(paper, number, verified).result(number).borne_out


# -- premises --------------------------------------------------------------------------------------------------------

PREMISES = 24


def test_a_premise_is_needed_or_said_not_to_be(trials) -> None:
    """A sample of the premises that shown lines name; the first of a line that goes on is a part of its statement."""
    cases = []
    for number, (verdict, *_) in TABLE.items():
        if verdict in SHOWN and number not in SLOW:
            goes_on = trials.base.reading.line(number).chain.first is None
            cases += [(number, *rest) for _, *rest in annotation_mutants(LINES[number], goes_on=goes_on)]
    for number, name, entries in random.Random(2024).sample(cases, PREMISES):
        assert trials.without(number, name, entries).fate in ("caught", "equal"), (number, name)


# -- little papers ---------------------------------------------------------------------------------------------------

NOTATION = r"""
[scope.laws.ranges]
part = { size = "N", indices = "n m" }
bit = { size = "B", indices = "i j k" }
[scope.laws.symbols]
'x' = { slots = "part", law = 'P' }
'b' = { slots = "bit", domain = "binary", law = 'P' }
's' = { slots = "bit", domain = "binary" }
'J' = { slots = "part" }
'a' = {}
'c' = {}
'T' = { kind = "parameters" }
'y' = { law = 'P' }
'P' = { kind = "density" }
'Q' = { kind = "density" }
'\delta' = { kind = "delta" }
'F' = { kind = "function", of = 'y' }
'\text{KLD}' = {}
'E' = { kind = "expectation", law = 'P' }
'V' = { kind = "variance", law = 'P' }
'C' = { kind = "covariance", law = 'P' }

[scope.one.ranges]
part = { size = "N", indices = "n m" }
[scope.one.symbols]
'x' = { slots = "part", law = 'P' }
'b' = { domain = "binary", law = 'P' }
'J' = { slots = "part" }
'a' = {}
'P' = { kind = "density" }
'\delta' = { kind = "delta" }
'y' = { law = 'P' }
'F' = { kind = "function", of = 'y' }
'E' = { kind = "expectation", law = 'P' }
'C' = { kind = "covariance", law = 'P' }

[scope.spin.small]
t = "powers of the time step"
[scope.spin.ranges]
space = { size = "3", indices = "d e", vector = true }
[scope.spin.symbols]
'x' = { law = 'P' }
'b' = { domain = "binary", law = 'P' }
'i' = { kind = "imaginary unit" }
'a' = {}
'\tau' = { domain = "positive", weight = { t = 1 } }
'\alpha' = { kind = "state", properties = "unit" }
'\sigma' = { kind = "Pauli", slots = "space" }
'\nu' = { slots = "space" }
'\hat{I}' = { kind = "operator", properties = "identity" }
'\hat{H}' = { kind = "operator", properties = "Hermitian" }
'\hat{K}' = { kind = "operator", properties = "Hermitian" }
'\hat{M}' = { kind = "operator", properties = "Hermitian", of = 'x' }
'\hat{W}' = { kind = "operator", properties = "unitary" }
'\hat{A}' = { kind = "operator" }
'F' = { kind = "function", of = 'x' }
'P' = { kind = "density" }
'E' = { kind = "expectation", law = 'P' }

[scope.field.ranges]
space = { size = "3", indices = "d e", vector = true }
[scope.field.symbols]
'i' = { kind = "imaginary unit" }
'q' = { domain = "nonzero" }
'\hbar' = { domain = "positive" }
'\sigma' = { kind = "Pauli", slots = "space" }
'p' = { kind = "momentum", slots = "space", constant = '\hbar' }
'A' = { kind = "field", slots = "space" }
'B' = { kind = "field", slots = "space" }
"""
SHORT = {
    "@ALL": r"\int d\mathbf{x}_{1:N} \sum_{\mathbf{b}_{1:B}}",
    "@PUSH": "% by: definition\ny = \\sum_n J_n x_n\n\n% from: 1\n",
    "@CURL": "% by: definition\n\\vec{B} = \\nabla \\times \\vec{A}\n\n% from: 1\n",
    "@ket": r"| \alpha \rangle",
    "@bra": r"\langle \alpha |",
    "@amplitude": r"\left| \langle b | \hat{W} | \alpha \rangle \right|^2",
    "@s": r"\vec{\sigma} \cdot",
    "@x": r"\mathbf{x}_{1:N}",
    "@b": r"\mathbf{b}_{1:B}",
}


def last_verdict(folder: Path, scope: str, text: str) -> str:
    """The verdict of the last line of a little paper, blocks of text as in :mod:`test_adversary`."""
    for short, printed in SHORT.items():
        text = text.replace(short, printed)
    lines = [f"% scope: {scope}\n"]
    for number, block in enumerate(text.strip().split("\n\n"), 1):
        above_ = [line for line in block.split("\n") if line.startswith("%")] or ["% by: exact"]
        display = [line for line in block.split("\n") if not line.startswith("%")]
        lines += [*above_, r"\begin{equation}", *display, rf"\tag{{{number}}}", "\\end{equation}\n"]
    (folder / "paper.tex").write_text("\n".join(lines), encoding="utf-8")
    (folder / "notation.toml").write_text(NOTATION, encoding="utf-8")
    verifier = Verifier(load_paper(folder))
    try:
        return [verifier.result(equation.number).verdict for equation in verifier.paper.equations][-1]
    except DeriveError:
        return "error"


REFUTED = {
    "a marginal over the wrong variable": ("laws", r"\int d@x P(@x, @b) = P(@x)"),
    "a conditional law summed to a marginal": ("laws", r"\sum_{b_i} P(b_i | b_j) = P(b_j), i \neq j"),
    "a sum over values without a law": ("laws", r"\sum_{b_i} b_i = E[b_i]"),
    "a missing normalisation": ("laws", r"@ALL P(@x, @b) F(a) = 2 F(a)"),
    "a product of the means": ("laws", r"E[x_n b_i] = E[x_n] E[b_i]"),
    "a law that factors without independence": ("laws", r"P(b_i, b_j) = P(b_i) P(b_j), i \neq j"),
    "the chain rule with the other condition": ("laws", r"P(@x, @b) = P(@b | @x) P(@b)"),
    "the chain rule with a condition lost": ("laws", r"\log(P(@x, @b | T)) = \log(P(@b | @x, T)) + \log(P(@x))"),
    "a conditional law turned around": ("laws", r"P(@x | @b) = P(@b | @x)"),
    "a conditional mean taken for a mean": ("laws", r"\sum_{b_i} \int dy P(b_i | y) b_i P(y) y = E[b_i] E[y]"),
    "a random quantity taken for its mean": ("laws", r"E[y] = y"),
    "a density counted twice": ("laws", r"\int dy P(y)^2 F(y) = E[F(y)]"),
    "a delta of values with the wrong sign": ("laws", r"\delta_{b_1, b_2} = \frac{1}{2} - \frac{b_1 b_2}{2}"),
    "Jensen's inequality the wrong way": ("one", r"E[\exp(a x_1)] \leq \exp(a E[x_1])"),
    "a divergence the wrong way": (
        "laws",
        "% by: definition\n% so: \\text{KLD} divergence of Q(@x, @b|T) from P(@x, @b)\n"
        r"\text{KLD} = - @ALL P(@x, @b) \log(\frac{P(@x, @b)}{Q(@x, @b|T)})",
    ),
    "a law that does not add up to one": ("one", "% by: definition\n% so: density in b\n" r"P(b | @x) = \exp(b \sum_n J_n x_n)"),
    "a delta of something else": ("one", r"@PUSH\int dy \int d@x \delta(y - \sum_n x_n) P(@x) F(y) = E[F(y)]"),
    "a delta of a single component": ("one", r"@PUSH\int dy \int d@x \delta(y - J_1 x_1) P(@x) F(y) = E[F(y)]"),
    "what a delta is over twice as large": ("one", r"@PUSH\int dy \int d@x \delta(y - \sum_n J_n x_n) P(@x) = 2"),
    "a delta that takes the law of its variable": ("one", r"@PUSH\sum_b \int d@x \delta(y - \sum_n J_n x_n) P(b, @x) = P(b, y)"),
    "a function that is not followed": ("one", r"@PUSH\int dy \int d@x \delta(y - \sum_n J_n x_n) P(@x) F(a) = \int d@x P(@x) F(y)"),
    "a law given a function of the clusters": (
        "one",
        "% by: definition\ny = \\sum_n J_n x_n\n\n% by: assumption\nP(b | y) = \\frac{1}{2} + \\frac{b}{4}\n\n% from: 1, 2\nC[b, x_1] = 0",
    ),
    "an operator that is not Hermitian": ("spin", r"\left| \langle b | \hat{A} @ket \right|^2 = @bra \hat{A} | b \rangle \langle b | \hat{A} @ket"),
    "a sum over b of what is not unitary": ("spin", r"\sum_b \left| \langle b | \hat{A} @ket \right|^2 = 1"),
    "the sum over b of another axis": ("spin", r"\sum_b | b \rangle b \langle b | = \sigma_2"),
    "a value b that is lost": ("spin", r"\sum_b b @amplitude = \sum_b @amplitude"),
    "the wrong order of a unitary and its adjoint": (
        "spin",
        "% by: assumption\nP(b | x) = @amplitude\n\n% from: 1\n\\sum_b b P(b | x) = @bra \\hat{W} \\sigma_3 \\hat{W}^\\dagger @ket",
    ),
    "Pauli matrices that commute": ("spin", r"\sigma_1 \sigma_2 = \sigma_2 \sigma_1"),
    "the sign of a Pauli product": ("spin", r"\sigma_1 \sigma_2 = - i \sigma_3"),
    "a square that needs a unit vector": ("spin", r"(@s \vec{\nu}) (@s \vec{\nu}) = \hat{I}"),
    "a commutator turned around": ("spin", r"[\hat{H}, \hat{K}] = [\hat{K}, \hat{H}]"),
    "a commutator whose mean is taken to vanish": ("spin", r"\langle [\hat{H}, \hat{K}] \rangle = 0"),
    "a mean of a product": ("spin", r"\langle \hat{H} \hat{K} \rangle = \langle \hat{H} \rangle \langle \hat{K} \rangle"),
    "exponentials that do not commute": ("spin", r"\exp(i \hat{H}) \exp(i \hat{K}) = \exp(i \hat{H} + i \hat{K})"),
    "an exponential that is not unitary": ("spin", r"\exp(i \hat{A})^\dagger = \exp(-i \hat{A})"),
    "the mean of a function of an operator": ("spin", r"E[\langle \hat{M}(x) \rangle] = \langle \hat{M}(E[x]) \rangle"),
    "a commutator said to be Hermitian": ("spin", "% by: definition\n% so: \\hat{A} Hermitian\n\\hat{A} = [\\hat{H}, \\hat{K}]"),
    "an expansion without its first order": ("spin", "% by: order 1 in t\n\\langle \\exp(i \\tau \\hat{H}) \\rangle \\approx 1"),
    "a momentum on the wrong side of a field": ("field", r"\vec{p} \cdot \vec{A} = \vec{A} \cdot \vec{p}"),
    "a square with both cross terms on one side": (
        "field",
        r"(\vec{p} - q \vec{A})^2 = \vec{p}^2 - 2 q \vec{A} \cdot \vec{p} + q^2 \vec{A}^2",
    ),
    "the Pauli identity with the other sign": ("field", r"@CURL(@s (\vec{p} - q \vec{A}))^2 = (\vec{p} - q \vec{A})^2 + \hbar q @s \vec{B}"),
    "the Pauli identity without its constant": ("field", r"@CURL(@s (\vec{p} - q \vec{A}))^2 = (\vec{p} - q \vec{A})^2 - q @s \vec{B}"),
    "the Pauli identity with any field": ("field", r"(@s (\vec{p} - q \vec{A}))^2 = (\vec{p} - q \vec{A})^2 - \hbar q @s \vec{B}"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUTED.values(), ids=REFUTED)
def test_false_lines_are_refuted(case: tuple[str, str], tmp_path: Path) -> None:
    assert last_verdict(tmp_path, *case) == "refuted"


NOT_SHOWN = {
    "a delta of nothing that is integrated over": ("one", r"@PUSH\int d@x \delta(y - \sum_n J_n x_n) = 1"),
    "a delta of twice a variable": ("one", r"\int dy \delta(2 y - a) F(y) = F(\frac{a}{2})"),
    "a delta squared": (
        "one",
        r"@PUSH\int dy \int d@x \delta(y - \sum_n J_n x_n) \delta(y - \sum_n J_n x_n) P(@x) F(y) = E[F(y)]",
    ),
    "a law that may be negative": ("one", "% by: definition\n% so: density in b\n" r"P(b) = \frac{1}{2} + b"),
    "a density of twice a variable": ("one", "% by: definition\ny = 2 a\n\n% from: 1\nP(y) = P(a)"),
    "the logarithm of a phase": ("spin", r"\log(\exp(i a)) = i a"),
    "the root of a phase": ("spin", r"\sqrt{\exp(2 i a)} = \exp(i a)"),
    "a ket beside an operator": ("spin", r"| b \rangle \hat{H} \langle b | = \hat{H} | b \rangle \langle b |"),
}


@pytest.mark.parametrize("case", NOT_SHOWN.values(), ids=NOT_SHOWN)
def test_what_is_false_or_unclear_is_not_shown(case: tuple[str, str], tmp_path: Path) -> None:
    assert last_verdict(tmp_path, *case) not in (*SHOWN, *INTRODUCED, "conditional")


PROVED = {
    "the chain rule": ("laws", r"P(@x, @b) = P(@b | @x) P(@x)"),
    "Bayes' rule": ("laws", r"P(@x | @b) P(@b) = P(@b | @x) P(@x)"),
    "a law that adds up to one": ("laws", r"@ALL P(@x, @b) = 1"),
    "a mean by the law of two": ("laws", r"\sum_{b_i} \int dy P(b_i | y) b_i P(y) y = E[b_i y]"),
    "a chain of three": (
        "laws",
        r"\sum_{b_i} \sum_{b_j} b_i b_j P(b_i | b_j) P(b_j) = E[b_i b_j], i \neq j",
    ),
    "an entropy with a power": ("laws", r"\int dy P(y) \log(P(y)^2) = 2 E[\log(P(y))]"),
    "a sum over signs": ("laws", r"\sum_i \sum_{s_i} s_i = 0"),
    "a delta of values": ("laws", r"\delta_{b_1, b_2} = \frac{1}{2} + \frac{b_1 b_2}{2}"),
    "a law given by a formula": ("one", "% by: assumption\nP(b | @x) = \\frac{1}{2} + \\frac{b}{4}\n\n% from: 1\n\\int d@x \\sum_b P(b | @x) P(@x) b x_1 = \\frac{1}{2} E[x_1]"),
    "a delta that is integrated over": ("one", r"@PUSH\int dy \int d@x \delta(y - \sum_n J_n x_n) P(@x) F(y) = E[F(y)]"),
    "a squared amplitude": ("spin", r"\left| \langle b | \hat{A} @ket \right|^2 = @bra \hat{A}^\dagger | b \rangle \langle b | \hat{A} @ket"),
    "a unitary and the sum over b": ("spin", r"\sum_b @amplitude = 1"),
    "Born's rule with the value b": (
        "spin",
        "% by: assumption\nP(b | x) = @amplitude\n\n% from: 1\n\\sum_b b P(b | x) = @bra \\hat{W}^\\dagger \\sigma_3 \\hat{W} @ket",
    ),
    "the third Pauli matrix": ("spin", r"\sum_b | b \rangle b \langle b | = \sigma_3"),
    "an exponential and its adjoint": ("spin", r"\exp(i \hat{H})^\dagger = \exp(-i \hat{H})"),
    "a square of a momentum less a field": (
        "field",
        r"(\vec{p} - q \vec{A})^2 = \vec{p}^2 - q \vec{A} \cdot \vec{p} - q \vec{p} \cdot \vec{A} + q^2 \vec{A}^2",
    ),
    "the Pauli identity": ("field", r"@CURL(@s (\vec{p} - q \vec{A}))^2 = (\vec{p} - q \vec{A})^2 - \hbar q @s \vec{B}"),
}  # fmt: skip


@pytest.mark.parametrize("case", PROVED.values(), ids=PROVED)
def test_true_lines_are_proved(case: tuple[str, str], tmp_path: Path) -> None:
    assert last_verdict(tmp_path, *case) == "proved"


def test_what_follows_from_a_definition_is_introduced(tmp_path: Path) -> None:
    right = "% by: definition\n% so: \\text{KLD} divergence of Q(@x, @b|T) from P(@x, @b)\n" + (
        r"\text{KLD} = - @ALL P(@x, @b) \log(\frac{Q(@x, @b|T)}{P(@x, @b)})"
    )
    assert last_verdict(tmp_path, "laws", right) == "definition"
    hermitian = "% by: definition\n% so: \\hat{A} Hermitian\n\\hat{A} = i [\\hat{H}, \\hat{K}]"
    assert last_verdict(tmp_path, "spin", hermitian) == "definition"


NOT_SHOWN = {
    "a law given one component taken for one given all": (
        "one",
        "% by: assumption\nP(b | x_1) = \\frac{1}{2} + \\frac{b}{4}\n\n% from: 1\nE[b x_2] = \\frac{1}{2} E[x_2]",
    ),
    "a column of equal entries taken for a number": ("one", "% by: definition\nJ_n = a\n\n% from: 1\nF(\\mathbf{J}_{1:N}) = F(a)"),
    "complex exponentials that agree": ("spin", "% by: assumption\n\\exp(2 i a) = 1\n\n% from: 1\na = 0"),
    "exponentials of operators that agree": (
        "spin",
        "% by: assumption\n\\exp(i \\hat{H}) = \\exp(i \\hat{K})\n\n% from: 1\n\\hat{H} = \\hat{K}",
    ),
    "a series cut too early for what it is divided by": (
        "spin",
        "% by: order 0 in t\n" r"\frac{\langle \exp(i \tau \hat{H}) \rangle - 1 - i \tau \langle \hat{H} \rangle}{\tau^2} \approx 0",
    ),
    "the logarithm of a complex exponential": ("spin", r"\log(\exp(\langle \hat{A} \rangle)) = \langle \hat{A} \rangle"),
    "the root of a square that is no real number": ("spin", r"\sqrt{\langle \hat{A} \rangle^2 \langle \hat{A} \rangle^2} = \langle \hat{A} \rangle^2"),
    "a variable under its own integral and outside its definition": (
        "one",
        "% by: definition\ny = \\sum_n J_n x_n\n\n% from: 1\n" r"\int dy \int d@x P(@x) F(y) = E[F(y)]",
    ),
    "a density defined through itself": ("laws", "% by: assumption\nP(y) = \\frac{1}{2} P(y) + \\frac{1}{2} P(y)\n\n% from: 1\nP(y) = 0"),
    "a proportionality to what the factor is defined by": (
        "one",
        "% by: definition\na = J_1\n\n" r"a J_2 \propto J_1 J_2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_SHOWN.values(), ids=NOT_SHOWN)
def test_what_does_not_follow_is_not_shown(case: tuple[str, str], tmp_path: Path) -> None:
    assert last_verdict(tmp_path, *case) in ("refuted", "open", "supported", "error")


SHOWN_NOW = {
    "a series divided by the square of its parameter": (
        "spin",
        "% by: order 0 in t\n"
        r"\frac{\langle \exp(i \tau \hat{H}) \rangle - 1 - i \tau \langle \hat{H} \rangle}{\tau^2} \approx - \frac{1}{2} \langle \hat{H}^2 \rangle",
    ),
    "the logarithm of a real exponential": ("spin", r"\log(\exp(\langle \hat{H} \rangle)) = \langle \hat{H} \rangle"),
    "an integral that nothing but its linearity is asked of": ("laws", r"\int dc (F(c) + 2 F(c)^2) = \int dc F(c) + 2 \int dc F(c)^2"),
}  # fmt: skip


@pytest.mark.parametrize("case", SHOWN_NOW.values(), ids=SHOWN_NOW)
def test_what_follows_is_shown(case: tuple[str, str], tmp_path: Path) -> None:
    assert last_verdict(tmp_path, *case) in SHOWN


def test_a_true_integral_over_all_numbers_is_not_refuted(tmp_path: Path) -> None:
    assert last_verdict(tmp_path, "laws", r"\left( \int dc \exp(-c^2) \right)^2 = \pi") != "refuted"


def test_the_density_of_a_function_is_not_refuted_for_want_of_a_jacobian(tmp_path: Path) -> None:
    """With y = x_1 at N = 1 the two densities are the same number, which a table of probabilities knows; with y = 2 x_1
    they are not, which it does not know: so it says nothing of either."""
    text = "% by: definition\ny = \\sum_n 2 x_n\n\n% from: 1\nP(y) = P(\\mathbf{x}_{1:N})"
    assert last_verdict(tmp_path, "one", text) not in ("refuted", *SHOWN)


def test_a_line_that_goes_on_from_a_hypothesis_is_an_error(tmp_path: Path) -> None:
    text = "a = J_1\n\n% given half @text: J_1 = \\frac{1}{2}\n% from: half\n= a"
    assert last_verdict(tmp_path, "one", text) == "error"


def test_a_formula_is_a_density_of_what_its_law_is_of(tmp_path: Path) -> None:
    line = "% by: definition\n% so: density in b\n{} = \\frac{{1}}{{2}} + \\frac{{b}}{{4}}"
    assert last_verdict(tmp_path, "one", line.format("P(b | y)")) == "definition"
    assert last_verdict(tmp_path, "one", line.format("P(b, y)")) == "error"
    assert last_verdict(tmp_path, "one", line.format("P(y | b)")) == "error"
