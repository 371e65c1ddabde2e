r"""Dimensional analysis of a printed line: how each side changes when the units of measurement change.

When the unit of a base dimension d is made smaller by a factor mu_d, an expression E becomes

    mu^weight (E + gain).

The weight is its dimension: a linear form in the log mu_d, whose coefficients are rational numbers, or polynomials in
the sizes of index ranges, since the determinant of an N x N matrix and a density over N variables carry the power N.
The gain is what a logarithm adds: log Q gains the weight of Q. It is kept as an expression, which goes through sums,
integrals and expectations as E itself does, so that -\int dx P(x) log P(x) is found to gain a constant. Terms that are
added, and the sides of a relation, must have one weight. Their gains may differ by a constant, and the line then holds
up to an additive constant under a change of units.

An unknown dimension is one more unit of its own. Each demand that a weight vanishes is solved for an unknown while
there is one; what is left without any is a mismatch. Symbols are taken to scale by their dimension alone: the gain of
a loss printed as a letter is zero. No premises are used.

SymPy's units do not serve here: to them the logarithm of a length is a length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from flint import fmpq, fmpq_mat

from derive.algebra.atoms import SIZE, Atom, Sym, Term
from derive.algebra.indexed import (
    Poly,
    SingularTerm,
    atom,
    canonical,
    freshen,
    new_index,
    number,
    power_of,
    recanonical,
    rename_poly,
)
from derive.algebra.indices import indices_of_poly
from derive.algebra.lowering import Lowering
from derive.algebra.raising import Raising
from derive.algebra.rules import Unsupported
from derive.constants import constant
from derive.errors import EncodingError
from derive.expression import (
    Abs,
    Add,
    Apart,
    Applied,
    Bra,
    Call,
    Commutator,
    Count,
    Dagger,
    Density,
    Det,
    Dirac,
    Dot,
    Element,
    Expectation,
    Expr,
    Frac,
    Gaussian,
    Identity,
    ImaginaryUnit,
    Index,
    Integral,
    Ket,
    Kronecker,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Pattern,
    Pow,
    Size,
    StateMean,
    Symbol,
    Transpose,
    ValueSum,
    Zero,
    walk,
)
from derive.latex.chain import Chain
from derive.latex.writer import write
from derive.methods.goal import coincidences
from derive.notation import Scope

UNIT, UNKNOWN, ANY = "unit of ", "dimension of ", "any dimension "
"""Name prefixes of the atoms that weights are linear in: a base dimension, that of a symbol, that of a zero."""
PURE = ("binary", "integer", "unit")
"""Domains of pure numbers, which need no dimension in the table."""
ZERO = Number(Fraction(0))
_TOKEN = re.compile(
    r"\s*(?:(?P<slash>/)|(?:(?P<name>[^\W\d]\w*)(?:\^(?P<power>-?\d{1,9}|\(-?\d{1,9}(?:/[1-9]\d{0,8})?\)))?|1)(?=[\s/]|$))"
)


@dataclass(frozen=True)
class Dimension:
    """A product of powers of base dimensions, whose names are the paper's own; none is dimensionless.

    >>> speed = parse_dimension("length / time", "notation.toml")
    >>> print(speed**2 * parse_dimension("mass", "notation.toml"))
    length^2 mass / time^2
    >>> print(speed / speed, (speed ** Fraction(1, 2)).exponents["length"])
    1 1/2
    """

    exponents: Mapping[str, Fraction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = {name: Fraction(power) for name, power in sorted(self.exponents.items()) if power}
        object.__setattr__(self, "exponents", kept)

    def __hash__(self) -> int:
        return hash(tuple(self.exponents.items()))

    def __mul__(self, other: Dimension) -> Dimension:
        names = {**self.exponents, **other.exponents}
        return Dimension({n: self.exponents.get(n, Fraction()) + other.exponents.get(n, Fraction()) for n in names})

    def __pow__(self, power: int | Fraction) -> Dimension:
        return Dimension({name: own * power for name, own in self.exponents.items()})

    def __truediv__(self, other: Dimension) -> Dimension:
        return self * other**-1

    def __str__(self) -> str:
        above = [_power(name, str(power)) for name, power in self.exponents.items() if power > 0]
        below = [_power(name, str(-power)) for name, power in self.exponents.items() if power < 0]
        return (" ".join(above) or "1") + (f" / {' '.join(below)}" if below else "")


def _power(name: str, exponent: str) -> str:
    if exponent == "1":
        return name
    return f"{name}^{exponent}" if exponent.isalnum() else f"{name}^({exponent})"


def parse_dimension(text: str, where: str) -> Dimension:
    """Reads a dimension: names with whole or bracketed powers, all behind the one / below it; 1 is dimensionless.

    Raises EncodingError, with the place ``where``, for anything else.

    >>> print(parse_dimension("charge^(1/2) length^-1", "here"), "|", parse_dimension("1 / time charge", "here"))
    charge^(1/2) / length | 1 / charge time
    >>> parse_dimension("length^0.5", "notation.toml [scope.motion] v")
    Traceback (most recent call last):
    derive.errors.EncodingError: notation.toml [scope.motion] v: the dimension 'length^0.5' cannot be read at
    'length^0.5'; it is written as 'mass length^2 / time', 'charge^(1/2)', or '1' where there is none
    """
    found, shape, at, rest = Dimension(), "", 0, text.rstrip()
    while at < len(rest) and (token := _TOKEN.match(rest, at)) is not None:
        if name := token["name"]:
            power = Fraction((token["power"] or "1").strip("()"))
            found *= Dimension({name: -power if "/" in shape else power})
        shape, at = shape + (token["slash"] or ("n" if name else "1")), token.end()
    if at < len(rest) or not re.fullmatch("(1|n+)(/n+)?", shape):
        problem = f" at {rest[at:].strip()!r}" if at < len(rest) else ""
        raise EncodingError(
            f"the dimension {text!r} cannot be read{problem}; it is written as 'mass length^2 / time', "
            "'charge^(1/2)', or '1' where there is none",
            where,
        )
    return found


def declared_dimensions(scope: Scope, where: str) -> dict[str, Dimension | None]:
    """The dimensions that a scope declares, by symbol; None where it says nothing. Raises EncodingError."""
    return {
        key: parse_dimension(declared.dimension, f"{where} [scope.{scope.name}] {key}") if declared.dimension else None
        for key, declared in scope.symbols.items()
    }


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


@dataclass(frozen=True)
class _Scaling:
    """Under a change of units E becomes e^weight (E + gain); no gain is zero."""

    weight: Poly = field(default_factory=Poly)
    gain: Expr | None = None


class _Line:
    """The demands that one line makes on the dimensions of its symbols."""

    def __init__(self, scope: Scope, dimensions: Mapping[str, Dimension | None]) -> None:
        self.scope = scope
        self.dimensions = dimensions
        self.lowering = Lowering(scope)
        self.raising = Raising(scope)
        self.solved: dict[Sym, Poly] = {}
        self.pending: list[tuple[Poly, str]] = []
        """Demands that could not be solved for an unknown, and what they say."""
        self.mismatches: list[tuple[Poly, str]] = []
        self.still: list[tuple[Expr, bool, str]] = []
        """Gains that must be constant, or (True) zero, and of what they are."""
        self.open: list[str] = []
        """What has no rule here."""
        self.fresh = 0
        self.apart: Apart = ()
        """Free indices that the line keeps different."""

    # -- the rules: one case for each kind of node -----------------------------------------------------------------

    def scaling(self, expr: Expr) -> _Scaling:
        """The weight and gain of an expression; what it demands of its parts is recorded."""
        try:
            return self.rule(expr)
        except (Unsupported, SingularTerm) as problem:
            return self.unknown(str(problem))

    def rule(self, expr: Expr) -> _Scaling:
        match expr:
            case Number(value=0) | Zero():
                return self.free()
            case Number() | Size() | Identity():
                return _Scaling()
            case Symbol(name=name):
                return _Scaling(self.symbol(name))
            case Neg(term=part) | Transpose(of=part) | Element(of=part) | Call(function="Trace", argument=part):
                return self.linear(expr, part)
            case Norm(of=part) | Abs(of=part):
                return _Scaling(self.bare(part))
            case Det(of=part):
                return _Scaling(self.bare(part) * self.count(part.type.axes[:1]))
            case Mul() | Dot():
                return self.linear(expr, *expr.children)
            case Frac(top=top, bottom=bottom):
                found = self.linear(expr, top)
                return _Scaling(found.weight - self.bare(bottom), found.gain)
            case Pow():
                return self.power(expr)
            case Add(terms=terms):
                return self.added(terms)
            case Over(operation=operation, index=index, excluded=excluded, body=body):
                return self.over(expr, operation, index, excluded, body)
            case Call(function=function, argument=argument):
                return self.function(function, argument)
            case Pattern(diagonal=diagonal, upper=upper, lower=lower):
                return _Scaling(self.bare(Add((diagonal, upper, lower))))
            case Density(of=of, given=given):
                for part in given:
                    self.scaling(part)
                return _Scaling(-sum((self.volume(part) for part in of), Poly()))
            case Gaussian(of=of, mean=mean, covariance=covariance):
                square = self.bare(Add((of, mean))).scaled(Fraction(2))
                says = f"{self.written(covariance)} is a covariance and has the dimension of {self.written(of)} squared"
                self.demand(self.bare(covariance) - square, f"{says} times ")
                return _Scaling(-self.volume(of))
            case Integral(variable=variable, body=body):
                found = self.averaged(expr, body)
                return _Scaling(found.weight + self.volume(variable), found.gain)
            case Expectation():
                return self.moment(expr)
            case ValueSum(body=body):
                return self.averaged(expr, body)
            case ImaginaryUnit() | Count() | Ket() | Bra():
                return _Scaling()
            case Kronecker(left=left, right=right):
                self.bare(Add((left, right)))
                return _Scaling()
            case Dirac(argument=argument):
                return _Scaling(-self.bare(argument))
            case StateMean(of=part) | Dagger(of=part):
                return self.linear(expr, part)
            case Commutator(left=left, right=right):
                return self.linear(expr, left, right)
            case Applied(name=name, arguments=arguments):
                for part in arguments:
                    self.bare(part)
                return _Scaling(self.symbol(name))
            case _:
                return self.unknown(f"{type(expr).__name__} has no rule for dimensions yet")

    def symbol(self, name: str) -> Poly:
        declared = self.scope.symbols.get(name)
        known = self.dimensions.get(name)
        if known is not None:
            return sum((atom(Sym(UNIT + base)).scaled(power) for base, power in known.exponents.items()), Poly())
        if declared is not None and declared.part_of is not None:
            return self.symbol(declared.part_of[1])
        if name == r"\pi" or (declared is not None and declared.domain in PURE):
            return Poly()
        return atom(Sym(UNKNOWN + name))

    def linear(self, expr: Expr, *parts: Expr) -> _Scaling:
        """A node that is linear in each of its parts: its gain is the node with the gain of a part put for the part."""
        found = [(part, self.scaling(part)) for part in parts]
        weight = sum((inner.weight for _, inner in found), Poly())
        gaining = [inner for inner in found if inner[1].gain is not None]
        if len(gaining) > 1:
            return self.unknown(f"{self.written(expr)} is a product of logarithms")
        if not gaining:
            return _Scaling(weight)
        ((gains, inner),) = gaining
        return _Scaling(weight, expr.map(lambda child: inner.gain if child is gains and inner.gain else child))

    def added(self, terms: tuple[Expr, ...]) -> _Scaling:
        found = [self.scaling(term) for term in terms]
        for term, inner in zip(terms[1:], found[1:], strict=True):
            says = f"{self.written(term)} has the dimension of {self.written(terms[0])} times "
            self.demand(inner.weight - found[0].weight, says)
        gains = tuple(inner.gain for inner in found if inner.gain is not None)
        return _Scaling(found[0].weight, Add(gains) if gains else None)

    def power(self, expr: Pow) -> _Scaling:
        weight, exponent = self.bare(expr.base), constant(expr.exponent)
        if exponent is not None:
            return _Scaling(weight.scaled(exponent))
        self.pure(expr.exponent, "an exponent")
        return _Scaling(weight * freshen(self.lowering.scalar(expr.exponent)) if weight else weight)

    def over(self, expr: Expr, operation: str, index: Index, excluded: tuple[Index, ...], body: Expr) -> _Scaling:
        bound = new_index(index.range)
        if operation == "product":
            weight = rename_poly(self.bare(body), {index: bound})
            return _Scaling(recanonical(self.lowering.summed(weight, bound, excluded)))
        found = self.linear(expr, body)
        if index in indices_of_poly(self.reduced(found.weight)):
            return self.unknown(f"the dimension of {self.written(body)} depends on the index of its sum")
        return found

    def function(self, function: str, argument: Expr) -> _Scaling:
        match function:
            case "sqrt":
                return _Scaling(self.bare(argument).scaled(Fraction(1, 2)))
            case "log":
                weight = self.reduced(self.bare(argument))
                gain = self.raising.poly(weight)
                if argument.type.kind == "matrix":
                    gain = Mul((gain, Identity(argument.type.axes[0])))
                return _Scaling(Poly(), gain if weight else None)
            case "exp":
                gain = self.pure(argument, "the argument of exp", may_gain=True)
                return _Scaling(self.lowering.scalar(gain)) if gain is not None else _Scaling()
            case "sin" | "cos" | "tan" | "arcsin" | "sinh" | "cosh" | "tanh":
                self.pure(argument, f"the argument of {function}")
                return _Scaling()
            case _:
                return self.unknown(f"the function {function} has no rule for dimensions yet")

    def averaged(self, expr: Expr, body: Expr) -> _Scaling:
        """An integral or expectation, which is homogeneous if no exponent depends on what is integrated over."""
        found = self.linear(expr, body)
        if not _is_plain(found.weight):
            return self.unknown(f"the dimension of {self.written(body)} may depend on what is integrated over")
        return found

    def moment(self, expr: Expectation) -> _Scaling:
        if expr.kind == "E":
            return self.averaged(expr, expr.arguments[0])
        weight = Poly()
        for argument in (expr.arguments[0], expr.arguments[-1]):
            inner = self.averaged(Expectation("E", expr.law, (argument,)), argument)
            weight = weight + inner.weight
            if inner.gain is not None and not _is_plain(self.lowering.scalar(inner.gain)):
                return self.unknown(f"a logarithm in {self.written(expr)} may gain something random")
        return _Scaling(weight)

    def volume(self, of: Expr) -> Poly:
        """The weight of the volume element of a variable or an array of them; values that are counted are pure."""
        if any(axis not in self.scope.ranges for axis in of.type.axes):
            return atom(Sym(f"{UNKNOWN}d{self.written(of).strip('$')}"))
        return self.bare(of) * self.count(of.type.axes)

    def count(self, axes: tuple[str, ...]) -> Poly:
        """The number of entries of an array with these axes."""
        result = number(1)
        for axis in axes:
            result = result * atom(Sym(SIZE + axis, (), True))
        return result

    # -- what the rules are made of --------------------------------------------------------------------------------

    def free(self) -> _Scaling:
        """A dimension to be chosen: that of a zero, which fits every other."""
        self.fresh += 1
        return _Scaling(atom(Sym(f"{ANY}{self.fresh}")))

    def unknown(self, why: str) -> _Scaling:
        """What has no rule leaves the line undecided, and the rest of it is looked at all the same."""
        self.open.append(why)
        return self.free()

    def bare(self, part: Expr) -> Poly:
        """The weight of a part whose gain could not be followed further."""
        found = self.scaling(part)
        if found.gain is not None:
            return self.unknown(f"the logarithm in {self.written(part)} stands in a place that is not linear").weight
        return found.weight

    def pure(self, part: Expr, what: str, may_gain: bool = False) -> Expr | None:
        """The gain of a part that must be a pure number, and that must not gain anything unless it may."""
        found = self.scaling(part)
        self.demand(found.weight, f"{what}, {self.written(part)}, is no pure number but has the dimension ")
        if found.gain is not None and not may_gain:
            self.still.append((found.gain, True, f"{what}, {self.written(part)}"))
        return found.gain

    def written(self, expr: Expr) -> str:
        try:
            return f"${write(expr, self.scope)}$"
        except (TypeError, KeyError):
            return f"the {type(expr).__name__}"

    # -- demands ---------------------------------------------------------------------------------------------------

    def reduced(self, weight: Poly) -> Poly:
        """A weight with what is known of the unknown put in, in normal form unless free indices may coincide."""
        for unit, value in self.solved.items():
            weight = _put(weight, unit, value)
        weight = recanonical(weight)
        return weight if _may_coincide(weight) else canonical(weight)

    def demand(self, weight: Poly, says: str) -> None:
        """A weight that must vanish: it is solved for an unknown, or a mismatch, or left. ``says`` goes before it."""
        weight = self.reduced(weight)
        if not weight:
            return
        parts = _parts(weight)
        unknown = sorted((unit for unit in parts if not unit.name.startswith(UNIT)), key=lambda unit: unit.name)
        for unit in unknown:
            value = _divided(parts, unit)
            if value is not None and _is_plain(value):
                self.solved = {other: _put(known, unit, value) for other, known in self.solved.items()}
                self.solved[unit] = value
                return
        if unknown or not _is_plain(weight):
            self.pending.append((weight, says))
        else:
            self.mismatches.append((weight, says))

    def relate(self, left: tuple[Expr, _Scaling], relation: str, right: tuple[Expr, _Scaling]) -> None:
        (first, before), (second, behind) = (self.written(left[0]), left[1]), (self.written(right[0]), right[1])
        gains = tuple(gain for gain in (before.gain and Neg(before.gain), behind.gain) if gain is not None)
        if relation == "∝":
            self.open += [f"{second} is the logarithm of something, up to a factor"] if gains else []
            return
        self.demand(behind.weight - before.weight, f"{second} has the dimension of {first} times ")
        if gains:
            self.still.append((Add(gains), relation not in ("=", "≈", "≡"), f"{first} {relation} {second}"))

    # -- the outcome -----------------------------------------------------------------------------------------------

    def report(self, chain: Chain) -> Report:
        self.apart = chain.apart
        sides = [(side, self.scaling(side)) for side in chain.sides]
        relations = [relation for relation, _ in chain.links][chain.first is None :]
        for left, relation, right in zip(sides, relations, sides[1:], strict=False):
            self.relate(left, relation, right)
        before = -1
        while self.pending and len(self.pending) != before:
            before = len(self.pending)
            again, self.pending = self.pending, []
            for weight, says in again:
                self.demand(weight, says)
        inferred, known, undecided = self.inference()
        words = list(dict.fromkeys(says + self.said(self.reduced(weight)) for weight, says in self.mismatches))
        if words:
            units = self.constants(chain)
            needed = " and ".join(f"${name} = 1$" for name in units)
            words.append(f"only in units in which {needed}" if units else "no declared constants make up for that")
            return Report(False, (*words, *known), units, inferred)
        undecided = [*self.open, *undecided, *(says + self.said(self.reduced(w)) for w, says in self.pending)]
        if chain.first is None:
            undecided.append("the line goes on from another side, which is not given")
        judged = [self.judged(*gain) for gain in self.still]
        words = [*known, *undecided, *dict.fromkeys(said for _, said in judged if said)]
        outcomes = {outcome for outcome, _ in judged} | ({None} if undecided else set())
        if False in outcomes and not self.open:
            return Report(False, tuple(words), (), inferred)
        return Report(None if outcomes - {True} else True, tuple(words), (), inferred)

    def inference(self) -> tuple[dict[str, Dimension], list[str], list[str]]:
        """The dimensions found for symbols, that in words, and what is said of those that stay unknown."""
        inferred: dict[str, Dimension] = {}
        known: list[str] = []
        related: list[str] = []
        for unit in sorted(self.solved, key=lambda unit: unit.name):
            value, name = self.solved[unit], unit.name.removeprefix(UNKNOWN)
            if not unit.name.startswith(UNKNOWN):
                continue
            if not all(base.name.startswith(UNIT) for base in _parts(value)):
                related.append(f"needs ${name}$ of the dimension {self.said(value)}")
                continue
            known.append(f"${name}$ has the dimension {self.said(value)}")
            if (dimension := _dimension(value)) is not None:
                inferred[name] = dimension
        return inferred, known, related

    def judged(self, gain: Expr, strict: bool, what: str) -> tuple[bool | None, str]:
        """Whether a gain is zero, or a constant where it may be one, and what is said of it."""
        try:
            poly = self.reduced(self.lowering.scalar(gain))
        except (Unsupported, SingularTerm) as problem:
            return None, f"{what}: {problem}"
        cases = coincidences(ZERO, ZERO, indices_of_poly(poly), self.apart)
        forms = [form for change, _ in cases if (form := canonical(rename_poly(poly, change)))]
        if not forms:
            return True, ""
        poly, atoms = forms[0], set().union(*(_atoms(form) for form in forms))
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
        declared = self.scope.symbols.get(name)
        return declared is not None and declared.law is not None

    def constants(self, chain: Chain) -> tuple[str, ...]:
        """The fewest declared constants that, put to one, make up for all mismatches; those not in the line first."""
        wanted = [vector for weight, _ in self.mismatches for vector in _vectors(self.reduced(weight))]
        printed = {node.name for side in chain.sides for node in walk(side) if isinstance(node, Symbol)}
        found: list[tuple[str, Mapping[str, Fraction]]] = []
        for name, declared in self.scope.symbols.items():
            known = self.dimensions.get(name)
            plain = (declared.kind, declared.domain, declared.slots, declared.law) == ("quantity", "positive", (), None)
            if plain and known is not None and known.exponents:
                found.append((name, known.exponents))
        found.sort(key=lambda item: item[0] in printed)
        for several in range(1, 4):
            for chosen in combinations(found, several):
                own = [vector for _, vector in chosen]
                if _rank(own) == _rank([*own, *wanted]):
                    return tuple(name for name, _ in chosen)
        return ()

    def said(self, weight: Poly) -> str:
        """A weight as a dimension in words, such as measure^(N D); an unknown one is the symbol in square brackets."""
        if (dimension := _dimension(weight)) is not None:
            return str(dimension)
        powers = ((_named(unit), write(self.raising.poly(part), self.scope)) for unit, part in _parts(weight).items())
        return " ".join(_power(name, power) for name, power in powers)


# -- weights as polynomials that are linear in the units -------------------------------------------------------------


def _unit_of(term: Term) -> Sym:
    """The unit, or the unknown dimension, that a term of a weight is linear in."""
    found = [a for a, _ in term.factors if isinstance(a, Sym) and a.name.startswith((UNIT, UNKNOWN, ANY))]
    if len(found) != 1 or (found[0], 1) not in term.factors:
        raise Unsupported("the logarithm of a unit stands in a place that is not linear")
    return found[0]


def _parts(weight: Poly) -> dict[Sym, Poly]:
    """The coefficient of each unit, in the order of their names."""
    parts: dict[Sym, Poly] = {}
    for term, coefficient in weight.terms:
        unit = _unit_of(term)
        rest = Term(tuple(factor for factor in term.factors if factor[0] != unit), term.bound, term.distinct)
        parts[unit] = parts.get(unit, Poly()) + Poly(((rest, coefficient),))
    return dict(sorted(parts.items(), key=lambda item: item[0].name))


def _named(unit: Sym) -> str:
    return unit.name.removeprefix(UNIT) if unit.name.startswith(UNIT) else f"[${unit.name.removeprefix(UNKNOWN)}$]"


def _dimension(weight: Poly) -> Dimension | None:
    """A weight whose exponents are numbers."""
    powers = {_named(unit): part.constant for unit, part in _parts(weight).items()}
    numbers = {name: power for name, power in powers.items() if power is not None}
    return Dimension(numbers) if len(numbers) == len(powers) else None


def _put(weight: Poly, unit: Sym, value: Poly) -> Poly:
    parts = _parts(weight)
    if unit not in parts:
        return weight
    others = (part * atom(other) for other, part in parts.items() if other != unit)
    return sum(others, recanonical(freshen(parts[unit]) * freshen(value)))


def _divided(parts: Mapping[Sym, Poly], unit: Sym) -> Poly | None:
    """What a unit must be for a weight to vanish, or None where its coefficient does not divide the others."""
    own, result = parts[unit], Poly()
    lead, factor = own.terms[0]
    monomial = len(own.terms) == 1 and all(isinstance(a, Sym) and a.name.startswith(SIZE) for a, _ in lead.factors)
    for other, part in parts.items():
        if other == unit:
            continue
        ratio = dict(part.terms).get(lead, Fraction()) / factor
        if part == own.scaled(ratio):
            result = result + atom(other).scaled(-ratio)
        elif monomial and not lead.bound:
            result = result + atom(other) * freshen(-part) * power_of(own, Fraction(-1))
        else:
            return None
    return result


def _atoms(poly: Poly) -> set[Atom]:
    return {which for term, _ in poly.terms for which, _ in term.factors}


def _is_plain(poly: Poly) -> bool:
    """Whether there are only sizes in the coefficients of the units."""
    names = (which.name if isinstance(which, Sym) else "" for which in _atoms(poly))
    plain = all(name.startswith((SIZE, UNIT, UNKNOWN, ANY)) for name in names)
    return plain and not any(term.bound for term, _ in poly.terms)


def _may_coincide(poly: Poly) -> bool:
    ranges = [index.range for index in indices_of_poly(poly)]
    return len(ranges) > len(set(ranges))


def _vectors(weight: Poly) -> list[dict[str, Fraction]]:
    """The exponents of the base dimensions, for each product of sizes that they are multiplied by."""
    found: dict[Term, dict[str, Fraction]] = {}
    for unit, part in _parts(weight).items():
        for term, coefficient in part.terms:
            found.setdefault(term, {})[unit.name.removeprefix(UNIT)] = coefficient
    return list(found.values())


def _rank(vectors: Sequence[Mapping[str, Fraction]]) -> int:
    bases = sorted({base for vector in vectors for base in vector})
    entries = [fmpq(*vector.get(base, Fraction()).as_integer_ratio()) for vector in vectors for base in bases]
    return fmpq_mat(len(vectors), len(bases), entries).rank()
