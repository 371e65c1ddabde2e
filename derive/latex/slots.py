"""The slots of a symbol, filled from its scripts: with indices, with a whole range, with an arrow or a component."""

from __future__ import annotations

from derive.expression import Arrow, Expr, Identity, Index, Norm, Slot, Symbol, Whole
from derive.latex.cursor import is_number
from derive.latex.grammar import Grammar
from derive.latex.scripts import ScriptReader
from derive.latex.tokens import Token
from derive.notation import Declared


def filled(
    reader: ScriptReader,
    declared: Declared,
    token: Token,
    bold: bool,
    arrow: bool,
    subs: list[list[Token]],
    sups: list[list[Token]],
) -> Expr:
    """A symbol with its slots filled from its scripts."""
    if declared.kind == "state":
        raise reader.error(f"{declared.key} is a state: print it in a bra, a ket or a mean", token)
    if declared.kind == "matrix":
        base: Expr
        if len(declared.slots) != 2 or declared.slots[0] != declared.slots[1]:
            raise reader.error(f"{declared.key} is not declared as a square matrix; no other can be read", token)
        if "identity" in declared.properties:
            base = Identity(declared.slots[0], declared.key)
        else:
            base = Symbol(declared.key, (), declared.own_type)
        if subs:
            if len(subs[0]) != 2:
                raise reader.error("a matrix takes two indices", token)
            base = reader.entry(base, subs[0])
        if bold or arrow:
            raise reader.error(f"{declared.key} is declared without further fonts", token)
        return reader.scripts_after(base, sups, token)
    if "column" in declared.properties and not (subs or bold or arrow):
        whole_slots = tuple(Whole(name) for name in declared.slots)
        return reader.scripts_after(Symbol(declared.key, whole_slots, declared.own_type), sups, token)
    slots: list[Slot | None] = [None] * len(declared.slots)
    component = _component(reader, declared, sups)
    if component is not None:
        slots[declared.slots.index(component.range)] = component
        sups = _without_component(sups)
    if subs:
        fill_subscripts(reader, declared, slots, subs[0])
    elif bold and declared.slots:
        raise reader.error(f"the bold {token.text} is not grouped over a range such as 1:N", token)
    for number, name in enumerate(declared.slots):
        if slots[number] is None and arrow and reader.scope.ranges[name].vector:
            slots[number], arrow = Arrow(name), False
    if arrow:
        raise reader.error(f"the arrow over {declared.key} has no range to run over", token)
    bare = False
    for number, name in enumerate(declared.slots):
        if slots[number] is None:
            if not reader.scope.ranges[name].vector or any(isinstance(s, Whole) for s in slots):
                raise reader.error(f"{declared.key} needs an index over the range {name}", token)
            slots[number], bare = Arrow(name), True
    if bare and declared.own_type.kind == "operator":
        raise reader.error(f"{declared.key} is a vector of operators: print its arrow", token)
    whole = any(isinstance(slot, Whole) for slot in slots)
    if bold != whole:
        said = "bold but not grouped" if bold else "grouped but not bold"
        raise reader.error(f"{declared.key} is {said}", token)
    symbol: Expr = Symbol(declared.key, tuple(slots), declared.own_type)  # type: ignore[arg-type]
    return reader.scripts_after(Norm(symbol, bare=True) if bare else symbol, sups, token)


def _component(reader: Grammar, declared: Declared, sups: list[list[Token]]) -> Index | None:
    """The (d) of a superscript such as ^{(d)} or ^{(d)T}, when the symbol has a slot for it."""
    if not sups or len(sups[0]) < 3 or sups[0][0].text != "(" or sups[0][2].text != ")":
        return None
    found = reader.scope.range_of_letter(sups[0][1].text)
    if found is None or found.name not in declared.slots:
        raise reader.error(f"{sups[0][1].text} is not an index of {declared.key}", sups[0][1])
    return Index(sups[0][1].text, found.name)


def _without_component(sups: list[list[Token]]) -> list[list[Token]]:
    rest = sups[0][3:]
    return ([rest] if rest else []) + sups[1:]


def fill_subscripts(reader: Grammar, declared: Declared, slots: list[Slot | None], found: list[Token]) -> None:
    """Puts the indices of a subscript, or the whole range of ``1:N``, into the open slots that take them."""
    texts = [t.text for t in found]
    if len(texts) == 3 and texts[:2] == ["1", ":"]:
        size = reader.scope.range_of_size(texts[2])
        if size is None or size.name not in declared.slots:
            raise reader.error(f"{declared.key} does not range over 1:{texts[2]} in this scope", found[2])
        slots[declared.slots.index(size.name)] = Whole(size.name)
        return
    for token in found:
        if token.text == ",":
            continue
        open_slots = [n for n, slot in enumerate(slots) if slot is None]
        if is_number(token.text):
            wanted = [n for n in open_slots if not reader.scope.ranges[declared.slots[n]].vector] or open_slots
            index = Index(token.text, declared.slots[wanted[0]]) if wanted else None
        else:
            index = reader.index(token, f"a subscript of {declared.key}")
            wanted = [n for n in open_slots if declared.slots[n] == index.range]
        if index is None or not wanted:
            raise reader.error(f"{declared.key} takes no subscript {token.text} here", token)
        slots[wanted[0]] = index
