"""What a backend prints: the program of a kernel, with the names of everything in its module."""

from __future__ import annotations

from dataclasses import dataclass

from derive.kernels.gradient import differentiated
from derive.kernels.kernel import KernelError, KernelInput, Options
from derive.kernels.loops import Array, Program, imaginary
from derive.kernels.lowering import lower
from derive.kernels.names import Names, identifier
from derive.kernels.pointwise import is_pointwise
from derive.kernels.special import special_nodes


@dataclass(frozen=True)
class Prepared:
    """What a backend prints: a program, and the names of everything in the module."""

    kernel: KernelInput
    program: Program
    options: Options
    names: Names
    symbols: dict[str, str]
    """The names of the arguments, by symbol."""
    sizes: dict[str, str]
    """The names of the sizes, by range; where a size is a printed number, that number."""
    pointwise: bool

    @property
    def arrays(self) -> list[str]:
        """The names of the arrays that are computed with: of complex ones both parts."""
        return [self.symbols[a.symbol] for a in self.program.arguments if a.axes]

    @property
    def given(self) -> tuple[Array, ...]:
        """What the function is called with: a complex array stands where its real part does in the program."""
        parts = {imaginary(argument.symbol) for argument in self.program.arguments}
        return tuple(argument for argument in self.program.arguments if argument.symbol not in parts)

    @property
    def complex(self) -> dict[str, str]:
        """The names of the complex arguments, each with that of its imaginary part."""
        pairs = ((a.symbol, imaginary(a.symbol)) for a in self.program.arguments)
        return {self.symbols[real]: self.symbols[other] for real, other in pairs if other in self.symbols}

    @property
    def dtype(self) -> str | None:
        """The type of the numbers that are computed with: complex ones are computed by their parts."""
        if self.options.dtype is None and any(True for _ in special_nodes(self.program)):
            return "float64"
        parted = self.complex or self.program.is_complex
        return "float64" if parted and self.options.dtype == "complex128" else self.options.dtype

    @property
    def wrt(self) -> list[str]:
        """The symbols of the arguments by which there are derivatives."""
        return [argument(name, self.symbols) for name in self.options.gradient]

    @property
    def scalars(self) -> list[str]:
        return [self.symbols[a.symbol] for a in self.program.arguments if not a.axes]

    @property
    def found_sizes(self) -> list[str]:
        """The names of the sizes that the shapes of arguments say."""
        written = self.program.written_sizes
        return [name for range_, name in self.sizes.items() if range_ not in written and name not in self.loose]

    @property
    def loose(self) -> list[str]:
        """The sizes that are arguments themselves."""
        return [self.sizes[name] for name in self.program.loose_sizes]


def prepare(kernel: KernelInput, options: Options) -> Prepared:
    """The program of a kernel with its gradient, and names. Raises KernelError for what cannot be compiled."""
    program = lower(kernel)
    names = Names()
    symbols = {argument.symbol: names.of("symbol", argument.symbol) for argument in program.arguments}
    sizes = {r.name: r.size if r.fixed is not None else names.of("size", r.size) for r in program.ranges}
    if options.gradient:
        if program.is_complex:
            raise KernelError(f"only a real number has a gradient here, and {program.results[0].symbol} is complex")
        wrt = [argument(name, symbols) for name in options.gradient]
        if complex_ := [symbols[name] for name in wrt if imaginary(name) in symbols]:
            raise KernelError(f"there are derivatives by real arguments only, and {complex_[0]} is complex")
        program = differentiated(program, wrt)
    return Prepared(kernel, program, options, names, symbols, sizes, is_pointwise(program))


def argument(name: str, symbols: dict[str, str]) -> str:
    """The argument of a printed or Python name."""
    for symbol, known in symbols.items():
        if name in (symbol, known, identifier(symbol)):
            return symbol
    raise KernelError(f"there is no argument {name!r}; arguments: {', '.join(symbols.values()) or 'none'}")
