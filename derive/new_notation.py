"""A guess at a notation, written as ``notation.toml``."""

from __future__ import annotations

import re

from derive.guess import Guess, Table

LETTERS = "dcefghklmnpqrstuvwxyzab"


def written(table: Table, title: str) -> str:
    """The guess as ``notation.toml``, with a TODO for all that a person has to say."""
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    rows = ["[paper]", f'title = "{quoted}"', "", "[scope.main]", 'meaning = "TODO: what these lines are about"', ""]
    rows += ["# TODO: what is counted, how many there are, and the letters that count it", "[scope.main.ranges]"]
    sizes = table.letters.of_size
    taken = {letter for letters in sizes.values() for letter in letters} | set(table.symbols) | set(sizes)
    spare = iter(letter for letter in LETTERS if letter not in taken)
    names = {size: f"range{size.replace('_', '')}" for size in sizes}
    for size, letters in sizes.items():
        rows.append(f'{names[size]} = {{ size = "{size}", indices = {_quoted(" ".join(letters))} }}')
    symbols = [*table.symbols.values(), *(one for later in table.later.values() for one in later.values())]
    for size in dict.fromkeys(size for symbol in symbols for size in symbol.sizes if size not in names):
        names[size] = f"range{size}"
        rows.append(f'{names[size]} = {{ size = "{size}", indices = "{next(spare)}" }}')
    if any(symbol.is_vector for symbol in symbols):
        size = next(size for size in ("D", "d", "3") if size not in {*names, *table.symbols})
        rows.append(f'space = {{ size = "{size}", indices = "{next(spare)}", vector = true }}')
    rows += [
        "",
        "# TODO: kind, domain and meaning of each; quantity and real where nothing is said",
        "[scope.main.symbols]",
    ]
    rows += [_row(name, symbol, names) for name, symbol in table.symbols.items() if name not in names]
    before = "main"
    for at, number in enumerate(table.later):
        scope = scope_name(at + 1)
        rows += ["", f"# From ({number}) on these names stand for something else.", f"[scope.{scope}]"]
        rows += ['meaning = "TODO: what these lines are about"', f'like = "{before}"', f"[scope.{scope}.symbols]"]
        rows += [_row(name, symbol, names) for name, symbol in table.later[number].items()]
        before = scope
    return "\n".join(rows) + "\n"


def scope_name(at: int) -> str:
    """The name of the scope after so many changes of what names stand for."""
    return f"main-{at + 1}" if at else "main"


def _row(name: str, symbol: Guess, names: dict[str, str]) -> str:
    slots = [names[size] for size in symbol.sizes] + ["space"] * symbol.is_vector
    said = {"slots": " ".join(slots), **symbol.said} if slots else {"kind": "quantity", **symbol.said}
    listed = ", ".join(f"{key} = {_quoted(value)}" for key, value in said.items())
    where = (
        "the arguments of others"
        if not symbol.lines
        else ", ".join(f"({number})" for number in symbol.lines[:4]) + (", …" if len(symbol.lines) > 4 else "")
    )
    remarks = "".join(f"; {remark}" for remark in symbol.remarks)
    key = _quoted(printed_key(name), always="'")
    return f'{key} = {{ {listed}, meaning = "TODO" }}  # in {where}{remarks}'


def _quoted(text: str, always: str = "") -> str:
    """A string of TOML: in single quotes, which take a backslash literally, unless there is one of those in it."""
    if "'" in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"'{text}'" if always or "\\" in text or '"' in text else f'"{text}"'


def printed_key(name: str) -> str:
    r"""A name as a person would write it: ``\sigma_1`` for ``\sigma_{1}``."""
    base, mark, sub = name.partition("_{")
    is_one = mark and (len(sub) == 2 or re.match(r"\\[A-Za-z]+\}$", sub))
    return f"{base}_{sub[:-1]}" if is_one else name
