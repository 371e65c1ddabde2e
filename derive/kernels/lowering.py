"""From the tree of an expression to index loops: vectors become components, matrices entries, definitions arrays."""

from __future__ import annotations

from dataclasses import replace

from derive.algebra.rules import Rule
from derive.expression import (
    Element,
    Expr,
    Index,
    Slot,
    Symbol,
    Zero,
)
from derive.kernels.entries import Around, Entries, what
from derive.kernels.field_lowering import lower_field
from derive.kernels.kernel import KernelError, KernelInput
from derive.kernels.laws import Laws
from derive.kernels.loops import (
    Array,
    Extent,
    Extents,
    Fill,
    Fixed,
    Load,
    Loop,
    Node,
    Pi,
    Place,
    Program,
    free,
    imaginary,
    is_count,
    nodes,
)
from derive.kernels.operators import Operators
from derive.kernels.states import has_states


def lower(kernel: KernelInput) -> Program:
    """The loops that compute a kernel. Raises KernelError for a construct that has none."""
    if kernel.scope.summation:
        return lower_field(kernel)
    laws = Laws(kernel)
    given = laws.lowered()
    return (_OfStates if has_states(given) else _Lowering)(given, laws).program()


class _Lowering(Entries):
    """One kernel. Definitions are filled once, each before its first use."""

    def __init__(self, kernel: KernelInput, laws: Laws) -> None:
        super().__init__(kernel, laws)
        self.rules = _by_symbol(self.kernel.definitions)
        self.busy: list[str] = []
        self.arguments: set[str] = set()
        self.counts: dict[str, Node] = {}
        """Definitions that are made of sizes alone, as N - 1: what they are stands in their place."""

    def program(self) -> Program:
        left, right = self.kernel.left, self.kernel.right
        if _defined_symbol(left) is None:
            raise KernelError(f"a kernel computes a symbol or its entries, and the left side is a {what(left)}")
        name = _defined_symbol(left) or ""
        self.busy.append(name)
        filled = [_labelled(fill) for fill in self.fill(name, left, right)]
        used = [key for key in self.scope.symbols if key in self.arguments]
        arguments = tuple(Array(key, self.scope.symbols[key].slots) for key in used)
        fills = (*self.fills.values(), *filled)
        needed = {axis for argument in arguments for axis in argument.axes}
        for fill in fills:
            needed |= {loop.range for loop in fill.loops}
            for node in nodes(fill.body):
                needed |= {loop.range for loop in free(node)}
                if isinstance(node, Extent):
                    needed.add(node.range)
        known = [range_ for range_ in self.scope.ranges.values() if range_.name in needed]
        ranges = tuple(Extents(r.name, r.size, r.letters, r.vector) for r in known)
        results = tuple(Array(fill.symbol, tuple(loop.range for loop in fill.loops)) for fill in filled)
        declared = {key: self.scope.symbols[key] for key in used}
        return Program(arguments, ranges, fills, results, declared, self.laws.notes)

    def fill(self, name: str, left: Expr, right: Expr) -> list[Fill]:
        """``left = right`` for all values of the free indices and open axes of the left side."""
        places, open_axes, around = self.opened(name, left, right)
        return [Fill(name, places, self.entry(right, open_axes, around))]

    def opened(self, name: str, left: Expr, right: Expr) -> tuple[tuple[Place, ...], tuple[Loop, ...], Around]:
        """The loops over the left side: all its places, those of its open axes, and what is around the right side."""
        if left.type != right.type and not isinstance(right, Zero):
            raise KernelError(f"{name} is {left.type.a} and is set to {right.type.a}")
        around = Around()
        places: list[Place] = []
        open_axes: list[Loop] = []
        for slot in self.slots(left):
            letter = slot if isinstance(slot, Index) else None
            if letter is not None and letter.is_label:
                places.append(around.loop(letter))
                continue
            if letter is not None and letter in dict(around.letters):
                raise KernelError(f"the left side of {name} has the index {letter.name} twice")
            range_ = slot if isinstance(slot, str) else slot.range
            excluded = tuple(around.loop(other) for other in self.kept_apart(letter) if other in dict(around.letters))
            loop, around = self.inside(around, range_, letter, excluded)
            places.append(loop)
            if letter is None:
                open_axes.append(loop)
        return tuple(places), tuple(open_axes), around

    def slots(self, left: Expr) -> tuple[Slot | str, ...]:
        """The slots of a left side in order; an open axis of a matrix symbol is the name of its range."""
        return _slots(left)

    def kept_apart(self, letter: Index | None) -> list[Index]:
        """The indices from which an index of the left side differs, as the line says."""
        return [b if a == letter else a for a, b in self.kernel.apart if letter in (a, b)] if letter is not None else []

    def inside(
        self, around: Around, range_: str, letter: Index | None = None, excluded: tuple[Place, ...] = ()
    ) -> tuple[Loop, Around]:
        """A new innermost loop, under a name that no loop around it has."""
        taken = {loop.name for loop in around.loops}
        wanted = letter.name if letter is not None else (*self.scope.ranges[range_].letters, "x")[0]
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}_{number}"
        loop = Loop(name, range_, excluded, self.scope.ranges[range_].vector)
        letters = around.letters if letter is None else (*around.letters, (letter, loop))
        return loop, replace(around, letters=letters, loops=(*around.loops, loop))

    def load(self, name: str, at: tuple[Place, ...]) -> Node:
        """An entry of a symbol: of the array that its definition fills, or of an argument."""
        if name in self.busy:
            raise KernelError(f"the definition of {name} uses {name} itself")
        if name in self.rules:
            if name not in self.fills and name not in self.counts:
                self.busy.append(name)
                rule = self.rules[name]
                filled = self.fill(name, rule.left, rule.right)
                self.busy.pop()
                if not at and is_count(filled[0].body):
                    self.counts[name] = filled[0].body
                else:
                    self.fills |= {fill.symbol: fill for fill in filled}
            return self.counts.get(name) or Load(name, at)
        if name == r"\pi" and name not in self.scope.symbols:
            return Pi()
        declared = self.scope.symbols.get(name)
        if declared is None or declared.kind not in ("quantity", "matrix"):
            kind = "not in the notation" if declared is None else f"of the kind {declared.kind}"
            raise KernelError(f"{name} cannot be an argument of a kernel: it is {kind}")
        if len(declared.slots) != len(at):
            raise KernelError(f"{name} has {len(declared.slots)} index slots, and is used with {len(at)}")
        self.arguments.add(name)
        return Load(name, at)


class _OfStates(Operators, _Lowering):
    """One kernel with operators, states or complex numbers: what is complex is two arrays, one for each part."""

    def __init__(self, kernel: KernelInput, laws: Laws) -> None:
        super().__init__(kernel, laws)
        more = True
        while more:
            more = {name for name, rule in self.rules.items() if not self.is_real(rule.right)} - self.complex
            self.complex |= more

    def fill(self, name: str, left: Expr, right: Expr) -> list[Fill]:
        if self.is_real(right):
            return super().fill(name, left, right)
        places, open_axes, around = self.opened(name, left, right)
        half = 0 if right.type.kind == "bra" else len(self.axes)
        entry = self.amplitude(right, open_axes[:half], open_axes[half:], around)
        return [Fill(name, places, entry.real), Fill(imaginary(name), places, entry.imaginary)]

    def slots(self, left: Expr) -> tuple[Slot | str, ...]:
        count = {"operator": 2, "ket": 1, "bra": 1}.get(left.type.kind)
        return super().slots(left) if count is None else (*getattr(left, "slots", ()), *self.axes * count)

    def load(self, name: str, at: tuple[Place, ...]) -> Node:
        if name in self.rules and name not in self.fills and name not in self.busy:
            super().load(name, at)
        return Load(name, at) if name in self.fills else super().load(name, at)


def _labelled(fill: Fill) -> Fill:
    """A fill of one entry for each loop, with the labels of its left side in its name."""
    labels = [str(place.value + 1) for place in fill.at if isinstance(place, Fixed)]
    return Fill(" ".join([fill.symbol, *labels]), fill.loops, fill.body) if labels else fill


def _by_symbol(rules: tuple[Rule, ...]) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for rule in rules:
        name = _defined_symbol(rule.left)
        if name is None:
            raise KernelError(f"the definition {rule.source} sets a {what(rule.left)}, and not a symbol or its entries")
        if any(isinstance(slot, Index) and slot.is_label for slot in _slots(rule.left)):
            raise KernelError(f"{rule.source} defines {name} for one value of an index, and is used for all")
        if name in found:
            raise KernelError(f"{name} is defined twice: by {found[name].source} and by {rule.source}")
        found[name] = rule
    return found


def _defined_symbol(left: Expr) -> str | None:
    match left:
        case Symbol(name=name) | Element(of=Symbol(name=name)):
            return name
    return None


def _slots(left: Expr) -> tuple[Slot | str, ...]:
    if isinstance(left, Element):
        return (left.row, left.column)
    assert isinstance(left, Symbol)
    return left.slots or left.type.axes


__all__ = ["lower"]
