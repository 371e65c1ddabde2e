"""Variational autoencoders: expectations under a law that is given something, divergences, equality up to a law."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from derive.errors import DeriveError
from derive.expression import Call, Density, Expectation, Frac, Symbol
from derive.latex.reader import read_chain, read_expression
from derive.latex.tokens import tokens
from derive.latex.writer import write, write_chain
from derive.paper import Paper, load_paper
from derive.statement import Reading
from derive.verify import Verifier

PAPER = load_paper("scinet-2021")
SCOPE = PAPER.notation.scopes["vae"]

# A regression table and no more.
TABLE = {
    **dict.fromkeys(
        (
            "linear-model",
            "vae-criterion",
            "tomography-state",
            "dof-count",
            "elbo-1",
            "variational-functional",
            "kl-divergence",
            "elbo-5",
            "gradient-step",
            "sampling",
            "elbo-gradient",
            "reparameterization",
        ),
        "definition",
    ),
    **dict.fromkeys(
        (
            "linear-model-2",
            "claim-least-squares",
            "claim-least-squares-too",
            "claim-position-at-100",
            "claim-position-at-200",
            "claim-state-x",
            "claim-state-y",
            "claim-state-z",
            "claim-measured-zero",
            "claim-any-phase",
            "claim-two-angles",
            "claim-at-the-pole",
            "claim-one-qubit",
            "claim-two-qubits",
            "claim-three-qubits",
            "claim-sun-seen-x",
            "claim-sun-seen-y",
            "claim-mars-seen-x",
            "claim-mars-seen-y",
            "claim-mars-seen",
            "claim-sines",
            "claim-distance",
            "claim-two-planets",
            "claim-first-row-met",
            "claim-fourth-row-met",
            "claim-count-of-a-state",
            "claim-one-latent-too-few",
            "claim-gap",
            "claim-errors-of-two",
            "claim-three-latents",
            "claim-two-on-a-hemisphere",
            "bayes",
            "elbo-2",
            "elbo-3a",
            "elbo-3b",
            "elbo-3c",
            "elbo-3d",
            "elbo-4",
            "elbo-6a",
            "elbo-6b",
            "elbo-6c",
            "elbo-6d",
            "elbo-7",
            "claim-score-mean",
            "claim-score-function",
            "claim-generative-gradient",
            "claim-bound-and-divergence",
            "claim-pathwise-mean",
            "claim-pathwise-deviation",
            "claim-pathwise-bound",
            "claim-normal-mean",
            "claim-normal-covariance",
            "claim-normal-divergence",
            "claim-standard-divergence",
            "claim-diagonal-divergence",
            "claim-normal-entropy",
        ),
        "proved",
    ),
    **dict.fromkeys(("claim-descent",), "proved-to-order"),
    **dict.fromkeys(
        (
            "claim-heliocentric-error",
            "claim-linear-combinations",
            "claim-heliocentric-latents",
            "claim-latents-of-two-qubits",
            "claim-latents-on-a-hemisphere",
            "claim-latents-of-one-qubit",
            "claim-antipodes-confused",
        ),
        "supported",
    ),
    **dict.fromkeys(
        ("claim-answer", "claim-naive-gradient", "claim-minimal-latents", "claim-year", "claim-number"), "refuted"
    ),
}


def test_verdicts() -> None:
    verifier = Verifier(PAPER)
    found = {equation.number: verifier.result(equation.number) for equation in PAPER.equations}
    assert {number: result.verdict for number, result in found.items()} == TABLE
    assert all(result.borne_out for result in found.values())


def changed(number: str, old: str, new: str) -> Paper:
    """The paper with something printed differently in one line."""
    lines = []
    for equation in PAPER.equations:
        if equation.number == number:
            assert old in equation.latex
            equation = replace(equation, latex=equation.latex.replace(old, new))
        lines.append(equation)
    return replace(PAPER, equations=tuple(lines))


MUTANTS = [
    ("bayes", r"\cdot p(z)", ""),
    ("bayes", "{p(x)}", "{p(z)}"),
    ("elbo-3a", r"{p_\theta(z|x)}", r"{p_\theta(x|z)}"),
    ("elbo-3c", "+", "-"),
    ("elbo-3d", "+ D", "- D"),
    ("elbo-3d", r"|| p_\theta(z|x)", r"|| p_\theta(z)"),
    ("elbo-6b", r"{q_{\phi}(z|x)} \right)", r"{p_{\theta}(z|x)} \right)"),
    ("elbo-6c", r"\parallel p(z)", r"\parallel p_{\theta}(z|x)"),
    ("elbo-6d", "{p(z)}", r"{p_{\theta}(z|x)}"),
    ("elbo-7", "- D", "+ D"),
    ("elbo-7", r"\log p_\theta(x|z)", r"\log p_\theta(x)"),
]


@pytest.mark.parametrize(("number", "old", "new"), MUTANTS)
def test_a_false_line_is_refuted_with_a_witness(number: str, old: str, new: str) -> None:
    result = Verifier(changed(number, old, new)).result(number)
    assert result.verdict == "refuted"
    assert result.witness is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"\sim -D", r"\sim D"),
        (r"|| p_\theta(z|x)", "|| p(z)"),
        (r"\mathcal{L}_{\theta, \phi}(x)", r"2 \mathcal{L}_{\theta, \phi}(x)"),
    ],
)
def test_what_differs_by_something_of_the_inferred_law_is_not_equal_up_to_it(old: str, new: str) -> None:
    assert Verifier(changed("elbo-4", old, new)).result("elbo-4").verdict not in ("proved", "proved-to-order")


def test_the_difference_is_told() -> None:
    said = Verifier(PAPER).result("elbo-4").evidence
    assert r"the two differ by $\log\left( p_{\theta}(x) \right)$" in said


def test_the_prior_is_needed() -> None:
    """Without the premise that the prior has no parameters, p(z) and p_theta(z) are two laws."""
    lines = []
    for equation in PAPER.equations:
        if equation.number == "elbo-6b":
            entries = tuple(replace(e, value="elbo-6a") if e.key == "from" else e for e in equation.annotation.entries)
            equation = replace(equation, annotation=replace(equation.annotation, entries=entries))
        lines.append(equation)
    without = replace(PAPER, equations=tuple(lines))
    assert Verifier(without).result("elbo-6b").verdict not in ("proved", "proved-to-order")


def test_a_divergence_is_the_expectation_that_it_is() -> None:
    x, z = Symbol("x"), Symbol("z")
    inferred, prior = Density(r"q_{\phi}", (z,), (x,)), Density("p", (z,))
    for text in (r"D_{KL}(q_\phi(z|x) || p(z))", r"D_{KL}(q_{\phi}(z|x) \parallel p(z))"):
        found = read_expression(tokens(text), SCOPE)
        assert isinstance(found, Expectation)
        assert (found.law, found.given) == (r"q_{\phi}", (x,))
        assert found.arguments == (Call("log", Frac(inferred, prior)),)
        assert read_expression(tokens(write(found, SCOPE)), SCOPE) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (r"D_{KL}(q_\phi(z|x) || p(x))", "a divergence is between two densities of the same variables"),
        (r"D_{KL}(p(z) || q_\phi(z|x))", "the notation names no expectation under p"),
        (r"D_{KL}(z || p(z))", "a divergence is between two densities of the same variables"),
        (r"E_{q_\phi(z|x)} z", r"E_{q_\phi(z|x)} is not followed by a bracket"),
    ],
)
def test_what_is_no_divergence_and_no_expectation(text: str, message: str) -> None:
    with pytest.raises(DeriveError) as caught:
        read_expression(tokens(text), SCOPE)
    assert message in str(caught.value)


def test_every_line_survives_the_round_trip() -> None:
    reading = Reading(PAPER)
    for equation in PAPER.equations:
        if equation.is_annotated:
            line = reading.line(equation.number)
            display = line.is_display
            assert (
                read_chain(tokens(write_chain(line.chain, line.scope)), line.scope, display=display).links
                == line.chain.links
            )


def test_equality_up_to_something_says_up_to_what(tmp_path: Path) -> None:
    notation = "[scope.s.symbols]\n'a' = {}\n'b' = {}\n"
    (tmp_path / "notation.toml").write_text(notation)

    def verdict(by: str) -> str:
        text = f"% scope: s\n\n% by: {by}\n\\begin{{equation}} a + b^2 \\sim a + 2 \\tag{{1}} \\end{{equation}}\n"
        (tmp_path / "paper.tex").write_text(text)
        return Verifier(load_paper(tmp_path)).result("1").verdict

    assert verdict("up to a") == "proved"
    assert verdict("up to b") == "open"
    for wrong, said in (("exact", "say of what the difference"), ("up to c", "c is not in the notation")):
        with pytest.raises(DeriveError) as caught:
            verdict(wrong)
        assert said in str(caught.value)
