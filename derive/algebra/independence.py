"""Random quantities that are independent: densities that multiply, and the factors that are of each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from derive.algebra.atoms import Factor, Factors, Fn, Root, Sym, Value
from derive.algebra.contents import names_of
from derive.algebra.indexed import atom, atoms_in
from derive.expression import Density, Expr, Symbol


def factorised(densities: Sequence[Expr], law: str) -> list[set[str]] | None:
    """The variables of densities of one law, without conditions and each of its own; None for anything else."""
    found: list[set[str]] = []
    for density in densities:
        if not isinstance(density, Density) or density.law != law or density.given:
            return None
        if not all(isinstance(item, Symbol) and not item.slots for item in density.of):
            return None
        found.append({item.name for item in density.of if isinstance(item, Symbol)})
    every = [name for names in found for name in names]
    return found if len(set(every)) == len(every) and len(found) > 1 else None


def grouped(factors: list[Factor], names: list[set[str]], is_random: Callable[[str], bool]) -> list[Factors] | None:
    """Factors by the set that the random names in them are of; None where one has names of several sets, or others."""
    groups: list[list[Factor]] = [[] for _ in names]
    for factor in factors:
        inside = {name for which in atoms_in(atom(factor[0])) for name in names_of(which) if is_random(name)}
        fitting = [number for number, own in enumerate(names) if inside <= own]
        if len(fitting) != 1 or not isinstance(factor[0], Sym | Fn | Root | Value):
            return None
        groups[fitting[0]].append(factor)
    return [tuple(group) for group in groups if group]
