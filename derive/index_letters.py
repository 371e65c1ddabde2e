"""Which letters of displayed lines are indices, of how many ranges, and up to which size: a guess."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from derive.occurrences import Occurrence, sums

SIZES = ("N", "M", "K", "L", "n", "m")
"""The sizes of ranges of which no print says the size, in the order in which they are given out."""
_USUAL = frozenset("ijklmn")
"""Letters that are indices of a symbol even where no sum says so, if i or j is among them."""


@dataclass(slots=True)
class Letters:
    """Index letters by the size that they run to, and the letters of sums that are whole numbers."""

    of_size: dict[str, list[str]] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)
    """The letters of sums between limits that are no sizes, with their domain."""

    beside: set[str] = field(default_factory=set)
    """The names that stand without an index too: with one they are something else."""

    def first_of(self, letter: str) -> str:
        """The first letter of its range, to name what has an index in its name."""
        return next(letters[0] for letters in self.of_size.values() if letter in letters)

    def size_of(self, letter: str) -> str | None:
        """The size of the range that a letter counts; None if it is no index."""
        return next((size for size, letters in self.of_size.items() if letter in letters), None)


def letters_of(lines: Iterable[list[str]], names: list[Occurrence]) -> Letters:
    """The index letters of lines, given as tokens, in which these names stand.

    A letter below a sum is one; so is each letter that stands where such a letter does, as the i and k of
    ``z_i``, ``z_k`` where a sum is over the j of ``z_j``. These are letters of one range.
    """
    found = Letters()
    sizes: dict[str, str] = {}
    order: list[str] = []
    for texts in lines:
        for below, above in sums(texts):
            _summed(below, above, found.whole, sizes, order)
    labels = {text for one in names for text in one.sub}
    for letter in [letter for letter, size in sizes.items() if size in labels]:
        del sizes[letter]
        order.remove(letter)
        found.whole[letter] = "positive integer"
    bare = {one.name for one in names if not one.sub}
    groups: dict[str, set[str]] = {letter: {letter} for letter in order}

    def join(letters: list[str]) -> None:
        together = set().union(*(groups.get(letter, {letter}) for letter in letters))
        for letter in together:
            groups[letter] = together

    compound = {text for one in names for text in one.sub if {"+", "-", "|", r"\mid"} & set(one.sub)} - set(order)
    for letters in _places(names):
        fit = [letter for letter in letters if letter in order or letter not in (bare | compound)]
        if any(letter in order for letter in fit) or ({"i", "j"} & set(fit) and set(fit) <= _USUAL):
            join(fit)
    for letter in groups:
        if letter not in order:
            order.append(letter)
    taken = set(sizes.values()) | {one.name for one in names if one.arguments is not None or one.sub}
    free = [size for size in SIZES if size not in taken]
    for letter in order:
        if letter in found.whole and not any(letter in one.sub for one in names):
            continue
        members = groups[letter]
        size = next((sizes[other] for other in order if other in members and other in sizes), None)
        if size is None:
            size = free.pop(0) if free else f"N_{letter}"
            sizes.update(dict.fromkeys(members, size))
        found.of_size.setdefault(size, []).append(letter)
    for letters in found.of_size.values():
        letters.sort()
    for letter in [letter for letter in found.whole if found.size_of(letter) is not None]:
        del found.whole[letter]
    return found


def _summed(below: list[str], above: list[str], whole: dict[str, str], sizes: dict[str, str], order: list[str]) -> None:
    """The letters that one sum runs over: up to an equals sign or a condition, which may name others."""
    size = above[0] if len(above) == 1 and above[0].isalpha() else ""
    if above and below[1:2] == ["="] and (above != [size] or below[2:] != ["1"]):
        whole.setdefault(below[0], ("" if "-" in below[2:] else "nonnegative ") + "integer")
        return
    for text in below:
        if text in ("=", r"\neq", r"\ne", r"\in", "<", ">", r"\leq", r"\geq", r"\sim"):
            break
        if len(text) == 1 and text.isalpha() and text != size:
            if text not in order:
                order.append(text)
            if size:
                sizes.setdefault(text, size)


def _places(names: list[Occurrence]) -> list[list[str]]:
    """The letters that stand at one place of the subscript of one name, in all its occurrences; a delta's are alike."""
    places: dict[tuple[str, int, int], list[str]] = {}
    for one in names:
        sub = [text for text in one.sub if text != ","]
        if not all(_is_letter(text) or text.isdigit() for text in sub):
            continue
        for at, text in enumerate(sub):
            together = places.setdefault((one.name, len(sub), 0 if one.name == r"\delta" else at), [])
            if _is_letter(text) and text not in together:
                together.append(text)
    return list(places.values())


def _is_letter(text: str) -> bool:
    return (len(text) == 1 and text.isalpha() and text.islower()) or text in (r"\alpha", r"\beta", r"\mu", r"\nu")
