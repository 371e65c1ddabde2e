"""Annotations: the ten keys, how they go on, and what is refused."""

import pytest

from derive.annotation import KEYS, Entry, check_once, parse_comments
from derive.errors import EncodingError


def parse(*lines: str) -> tuple[Entry, ...]:
    return parse_comments([(number, line) for number, line in enumerate(lines, 1)], "paper.tex")


def test_there_are_ten_keys() -> None:
    assert len(KEYS) == 10


def test_key_value_words() -> None:
    (entry,) = parse("% by: order 1 in s -- a Neumann series")
    assert (entry.key, entry.value, entry.words, entry.line) == ("by", "order 1 in s", "a Neumann series", 1)


def test_a_value_goes_on_in_indented_lines() -> None:
    (entry,) = parse("% corrected: a", "%   + b -- because", "%   of c")
    assert (entry.value, entry.words) == ("a + b", "because of c")


def test_names_and_places() -> None:
    named, read, claim = parse("% given momentum @(59): p = m v", "% read slip: a as b", "% claim some-slug: a = b")
    assert (named.name, named.place, named.value) == ("momentum", "(59)", "p = m v")
    assert (read.name, read.value) == ("slip", "a as b")
    assert claim.name == "some-slug"


def test_a_formula_may_have_colons_and_dashes() -> None:
    (entry,) = parse(r"% so: \mathbf{x}_{1:N} - \mathbf{y}_{1:N} = \mathbf{0}")
    assert entry.value == r"\mathbf{x}_{1:N} - \mathbf{y}_{1:N} = \mathbf{0}"


def test_running_text_is_passed_over() -> None:
    assert parse("% This is a remark: it says nothing.", "%", "% --- (59) ---", "% 2.3: what follows") == ()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("% form: 7",), r"paper\.tex:1: unknown key 'form'; keys: scope, from, by, given"),
        (("% by:  ",), r"paper\.tex:1: by: says nothing"),
        (("% by @(3): exact",), r"paper\.tex:1: only given: names a place with @, not by:"),
        (("% given p: a = b",), r"paper\.tex:1: given: must say where the paper states it"),
        (("% claim: a = b",), r"paper\.tex:1: claim: needs a slug: claim SLUG: …"),
    ],
)
def test_what_is_refused(lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(EncodingError, match=message):
        parse(*lines)


@pytest.mark.parametrize("key", ["from", "by", "corrected", "same", "scope"])
def test_what_may_be_said_only_once(key: str) -> None:
    entries = parse(f"% {key}: one", f"% {key}: two")
    with pytest.raises(EncodingError, match=rf"paper\.tex:2: {key}: stands twice above one line"):
        check_once(entries)


@pytest.mark.parametrize("key", ["read", "so", "needs", "given"])
def test_what_may_be_said_more_than_once(key: str) -> None:
    head = "given {} @(1)" if key == "given" else key
    entries = parse(f"% {head.format('one')}: a = b", f"% {head.format('two')}: c = d")
    assert len(entries) == 2
    check_once(entries)
