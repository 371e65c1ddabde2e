"""Index loops as NumPy: a loop is an axis, a reduction a sum over the last axis, the outermost loop goes in blocks.

In the code that is printed every loop around an expression is one axis, the outermost first; an expression has length
one along the loops that it does not depend on. A loop that leaves out other indices is an array of the index values
that remain, so that the values left out are never computed. Roots of sums of squares stay roots, so that the code may
be called with complex numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from derive.kernels.loops import (
    Balanced,
    Const,
    Counted,
    Extent,
    Fill,
    Fixed,
    Function,
    Load,
    Loop,
    Negative,
    Node,
    OfMatrix,
    Pi,
    Place,
    Power,
    Product,
    Program,
    Quotient,
    Reduce,
    Same,
    Special,
    Sum,
    Weighted,
    free,
    is_count,
    loops_of,
    nodes,
)
from derive.kernels.names import Names
from derive.kernels.numpy_places import Context, NumpyPlaces, spread
from derive.kernels.scalar_code import is_decimal
from derive.kernels.special import LIBRARIES

SUM, PRODUCT, SIGN, POWER, ATOM = range(1, 6)
"""How tightly a piece of code binds; what binds less than its place asks for gets parentheses."""
Code = tuple[str, int]


def within(code: Code, least: int) -> str:
    """The text of a piece of code for a place that asks for at least this binding."""
    return code[0] if code[1] >= least else f"({code[0]})"


def covering(loops: frozenset[Loop], context: Context) -> Context:
    """The outermost loops of a context down to the last on which something depends."""
    last = max((number for number, loop in enumerate(context, 1) if loop in loops), default=0)
    return context[:last]


class NumpyPrinter(NumpyPlaces):
    """The body of one function, line by line. ``sizes`` and ``symbols`` give the names of ranges and symbols."""

    def __init__(
        self, program: Program, names: Names, sizes: dict[str, str], axes: dict[str, tuple[str, ...]] | None = None
    ) -> None:
        """``axes`` are the ranges of arrays that are filled entry by entry."""
        super().__init__(program, names, sizes)
        self.axes = axes or {}
        self.totals: dict[Node, str] = {}
        self.counters: dict[Place, str] = {}
        """The names of the whole numbers at which loops between limits are."""
        self.widths: set[tuple[str, ...]] = set()
        self.made: set[str] = set()
        self.values: list[str] = []
        self.is_weighted = any(isinstance(node, Weighted) for fill in program.fills for node in nodes(fill.body))
        """Whether a logarithm of 0 may be what does not count."""

    def body(self, *, shaped: bool = False) -> list[str]:
        """The lines that fill all arrays and return the results; ``shaped`` results are spread over ``_shape``."""
        for fill in self.program.fills:
            self.fill(fill)
        results = [self.names.of("symbol", result.symbol) for result in self.program.results]
        if shaped:
            results = [f"np.broadcast_to({name}, _shape)[()]" for name in results]
        return [*self.outer, f"return {', '.join(results)}"]

    def fill(self, fill: Fill) -> None:
        name = self.names.of("symbol", fill.symbol)
        if isinstance(fill.body, OfMatrix):
            self.outer.extend(whole_matrix(fill, self.program, self.axes, self.names, self.sizes))
            return
        if not fill.at:
            self.outer.append(f"{name} = {self.emit(fill.body, ())[0]}")
            return
        left_out = any(loop.excluded for loop in fill.loops)
        if fill.symbol not in self.made:
            self.made.add(fill.symbol)
            axes = self.axes.get(fill.symbol) or tuple(loop.range for loop in fill.loops)
            shape = ", ".join(self.sizes[axis] for axis in axes)
            self.outer.append(
                f"{name} = np.{'zeros' if left_out else 'empty'}(({shape}{',' * (len(axes) == 1)}), dtype)"
            )
        fixed = [str(place.value) for place in fill.at if isinstance(place, Fixed)]
        if not fill.loops:
            self.outer.append(f"{name}[{', '.join(fixed)}] = {self.emit(fill.body, ())[0]}")
            return
        if fixed and (left_out or not all(isinstance(place, Fixed) for place in fill.at[: len(fixed)])):
            items = [str(p.value) if isinstance(p, Fixed) else ":" for p in fill.at]
            items[fill.at.index(fill.loops[0])] = "rows"
            self.blocked(fill.loops, fill.body, f"{name}[{', '.join(items)}] = {{code}}")
            return
        at = "{at}" if left_out else ", ".join([*fixed, "rows"])
        self.blocked(fill.loops, fill.body, f"{name}[{at}] = {{code}}")

    def total(self, node: Reduce) -> str:
        """A reduction with no loop around it: a number, collected block by block."""
        if node in self.totals:
            return self.totals[node]
        name = self.names.fresh("total" if node.operation == "sum" else "whole")
        start, mark, function = ("0", "+", "np.sum") if node.operation == "sum" else ("1", "*", "np.prod")
        block, cache, widths = self.block, self.cache, self.widths
        line = f"{name} = {name} {mark} {function}({{code}})"
        self.blocked((node.loop,), node.body, line, f"{name} = dtype.type({start})")
        self.block, self.cache, self.widths = block, cache, widths
        self.totals[node] = name
        return name

    def blocked(self, loops: Context, body: Node, line: str, start: str = "") -> None:
        """A loop over blocks of rows of the outermost index. ``line`` says what is done with the body."""
        self.block, self.cache, self.widths = [], {}, set()
        self.note_width(loops, body)
        code = self.emit(body, loops)[0]
        at = ", ".join(self.index(loop, loops) for loop in loops) if "{at}" in line else ""
        lines = [*self.block, line.format(code=code, at=at)]
        size = self.sizes[loops[0].range]
        if start:
            self.outer.append(start)
        self.outer.append(f"for rows in _blocks({size}, {self.width()}):")
        self.outer.extend(f"    {text}" for text in lines)

    def note_width(self, context: Context, node: Node) -> None:
        """Notes how many entries per row the value of a node has."""
        loops = {loop for loop in free(node) if not loop.limits}
        for loop in context[::-1]:
            if loop in loops:
                loops |= loops_of(loop.excluded)
        self.widths.add(tuple(sorted(self.sizes[loop.range] for loop in loops - {context[0]})))

    def width(self) -> str:
        counts = {width: Counter(width) for width in self.widths}
        largest = [w for w in counts if not any(counts[w] < counts[other] for other in counts)]
        products = sorted(" * ".join(width) or "1" for width in largest)
        return products[0] if len(products) == 1 else f"max({', '.join(products)})"

    def value_name(self) -> str:
        """A name for the next intermediate value of a block."""
        used = len([key for key in self.cache if not isinstance(key[0], Loop)])
        while len(self.values) <= used:
            self.values.append(self.names.fresh("t"))
        return self.values[used]

    def emit(self, node: Node, context: Context) -> Code:
        """The code of a node; its reductions and functions become names, each as far out as it can be."""
        match node:
            case Const(value=value):
                return _number(value)
            case Pi():
                return "np.pi", ATOM
            case Extent(range=range_):
                return self.sizes[range_], ATOM
            case Load():
                return self.load(node, context), ATOM
            case Sum(terms=terms):
                return self.sum_of(terms, context)
            case Negative(term=term):
                return f"-{within(self.emit(term, context), SIGN)}", SIGN
            case Product(factors=factors):
                parts = [self.emit(factor, context) for factor in factors]
                return " * ".join(within(p, PRODUCT if n == 0 else SIGN) for n, p in enumerate(parts)), PRODUCT
            case Quotient(top=top, bottom=bottom):
                above, below = self.emit(top, context), self.divisor(bottom, context)
                return f"{within(above, PRODUCT)} / {within(below, SIGN)}", PRODUCT
            case Power(exponent=Const(value=Fraction(numerator=1, denominator=2)), base=base):
                return self.emit(Function("sqrt", base), context)
            case Power(base=base, exponent=exponent):
                below, above = self.divisor(base, context), self.emit(exponent, context)
                return f"{within(below, ATOM)} ** {within(above, ATOM)}", POWER
            case Same(left=left, right=right):
                return f"({self.index(left, context)} == {self.index(right, context)}).astype(dtype)", ATOM
            case Weighted(weight=weight, value=value):
                return f"_weighted({self.emit(weight, context)[0]}, {self.emit(value, context)[0]})", ATOM
            case Counted(loop=loop):
                return self.counters[loop], ATOM
            case Reduce(loop=loop) if loop.limits:
                return self.between_limits(node, context), ATOM
        prefix = self.covering(node, context)
        if isinstance(node, Reduce) and not prefix:
            return self.total(node), ATOM
        key = (node, prefix)
        if key not in self.cache:
            code = self.named(node, prefix)
            if not prefix:
                return code, ATOM
            self.cache[key] = self.value_name()
            self.block.append(f"{self.cache[key]} = {code}")
        return spread(self.cache[key], len(context) - len(prefix)), ATOM

    def divisor(self, node: Node, context: Context) -> Code:
        """What is divided by, or raised to a power: of sizes alone a number of the kernel's type, since it may be 0."""
        code = self.emit(node, context)
        return (f"dtype.type({code[0]})", ATOM) if is_count(node) and not isinstance(node, Const) else code

    def named(self, node: Node, prefix: Context) -> str:
        if isinstance(node, Function):
            quiet = node.name == "log" and self.is_weighted
            return f"{'_log' if quiet else f'np.{node.name}'}({self.emit(node.argument, prefix)[0]})"
        if isinstance(node, Special):
            return LIBRARIES["numpy"][node.name].format(*(self.emit(one, prefix)[0] for one in node.arguments))
        if isinstance(node, Balanced):
            parts = ([self.emit(one, prefix)[0] for one in ones] for ones in (node.above, node.below))
            above, below = (f"({', '.join(codes)}{',' * (len(codes) == 1)})" for codes in parts)
            log = " ".join(f"{sign} {within(self.emit(one, prefix), SIGN)}" for sign, one in node.signed_logs)
            return f"_balanced({above}, {below}, {log})"
        assert isinstance(node, Reduce)
        inner = (*prefix, node.loop)
        self.note_width(inner, node.body)
        function = "np.sum" if node.operation == "sum" else "np.prod"
        return f"{function}({self.emit(node.body, inner)[0]}, axis=-1)"

    def covering(self, node: Node, context: Context) -> Context:
        """The loops around a place that a value needs; all, where it needs one between limits inside them."""
        return context if any(loop.limits for loop in free(node)) else covering(free(node), context)

    def between_limits(self, node: Reduce, context: Context) -> str:
        """A reduction between limits: a loop over whole numbers, in which all else is computed at once."""
        loop, operation = node.loop, node.operation
        lower, upper = (self.emit(limit, context)[0] for limit in loop.limits)
        found = self.names.fresh("s" if operation == "sum" else "p")
        first, last = (self.names.of("bound", f"{found} {kind}") for kind in ("lower", "upper"))
        counter = self.names.fresh("k")
        neutral, mark = ("0", "+") if operation == "sum" else ("1", "*")
        lines, cache, totals = self.block if context else self.outer, dict(self.cache), dict(self.totals)
        lines += [
            f"{first}, {last} = {lower}, {upper}",
            f"{found} = np.where(_has_terms({first}, {last}), dtype.type({neutral}), np.nan)",
            f"for {counter} in _between({first}, {last}):",
        ]
        inner: list[str] = []
        if context:
            self.block = inner
        else:
            self.outer = inner
        self.counters[loop] = counter
        code = within(self.emit(node.body, context), SUM)
        kept = [f"({first} <= {counter})", f"({counter} <= {last})"]
        kept += [f"({self.counters.get(one) or self.index(one, context)} != {counter})" for one in loop.excluded]
        inner.append(f"{found} = {found} {mark} np.where({' & '.join(kept)}, {code}, {neutral})")
        if context:
            self.block = lines
        else:
            self.outer = lines
        self.cache, self.totals = cache, totals
        lines.append('    with np.errstate(all="ignore"):')
        lines += [f"        {line}" for line in inner]
        return found

    def sum_of(self, terms: tuple[Node, ...], context: Context) -> Code:
        text = within(self.emit(terms[0], context), SUM)
        for term in terms[1:]:
            sign, inner = ("-", term.term) if isinstance(term, Negative) else ("+", term)
            text += f" {sign} {within(self.emit(inner, context), PRODUCT)}"
        return text, SUM


WHOLE = {
    "inverse": "np.linalg.inv",
    "exponential": "_exponential",
    "determinant": "np.linalg.det",
    "log determinant": "_log_determinant",
}


def whole_matrix(
    fill: Fill, program: Program, axes: Mapping[str, tuple[str, ...]], names: Names, sizes: Mapping[str, str]
) -> list[str]:
    """The line that inverts a matrix, or takes its exponential or its determinant."""
    assert isinstance(fill.body, OfMatrix)
    array = program.array(fill.body.symbol)
    own = array.axes if array is not None else axes[fill.body.symbol]
    size = " * ".join(sizes[axis] for axis in own[: len(own) // 2])
    matrix = f"{names.of('symbol', fill.body.symbol)}.reshape({size}, {size})"
    shape = f".reshape({', '.join(sizes[axis] for axis in own)})" if fill.body.has_entries else ""
    return [f"{names.of('symbol', fill.symbol)} = {WHOLE[fill.body.name]}({matrix}){shape}"]


def _number(value: Fraction) -> Code:
    if value.denominator == 1:
        return str(value.numerator), ATOM if value >= 0 else SIGN
    if is_decimal(value):
        return repr(float(value)), ATOM if value >= 0 else SIGN
    return f"({value.numerator} / {value.denominator})", ATOM


__all__ = ["NumpyPrinter"]
