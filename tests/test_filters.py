"""Filters as text: what is written is read back equal, and what can't be meant is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.errors import UsageError
from fmqa.filters import filters_of, make_filters, query_of
from fmqa.types import Filters, PaperStatus, Source

YEARS = st.tuples(st.none() | st.integers(1900, 2100), st.none() | st.integers(1900, 2100)).filter(
    lambda years: None in years or years[0] <= years[1]
)
VALUES = st.lists(st.text(max_size=20), max_size=4).map(tuple)


def filters() -> st.SearchStrategy[Filters]:
    return st.builds(
        Filters,
        years=YEARS,
        papers=VALUES.filter(lambda papers: not any("v" in paper for paper in papers)),
        kinds=VALUES,
        modalities=VALUES,
        tasks=VALUES,
        sources=st.lists(st.sampled_from(Source)).map(tuple),
        statuses=st.lists(st.sampled_from([PaperStatus.CURRENT, PaperStatus.WITHDRAWN])).map(tuple),
    )


@given(filters())
def test_what_is_written_is_read_back(made: Filters) -> None:
    query = query_of(made)
    assert filters_of(query) == made
    assert query.isascii()
    assert bool(query) == bool(made)
    assert filters_of(f"?{query}&__theme=dark&tab=ask", beside_others=True) == made


@given(st.text(alphabet="abyearkindmodality=&-%0123456789+?; ", max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        made = filters_of(text)
    except UsageError as error:
        assert error.hint
    else:
        assert filters_of(query_of(made)) == made


def test_the_form() -> None:
    made = Filters(
        years=(2023, None),
        kinds=("adaptation",),
        modalities=("MRI", "CT", "CT", " "),
        tasks=("visual question  answering",),
        papers=("topic:compute",),
    )
    assert query_of(made) == (
        "year=2023-&kind=adaptation&modality=CT&modality=MRI"
        "&task=visual%20question%20answering&paper=topic:compute"
    )
    assert filters_of("modality=MRI&modality=CT") == filters_of("modality=CT&modality=MRI&kind=")
    assert query_of(Filters()) == ""
    assert not filters_of("")
    assert filters_of("task=visual+question+answering").tasks == ("visual question answering",)
    assert filters_of("paper=2304.12306v3").papers == ("2304.12306",)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("year=soon", "'soon' is no year"),
        ("year=2024-2020", "is no year"),
        ("year=2020&year=2021", "Several spans of years"),
        ("colour=red", "'colour' is no filter"),
        ("source=web", "'web' is no source"),
        ("status=superseded", "is no status"),
        ("kind=" + "x" * 9000, "characters long"),
    ],
)
def test_what_is_refused(query: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        filters_of(query)
    assert caught.value.hint


def test_other_names_of_an_address_are_left_alone() -> None:
    assert filters_of("?__theme=dark&kind=dataset", beside_others=True).kinds == ("dataset",)
    with pytest.raises(UsageError):
        filters_of("?__theme=dark&year=x", beside_others=True)


def test_made_of_lists() -> None:
    assert make_filters(year=["2023"], source=["PDF"], kind=[]) == Filters(
        years=(2023, 2023), sources=(Source.PDF,)
    )


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2023", (2023, 2023)),
        ("2021-2023", (2021, 2023)),
        ("2023-", (2023, None)),
        ("-2020", (None, 2020)),
        (" 2021 - 2023 ", (2021, 2023)),
        (None, (None, None)),
    ],
)
def test_years(text: str | None, years: tuple[int | None, int | None]) -> None:
    assert make_filters(year=text).years == years


@pytest.mark.parametrize("text", ["20212023", "2021 2023", "23", "2023-2021", "-", "2023-20", "x"])
def test_what_is_no_year(text: str) -> None:
    with pytest.raises(UsageError):
        make_filters(year=text)


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("2304.12306v3", "2304.12306"),
        ("arXiv:2304.12306", "2304.12306"),
        ("eess.IV/0601001v2", "eess.IV/0601001"),
        ("DINOv2", "DINOv2"),
        ("SAM-Med3Dv2", "SAM-Med3Dv2"),
        ("topic:compute", "topic:compute"),
    ],
)
def test_papers_by_id_or_name(text: str, paper: str) -> None:
    assert make_filters(paper=[text]).papers == (paper,)
