"""Symbols: those of the notation with their scripts or arguments, and the few that need no notation."""

from __future__ import annotations

from dataclasses import replace

from derive.expression import Applied, Call, Expr, ImaginaryUnit, Size, Symbol, Zero
from derive.latex.functions import applied, delta
from derive.latex.gradients import derivative_of
from derive.latex.grammar import UNTYPED
from derive.latex.laws import density, divergence, expectation, functional, gaussian
from derive.latex.limits import special
from derive.latex.names import lookup, without_name
from derive.latex.scripts import ScriptReader
from derive.latex.slots import filled
from derive.latex.tokens import Token
from derive.notation import Declared

_DOTS = {r"\dot{": 1, r"\ddot{": 2}
_UNREAD = {
    r"\pm": r"it makes two lines of one; print each by itself, or say which is meant by  read: \pm as +",
    r"\mp": r"it makes two lines of one; print each by itself, or say which is meant by  read: \mp as -",
    r"\|": r"a length is printed between | and |, a divergence has \parallel or || in its bracket",
    r"\nabla": r"it is read before a function of one symbol, with a variable below it, and in a curl",
    r"\max": "a line with the larger of two values is not read yet",
    r"\min": "a line with the smaller of two values is not read yet",
    r"\lim": "limits are not read yet",
    r"\leftarrow": r"what is put for what is printed  X \to Y",
}
"""What is said of marks that no notation can declare, or that are often meant for what cannot be read."""
_WITHOUT_SLOTS = (
    "imaginary unit",
    "density",
    "gaussian",
    "expectation",
    "variance",
    "covariance",
    "divergence",
    "functional",
)


class SymbolReader(ScriptReader):
    """The part of a reader that reads symbols."""

    def symbol(self, token: Token) -> Expr:
        """A declared symbol with its primes, subscripts and superscripts, or a law with its arguments."""
        primes = 0
        subs: list[list[Token]] = []
        sups: list[list[Token]] = []
        raised = False
        while True:
            text = self.peek()
            if raised and text in ("'", "^"):
                raise self.error("a second superscript", self.take())
            raised = text == "^" or (raised and text == "_")
            if text == "'":
                self.take()
                primes += 1
            elif text == "_":
                mark = self.take()
                if subs:
                    raise self.error("a second subscript", mark)
                subs.append(self.raw_group())
            elif text == "^":
                self.take()
                sups.append(self.raw_group())
            elif text == "{" and self.peek(1) == "}" and self.peek(2) in ("^", "_"):
                self.take()
                self.take()
            else:
                break
        declared, bold, arrow, used_sub, used_star = lookup(self.scope, token, primes, subs, sups)
        if used_sub and declared is not None:
            subs = without_name(declared, subs)
        if used_star:
            sups = sups[1:]
        if declared is None and (rate := self.rate(token, primes, subs)) is not None:
            return self.scripts_after(rate, sups, token)
        if declared is None:
            return self.builtin(token, primes, subs, sups)
        base = self.without_slots(declared, token, bold, arrow, subs)
        if base is not None:
            return self.scripts_after(base, sups, token)
        return filled(self, declared, token, bold, arrow, subs, sups)

    def rate(self, token: Token, primes: int, subs: list[list[Token]]) -> Expr | None:
        r"""The derivative that dots or primes on a function of one variable are, as ``\dot{x}``; None without them."""
        dots = next((n for mark, n in _DOTS.items() if token.text.startswith(mark) and not primes), 0)
        if not (dots or primes):
            return None
        inner = token.text[len(r"\dot{") + dots - 1 : -1] if dots else token.text
        declared, bold, arrow, used_sub, _ = lookup(self.scope, replace(token, text=inner), 0, subs, [])
        if declared is None or declared.kind != "function" or len(declared.of) != 1 or bold or arrow:
            return None
        found = applied(self, declared, without_name(declared, subs) if used_sub else subs, token)
        assert isinstance(found, Applied)
        by = found.arguments[-1]
        for _ in range(dots or primes):
            found = derivative_of(self, found, by, token)
        return found

    def without_slots(
        self, declared: Declared, token: Token, bold: bool, arrow: bool, subs: list[list[Token]]
    ) -> Expr | None:
        """A law, a delta, the imaginary unit or a function with what stands behind it; None for a quantity."""
        takes_subscript = declared.kind in ("delta", "special function") or bool(declared.of)
        if not takes_subscript and declared.kind not in _WITHOUT_SLOTS:
            return None
        if bold or arrow:
            raise self.error(
                f"{declared.key} is declared without the {'bold' if bold else 'arrow'} of {token.text}", token
            )
        if subs and not takes_subscript:
            raise self.error(f"{declared.key} takes no subscript {''.join(t.text for t in subs[0])}", subs[0][0])
        match declared.kind:
            case "imaginary unit":
                return ImaginaryUnit()
            case "delta":
                return delta(self, declared, subs, token)
            case "special function":
                return special(self, declared, subs, token)
            case _ if declared.of:
                return applied(self, declared, subs, token)
            case "density":
                return density(self, declared, token)
            case "gaussian":
                return gaussian(self, token)
            case "divergence":
                return divergence(self, token)
            case "functional":
                return functional(self, declared, token)
        return expectation(self, declared, token)

    def builtin(self, token: Token, primes: int, subs: list[list[Token]], sups: list[list[Token]]) -> Expr:
        if not primes and not subs:
            base: Expr | None = None
            if (size := self.scope.range_of_size(token.text)) is not None:
                base = Size(size.name)
            elif token.text == r"\pi":
                base = Symbol(r"\pi")
            elif token.text == r"\mathbf{0}":
                base = Zero(UNTYPED)
            elif token.text == "e" and sups:
                base, sups = Call("exp", self.inner(sups[0])), sups[1:]
                if base.type.kind not in ("scalar", "operator"):
                    raise self.error(f"the exponential of {base.type.a} is not defined", token)
            if base is not None:
                return self.scripts_after(base, sups, token)
        if self.scope.range_of_letter(token.text) is not None:
            raise self.error(f"the index {token.text} stands where a quantity was expected", token)
        name = token.text + "'" * primes + (f"_{{{''.join(t.text for t in subs[0])}}}" if subs else "")
        if not self.scope.name:
            raise self.error(
                f"no scope is in force that says what {name} is: put  % scope: NAME  above the line", token
            )
        hint = f": {_UNREAD[name]}" if name in _UNREAD else ""
        raise self.error(f"{name} is not in the notation of the scope {self.scope.name!r}{hint}", token)
