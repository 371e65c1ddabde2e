"""What a change of units does to a line: whether its sides scale alike, and what else the line says of dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from derive.algebra.atoms import SIZE, Sym
from derive.algebra.indexed import Poly, SingularTerm, canonical, rename_poly
from derive.algebra.indices import indices_of_poly
from derive.algebra.rules import Unsupported
from derive.dimension import Dimension, written_power
from derive.expression import Add, Apart, Expr, Neg, Number, Symbol, walk
from derive.latex.chain import Chain
from derive.latex.writer import write
from derive.methods.goal import coincidences
from derive.notation import Scope
from derive.units.demands import Demands
from derive.units.scaling import Rules, Scaling
from derive.units.weights import (
    ANY,
    UNIT,
    UNKNOWN,
    atoms_of,
    dimension_of,
    name_of,
    parts_by_unit,
    rank_of,
    vectors_of,
)

ZERO = Number(Fraction(0))


@dataclass(frozen=True)
class Report:
    """What a change of units does to a line.

    ``consistent`` is True where the line was shown to keep its form (``words`` tell if only up to an additive
    constant), False where it holds in particular units at most, and None where neither was shown. ``units`` are
    symbols that would have to be one for a line that is not consistent to be so; ``inferred`` are the dimensions that
    the line gives to symbols of unknown dimension.
    """

    consistent: bool | None
    words: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    inferred: Mapping[str, Dimension] = field(default_factory=dict)


def analyse(chain: Chain, scope: Scope, dimensions: Mapping[str, Dimension | None]) -> Report:
    r"""How a line behaves when units change, given the dimensions of its symbols; None or no entry is unknown.

    >>> from derive.latex.reader import read_chain
    >>> from derive.latex.tokens import tokens
    >>> from derive.notation import Declared
    >>> scope = Scope("", {}, {name: Declared(name, domain="positive") for name in "xtvcS"}, {})
    >>> known = {"x": Dimension({"length": 1}), "t": Dimension({"time": 1}), "c": Dimension({"length": 1, "time": -1})}
    >>> def report(line: str) -> Report:
    ...     return analyse(read_chain(tokens(line), scope), scope, known)
    >>> found = report(r"v = \frac{x}{t}")
    >>> found.consistent, str(found.inferred["v"])
    (True, 'length / time')
    >>> report("x = t").units, report("x = t").words[0]
    (('c',), '$t$ has the dimension of $x$ times time / length')
    >>> report(r"S - 1 = \log(x)").words
    ('$S$ has the dimension 1', 'holds up to an additive constant under change of units: the logarithm of length')
    """
    try:
        return _Line(scope, dimensions).report(chain)
    except (Unsupported, SingularTerm) as problem:
        return Report(None, (str(problem),))


class _Line:
    """A line whose sides scale by rules, and what that comes to."""

    def __init__(self, scope: Scope, dimensions: Mapping[str, Dimension | None]) -> None:
        self.demands = Demands()
        self.rules = Rules(scope, dimensions, self.demands)
        self.apart: Apart = ()
        """Free indices that the line keeps different."""

    def relate(self, left: tuple[Expr, Scaling], relation: str, right: tuple[Expr, Scaling]) -> None:
        (first, before), (second, behind) = (
            (self.rules.written(left[0]), left[1]),
            (self.rules.written(right[0]), right[1]),
        )
        gains = tuple(gain for gain in (before.gain and Neg(before.gain), behind.gain) if gain is not None)
        if relation == "∝":
            self.rules.open += [f"{second} is the logarithm of something, up to a factor"] if gains else []
            return
        self.demands.demand(behind.weight - before.weight, f"{second} has the dimension of {first} times ")
        if gains:
            self.demands.still.append((Add(gains), relation not in ("=", "≈", "≡"), f"{first} {relation} {second}"))

    def report(self, chain: Chain) -> Report:
        self.apart = chain.apart
        sides = [(side, self.rules.scaling(side)) for side in chain.sides]
        relations = [relation for relation, _ in chain.links][chain.first is None :]
        for left, relation, right in zip(sides, relations, sides[1:], strict=False):
            self.relate(left, relation, right)
        before = -1
        while self.demands.pending and len(self.demands.pending) != before:
            before = len(self.demands.pending)
            again, self.demands.pending = self.demands.pending, []
            for weight, says in again:
                self.demands.demand(weight, says)
        inferred, known, undecided = self.inference()
        words = list(
            dict.fromkeys(says + self.said(self.demands.reduced(weight)) for weight, says in self.demands.mismatches)
        )
        if words:
            units = self.constants(chain)
            needed = " and ".join(f"${name} = 1$" for name in units)
            words.append(f"only in units in which {needed}" if units else "no declared constants make up for that")
            return Report(False, (*words, *known), units, inferred)
        undecided = [
            *self.rules.open,
            *undecided,
            *(says + self.said(self.demands.reduced(w)) for w, says in self.demands.pending),
        ]
        if chain.first is None:
            undecided.append("the line goes on from another side, which is not given")
        judged = [self.judged(*gain) for gain in self.demands.still]
        words = [*known, *undecided, *dict.fromkeys(said for _, said in judged if said)]
        outcomes = {outcome for outcome, _ in judged} | ({None} if undecided else set())
        if False in outcomes and not self.rules.open:
            return Report(False, tuple(words), (), inferred)
        return Report(None if outcomes - {True} else True, tuple(words), (), inferred)

    def inference(self) -> tuple[dict[str, Dimension], list[str], list[str]]:
        """The dimensions found for symbols, that in words, and what is said of those that stay unknown."""
        inferred: dict[str, Dimension] = {}
        known: list[str] = []
        related: list[str] = []
        for unit in sorted(self.demands.solved, key=lambda unit: unit.name):
            value, name = self.demands.solved[unit], unit.name.removeprefix(UNKNOWN)
            if not unit.name.startswith(UNKNOWN):
                continue
            if not all(base.name.startswith(UNIT) for base in parts_by_unit(value)):
                related.append(f"needs ${name}$ of the dimension {self.said(value)}")
                continue
            known.append(f"${name}$ has the dimension {self.said(value)}")
            if (dimension := dimension_of(value)) is not None:
                inferred[name] = dimension
        return inferred, known, related

    def judged(self, gain: Expr, strict: bool, what: str) -> tuple[bool | None, str]:
        """Whether a gain is zero, or a constant where it may be one, and what is said of it."""
        try:
            poly = self.demands.reduced(self.rules.lowering.scalar(gain))
        except (Unsupported, SingularTerm) as problem:
            return None, f"{what}: {problem}"
        cases = coincidences(ZERO, ZERO, indices_of_poly(poly), self.apart)
        forms = [form for change, _ in cases if (form := canonical(rename_poly(poly, change)))]
        if not forms:
            return True, ""
        poly, atoms = forms[0], set().union(*(atoms_of(form) for form in forms))
        symbols = [which for which in atoms if isinstance(which, Sym)]
        variables = [symbol for symbol in symbols if not symbol.name.startswith((SIZE, UNIT, UNKNOWN, ANY))]
        said, moves = f"the logarithm of {self.said(poly)}", f"{what} changes with the units by "
        if len(symbols) < len(atoms):
            return None, f"{moves}{said}; whether that is a constant is not known"
        if variables:
            varies = any(symbol.at or self.is_random(symbol.name) for symbol in variables)
            return (False, f"{moves}{said}, no constant") if varies else (None, f"{moves}{said}, perhaps no constant")
        if not strict:
            return True, f"holds up to an additive constant under change of units: {said}"
        return None if any(symbol.name.startswith((UNKNOWN, ANY)) for symbol in symbols) else False, moves + said

    def is_random(self, name: str) -> bool:
        declared = self.rules.scope.symbols.get(name)
        return declared is not None and declared.law is not None

    def constants(self, chain: Chain) -> tuple[str, ...]:
        """The fewest declared constants that, put to one, make up for all mismatches; those not in the line first."""
        wanted = [
            vector for weight, _ in self.demands.mismatches for vector in vectors_of(self.demands.reduced(weight))
        ]
        printed = {node.name for side in chain.sides for node in walk(side) if isinstance(node, Symbol)}
        found: list[tuple[str, Mapping[str, Fraction]]] = []
        for name, declared in self.rules.scope.symbols.items():
            known = self.rules.dimensions.get(name)
            plain = (declared.kind, declared.domain, declared.slots, declared.law) == ("quantity", "positive", (), None)
            if plain and known is not None and known.exponents:
                found.append((name, known.exponents))
        found.sort(key=lambda item: item[0] in printed)
        for several in range(1, 4):
            for chosen in combinations(found, several):
                own = [vector for _, vector in chosen]
                if rank_of(own) == rank_of([*own, *wanted]):
                    return tuple(name for name, _ in chosen)
        return ()

    def said(self, weight: Poly) -> str:
        """A weight as a dimension in words, such as measure^(N D); an unknown one is the symbol in square brackets."""
        if (dimension := dimension_of(weight)) is not None:
            return str(dimension)
        powers = (
            (name_of(unit), write(self.rules.raising.poly(part), self.rules.scope))
            for unit, part in parts_by_unit(weight).items()
        )
        return " ".join(written_power(name, power) for name, power in powers)
