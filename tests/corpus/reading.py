"""Reads the corpus of identities: TOML files whose formulas are strings in Python's syntax.

A formula is parsed by Python's own parser and then built node by node from a closed list of SymPy names; it is never
evaluated as code.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sympy as sp

FOLDER = Path(__file__).parent / "identities"
HALVES = ("tuning", "heldout", "later", "fresh")
"""Two halves that were written together, and what was added later, in two parts, each before it was first run."""

_NAMES = [
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "sinh",
    "cosh",
    "tanh",
    "coth",
    "sech",
    "csch",
    "asin",
    "acos",
    "atan",
    "acot",
    "asinh",
    "acosh",
    "atanh",
    "atan2",
    "exp",
    "log",
    "sqrt",
    "Abs",
    "re",
    "im",
    "conjugate",
    "sign",
    "gamma",
    "beta",
    "factorial",
    "factorial2",
    "binomial",
    "rf",
    "ff",
    "polygamma",
    "loggamma",
    "harmonic",
    "fibonacci",
    "lucas",
    "catalan",
    "bernoulli",
    "euler",
    "zeta",
    "dirichlet_eta",
    "polylog",
    "lerchphi",
    "besselj",
    "bessely",
    "besseli",
    "besselk",
    "hankel1",
    "hankel2",
    "jn",
    "yn",
    "airyai",
    "airybi",
    "hyper",
    "legendre",
    "assoc_legendre",
    "hermite",
    "laguerre",
    "assoc_laguerre",
    "chebyshevt",
    "chebyshevu",
    "gegenbauer",
    "jacobi",
    "erf",
    "erfc",
    "erfi",
    "expint",
    "Ei",
    "li",
    "Si",
    "Ci",
    "Shi",
    "Chi",
    "fresnels",
    "fresnelc",
    "lowergamma",
    "uppergamma",
    "elliptic_k",
    "elliptic_e",
    "LambertW",
    "Sum",
    "Product",
    "Integral",
    "Derivative",
    "Limit",
    "Rational",
    "Matrix",
    "eye",
    "zeros",
    "floor",
    "ceiling",
    "Max",
    "Min",
    "Heaviside",
    "Mod",
    "arg",
    "And",
    "Or",
    "Not",
    "Eq",
    "Ne",
    "Gt",
    "Ge",
    "Lt",
    "Le",
    "Piecewise",
]
_CONSTANTS = {"pi": sp.pi, "I": sp.I, "E": sp.E, "oo": sp.oo, "EulerGamma": sp.EulerGamma, "Catalan": sp.Catalan}
_FUNCTIONS: dict[str, Callable[..., Any]] = {name: getattr(sp, name) for name in _NAMES}
_FUNCTIONS |= {
    "Matrix": sp.ImmutableMatrix,
    "det": lambda m: m.det(method="berkowitz"),
    "inverse": lambda m: m.inv(),
    "trace": lambda m: m.trace(),
    "transpose": lambda m: m.T,
}
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
_RELATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: sp.Lt, ast.LtE: sp.Le, ast.Gt: sp.Gt, ast.GtE: sp.Ge, ast.NotEq: sp.Ne,
}  # fmt: skip


@dataclass(frozen=True)
class Identity:
    """One printed identity, a slightly false variant of it, and where it holds."""

    topic: str
    half: str
    source: str
    lhs: Any
    rhs: Any
    false: Any
    domain: Mapping[sp.Symbol, Any]
    assuming: tuple[Any, ...]

    @property
    def name(self) -> str:
        """How a test calls it."""
        return f"{self.half}/{self.topic}: {self.source}"


def build(text: str, symbols: Mapping[str, sp.Symbol]) -> Any:
    """The SymPy object that a formula spells. Raises `ValueError` for anything that is not on the list."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"not a formula: {text}") from error
    return _build(tree.body, symbols)


def _build(node: ast.expr, symbols: Mapping[str, sp.Symbol]) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return sp.Integer(node.value)
    if isinstance(node, ast.Name):
        if node.id in symbols:
            return symbols[node.id]
        if node.id in _CONSTANTS:
            return _CONSTANTS[node.id]
        raise ValueError(f"unknown name {node.id}")
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_build(node.left, symbols), _build(node.right, symbols))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_build(node.operand, symbols)
    if isinstance(node, (ast.Tuple, ast.List)):
        return tuple(_build(item, symbols) for item in node.elts)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _RELATIONS:
        return _RELATIONS[type(node.ops[0])](_build(node.left, symbols), _build(node.comparators[0], symbols))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        if node.func.id not in _FUNCTIONS:
            raise ValueError(f"unknown function {node.func.id}")
        return _FUNCTIONS[node.func.id](*(_build(arg, symbols) for arg in node.args))
    raise ValueError(f"not a formula: {ast.unparse(node)}")


def _kind(text: str) -> Any:
    if not text.startswith("open("):
        return text
    low, high = (build(part, {}) for part in text[5:-1].split(","))
    return sp.Interval.open(low, high)


def read(half: str) -> Iterator[Identity]:
    """The identities of one half, in the order of its files."""
    for path in sorted((FOLDER / half).glob("*.toml")):
        yield from read_file(path, half)


def read_file(path: Path, half: str = "") -> Iterator[Identity]:
    """The identities of one file, in order."""
    table = tomllib.loads(path.read_text())
    for entry in table["identity"]:
        kinds = {**table.get("symbols", {}), **entry.get("domain", {})}
        symbols = {name: sp.Symbol(name) for name in kinds}
        lhs, rhs, false = (build(entry[side], symbols) for side in ("lhs", "rhs", "false"))
        domain = {symbols[name]: _kind(kind) for name, kind in kinds.items()}
        assuming = tuple(build(text, symbols) for text in entry.get("assuming", ()))
        yield Identity(path.stem, half, entry["source"], lhs, rhs, false, domain, assuming)
