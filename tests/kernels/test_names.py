"""Names: legible, legal, and never taken twice."""

from __future__ import annotations

import keyword

from hypothesis import given
from hypothesis import strategies as st

from derive.kernels.names import RESERVED, Names, identifier


@given(st.text())
def test_any_text_becomes_an_identifier(text):
    name = identifier(text)
    assert name.isidentifier()
    assert name.isascii()
    assert not keyword.iskeyword(name)
    assert not name.startswith("_")


def test_two_symbols_never_share_a_name():
    names = Names()
    found = [names.of("symbol", text) for text in ("K", r"\mathbf{K}", r"\mathcal{K}", "np")]
    assert found == ["K", "K_2", "K_3", "np_2"]
    assert names.of("symbol", r"\mathbf{K}") == "K_2"
    assert not RESERVED & set(found)


def test_what_modules_and_headers_use_is_no_symbol():
    """A function called max would stand before the one that the module calls; M_E is a number in math.h."""
    names = Names()
    given = (r"\text{max}", r"\text{len}", r"\text{print}", "M_E", r"M_\pi", r"\text{expf}")
    assert [names.of("symbol", text) for text in given] == ["max_2", "len_2", "print_2", "M_E_2", "M_pi", "expf_2"]
