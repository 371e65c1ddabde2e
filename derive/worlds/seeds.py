"""What a draw depends on: places in the table of symbols and not their spelling."""

from __future__ import annotations

from derive.expression import Density, Expr, Symbol, walk
from derive.notation import Scope


def seed_name(scope: Scope, name: str) -> str:
    """What the draw of a symbol depends on: its place in the table and not its spelling."""
    names = list(scope.symbols)
    return f"#{names.index(name)}" if name in names else name.rsplit(" ", 1)[0]


def density_name(expr: Density, scope: Scope) -> str:
    """What the draw of a density depends on: the places of its law and symbols in the table, not their spelling."""
    names = list(scope.symbols)

    def part(node: Expr) -> str:
        return ",".join(str(names.index(n.name)) for n in walk(node) if isinstance(n, Symbol) and n.name in names)

    law = names.index(expr.law) if expr.law in names else 0
    return f"{law}({';'.join(part(node) for node in expr.of)}|{';'.join(part(node) for node in expr.given)})"
