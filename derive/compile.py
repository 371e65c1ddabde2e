"""From a verified line to what a kernel is compiled from: its expression as printed or corrected, with provenance."""

from __future__ import annotations

import hashlib

import derive
from derive.algebra.rules import Rule
from derive.errors import DeriveError
from derive.expression import Expr, Symbol, walk
from derive.kernels import KernelInput, Provenance
from derive.latex.writer import write_chain
from derive.verify import Verifier


def kernel_input(verifier: Verifier, number: str, which: str) -> KernelInput:
    """The kernel of a line: ``which`` is ``as printed`` or ``corrected``.

    Raises DeriveError for a line that is open, that computes nothing, or that has no correction.
    """
    result = verifier.result(number)
    if result.verdict == "open":
        raise DeriveError(f"({number}) is open; only a settled line can be exported")
    line = verifier.reading.line(number)
    left = line.chain.first if line.chain.first is not None else verifier.reading.chain_head(number)
    if not isinstance(left, Symbol):
        raise DeriveError(f"({number}) does not compute a symbol: its left side is an expression")
    if which == "corrected":
        if line.corrected is None or result.verdict != "refuted":
            raise DeriveError(f"({number}) has no correction to export; it is {result.verdict} as printed")
        right, compiled = line.corrected.links[-1][1], write_chain(line.corrected, line.scope)
    else:
        right, compiled = line.right, write_chain(line.chain, line.scope)
    equation = line.equation
    rules = tuple(rule for rule in verifier.premises.root_rules(equation) if isinstance(rule.left, Symbol))
    provenance = Provenance(
        paper=verifier.paper.id,
        number=number,
        printed=equation.latex,
        compiled=compiled,
        verdict=result.verdict,
        hypotheses=result.hypotheses,
        digest=hashlib.sha256(f"{equation.latex}\n{compiled}".encode()).hexdigest()[:16],
        version=derive.__version__,
        which="corrected" if which == "corrected" else "as printed",
    )
    return KernelInput(left, right, line.scope, needed(right, rules), provenance)


def needed(expr: Expr, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules for the symbols of an expression, and for those of the rules, each once."""
    found: list[Rule] = []
    todo = [expr]
    seen: set[str] = set()
    while todo:
        for node in walk(todo.pop()):
            if not isinstance(node, Symbol) or node.name in seen:
                continue
            seen.add(node.name)
            rule = next((r for r in rules if isinstance(r.left, Symbol) and r.left.name == node.name), None)
            if rule is not None:
                found.append(rule)
                todo.append(rule.right)
    return tuple(found)
