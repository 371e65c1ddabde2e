"""What a witness says of an instance: its sizes and what was drawn, by printed names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import acb

from derive.finite.alphabets import At
from derive.finite.motion import DERIVATIVE
from derive.finite.rings import Numeric, Scalar
from derive.worlds.balls import digits

if TYPE_CHECKING:
    from derive.instance import Instance


def drawn(instance: Instance) -> dict[str, str]:
    """The sizes and what was drawn, by printed name, as exact strings; and the outcomes that were used."""
    sizes = ((instance.scope.ranges[name].size, size) for name, size in sorted(instance.sizes.items()))
    named = {printed: str(size) for printed, size in sizes if not printed.isdigit()}
    for (name, at), value in sorted(instance.base.items()):
        label = _label(instance, name, at)
        others = sum(other == label or other.startswith(f"{label} (") for other in named)
        named[f"{label} ({others + 1})" if others else label] = str(value)
    if instance.family:
        named["operators are drawn as"] = instance.family
    for name, at in sorted(instance.quantities.said):
        named[f"the outcome of {_placed(name, at)}"] = _in_words(instance.quantities.outcome(name, at))
    return named


def _label(instance: Instance, name: str, at: At) -> str:
    """How a base value is called: a weight or a density by its law, a value of a random quantity by its number."""
    what, blank, law = name.rpartition(" ")
    if blank and name not in instance.scope.symbols:
        if what == DERIVATIVE:
            return _derivative(instance, law, at)
        what = {"weight": "the weight of", "density": "the density of parameters under"}.get(what.split("-")[0], what)
        return f"{what} {_placed(law, at)}" if law in instance.scope.symbols else _placed(name, at)
    declared = instance.scope.symbols.get(name)
    slots = len(declared.slots) if declared is not None else len(at)
    arguments = instance.draws.arguments(name, at[slots]) if len(at) > slots else None
    if arguments is not None:
        return _placed(f"{_placed(name, at[:slots])}({', '.join(map(_in_words, arguments))})", at[slots + 1 :])
    if len(at) > slots and instance.alphabets.is_random_name(name):
        return f"{_placed(name, at[:slots])}, value {at[slots] + 1}"
    return _placed(name, at)


def _derivative(instance: Instance, function: str, at: At) -> str:
    """A derivative at the drawn point of a function that a differential equation determines."""
    *places, order = at
    variable = instance.quantities.paths.motions[function].variable.name
    placed = _placed(function, tuple(places))
    if not order:
        return f"{placed}({variable})"
    power = f"^{{{order}}}" if order > 1 else ""
    return rf"\frac{{d{power} {placed}}}{{d {variable}{power}}}"


def _in_words(value: Scalar) -> str:
    """A number of a numeric instance, as a fraction where it is one."""
    return digits(Numeric.pair(value)[0]) if isinstance(value, acb) else str(value)


def _placed(name: str, at: At) -> str:
    return f"{name}_{{{','.join(str(n + 1) for n in at)}}}" if at else name
