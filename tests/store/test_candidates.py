"""Which passages are scored by words: those whose phrases weigh enough together."""

from __future__ import annotations

import math
import re
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from fmqa.store.postgres.full_text import Phrase, candidates_query

PASSAGES = 1_000_000
SHARES = st.lists(
    st.floats(1e-6, 0.9).map(lambda share: max(1, int(share * PASSAGES))), min_size=1, max_size=14
)


def asked_for(counts: list[int]) -> list[Phrase]:
    weights = (max(math.log((PASSAGES - n + 0.5) / (n + 0.5)), 1e-6) for n in counts)
    found = [
        Phrase(f"'w{place}'", held, weight)
        for place, (held, weight) in enumerate(zip(counts, weights, strict=True))
    ]
    return sorted(found, key=lambda one: one.held)


def passes(query: str, words: set[str]) -> bool:
    """Whether PostgreSQL would find a passage of these words."""
    told = re.sub(r"'(w\d+)'", lambda found: str(found[1] in words), query)
    return bool(eval(told.replace("&", " and ").replace("|", " or ")))


def every_combination(asked: list[Phrase]) -> list[tuple[Phrase, ...]]:
    return [some for count in range(len(asked) + 1) for some in combinations(asked, count)]


@given(counts=SHARES)
def test_what_weighs_more_is_chosen_too(counts: list[int]) -> None:
    asked = asked_for(counts)
    query = candidates_query(asked, PASSAGES)
    words = {one for one in asked if one.query in query}
    told = every_combination(sorted(words)[:8])
    weight = {some: sum(one.weight for one in some) for some in told}
    found = {some for some in told if passes(query, {one.query.strip("'") for one in some})}
    assert not passes(query, set())
    assert passes(query, {one.query.strip("'") for one in words})
    passed_over = [weight[some] for some in told if some not in found]
    assert all(weight[some] > max(passed_over) - 1e-6 for some in found)


@given(counts=SHARES)
def test_no_more_are_expected_than_can_be_scored(counts: list[int]) -> None:
    asked = asked_for(counts)
    query = candidates_query(asked, PASSAGES)
    words = [one for one in asked if one.query in query]
    expected = 0.0
    for some in every_combination(words):
        if passes(query, {one.query.strip("'") for one in some}):
            parts = (
                one.held / PASSAGES if one in some else 1 - one.held / PASSAGES for one in words
            )
            expected += PASSAGES * math.prod(parts)
    # More only where even those that hold all of them are more, or where words weigh the same.
    whole = PASSAGES * math.prod(one.held / PASSAGES for one in asked[:10])
    same = len({one.weight for one in words}) < len(words)
    assert expected <= 1_500 + 1 or expected <= whole * (1 + 1e-9) or same


def test_few_passages_are_all_scored() -> None:
    assert candidates_query(asked_for([700, 300, 500]), PASSAGES) == "('w1') | ('w2') | ('w0')"
    assert candidates_query(asked_for([900, 900]), 1_000) == "('w0') | ('w1')"


def test_several_frequent_words_make_up_for_a_rare_one() -> None:
    query = candidates_query(asked_for([400, 20_000, 30_000, 400_000]), PASSAGES)
    assert passes(query, {"w0"})
    assert passes(query, {"w1", "w2"})
    assert not passes(query, {"w1", "w3"})
