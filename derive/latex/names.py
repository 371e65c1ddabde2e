"""Printed names: which declared symbol a print stands for, with its primes, its fonts and its subscript."""

from __future__ import annotations

from typing import NamedTuple

from derive.latex.tokens import Token
from derive.notation import Declared, Scope, normal_key


class Found(NamedTuple):
    """The declaration of a printed symbol, and what of the print its name takes up."""

    declared: Declared | None
    bold: bool = False
    """Whether the print is bold and the name is not."""
    arrow: bool = False
    """Whether the print has an arrow and the name has none."""
    takes_subscript: bool = False
    takes_star: bool = False


def lookup(scope: Scope, token: Token, primes: int, subs: list[list[Token]], sups: list[list[Token]]) -> Found:
    """The declaration that fits the print best: the whole name first, then without arrow and bold."""
    text, bold, arrow = token.text, False, False
    star = bool(sups) and [t.text for t in sups[0]] == ["*"]
    while True:
        name = text + "'" * primes
        sub = "".join(t.text for t in subs[0]) if subs else ""
        if sub:
            key = normal_key(f"{name}_{{{sub}}}")
            if key in scope.symbols:
                return Found(scope.symbols[key], bold, arrow, True, False)
            if (shaped := _with_template(scope, name, subs[0])) is not None:
                return Found(shaped, bold, arrow, True, False)
        if star and name + "^*" in scope.symbols:
            return Found(scope.symbols[name + "^*"], bold, arrow, False, True)
        if name in scope.symbols:
            return Found(scope.symbols[name], bold, arrow, False, False)
        if text.startswith(r"\vec{") and not arrow:
            text, arrow = text[len(r"\vec{") : -1], True
        elif text.startswith((r"\mathbf{", r"\boldsymbol{")) and not bold:
            text, bold = text[text.index("{") + 1 : -1], True
        elif text.startswith(r"\hat{") and _is_operator(scope, text[len(r"\hat{") : -1]):
            text = text[len(r"\hat{") : -1]
        else:
            return Found(None)


def _is_operator(scope: Scope, name: str) -> bool:
    declared = scope.symbols.get(name)
    return declared is not None and declared.own_type.kind == "operator"


def _with_template(scope: Scope, name: str, sub: list[Token]) -> Declared | None:
    r"""The symbol whose printed name has its index inside the subscript: ``r_{bn}`` for ``r_{bi}``."""
    pieces = [token.text for token in sub if token.text not in ("{", "}")]
    for key, declared in scope.symbols.items():
        if key.partition("_{")[0] == name and _fits(declared.template, pieces):
            return declared
    return None


def without_name(declared: Declared, subs: list[list[Token]]) -> list[list[Token]]:
    """What a subscript says beyond the printed name of its symbol: the indices inside it."""
    pieces = [token for token in subs[0] if token.text not in ("{", "}")]
    found = [token for token, part in zip(pieces, declared.template, strict=False) if part is None]
    return [found] if found else []


def _fits(template: tuple[str | None, ...], pieces: list[str]) -> bool:
    """Whether a subscript has the shape of a template; what stands for an index is looked at later."""
    return len(template) == len(pieces) and all(
        part in (None, piece) for part, piece in zip(template, pieces, strict=True)
    )
