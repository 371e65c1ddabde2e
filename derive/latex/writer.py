r"""Writing expressions as LaTeX, in the paper's own symbols; reading what was written gives the same tree back."""

from __future__ import annotations

import re

from derive.analytic import LIMITED
from derive.expression import (
    Abs,
    Add,
    Applied,
    Arrow,
    Bra,
    Call,
    Commutator,
    Count,
    Curl,
    Dagger,
    Density,
    Det,
    Dirac,
    Dot,
    Element,
    Expectation,
    Expr,
    Frac,
    Gaussian,
    Identity,
    ImaginaryUnit,
    Index,
    Integral,
    Ket,
    Kronecker,
    Mul,
    Neg,
    Norm,
    Number,
    Over,
    Partial,
    Pattern,
    Pow,
    Rank,
    Several,
    Size,
    StateMean,
    Symbol,
    Transpose,
    ValueSum,
    Whole,
    Zero,
    free_indices,
    walk,
)
from derive.fields.nodes import LineIntegral, SpaceIntegral, Variable
from derive.latex.chain import RELATIONS, Chain
from derive.latex.functions import FUNCTIONS
from derive.latex.levels import BASE, FACTOR, PRODUCT, SUM
from derive.latex.limit_writer import write_analytic
from derive.latex.matrices import pattern_cell
from derive.latex.tensor_writer import limits, write_tensor
from derive.notation import Scope

_RUN_ON = (Over, Integral, ValueSum, SpaceIntegral, LineIntegral, *LIMITED)
"""What runs on to the end of its product."""
_COMMAND = re.compile(r"\\[A-Za-z]+$")
_SIGNS = {value: key for key, value in reversed(RELATIONS.items())}
_NAMES = {value: key for key, value in reversed(FUNCTIONS.items())}


def write_chain(chain: Chain, scope: Scope) -> str:
    """A whole line: its sides and relations."""
    parts = [] if chain.first is None else [write(chain.first, scope)]
    for sign, side in chain.links:
        parts += [_SIGNS[sign], write(side, scope)]
    conditions = "".join(rf", {left.name} \neq {right.name}" for left, right in chain.apart)
    return " ".join(parts) + conditions


def write(expr: Expr, scope: Scope) -> str:
    """The LaTeX of an expression in the symbols of a scope."""
    return Writer(scope).at(expr, SUM)


class Writer:
    """Writes the parts of one expression in the symbols of a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def at(self, expr: Expr, place: int, last: bool = True) -> str:
        """``last`` says that nothing follows in the product, so that an open-ended sum sign needs no bracket."""
        text, level, open_ended = self.written(expr)
        if level == PRODUCT and place == FACTOR and isinstance(expr, (*_RUN_ON, Dot)):
            level = FACTOR
        if level < place or (open_ended and not last):
            return rf"\left( {text} \right)"
        return text

    def written(self, expr: Expr) -> tuple[str, int, bool]:
        """The text of a node, how tightly it binds, and whether it runs on to the end of a product."""
        match expr:
            case Number(value=value):
                if value.denominator != 1:
                    return rf"\frac{{{value.numerator}}}{{{value.denominator}}}", FACTOR, False
                return str(value.numerator), BASE if value >= 0 else SUM, False
            case Symbol():
                return self.symbol(expr), FACTOR if self.has_superscript(expr) else BASE, False
            case Zero(of=of) if of.kind == "operator" or self.scope.summation:
                return "0", BASE, False
            case Zero():
                return r"\mathbf{0}", BASE, False
            case Identity(name=name):
                return name, BASE, False
            case Size(range=range_):
                return self.scope.ranges[range_].size, BASE, False
            case Add(terms=terms):
                return self.sum(terms), SUM, False
            case Neg(term=term):
                return f"-{self.at(term, PRODUCT)}", SUM, False
            case Mul(factors=factors):
                parts = []
                for number, factor in enumerate(factors):
                    is_last = number == len(factors) - 1
                    text = self.at(factor, FACTOR, is_last)
                    if isinstance(factor, Mul) or (isinstance(factor, Dot) and factor.type.kind == "operator"):
                        text = rf"\left( {self.at(factor, SUM)} \right)"
                    is_dotted = number > 0 and factors[number - 1].type.kind in ("vector", "operators")
                    is_clear = is_dotted and not parts[-1][-1].isdigit()
                    before_bracket = text.startswith(r"\left(") and _may_take_bracket(factors[number - 1])
                    if parts and ((text[0].isdigit() and not is_clear) or before_bracket):
                        text = rf"\cdot {text}"
                    parts.append(text)
                return " ".join(parts), PRODUCT, _open_ended(factors[-1])
            case Frac(top=top, bottom=bottom):
                return rf"\frac{{{self.at(top, SUM)}}}{{{self.at(bottom, SUM)}}}", FACTOR, False
            case Pow(base=base, exponent=exponent):
                return self.power(base, exponent), FACTOR, False
            case Transpose(of=of):
                return f"{self.base(of)}^T", FACTOR, False
            case Dot(left=left, right=right):
                return rf"{self.at(left, FACTOR, False)} \cdot {self.at(right, FACTOR)}", PRODUCT, _open_ended(right)
            case Norm(of=of, bare=True) if isinstance(of, Symbol):
                return self.symbol(of, bare=True), FACTOR if self.has_superscript(of) else BASE, False
            case Norm(of=of) | Abs(of=of) | Det(of=of):
                return rf"\left| {self.in_bars(of)} \right|", BASE, False
            case Call(function="sqrt", argument=argument):
                return rf"\sqrt{{{self.at(argument, SUM)}}}", BASE, False
            case Call(function=name, argument=argument):
                return rf"{_NAMES[name]}\left( {self.at(argument, SUM)} \right)", FACTOR, False
            case Element(of=Identity(name=name), row=row, column=column) if not self.is_matrix(name):
                return f"{name}_{{{_beside(row.name, column.name)}}}", FACTOR, False
            case Element(of=of, row=row, column=column):
                return rf"\left( {self.at(of, SUM)} \right)_{{{_beside(row.name, column.name)}}}", FACTOR, False
            case Over():
                return self.over(expr), PRODUCT, True
            case Pattern():
                return self.pattern(expr), BASE, False
            case Density(law=law, of=of, given=given):
                text = ", ".join(self.in_bars(item) for item in of)
                if given:
                    text += " | " + ", ".join(self.in_bars(item) for item in given)
                return f"{law}({text})", FACTOR, False
            case Gaussian(of=of, mean=mean, covariance=covariance):
                name = declared.key if (declared := self.scope.of_kind("gaussian")) else r"\mathcal{N}"
                inside = f"{self.at(of, SUM)}; {self.at(mean, SUM)}, {self.at(covariance, SUM)}"
                return f"{name}({inside})", FACTOR, False
            case Integral(variable=variable, body=body):
                return rf"\int d{self.symbol(variable)} {self.at(body, PRODUCT)}", PRODUCT, True
            case Expectation(name=name, arguments=arguments):
                return f"{name}[{self.listed(arguments)}]", FACTOR, False
            case ValueSum(variable=variable, body=body):
                return rf"\sum_{{{self.symbol(variable)}}} {self.at(body, PRODUCT)}", PRODUCT, True
            case Applied(name=name, arguments=arguments, implied=implied, slots=slots):
                declared = self.scope.symbols.get(name)
                left, right = "[]" if declared is not None and declared.kind == "functional" else "()"
                listed = self.listed(arguments[implied:])
                return f"{self.symbol(Symbol(name, slots))}{left}{listed}{right}", FACTOR, False
            case Curl(of=of):
                return rf"\nabla \times {self.at(of, FACTOR, last=False)}", PRODUCT, False
            case Kronecker(left=left, right=right):
                return rf"\delta_{{{self.at(left, SUM)}, {self.at(right, SUM)}}}", FACTOR, False
            case Dirac(argument=argument):
                return rf"\delta\left( {self.at(argument, SUM)} \right)", FACTOR, False
            case ImaginaryUnit():
                return declared.key if (declared := self.scope.of_kind("imaginary unit")) else "i", BASE, False
            case Ket(of=of):
                return rf"| {of.name} \rangle", FACTOR, False
            case Bra(of=of):
                return rf"\langle {of.name} |", FACTOR, False
            case StateMean(of=of):
                return rf"\langle {self.at(of, SUM)} \rangle", BASE, False
            case Commutator(left=left, right=right):
                return rf"\left[ {self.at(left, SUM)}, {self.at(right, SUM)} \right]", BASE, False
            case Dagger(of=of):
                return rf"{self.base(of)}^\dagger", FACTOR, False
            case Partial(of=of, by=by):
                below = self.at(by, SUM)
                return rf"\frac{{\partial}}{{\partial {below}}} \left[ {self.at(of, SUM)} \right]", FACTOR, False
            case Rank(of=of, by=by):
                above, below = self.listed(of), self.listed(by)
                return rf"\operatorname{{rank}} \frac{{\partial({above})}}{{\partial({below})}}", FACTOR, False
            case Several(items=items):
                return self.listed(items), SUM, False
            case Count(of=of):
                return rf"\#({self.listed(of)})", FACTOR, False
        if (found := write_analytic(self, expr) or write_tensor(self, expr)) is not None:
            return found
        raise TypeError(f"{type(expr).__name__} cannot be written")

    def listed(self, items: tuple[Expr, ...]) -> str:
        return ", ".join(self.at(item, SUM) for item in items)

    def in_bars(self, expr: Expr) -> str:
        """An expression between bars or beside one: a bracket keeps bars of its own apart from them."""
        text = self.at(expr, SUM)
        amplitude = isinstance(expr, Mul) and isinstance(expr.factors[0], Bra) and isinstance(expr.factors[-1], Ket)
        if amplitude and not any(isinstance(node, Norm | Abs | Det | Density) for node in walk(expr)):
            return text
        return rf"\left( {text} \right)" if "|" in text else text

    def sum(self, terms: tuple[Expr, ...]) -> str:
        parts: list[str] = []
        for term in terms:
            if isinstance(term, Neg):
                parts.append(f"- {self.at(term.term, PRODUCT)}" if parts else f"-{self.at(term.term, PRODUCT)}")
            else:
                text = self.at(term, PRODUCT)
                if isinstance(term, Number) and term.value < 0:
                    text = rf"\left( {text} \right)"
                parts.append(f"+ {text}" if parts else text)
        return " ".join(parts)

    def power(self, base: Expr, exponent: Expr) -> str:
        raised = self.at(exponent, SUM)
        component = base if isinstance(base, Symbol) else None
        if component is not None and self.has_superscript(component):
            return f"{self.symbol(component)[:-1]}{raised}}}"
        return f"{self.base(base)}^{{{raised}}}"

    def base(self, of: Expr) -> str:
        if isinstance(of, Symbol) and self.has_superscript(of):
            return f"{{{self.symbol(of)}}}"
        return self.at(of, BASE)

    def symbol(self, symbol: Symbol, bare: bool = False) -> str:
        name, _, sub = symbol.name.partition("_{")
        letter = name.rstrip("'")
        primes = name[len(letter) :]
        below = [sub[:-1]] if sub else []
        above = ""
        declared = self.scope.symbols.get(symbol.name)
        unprinted = declared is not None and "column" in declared.properties
        for slot in symbol.slots:
            match slot:
                case Whole() if unprinted:
                    continue
                case Whole(range=range_):
                    letter = rf"\mathbf{{{letter}}}"
                    below.append(f"1:{self.scope.ranges[range_].size}")
                case Arrow() if not bare:
                    letter = rf"\vec{{{letter}}}"
                case Index(name=index, range=range_):
                    if symbol.own.kind == "operator" and slot.is_label:
                        letter = rf"\hat{{{letter}}}"
                    if self.scope.ranges[range_].vector and not slot.is_label:
                        above = rf"^{{({index})}}"
                    else:
                        below.append(index)
        text = letter + primes
        if declared is not None and declared.template:
            pieces = [piece if piece is not None else below.pop(1) for piece in declared.template]
            below = [_beside(*pieces), *below[1:]]
        if below:
            text += f"_{{{','.join(below) if sub and len(below) > 1 else _beside(*below)}}}"
        return text + ("{}" if primes and above else "") + above

    def has_superscript(self, symbol: Symbol) -> bool:
        """Whether its print ends in a component such as ^{(d)}."""
        return any(
            isinstance(slot, Index) and self.scope.ranges[slot.range].vector and not slot.is_label
            for slot in symbol.slots
        )

    def is_matrix(self, name: str) -> bool:
        declared = self.scope.symbols.get(name)
        return declared is not None and declared.kind == "matrix"

    def over(self, expr: Over) -> str:
        sign = r"\sum" if expr.operation == "sum" else r"\prod"
        below = expr.index.name
        above = ""
        if expr.explicit and self.scope.summation:
            lower, upper = limits(expr, self.scope)
            below += f"={lower}"
            above = f"^{{{upper}}}"
        elif expr.excluded:
            below += rf" \neq {', '.join(index.name for index in expr.excluded)}"
        elif expr.explicit:
            below += "=1"
            above = f"^{{{self.scope.ranges[expr.index.range].size}}}"
        factors = expr.body.factors if isinstance(expr.body, Mul) else ()
        unclear = expr.operation == "product" and factors and expr.index not in free_indices(factors[-1])
        return rf"{sign}_{{{below}}}{above} {self.at(expr.body, BASE if unclear else PRODUCT)}"

    def pattern(self, expr: Pattern) -> str:
        rows = []
        for a in range(1, expr.corner + 1):
            cells = [self.at(pattern_cell(expr, a, b), SUM) for b in range(1, expr.corner + 1)]
            rows.append(" & ".join([*cells, r"\cdots"]))
        rows.append(" & ".join([r"\vdots"] * expr.corner + [r"\ddots"]))
        return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"


def _open_ended(expr: Expr) -> bool:
    if isinstance(expr, _RUN_ON):
        return True
    match expr:
        case Mul(factors=factors):
            return _open_ended(factors[-1])
        case Dot(right=right):
            return _open_ended(right)
    return False


def _may_take_bracket(expr: Expr) -> bool:
    """Whether a bracket right behind would be looked at as the time or point of a variable."""
    base = expr.base if isinstance(expr, Pow) else expr
    return isinstance(base, Variable) and not base.places


def _beside(*pieces: str) -> str:
    """Pieces of a subscript, with a space between two numbers and between a command and a letter: one without it."""
    text = ""
    for piece in pieces:
        is_one = text[-1:].isdigit() and piece[:1].isdigit()
        is_one = is_one or (_COMMAND.search(text) is not None and piece[:1].isalpha())
        text += f" {piece}" if is_one else piece
    return text
