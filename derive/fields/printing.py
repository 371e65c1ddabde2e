r"""Elements as LaTeX: words of operators on columns, without the indices of entries."""

from __future__ import annotations

from fractions import Fraction

from derive.fields.letters import Field, Letter, Matrix, Move, Moved, Pauli, Scalar, Unit
from derive.fields.words import Element, Monomial


def write_element(element: Element) -> str:
    r"""A sum of words, in one order of terms.

    >>> from derive.fields.letters import Field, Move
    >>> write_element(Element.of(Field("\\phi", move=Move(slopes=((0, 2),)))).scaled(Fraction(-1, 2)))
    '-\\frac{1}{2} \\partial_{0}^{2} \\phi'
    """
    parts = []
    for (scalars, word), n in sorted(element.terms.items(), key=lambda item: repr(item[0])):
        pieces = [_scalars(scalars), *(_letter(letter) for letter in word)]
        body = " ".join(piece for piece in pieces if piece)
        size = _number(abs(n))
        text = body if size == "1" and body else f"{size} {body}".strip()
        parts.append(("-" if n < 0 else "+", text))
    if not parts:
        return "0"
    first, *rest = parts
    return ("-" if first[0] == "-" else "") + first[1] + "".join(f" {sign} {text}" for sign, text in rest)


def _number(n: Fraction) -> str:
    return str(n) if n.denominator == 1 else rf"\frac{{{n.numerator}}}{{{n.denominator}}}"


def _scalars(scalars: Monomial) -> str:
    above = [_power(_scalar(s), n) for s, n in scalars if n > 0]
    below = [_power(_scalar(s), -n) for s, n in scalars if n < 0]
    text = " ".join(above)
    return rf"\frac{{{text or 1}}}{{{' '.join(below)}}}" if below else text


def _power(text: str, n: int) -> str:
    return text if n == 1 else f"{text}^{{{n}}}"


def _labelled(name: str, labels: tuple[str, ...]) -> str:
    return f"{name}_{{{' '.join(labels)}}}" if labels else name


def _scalar(scalar: Scalar) -> str:
    return _moved(_labelled(scalar.name, scalar.labels), scalar.move)


def _moved(text: str, move: Move) -> str:
    slopes = "".join(_power(rf"\partial_{{{d}}}", n) + " " for d, n in move.slopes)
    shifts = [rf"T^{{{move.time}}}"] if move.time else []
    shifts += [_power(rf"S_{{{d}}}", n) for d, n in move.sites]
    return slopes + "".join(f"{shift} " for shift in shifts) + text


def _letter(letter: Letter) -> str:
    match letter:
        case Pauli(number=number, space=space, name=name):
            return rf"{name}_{{{number}}}" + (rf"^{{({space})}}" if space else "")
        case Unit(number=number):
            return rf"\mathbf{{e}}_{{{number}}}"
        case Moved(move=move):
            return _moved("", move).strip()
        case Matrix(exponent=exponent) if exponent:
            powers = write_element(Element({(((s, 1),), ()): n for s, n in exponent}))
            return f"{_labelled(letter.name, letter.labels)}^{{{powers}}}"
        case Matrix(transposed=transposed, inverse=inverse):
            sign = ("-" if inverse else "") + ("T" if transposed else "1" if inverse else "")
            name = _labelled(letter.name, letter.labels)
            return _moved(f"{name}^{{{sign}}}" if sign else name, letter.move)
        case Field(name=name, labels=labels, move=move):
            found = rf"\nabla {name.partition('(')[0].lstrip('∂0123456789')}" if letter.gradient else name
            return _moved(_labelled(found, labels), move)
