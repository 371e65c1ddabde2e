"""From a verified line to what a kernel is compiled from: its expression as printed or corrected, with provenance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import derive
from derive.algebra.rules import Rule
from derive.analytic import Definite, Infinity, over_all
from derive.errors import DeriveError
from derive.expression import (
    STATE_KINDS,
    Add,
    Applied,
    Arrow,
    Call,
    Curl,
    Density,
    Element,
    Expectation,
    Expr,
    Gaussian,
    Index,
    Integral,
    Ket,
    Mul,
    Neg,
    Norm,
    Partial,
    StateMean,
    Symbol,
    Type,
    ValueSum,
    Whole,
    Zero,
    free_indices,
    walk,
)
from derive.fields.judging import without_arrow
from derive.judgement import EQUATIONS
from derive.kernels import KernelError, KernelInput, Provenance
from derive.kernels.backends import BACKENDS
from derive.kernels.docstrings import signature
from derive.kernels.field_arguments import matrix_rules, turn_name
from derive.kernels.kernel import Options
from derive.kernels.names import identifier
from derive.kernels.prepared import prepare
from derive.kernels.special import backends_of
from derive.kernels.vectors import exact_vectors
from derive.latex.chain import Chain
from derive.latex.writer import write, write_chain
from derive.notation import Declared, Scope
from derive.statement import Line
from derive.updates import computed, real_powers, turns
from derive.verify import Verifier


@dataclass(frozen=True, slots=True)
class Settled:
    """What was decided of a line."""

    verdict: str
    hypotheses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exportable:
    """A line that can be exported: as printed or corrected, what it computes and from what; or why it cannot."""

    number: str
    verdict: str
    which: str = ""
    computes: str = ""
    arguments: tuple[str, ...] = ()
    reason: str = ""


def kernel_input(verifier: Verifier, number: str, which: str) -> KernelInput:
    """The kernel of a line: ``which`` is ``as printed`` or ``corrected``.

    A line whose right side is a density or function by name, as definitions have it, computes its left side.
    A line whose left side is no symbol computes an array called ``equation`` with its number, over the free indices of
    its right side. Moments and means of operators, whose law or state is no formula, are arguments; integrals and means
    of densities are over laws given as points with weights.

    Raises DeriveError for a line that is open, that computes nothing, or that has no correction.
    """
    result = verifier.result(number)
    return settled_input(verifier, number, which, Settled(result.verdict, result.hypotheses))


def settled_input(verifier: Verifier, number: str, which: str, settled: Settled) -> KernelInput:
    """The kernel of a line of which it is known how it was decided. Raises DeriveError as :func:`kernel_input` does."""
    if settled.verdict == "open":
        raise DeriveError(f"({number}) is open; only a settled line can be exported")
    line = verifier.reading.line(number)
    if line.is_display or line.relation not in EQUATIONS:
        raise DeriveError(f"({number}) computes nothing: it is no equation")
    chain = line.chain
    if which == "corrected":
        if line.corrected is None or settled.verdict != "refuted":
            raise DeriveError(f"({number}) has no correction to export; it is {settled.verdict} as printed")
        chain = line.corrected
    provenance = _provenance(verifier, line, chain, which, settled)
    if line.scope.summation:
        return _field_input(verifier, line, chain, provenance)
    left = line.chain.first if line.chain.first is not None else verifier.reading.chain_head(number)
    right = chain.links[-1][1]
    if isinstance(right, Zero) and right.type.kind in STATE_KINDS:
        raise DeriveError(f"({number}) computes nothing: its right side is 0")
    equation = line.equation
    rules = tuple(rule for rule in verifier.premises.root_rules(equation) if _defines(rule))
    rules = tuple(rule for rule in rules if not is_endless(rule.right, line.scope))
    given = _Given(line.scope)
    right = given.put_in(_with_formulas(right, verifier, line))
    if _is_open(right) and not _is_open(left):
        left, right = right, given.put_in(_with_formulas(left, verifier, line))
    if _is_open(right):
        raise DeriveError(f"({number}) computes nothing: no formula is known of its right side")
    if is_endless(right, line.scope):
        said = closed_form(verifier, number, left)
        raise DeriveError(f"({number}) is an infinite series or an integral, of which no finite number of terms is a"
                          f" kernel{f'; {said} gives it in closed form' if said else ''}")  # fmt: skip
    apart: tuple[tuple[Index, Index], ...] = ()
    left = _named(left, right)
    if not isinstance(left, Symbol) and not (isinstance(left, Element) and isinstance(left.of, Symbol)):
        apart = tuple(dict.fromkeys((*line.chain.apart, *chain.apart)))
        apart = tuple((a, b) for a, b in apart if not a.is_label and not b.is_label)
        left = _result(number, right)
        apart = apart or _coinciding(left, right)
    definitions = tuple(replace(rule, right=given.put_in(rule.right)) for rule in needed(right, rules, left))
    return KernelInput(left, right, given.scope, definitions, provenance, apart)


def expression_input(name: str, expr: Expr, scope: Scope) -> KernelInput:
    """The kernel of an expression in a scope, such as one derived beyond the print: a symbol of this name is computed.

    Moments and means of operators are arguments, as in :func:`kernel_input`.
    """
    given = _Given(scope)
    right = given.put_in(expr)
    return KernelInput(replace(_result(name, right), name=name), right, given.scope)


def is_endless(expr: Expr, scope: Scope) -> bool:
    """Whether an infinite series or an integral of numbers stands in an expression."""
    return any(isinstance(node, Definite | Infinity) or over_all(node, scope) is not None for node in walk(expr))


def closed_form(verifier: Verifier, number: str, left: Expr) -> str:
    """The proved line, or proved correction, that says in closed form what a line computes; empty if there is none."""
    own = verifier.reading.line(number).scope
    for equation in verifier.paper.equations:
        if equation.number == number or not equation.is_annotated:
            continue
        try:
            line = verifier.reading.line(equation.number)
            if line.is_display or line.relation not in EQUATIONS or line.scope.name != own.name:
                continue
            first = line.chain.first
            if (first if first is not None else verifier.reading.chain_head(equation.number)) != left:
                continue
            result = verifier.result(equation.number)
            which = "corrected" if result.verdict == "refuted" and result.borne_out else "as printed"
            if which == "as printed" and result.verdict != "proved":
                continue
            if is_endless(line.last(which == "corrected"), line.scope):
                continue
            prepare(settled_input(verifier, equation.number, which, Settled("refuted")), Options())
        except DeriveError:
            continue
        return f"({equation.number}){', as corrected,' if which == 'corrected' else ''}"
    return ""


def _is_open(side: Expr) -> bool:
    """Whether a side is a density or function by name, so that the other one says what it is."""
    return isinstance(side, Density | Applied) and side.type.kind == "scalar"


def _named(left: Expr, right: Expr) -> Expr:
    """A state or an operator at a point as the symbol that it is called by, where the right side does without that."""
    if not isinstance(left, Ket | Applied) or left.type.kind not in STATE_KINDS:
        return left
    name = left.of.name if isinstance(left, Ket) else left.name
    used = any(isinstance(node, Symbol | Applied) and node.name == name for node in walk(right))
    return left if used else Symbol(name, getattr(left, "slots", ()), left.type)


def _defines(rule: Rule) -> bool:
    """Whether a rule says all of a symbol, as numbers do that a kernel can have.

    One that says a component, such as that the third is 0, leaves the symbol given; so does the derivative of a field.
    """
    left = rule.left
    if not isinstance(left, Symbol) or any(isinstance(slot, Index) and slot.is_label for slot in left.slots):
        return False
    return not any(isinstance(node, Curl) for node in walk(rule.right))


def _with_formulas(expr: Expr, verifier: Verifier, line: Line, *, log: bool = False) -> Expr:
    """An expression with what its line's own premises say of functionals, and of densities in logarithms if normal."""
    rules = verifier.premises.root_rules(line.equation)
    for rule in (rule for rule in rules if rule.source in verifier.reading.premises(line.equation)):
        if expr != rule.left or not isinstance(expr, Applied | Density):
            continue
        kinds = Expectation if isinstance(expr, Applied) else Gaussian
        if any(isinstance(node, kinds) for node in walk(rule.right)) and (log or kinds is Expectation):
            return rule.right
    inner = log or (isinstance(expr, Call) and expr.function == "log")
    return expr.map(lambda child: _with_formulas(child, verifier, line, log=inner))


def _provenance(verifier: Verifier, line: Line, chain: Chain, which: str, settled: Settled) -> Provenance:
    """Where the kernel of a line comes from: ``chain`` is what is compiled."""
    printed, compiled = line.equation.latex, write_chain(chain, line.scope)
    return Provenance(
        paper=verifier.paper.id,
        number=line.equation.number,
        printed=printed,
        compiled=compiled,
        verdict=settled.verdict,
        hypotheses=settled.hypotheses,
        digest=hashlib.sha256(f"{printed}\n{compiled}".encode()).hexdigest()[:16],
        version=derive.__version__,
        which="corrected" if which == "corrected" else "as printed",
    )


def _field_input(verifier: Verifier, line: Line, chain: Chain, provenance: Provenance) -> KernelInput:
    """The kernel of a line on fields, with the matrices whose entries its own premises say."""
    chain = without_arrow(chain)
    left = chain.first if chain.first is not None else verifier.reading.left(line.equation, corrected=True)
    symbol, right = computed(line.equation.number, left, chain.links[-1][1], line.scope)
    said = verifier.fields.premises(line, corrected=True)
    rules = matrix_rules(tuple(Rule(premise.left, premise.right, premise.source) for premise in said))
    turned = turns(said) & {turn_name(base) for base in real_powers(right)}
    squares = tuple(f"the square of {identifier(name)} is -1" for name in sorted(turned))
    provenance = replace(provenance, hypotheses=(*provenance.hypotheses, *squares))
    return KernelInput(symbol, right, line.scope, tuple(rules.values()), provenance, turns=turned)


def needed(expr: Expr, rules: tuple[Rule, ...], left: Expr | None = None) -> tuple[Rule, ...]:
    """The rules for the symbols of an expression, and for those of the rules, each once; none for what it computes."""
    found: list[Rule] = []
    todo = [expr]
    seen: set[str] = {left.name} if isinstance(left, Symbol) and left != expr else set()
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


def exportable(verifier: Verifier, lines: Sequence[Mapping[str, Any]]) -> list[Exportable]:
    """Which of the lines and claims, given as their JSON, can be exported, and why the others cannot.

    That a line has finite values is looked at for ranges of one and two values; the export itself looks at more.
    """
    found = []
    for line in lines:
        if line["verdict"] == "open":
            continue
        number, verdict = line["number"], line["verdict"]
        which = "corrected" if verdict == "refuted" and line["correction"] else "as printed"
        try:
            kernel = settled_input(verifier, number, which, Settled(verdict))
            prepared = prepare(kernel, Options())
            having = backends_of(prepared.program)
            if not having:
                raise DeriveError(f"({number}) has functions that no backend has together")
            exact_vectors(kernel, prepared.program, cases=2)
            said = signature(prepared)
            if line["kind"] == "claim" and not said.arguments:
                raise DeriveError(f"({number}) computes nothing: its right side is printed numbers")
            arguments = tuple(f"{name} (complex)" if name in said.complex else name for name in said.arguments)
            which += f", {', '.join(having)}" if len(having) < len(BACKENDS) else ""
            found.append(Exportable(number, verdict, which, f"{said.name}: {said.returns}", arguments))
        except DeriveError as problem:
            found.append(Exportable(number, verdict, reason=str(problem)))
    return found


def _result(number: str, right: Expr) -> Symbol:
    """The symbol that stands for the left side of a line: an array over the free indices and open axes of the right."""
    name = f"equation {number}"
    letters = _letters(right)
    kind, axes = right.type.kind, right.type.axes
    if (not letters and kind in ("matrix", "row", "column")) or kind in ("operator", "ket", "bra"):
        return Symbol(name, tuple(letters), Type(kind, axes))
    open_axes = tuple(Arrow(axis) if kind == "vector" else Whole(axis) for axis in axes)
    if kind not in ("scalar", "vector", "column"):
        raise KernelError(f"({number}) computes {_article(kind)}, and is no kernel")
    return Symbol(name, (*letters, *open_axes))


def _coinciding(left: Symbol, right: Expr) -> tuple[tuple[Index, Index], ...]:
    """Free indices of one range, where the right side has a distance that would be zero if they were equal."""
    letters = [slot for slot in left.slots if isinstance(slot, Index)]
    pairs = [(a, b) for n, a in enumerate(letters) for b in letters[:n] if a.range == b.range]
    norms = [node.of for node in walk(right) if isinstance(node, Norm) and isinstance(node.of, Add)]
    norms = [norm for norm in norms if len(norm.terms) == 2]
    return tuple(
        (a, b)
        for a, b in pairs
        if any(
            isinstance(norm.terms[1], Neg)
            and relettered(norm.terms[0], {a: b}) == relettered(norm.terms[1].term, {a: b})
            for norm in norms
        )
    )


def relettered(expr: Expr, letters: Mapping[Index, Index]) -> Expr:
    """An expression with other letters in the place of some free indices."""
    if isinstance(expr, Symbol):
        return replace(expr, slots=tuple(letters.get(s, s) if isinstance(s, Index) else s for s in expr.slots))
    if isinstance(expr, Element):
        row, column = (letters.get(index, index) for index in (expr.row, expr.column))
        return Element(relettered(expr.of, letters), row, column)
    return expr.map(lambda child: relettered(child, letters))


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _letters(expr: Expr) -> list[Index]:
    """The free index letters of an expression, as they first occur in print."""
    free = free_indices(expr)
    found: dict[Index, None] = {}
    for node in walk(expr):
        for slot in (*getattr(node, "slots", ()), getattr(node, "row", None), getattr(node, "column", None)):
            if isinstance(slot, Index) and slot in free:
                found.setdefault(slot)
    return list(found)


def _is_of_densities(expr: Expr) -> bool:
    """Whether an expression has densities in it, and no derivatives of them."""
    found = tuple(walk(expr))
    return any(isinstance(one, Density) for one in found) and not any(isinstance(one, Partial) for one in found)


class _Given:
    """An expression in which moments and means are arguments, and the scope that declares these."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def put_in(self, expr: Expr) -> Expr:
        match expr:
            case Expectation(kind="E", arguments=(mean,)) if _is_of_densities(mean):
                return self.put_in(self.under_the_law(expr))
            case Expectation() if expr.type.kind == "scalar":
                letters = _letters(expr)
                said = write(relettered(expr, self.standard(letters)), self.scope)
                plain = said.replace(r"\left", "").replace(r"\right", "")
                return self.symbol(identifier(plain).replace("_", " "), tuple(letters), f"moment ${said}$")
            case StateMean(of=Symbol(name=name, slots=slots)) if all(isinstance(slot, Index) for slot in slots):
                return self.symbol(f"mean {identifier(name)}", slots, f"mean of ${name}$ in the state")
        return expr.map(self.put_in)

    def under_the_law(self, expr: Expectation) -> Expr:
        """An expectation as the integral that it is, over the variables that the notation gives its law."""
        found = dict.fromkeys(node for node in walk(expr.arguments[0]) if isinstance(node, Symbol))
        declared = {one: self.scope.symbols.get(one.name) for one in found if one not in expr.given}
        own = tuple(one for one, known in declared.items() if known is not None and known.law == expr.law)
        if not own or any(isinstance(slot, Index) for one in own for slot in one.slots):
            raise DeriveError(f"the variables of the mean ${write(expr, self.scope)}$ are not clear")
        body: Expr = Mul((Density(expr.law, own, expr.given), expr.arguments[0]))
        for one in own:
            body = ValueSum(one, body) if self.scope.symbols[one.name].domain == "binary" else Integral(one, body)
        return body

    def standard(self, letters: Sequence[Index]) -> dict[Index, Index]:
        """The first letters of each range in the place of others, so that E[x_i] and E[x_j] are one array."""
        found: dict[Index, Index] = {}
        for letter in letters:
            spare = self.scope.ranges[letter.range].letters[sum(one.range == letter.range for one in found) :]
            found[letter] = Index(spare[0], letter.range) if spare else letter
        return found

    def symbol(self, name: str, slots: Sequence[Any], meaning: str) -> Symbol:
        declared = Declared(name, slots=tuple(slot.range for slot in slots), meaning=meaning)
        self.scope = replace(self.scope, symbols={**self.scope.symbols, name: declared})
        return Symbol(name, tuple(slots))
