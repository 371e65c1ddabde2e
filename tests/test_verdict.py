"""How verdicts merge: the truth table, pair by pair."""

from itertools import permutations, product

import pytest

from derive.verdict import SETTLED, VERDICTS, worst

ORDER = ("proved", "definition", "assumption", "proved-to-order", "conditional", "supported", "open", "refuted")


def test_every_verdict_has_its_place() -> None:
    assert VERDICTS == ORDER
    assert set(VERDICTS) - SETTLED == {"open"}


@pytest.mark.parametrize(("one", "other"), list(product(ORDER, repeat=2)))
def test_the_worse_of_two(one: str, other: str) -> None:
    assert worst([one, other]) == ORDER[max(ORDER.index(one), ORDER.index(other))]


def test_order_and_repetition_do_not_matter() -> None:
    for several in permutations(ORDER, 3):
        assert worst([*several, several[0]]) == max(several, key=ORDER.index)


def test_nothing_is_no_pass() -> None:
    assert worst([]) == "open"


@pytest.mark.parametrize("word", ["Proved", "true", "", "unknown"])
def test_a_word_that_is_no_verdict_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=f"'{word}' is no verdict; verdicts: proved, definition"):
        worst(["proved", word])
