"""Lines as models take them: an equation in its scope, and what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derive.expression import Applied, Expr, Mul, walk
from derive.fields.nodes import (
    Coordinate,
    Gradient,
    LineIntegral,
    MatrixPower,
    MatrixSymbol,
    Rate,
    SpaceIntegral,
    Variable,
    places_of,
)
from derive.fields.premise import Premise as Equation
from derive.notation import Declared


@dataclass(frozen=True)
class Premise(Equation):
    """An equation that may be used, with what models ask of it."""

    def declared(self, node: Expr) -> Declared:
        """How the symbol of a node is declared."""
        name = getattr(node, "name", "")
        return self.scope.symbols.get(name, Declared(name))

    @property
    def has_fields(self) -> bool:
        """Whether it says something of variables or functions, and not of numbers, matrices and Jacobians alone."""
        return any(map(has_fields, self.sides))

    @property
    def is_on_angles(self) -> bool:
        """Whether it is about what stands in exponents, or the like, and about no field and no matrix."""
        if any(isinstance(node, MatrixSymbol) for node in self.nodes()):
            return False
        variables = [node for node in self.nodes() if isinstance(node, Variable)]
        return bool(variables) and all(self.declared(node).kind != "variable" for node in variables)

    @property
    def is_definition(self) -> bool:
        """Whether it says what a function of whole variables is."""
        if not isinstance(self.left, Applied) or not whole_variables(self.left):
            return False
        return not any(isinstance(node, Applied) and node.name == self.left.name for node in walk(self.right))

    @property
    def is_algebraic(self) -> bool:
        """Whether it relates variables, and perhaps their rates, by matrices alone."""
        kinds = (Gradient, Applied, Coordinate, SpaceIntegral, LineIntegral)
        return not any(isinstance(node, kinds) for node in self.nodes())

    @property
    def is_timed(self) -> bool:
        """Whether it prints a time, or mentions something that depends on it."""
        return any(getattr(n, "time", None) is not None or "t" in self.declared(n).of for n in self.nodes())

    @property
    def order(self) -> int:
        """How often it differentiates by coordinates, at most."""
        return max(map(derivative_order, self.sides))

    def times(self) -> tuple[int, int]:
        """The first and the last time of its variables, counted from t."""
        found = [node.time or 0 for node in self.nodes() if isinstance(node, Variable)]
        return (min(found), max(found)) if found else (0, 0)


def whole_variables(expr: Applied) -> bool:
    """Whether a function is applied to variables as wholes, and not to places of them or to sums."""
    return all(isinstance(argument, Variable) and not argument.places for argument in expr.arguments)


def has_fields(expr: Expr) -> bool:
    """Whether it says something of variables or functions, and not of matrices and Jacobians alone."""
    match expr:
        case Variable() | Applied() | Rate() | Coordinate() | SpaceIntegral() | LineIntegral():
            return True
        case MatrixPower(base=base):
            return has_fields(base)
        case Gradient(of=Variable()):
            return False
        case Gradient():
            return True
    return any(map(has_fields, expr.children))


def derivative_order(tree: Expr) -> int:
    """How often a tree differentiates by coordinates, at most."""
    orders = [derivative_order(child) for child in tree.children]
    inner = sum(orders) if isinstance(tree, Mul) else max(orders, default=0)
    match tree:
        case Coordinate(power=power):
            return power + inner
        case Rate():
            return 1 + inner
    return inner


def kind_of(line: Premise) -> str:
    """``lattice`` or ``continuum``, by what the fields in a line are functions of; empty where nothing says it."""
    for node in line.nodes():
        match node:
            case Coordinate() | SpaceIntegral() | Variable(point=True):
                return "continuum"
            case Variable(axes=axes, time=time):
                if time is not None or any(line.scope.ranges[axis].lattice for axis in axes):
                    return "lattice"
    moves = any(place.steps for side in line.sides for place in places_of(side))
    return "lattice" if moves and line.has_fields else ""


def printed_times(lines: Sequence[Premise]) -> tuple[int, int]:
    """The first and the last time that is printed in any line, counted from t."""
    found = [0]
    for line in lines:
        found += [n.time for n in line.nodes() if isinstance(n, Variable | MatrixSymbol) and n.time is not None]
    return min(found), max(found)


__all__ = ["Premise", "derivative_order", "has_fields", "kind_of", "printed_times", "whole_variables"]
