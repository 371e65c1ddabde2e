"""Kernels to test with, read from LaTeX as the toolkit reads a paper."""

from __future__ import annotations

from pathlib import Path

from derive.algebra.rules import Rule
from derive.expression import Expr, Symbol, Type
from derive.kernels import KernelInput, Provenance
from derive.latex.reader import read_expression
from derive.latex.tokens import tokens
from derive.notation import load_notation

SCOPES = load_notation(Path(__file__).with_name("notation.toml")).scopes
SCOPE, STATES = SCOPES["cloud"], SCOPES["states"]
POTENTIAL = r"\sum_{j \neq i} \frac{\epsilon^2 q_i q_j}{2|\vec{r}_i - \vec{r}_j|}"
PRINTED = rf"\sum_i \left( {POTENTIAL} - \frac{{1}}{{2m_i}} (\vec{{p}}_i + q_i \vec{{A}}_i)^2 \right)"
CORRECTED = rf"\sum_i \left( {POTENTIAL} - \frac{{1}}{{2m_i}} (\vec{{p}}_i + \frac{{1}}{{2}} q_i \vec{{A}}_i)^2 \right)"


def read(latex: str) -> Expr:
    return read_expression(tokens(latex), SCOPE)


def rule(left: str, right: str) -> Rule:
    return Rule(read(left), read(right), "test")


DEFINITIONS = (
    rule(r"\vec{p}_i", r"m_i \vec{v}_i"),
    rule(r"\vec{A}_i", r"\sum_{j \neq i} \frac{q_j \vec{v}_j}{|\vec{r}_i - \vec{r}_j|}"),
)


def kernel(left: str, right: str, *definitions: tuple[str, str], provenance: Provenance | None = None) -> KernelInput:
    rules = tuple(rule(*definition) for definition in definitions)
    return KernelInput(read(left), read(right), SCOPE, rules, provenance or Provenance())


def of_states(left: str, right: str, *definitions: tuple[str, str]) -> KernelInput:
    """A kernel in the scope that has states and operators."""

    def side(latex: str) -> Expr:
        return read_expression(tokens(latex), STATES)

    rules = tuple(Rule(side(one), side(other), "test") for one, other in definitions)
    return KernelInput(side(left), side(right), STATES, rules)


def state_symbol(name: str) -> Symbol:
    """What the kernel of a state computes."""
    return Symbol(name, (), Type("ket"))


def hamiltonian(right: str = PRINTED, **fields) -> KernelInput:
    return KernelInput(read(r"\mathcal{H}"), read(right), SCOPE, DEFINITIONS, Provenance(**fields))
