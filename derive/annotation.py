r"""The annotations of a paper: comment lines ``% key: value`` above a display, or in a block of their own.

A value goes on in the following comment lines that are indented by two or more spaces. Words after `` -- `` are for
people. The keys are those of :data:`KEYS`; the page ``docs/annotations.md`` has an example of each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from derive.errors import EncodingError

KEYS = ("scope", "from", "by", "given", "needs", "read", "so", "corrected", "claim", "same")
_KEY = re.compile(
    r"^%\s?(?P<key>[a-z]+)(?:\s+(?P<name>[A-Za-z0-9+.-]+))?(?:\s+@(?P<place>[^:]*?))?\s*:\s(?P<value>.*)$"
)
_MISWRITTEN = re.compile(rf"^%\s*({'|'.join(KEYS)})\s*:\S")
_MEANT = re.compile(
    rf"^%\s?((?!{'|'.join(KEYS)})(?i:{'|'.join(KEYS)}))\s*:\s|^%\s?(?=from\s+\d[\w.+-]*(,\s*\d[\w.+-]*)*\s*$)(from)"
)
"""A key with a capital letter, and premises without a colon: comments that are meant as annotations."""
_HEADER = ("paper", "title")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key with its value: ``given NAME @PLACE: value -- words``."""

    key: str
    value: str
    words: str
    line: int
    """The line of the file it starts on."""
    name: str | None = None
    place: str | None = None
    file: str = ""
    """The file it stands in: another one where a line is the same as in another paper."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of a list such as that of ``from:``."""
        return tuple(part.strip() for part in self.value.split(",") if part.strip())

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Annotation:
    """All that is said about one line, in the order of the file."""

    entries: tuple[Entry, ...] = ()
    line: int = field(default=0)

    def all(self, key: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.key == key)

    def one(self, key: str) -> Entry | None:
        found = self.all(key)
        return found[-1] if found else None


def parse_comments(lines: list[tuple[int, str]], where: str) -> tuple[Entry, ...]:
    """The entries of a block of comment lines, each with its line number.

    Raises EncodingError for a key that does not exist or an empty value.
    """
    entries: list[Entry] = []
    pending: list[tuple[int, re.Match[str], list[str]]] = []
    for number, text in lines:
        found = _KEY.match(text)
        if found and found["key"] in (*KEYS, *_HEADER):
            pending.append((number, found, [found["value"]]))
        elif missed := _MISWRITTEN.match(text):
            raise EncodingError(f"an annotation is written with one space: % {missed[1]}: …", f"{where}:{number}")
        elif missed := _MEANT.match(text):
            said = f"an annotation is written with a small letter and a colon: % {(missed[1] or missed[3]).lower()}: …"
            raise EncodingError(said, f"{where}:{number}")
        elif pending and re.match(r"^%\s{2,}\S", text):
            pending[-1][2].append(text.lstrip("% ").strip())
        elif found and not found["key"].isdigit() and _looks_like_key(text):
            raise EncodingError(f"unknown key {found['key']!r}; keys: {', '.join(KEYS)}", f"{where}:{number}")
    for number, found, parts in pending:
        value, _, words = " ".join(part.strip() for part in parts).partition(" -- ")
        key = found["key"]
        if key in _HEADER:
            continue
        if not value.strip():
            raise EncodingError(f"{key}: says nothing", f"{where}:{number}")
        if found["place"] is not None and key != "given":
            raise EncodingError(f"only given: names a place with @, not {key}:", f"{where}:{number}")
        if key == "given" and found["place"] is None:
            raise EncodingError("given: must say where the paper states it: given NAME @PLACE: …", f"{where}:{number}")
        if key == "claim" and found["name"] is None:
            raise EncodingError("claim: needs a slug: claim SLUG: …", f"{where}:{number}")
        entries.append(Entry(key, value.strip(), words.strip(), number, found["name"], found["place"], where))
    return tuple(entries)


def check_once(entries: tuple[Entry, ...]) -> None:
    """Raises EncodingError for a key that stands twice above one line and may only stand once."""
    for key in ("from", "by", "corrected", "same", "scope"):
        twice = [entry for entry in entries if entry.key == key]
        if len(twice) > 1:
            raise EncodingError(f"{key}: stands twice above one line", twice[1].where)


def _looks_like_key(text: str) -> bool:
    """A comment such as ``% form: 7`` is a misspelt key; running text with a colon somewhere is not."""
    return bool(re.match(r"^% [a-z]+( [A-Za-z0-9-]+)?( @\S+)?: \S", text))
