"""Points of the domain, in a fixed order: small primes, then negative and mixed values, then seeded rationals.

The seed is a digest of the expressions, so the same question always meets the same points, whatever the hash seed.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sympy as sp
from flint import acb, arb, fmpq

from derive.deciding.balls import compile_program, run
from derive.deciding.domain import Problem
from derive.deciding.values import Value, precision

ATTEMPTS = 600
MAX_SHOWN_BITS = 4096  # of an exact value; a longer one is shown as a ball
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97)
_CHECKED = ("real", "positive", "negative", "nonnegative", "nonpositive", "zero", "nonzero", "integer", "rational",
            "even", "odd", "prime", "imaginary", "irrational", "algebraic", "transcendental", "noninteger",
            "composite")  # fmt: skip


@dataclass
class Point:
    """Exact values of the symbols, and of unknown functions and indexed quantities where they are asked for."""

    values: dict[sp.Basic, Value]
    chooser: random.Random
    unknowns: dict[tuple[str, tuple[fmpq, ...]], tuple[sp.Basic, Value]] = field(default_factory=dict)

    def table(self, head: str, args: tuple[fmpq, ...], node: sp.Basic) -> Value:
        """The value of an unknown function: free at every argument, but the same at equal arguments."""
        key = (head, args)
        if key not in self.unknowns:
            self.unknowns[key] = (node, _choose(_known(node), self.chooser, 3))
        return self.unknowns[key][1]

    def witness(self) -> dict[str, str]:
        """Names and exact values, sorted by name."""
        named = {symbol.name: show(value) for symbol, value in self.values.items() if isinstance(symbol, sp.Symbol)}
        for (head, args), (node, value) in self.unknowns.items():
            shape = "{}[{}]" if isinstance(node, sp.Indexed) else "{}({})"
            named[shape.format(head, ", ".join(map(str, args)))] = show(value)
        return dict(sorted(named.items()))


def show(value: Value, digits: int = 30) -> str:
    """An exact number as SymPy reads it, or a ball as [midpoint +/- radius]."""
    if isinstance(value, fmpq) and value.height_bits() > MAX_SHOWN_BITS:
        value = acb(value)
    if isinstance(value, acb):
        exact = _gaussian(value) if abs(value) < arb(2) ** MAX_SHOWN_BITS else None
        if exact is not None:
            return str(exact)
        if value.imag.is_zero():
            return value.real.str(digits)
        return value.str(digits)
    return str(value)


def _gaussian(value: acb) -> sp.Expr | None:
    """The exact integer or half-integer that a point ball stands for."""
    re, im = (2 * value.real).unique_fmpz(), (2 * value.imag).unique_fmpz()
    if not value.is_exact() or re is None or im is None:
        return None
    return sp.Rational(int(re), 2) + sp.Rational(int(im), 2) * sp.I


def seed(problem: Problem) -> int:
    """A number that depends on the expressions alone: node names and arguments in SymPy's canonical order."""
    digest = hashlib.sha256()
    for expr in (problem.lhs, problem.rhs, *problem.conditions):
        for node in sp.preorder_traversal(expr):
            digest.update(f"{type(node).__name__} {'' if node.args else _name(node)}({len(node.args)})".encode())
    return int.from_bytes(digest.digest()[:8], "big")


def _name(node: Any) -> str:
    """A number of more digits than Python prints is named in base sixteen."""
    if isinstance(node, sp.Rational) and max(abs(node.p), node.q).bit_length() > MAX_SHOWN_BITS:
        return f"{int(node.p):x}/{int(node.q):x}"
    return str(node)


def sample(problem: Problem, count: int, *, boundary: bool = False) -> Iterator[Point]:
    """Up to `count` points of the domain that satisfy the conditions. `boundary` lets values be zero."""
    chooser = random.Random(seed(problem))
    conditions = compile_program(*problem.conditions)
    solutions = compile_program(*(value for _, value in problem.solved))
    free = [symbol for symbol in problem.symbols if symbol not in dict(problem.solved)]
    selected = _selected(problem)
    found = 0
    seen: set[tuple[str, ...]] = set()
    for attempt in range(ATTEMPTS):
        if found == count:
            return
        values = {s: _value(s, attempt, place, chooser, boundary) for place, s in enumerate(free)}
        values |= {s: roots[chooser.getrandbits(16) % len(roots)] for s, roots in selected.items()}
        if any(value is None for value in values.values()):
            continue
        key = tuple(map(str, values.values()))
        if free and key in seen:
            continue
        seen.add(key)
        point = Point(values, random.Random(chooser.getrandbits(64)))
        if _inside(problem, point, conditions, solutions):
            found += 1
            yield point
        if not free and not _has_unknowns(problem):
            return


def _selected(problem: Problem) -> dict[sp.Basic, list[Value]]:
    """Symbols that an assumed polynomial equation confines to its rational roots."""
    found: dict[sp.Basic, list[Value]] = {}
    for equation in problem.equations():
        if len(equation.free_symbols) == 1:
            (symbol,) = equation.free_symbols
            roots = sorted(sp.Poly(equation, symbol).ground_roots())
            if roots:
                found[symbol] = [fmpq(int(root.p), int(root.q)) for root in roots]
    return found


def _has_unknowns(problem: Problem) -> bool:
    return problem.lhs.has(sp.Indexed, sp.core.function.AppliedUndef) or problem.rhs.has(
        sp.Indexed, sp.core.function.AppliedUndef
    )


def _inside(problem: Problem, point: Point, conditions, solutions) -> bool:
    with precision(128):
        for (symbol, _), value in zip(problem.solved, run(solutions, point.values, point.table), strict=True):
            if not isinstance(value, (fmpq, acb)) or not _fits(_known(symbol), value):
                return False
            point.values[symbol] = value
        return all(value is True for value in run(conditions, point.values, point.table))


@lru_cache(maxsize=4096)
def _known(symbol: sp.Basic) -> tuple[tuple[str, bool], ...]:
    """What SymPy knows about a symbol (or an indexed quantity), as pairs."""
    pairs = ((name, getattr(symbol, f"is_{name}", None)) for name in _CHECKED)
    return tuple((name, known) for name, known in pairs if known is not None)


def _value(symbol: sp.Symbol, attempt: int, place: int, chooser: random.Random, boundary: bool) -> Value:
    known = _known(symbol)
    prime = _PRIMES[place % len(_PRIMES)] + 100 * (place // len(_PRIMES))
    if attempt == 0:
        simple: tuple[int, ...] = (prime, -prime, 2 * prime, 1, 2, 0)
    elif attempt == 1:
        simple = (-1 - place, 1 + place, -2 - 2 * place, 2 + 2 * place, 0)
    elif attempt == 2:
        simple = ((-1) ** place * (place + 2), place + 2, -place - 2)
    elif boundary and attempt in (4, 6):
        # Coinciding values: where Kronecker deltas and differences of indices show.
        simple = (2, 1, -2, 0) if attempt == 4 else (1, 3, -1, 0)
    elif boundary and attempt in (3, 5):
        simple = (0, 1, -1) if (place + attempt) % 2 else (1, -1, 2)
    else:
        return _choose(known, chooser, attempt)
    fitting = [fmpq(v) for v in simple if _fits(known, fmpq(v))]
    return fitting[0] if fitting else _choose(known, chooser, attempt)


def _choose(known: tuple[tuple[str, bool], ...], chooser: random.Random, attempt: int) -> Value:
    """A seeded number of the right kind, on a scale that varies with the attempt."""
    facts = dict(known)
    for _ in range(40):
        scale = (attempt + chooser.getrandbits(1)) % 4
        whole = chooser.getrandbits(3 if scale != 3 else 6) + 1
        parts = chooser.getrandbits(4) + 2
        if facts.get("integer"):
            size = fmpq(whole - (chooser.getrandbits(1)))
        elif scale == 0:
            size = fmpq(1 + chooser.getrandbits(4) % parts, parts + 1)
        else:
            size = fmpq(whole * 7 + chooser.getrandbits(3), 7 if scale == 1 else parts)
        signed = size if chooser.getrandbits(1) else -size
        candidates: list[Value] = [signed, -signed]
        if not facts.get("real") and attempt % 2:
            candidates.insert(0, acb(fmpq(whole), fmpq(chooser.getrandbits(3) + 1, 2)) * (1 if signed > 0 else -1))
        if facts.get("imaginary"):
            candidates = [acb(0, whole)]
        for candidate in candidates:
            if _fits(known, candidate):
                return candidate
    return None


def _fits(known: tuple[tuple[str, bool], ...], value: Value) -> bool:
    if isinstance(value, fmpq):
        return _rational_fits(known, int(value.p), int(value.q))
    if isinstance(value, acb):
        exact = _gaussian(value)
        if exact is not None:
            return all(getattr(exact, f"is_{name}") is truth for name, truth in known)
        return all(_of_ball(name, value) is truth for name, truth in known)
    return False


def _of_ball(name: str, value: acb) -> bool | None:
    """Whether every number in the ball is real, positive and so on; None if that cannot be told."""
    if not value.imag.is_zero():
        return False if name in ("real", "positive", "negative", "nonnegative", "nonpositive") and (
            not value.imag.contains(arb(0))) else None  # fmt: skip
    x = value.real
    above, below = bool(x > 0), bool(x < 0)
    if name == "real":
        return True
    if not above and not below:
        return None
    told = {"positive": above, "nonnegative": above, "negative": below, "nonpositive": below, "nonzero": True}
    return told.get(name, False if name in ("zero", "imaginary") else None)


@lru_cache(maxsize=65536)
def _rational_fits(known: tuple[tuple[str, bool], ...], p: int, q: int) -> bool:
    number = sp.Rational(p, q)
    return all(getattr(number, f"is_{name}") is truth for name, truth in known)
