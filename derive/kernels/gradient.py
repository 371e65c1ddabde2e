r"""Gradients of a program, in its own indexed form: the sums of the derivative are loops of the same order.

Reverse differentiation by structure. The adjoint of an array is what the result changes by when an entry of it does.
Each place where an entry x_{ij} is used, inside some loops, contributes: the entry that was used becomes the entry of
the adjoint, and the loops that it does not fix are summed over. With j ≠ i the loops may change places, since the
condition is symmetric; so the derivative of \sum_i \sum_{j \neq i} f(q_i, q_j) by q_k is a sum over one index. Where
a neighbour \phi_{i+1} is used at i, the entry k of the adjoint is used at k - 1: the adjoint of a stencil is a stencil.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from derive.kernels.arrange import add, call, mul, over, power, same, substitute, weighted
from derive.kernels.cases import Case, Path, cases
from derive.kernels.factoring import arranged, factored
from derive.kernels.hoist import materialised, without_unused
from derive.kernels.kernel import KernelError
from derive.kernels.loops import (
    MINUS,
    ONE,
    TWO,
    Array,
    Balanced,
    Const,
    Fill,
    Function,
    Load,
    Loop,
    Node,
    OfMatrix,
    Place,
    Power,
    Product,
    Program,
    Reduce,
    Shifted,
    Special,
    Sum,
    Weighted,
    children,
    loop_of,
    moved,
    nodes,
    uses,
)
from derive.kernels.special_slopes import balanced_slopes, special_slopes


def gradient_symbol(symbol: str) -> str:
    """The name of the derivative of the result by an argument."""
    return f"gradient {symbol}"


def differentiated(program: Program, wrt: Sequence[str]) -> Program:
    """A program with the same result and its derivatives by the arguments ``wrt``, each in the shape of its argument.

    Raises KernelError if the result is no number, or if there is no argument of such a name.
    """
    result = program.results[0]
    if result.axes:
        raise KernelError(f"only a number has a gradient here, and {result.symbol} is an array")
    known = [argument.symbol for argument in program.arguments]
    for symbol in wrt:
        if symbol not in known:
            raise KernelError(f"there is no argument {symbol!r}; arguments: {', '.join(known) or 'none'}")
    return _Reverse(materialised(arranged(program)), tuple(wrt)).program()


class _Reverse:
    """One program, from its result back to its arguments."""

    def __init__(self, program: Program, wrt: tuple[str, ...]) -> None:
        self.given = program
        self.wrt = wrt
        self.active = _depending(program, frozenset(wrt))
        self.fresh = count(1)
        self.found: dict[str, list[tuple[Path, Node]]] = {}
        """For each symbol, the contributions to its adjoint, at loops over its axes."""

    def program(self) -> Program:
        fills = list(self.given.fills)
        result = self.given.results[0]
        for number, fill in reversed(list(enumerate(self.given.fills))):
            if fill.symbol not in self.active:
                continue
            bar: Node = ONE
            if number < len(self.given.fills) - 1:
                own = list(self.adjoint(fill.symbol, tuple(loop.range for loop in fill.loops)))
                constant = isinstance(own[-1].body, Const)
                bar = own[-1].body if constant else Load(_adjoint(fill.symbol), fill.at)
                fills += own
            if isinstance(fill.body, OfMatrix):
                fills += self.whole(fill.symbol, fill.body, bar, fill.loops)
            else:
                self.push(fill.body, bar, fill.loops)
        results = [result]
        for symbol in self.wrt:
            axes = next(a.axes for a in self.given.arguments if a.symbol == symbol)
            fills += self.adjoint(symbol, axes, gradient_symbol(symbol))
            results.append(Array(gradient_symbol(symbol), axes))
        return without_unused(materialised(replace(self.given, fills=tuple(fills), results=tuple(results))))

    def whole(self, symbol: str, of: OfMatrix, bar: Node, path: Path) -> list[Fill]:
        """Passes the adjoint of an inverse, or of a determinant, on to the matrix; with arrays that this needs.

        The inverse R of M changes by -R dM R, the logarithm of the determinant by the trace of R dM.
        """
        if of.name == "exponential":
            raise KernelError("the exponential of an operator has no derivatives here")
        axes = self.axes(of.symbol)
        size = len(axes) // 2

        def loops(kind: str) -> Path:
            return tuple(Loop(f"{of.symbol}.{kind}{n}", axis) for n, axis in enumerate(axes[:size]))

        rows, columns = loops("row"), loops("column")
        if of.name != "inverse":
            inverse = f"inverse of {of.symbol}"
            known = any(fill.symbol == inverse for fill in self.given.fills)
            found = [] if known else [Fill(inverse, (*rows, *columns), OfMatrix("inverse", of.symbol))]
            factor = Load(symbol) if of.name == "determinant" else ONE
            self.contribute(Load(of.symbol, (*rows, *columns)), mul(bar, factor, Load(inverse, (*columns, *rows))),
                            (*rows, *columns))  # fmt: skip
            return found
        first, second = loops("first"), loops("second")
        there = dict(zip(path, (*first, *second), strict=True))
        half = f"half {_adjoint(symbol)}"
        body = mul(substitute(bar, there), Load(symbol, (*columns, *second)))
        for loop in reversed(second):
            body = over("sum", loop, body)
        between = Fill(half, (*first, *columns), body)
        own = mul(MINUS, Load(symbol, (*first, *rows)), Load(half, (*first, *columns)))
        for loop in reversed(first):
            own = over("sum", loop, own)
        self.contribute(Load(of.symbol, (*rows, *columns)), own, (*rows, *columns))
        return [between]

    # -- down one body ---------------------------------------------------------------------------------------------

    def push(self, body: Node, bar: Node, path: Path) -> None:
        """Passes the adjoint of a body on to the entries that are used in it."""
        bars: dict[Node, list[Node]] = {body: [bar]}
        for node in reversed(list(_inside_out(body))):
            if node not in bars or not self.depends(node):
                continue
            own = add(*bars[node])
            if isinstance(node, Load):
                self.contribute(node, own, path)
            elif isinstance(node, Reduce):
                self.open(node, own, path)
            else:
                for child, slope in _slopes(node, self.depends):
                    bars.setdefault(child, []).append(mul(own, slope))

    def depends(self, node: Node) -> bool:
        return any(isinstance(one, Load) and one.symbol in self.active for one in nodes(node))

    def open(self, node: Reduce, bar: Node, path: Path) -> None:
        """The body of a reduction, inside one more loop."""
        if any(map(self.depends, node.loop.limits)):
            raise KernelError("there is no derivative by what stands in a limit of a sum")
        loop = replace(node.loop, name=f"@{next(self.fresh)}")
        body = substitute(node.body, {node.loop: loop})
        if node.operation == "product":
            other = replace(loop, name=f"@{next(self.fresh)}", excluded=(*loop.excluded, loop))
            bar = mul(bar, over("product", other, substitute(node.body, {node.loop: other})))
        self.push(body, bar, (*path, loop))

    # -- adjoints --------------------------------------------------------------------------------------------------

    def contribute(self, load: Load, bar: Node, path: Path) -> None:
        """What one use of an entry adds to the adjoint of its array."""
        if load.symbol not in self.active:
            return
        used = list(dict.fromkeys(loop for place in load.at if (loop := loop_of(place)) is not None))
        rest = sorted((loop for loop in path if loop not in used), key=lambda loop: (bool(loop.limits), loop.small))
        different = frozenset(frozenset((loop, other)) for loop in path for other in loop.excluded)
        for case in cases(tuple(used), tuple(rest), different, {}):
            self.contribute_case(load, bar, case)

    def contribute_case(self, load: Load, bar: Node, case: Case) -> None:
        """The same for one way in which the loops may have equal values."""
        now: dict[Loop, Place] = {}
        factors: list[Node] = []
        own: list[Loop] = []
        for number, place in enumerate(load.at):
            range_ = self.axes(load.symbol)[number]
            loop = Loop(f"{load.symbol}.{number}", range_, (), range_ in self.given.vectors)
            stands, by = loop_of(place) or place, place.by if isinstance(place, Shifted) else 0
            stands = case.equal.get(stands, stands) if isinstance(stands, Loop) else stands
            if isinstance(stands, Loop) and stands not in now:
                loop = replace(loop, excluded=case.kept_apart(stands, now))
                now[stands] = moved(loop, -by)
            else:
                factors.append(same(loop, moved(now[stands], by) if isinstance(stands, Loop) else stands))
            own.append(loop)
        inner: list[Loop] = []
        for loop in case.summed:
            limits = tuple(substitute(limit, now) for limit in loop.limits)
            new = replace(loop, name=f"@{next(self.fresh)}", excluded=case.kept_apart(loop, now), limits=limits)
            now[loop] = new
            inner.append(new)
        places = now | {loop: now[to] if isinstance(to, Loop) else to for loop, to in case.equal.items()}
        body = mul(substitute(bar, places), *factors)
        for loop in reversed(inner):
            body = over("sum", loop, body)
        self.found.setdefault(load.symbol, []).append((tuple(own), body))

    def axes(self, symbol: str) -> tuple[str, ...]:
        for argument in self.given.arguments:
            if argument.symbol == symbol:
                return argument.axes
        return next(tuple(loop.range for loop in fill.loops) for fill in self.given.fills if fill.symbol == symbol)

    def adjoint(self, symbol: str, axes: tuple[str, ...], name: str | None = None) -> Iterator[Fill]:
        """The fills of the adjoint of a symbol. What holds only where indices differ is an array of its own."""
        name = name or _adjoint(symbol)
        small = self.given.vectors
        whole = tuple(Loop(f"{symbol}.{number}", range_, (), range_ in small) for number, range_ in enumerate(axes))
        together: dict[Path, list[Node]] = {}
        for loops, body in self.found.get(symbol, []):
            together.setdefault(loops, []).append(body)
        terms = together.pop(whole, [])
        for number, (loops, bodies) in enumerate(together.items()):
            part = f"{name} apart {number}"
            yield Fill(part, loops, factored(add(*bodies)))
            terms.append(Load(part, whole))
        yield Fill(name, whole, factored(add(*terms)))


def _adjoint(symbol: str) -> str:
    return f"adjoint {symbol}"


def _depending(program: Program, wrt: frozenset[str]) -> frozenset[str]:
    """The symbols whose value depends on some arguments, with these."""
    found = set(wrt)
    for fill in program.fills:
        if any(node.symbol in found for node in uses(fill.body)):
            found.add(fill.symbol)
    return frozenset(found)


def _inside_out(body: Node) -> Iterator[Node]:
    """The nodes of a body, each after its parts; what stands inside a reduction is left out."""
    seen: set[Node] = set()

    def visit(node: Node) -> Iterator[Node]:
        if node in seen:
            return
        seen.add(node)
        if not isinstance(node, Reduce):
            for child in children(node):
                yield from visit(child)
        yield node

    return visit(body)


def _slopes(node: Node, depends: Callable[[Node], bool]) -> Iterator[tuple[Node, Node]]:
    """The parts of a node, and its derivative by each."""
    match node:
        case Sum(terms=terms):
            for term in terms:
                yield term, ONE
        case Product(factors=factors):
            for number, factor in enumerate(factors):
                yield factor, mul(*factors[:number], *factors[number + 1 :])
        case Power(base=base, exponent=exponent):
            if isinstance(exponent, Const):
                yield base, mul(exponent, power(base, Const(exponent.value - 1)))
            else:
                yield base, weighted(exponent, power(base, add(exponent, MINUS)))
            yield exponent, mul(node, call("log", base))
        case Function(name=name, argument=argument):
            yield argument, _slope(name, node, argument)
        case Weighted(weight=weight, value=value):
            yield weight, value
            yield value, weight
        case Special():
            yield from special_slopes(node, depends)
        case Balanced():
            yield from balanced_slopes(node, depends)


def _slope(name: str, value: Node, argument: Node) -> Node:
    match name:
        case "exp":
            return value
        case "abs":
            return mul(argument, power(value, MINUS))
        case "log":
            return power(argument, MINUS)
        case "sin":
            return call("cos", argument)
        case "cos":
            return mul(MINUS, call("sin", argument))
        case "tan":
            return add(ONE, power(value, TWO))
        case "sinh":
            return call("cosh", argument)
        case "cosh":
            return call("sinh", argument)
        case "tanh":
            return add(ONE, mul(MINUS, power(value, TWO)))
    raise KernelError(f"{name} has no derivative here")
