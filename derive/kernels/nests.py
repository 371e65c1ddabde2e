"""Nests: the steps of loops, in which each value is computed where it belongs. C, Numba and JAX print these.

Fills over one range that need of each other only the entry at hand share one loop, and so do the reductions inside it
over one range. What does not depend on an inner loop is computed before it. The outermost loop of a nest may be run by
several threads.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

from derive.kernels.arrange import substitute
from derive.kernels.fusion import Group, groups
from derive.kernels.loops import (
    MINUS,
    Const,
    Load,
    Loop,
    Named,
    Node,
    OfMatrix,
    Place,
    Product,
    Program,
    Reduce,
    Same,
    Sum,
    free,
    nodes,
    with_parts,
)
from derive.kernels.names import Names
from derive.kernels.values import Powers, finished, is_plain, paired, used_twice

Operation = Literal["sum", "product"]
COUNTERS = ("k", "m", "l")
"""What loops between limits are called."""
Context = tuple[Loop, ...]


@dataclass(frozen=True, slots=True)
class Let:
    """A value gets a name."""

    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class Gather:
    """A value goes into a sum or product that was begun outside the loop."""

    name: str
    operation: Operation
    value: Node


@dataclass(frozen=True, slots=True)
class Store:
    """An entry of an array gets its value."""

    symbol: str
    at: tuple[Place, ...]
    value: Node


@dataclass(frozen=True, slots=True)
class Whole:
    """A matrix is inverted, into the array ``symbol``, or its determinant gets that name."""

    symbol: str
    of: OfMatrix


@dataclass(frozen=True, slots=True)
class For:
    """A loop, and the sums and products that it gathers, which begin at 0 and 1 before it."""

    loop: Loop
    gathers: tuple[tuple[str, Operation], ...]
    steps: tuple[Step, ...]
    outermost: bool = False

    @property
    def innermost(self) -> bool:
        return not any(isinstance(step, For) for step in self.steps)


Step = Let | Gather | Store | Whole | For


def scheduled(program: Program, names: Names) -> tuple[Step, ...]:
    """The steps that compute an arranged program whose values are where they belong."""
    steps: list[Step] = []
    for group in groups(program):
        steps.extend(_Nest(program, names, group).steps())
    return tuple(steps)


class _Nest:
    """One group of fills: a scalar, or a loop with all that is computed in it."""

    def __init__(self, program: Program, names: Names, group: Group) -> None:
        self.program = program
        self.names = names
        self.group = group

    def steps(self) -> Iterator[Step]:
        if self.group.loop is None:
            for item in self.group.items:
                if isinstance(item.body, OfMatrix):
                    yield Whole(item.symbol, item.body)
                    continue
                kind = "store" if item.at else "let"
                yield from self.block((), [_Target(kind, item.symbol, item.at, item.body)], {})
            return
        outer = self.renamed(self.group.loop, ())
        targets = self.targets(outer)
        gathers: tuple[tuple[str, Operation], ...] = tuple((t.name, t.operation) for t in targets if t.kind == "gather")
        yield For(outer, gathers, tuple(self.block((outer,), targets, {})), outermost=True)

    def targets(self, outer: Loop) -> list[_Target]:
        """What the loop computes, at its own index; entries computed in the same pass are put in."""
        rows: dict[tuple[str, tuple[Place, ...]], Node] = {}
        found: list[_Target] = []

        def leaf(load: Load) -> Node:
            return rows.get((load.symbol, load.at), load)

        for item in self.group.items:
            assert item.loop is not None
            body = substitute(item.body, {item.loop: outer}, leaf)
            if item.operation is not None:
                name = self.names.of("symbol", item.symbol)
                found.append(_Target("gather", name, (), body, item.operation))
                continue
            at = tuple(_moved(place, {item.loop: outer}) for place in item.at)
            if sum(isinstance(place, Loop) for place in at) == 1:
                rows[item.symbol, at] = body
            if item.stored:
                found.append(_Target("store", item.symbol, at, body))
        return found

    def renamed(self, loop: Loop, context: Context) -> Loop:
        """The loop under a letter of its range that no loop around it has."""
        letters = COUNTERS if loop.limits else self.program.range(loop.range).letters
        used = {other.name for other in context}
        wanted = itertools.chain(letters, (f"{letters[0]}{number}" for number in count(2)))
        named = (self.names.of("loop", letter) for letter in wanted)
        return replace(loop, name=next(name for name in named if name not in used))

    # -- blocks --------------------------------------------------------------------------------------------------------

    def block(self, context: Context, targets: Sequence[_Target], bound: dict[Node, Named]) -> list[Step]:
        """The steps inside these loops: inner loops first, each after those that it needs, then the values."""
        steps: list[Step] = []
        scope = _Values(self.names, context, bound, steps)
        for wave in self.waves(context, targets):
            for loop, members in wave.items():
                steps.append(self.gathering(context, loop, members, scope))
        inner: dict[Loop, list[_Target]] = {}
        for target in targets:
            if target.loops(context):
                inner.setdefault(target.loops(context)[0], []).append(target)
        for loop, members in inner.items():
            var = self.renamed(loop, context)
            moved = [t.moved(loop, var) for t in members]
            moved = [replace(t, value=scope.outside(t.value)) for t in moved]
            steps.append(For(var, (), tuple(self.block((*context, var), moved, scope.bound))))
        scope.finish([target for target in targets if not target.loops(context)])
        return steps

    def waves(self, context: Context, targets: Sequence[_Target]) -> list[dict[Loop, list[Reduce]]]:
        """The reductions to be computed here, by the order in which they need each other and by their loop."""
        here = frozenset(context)
        found = [
            node
            for target in targets
            for node in nodes(target.value)
            if isinstance(node, Reduce) and free(node) <= here
        ]
        found = list(dict.fromkeys(found))
        depth: dict[Node, int] = {}

        def level(node: Reduce) -> int:
            if node not in depth:
                inner = [one for one in nodes(node) if isinstance(one, Reduce) and one is not node]
                inner = [one for one in inner if free(one) <= here]
                depth[node] = 1 + max((level(one) for one in inner), default=-1)
            return depth[node]

        waves: list[dict[Loop, list[Reduce]]] = []
        for node in sorted(found, key=level):
            while len(waves) <= level(node):
                waves.append({})
            waves[level(node)].setdefault(replace(node.loop, name=""), []).append(node)
        return waves

    def gathering(self, context: Context, loop: Loop, members: list[Reduce], scope: _Values) -> Step:
        """One loop that gathers several reductions."""
        limits = tuple(limit if is_plain(limit) else scope.named(limit) for limit in loop.limits)
        var = replace(self.renamed(loop, context), limits=limits)
        targets: list[_Target] = []
        for node in members:
            name = self.names.fresh("s" if node.operation == "sum" else "p")
            body = substitute(node.body, {node.loop: var})
            targets.append(_Target("gather", name, (), body, node.operation))
        targets = [replace(target, value=scope.outside(target.value)) for target in targets]
        steps = self.block((*context, var), targets, scope.bound)
        for node, target in zip(members, targets, strict=True):
            scope.bound[node] = Named(target.name, context)
        return For(var, tuple((t.name, t.operation) for t in targets), tuple(steps))


@dataclass(frozen=True, slots=True)
class _Target:
    """Something to compute inside some loops: a value to name, to gather, or to store."""

    kind: Literal["let", "gather", "store"]
    name: str
    at: tuple[Place, ...]
    value: Node
    operation: Operation = "sum"

    def loops(self, context: Context) -> tuple[Loop, ...]:
        return tuple(place for place in self.at if isinstance(place, Loop) and place not in context)

    def moved(self, loop: Loop, new: Loop) -> _Target:
        at = tuple(_moved(place, {loop: new}) for place in self.at)
        return replace(self, at=at, value=substitute(self.value, {loop: new}))


def _moved(place: Place, places: dict[Loop, Loop]) -> Place:
    if not isinstance(place, Loop):
        return place
    if place in places:
        return places[place]
    return replace(place, excluded=tuple(_moved(other, places) for other in place.excluded))


class _Values:
    """The values of one block: what is bound outside it, and what is bound here as it turns up."""

    def __init__(self, names: Names, context: Context, bound: dict[Node, Named], steps: list[Step]) -> None:
        self.names = names
        self.context = context
        self.here = frozenset(context)
        self.bound = dict(bound)
        self.steps = steps
        self.lets: dict[Node, Named] = {}
        """Values in their final form that have a name in this block."""
        self.memo: dict[Node, Node] = {}

    def outside(self, node: Node) -> Node:
        """A value of an inner loop, with names for what does not depend on that loop."""
        if node not in self.memo:
            self.memo[node] = self._outside(node)
        return self.memo[node]

    def _outside(self, node: Node) -> Node:
        if free(node) <= self.here:
            return node if is_plain(node) or isinstance(node, Same) else self.named(node)
        match node:
            case Product(factors=factors):
                return Product(tuple(self.outside(f) for f in self.together(factors, Product)))
            case Sum(terms=terms):
                return Sum(tuple(self.outside(term) for term in self.together(terms, Sum)))
            case Reduce(operation=operation, loop=loop, body=body):
                return Reduce(operation, loop, self.outside(body))
        return with_parts(node, self.outside)

    def together(self, parts: tuple[Node, ...], kind: type[Product] | type[Sum]) -> list[Node]:
        """Factors or terms, those that do not depend on inner loops as one."""
        own = [part for part in parts if free(part) <= self.here]
        if len(own) - (MINUS in own) < 2 or all(isinstance(part, Const) for part in own):
            return list(parts)
        return [kind(tuple(own)), *(part for part in parts if part not in own)]

    def named(self, node: Node) -> Named:
        """A name for a value; all names stand in the loops of this block."""
        if node not in self.bound:
            self.bound[node] = self.let(node)
        return self.bound[node]

    def let(self, node: Node, name: str | None = None) -> Named:
        (form,) = self.forms([node])
        if form not in self.lets or name is not None:
            named = Named(name or self.names.fresh("t"), self.context)
            self.steps.append(Let(named.name, self.shared([form])[0]))
            self.lets[form] = named
        return self.lets[form]

    def forms(self, values: list[Node]) -> list[Node]:
        powers = Powers(values, self.bound.get)
        return paired([powers.expanded(value) for value in values])

    def shared(self, forms: list[Node]) -> list[Node]:
        """The values with names for what they share, which are bound here."""
        for node in used_twice([form for form in forms if form not in self.lets]):
            if node not in self.lets:
                name = self.names.fresh("t")
                self.steps.append(Let(name, finished(node, self.lets)))
                self.lets[node] = Named(name, self.context)
        return [self.lets[form] if form in self.lets else finished(form, self.lets) for form in forms]

    def finish(self, targets: list[_Target]) -> None:
        """The values of the targets, and what is done with them."""
        values = self.shared(self.forms([target.value for target in targets]))
        for target, value in zip(targets, values, strict=True):
            match target.kind:
                case "let":
                    self.steps.append(Let(self.names.of("symbol", target.name), value))
                case "gather":
                    self.steps.append(Gather(target.name, target.operation, value))
                case "store":
                    self.steps.append(Store(target.name, target.at, value))
