"""arXiv ids: whatever form they come in, they are found whole, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmqa.errors import UsageError
from fmqa.sources.arxiv_ids import ArxivId, asked_id, parse_address, parse_doi, parse_id

ARCHIVES = ["hep-th", "astro-ph", "cs", "math", "q-bio", "cond-mat", "quant-ph"]
versions = st.none() | st.integers(1, 99)


@st.composite
def new_ids(draw: st.DrawFn) -> ArxivId:
    year, month = draw(st.integers(7, 99)), draw(st.integers(1, 12))
    digits = 4 if year < 15 else 5
    number = draw(st.integers(1, 10**digits - 1))
    return ArxivId(f"{year:02}{month:02}.{number:0{digits}}", draw(versions))


@st.composite
def old_ids(draw: st.DrawFn) -> ArxivId:
    year = draw(st.integers(91, 99) | st.integers(0, 7))
    month, number = draw(st.integers(1, 12)), draw(st.integers(1, 999))
    return ArxivId(
        f"{draw(st.sampled_from(ARCHIVES))}/{year:02}{month:02}{number:03}", draw(versions)
    )


ids = new_ids() | old_ids()


@given(ids)
def test_ids_come_back(paper: ArxivId) -> None:
    assert parse_id(str(paper)) == paper
    assert parse_id(f" arXiv: {str(paper).upper()} ") == paper
    assert parse_doi(f"10.48550/arXiv.{paper}") == paper
    assert asked_id(str(paper)) == paper


@given(
    ids,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["", "www.", "export.", "browse."]),
    st.sampled_from(["abs", "pdf", "html", "e-print", "src"]),
    st.sampled_from(["", "/", "?context=cs", "#page=3"]),
)
def test_addresses_come_back(paper: ArxivId, scheme: str, host: str, kind: str, end: str) -> None:
    address = f"{scheme}://{host}arxiv.org/{kind}/{paper}{end}"
    assert parse_address(address) == asked_id(f" {address} ") == paper
    assert parse_address(f"https://arxiv.org/pdf/{paper}.pdf") == paper
    assert parse_address(f"https://doi.org/10.48550/arXiv.{paper}") == paper


@given(st.text(max_size=40))
def test_what_is_taken_for_an_id_is_one(text: str) -> None:
    for found in (parse_id(text), parse_address(text), parse_doi(text)):
        if found is not None:
            assert parse_id(str(found)) == found
            assert "".join(found.bare.split("/")[-1].split(".")).isascii()


@given(ids, st.text(min_size=1, max_size=3))
def test_more_around_an_id_is_no_id(paper: ArxivId, more: str) -> None:
    found = parse_id(f"{paper}{more}")
    assert found is None or str(found) != str(paper) or not more.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2304",
        "2304.123",
        "2304.123456",
        "2313.12345",
        "2300.12345",
        "2304.12306v0",
        "2304.12306v100",
        "2304.12306 v2",
        "2304.12306\n2304.12307",
        "٢٣٠٤.١٢٣٠٦",
        "２３０４.１２３０６",
        "2304.1230٦",
        "2٣04.12306",
        "2304.12306v1٢",
        "23O4.12306",
        "hep-th/9913001",
        "hep-th/990100",
        "../9901001",
        "hep-th\\9901001",
        "2304.12306/../../x",
        "2304.12306\x00",
        "ﬀ-th/9901001",
        "ſc/9901001",
    ],
)
def test_no_ids(text: str) -> None:
    assert parse_id(text) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://arxiv.org.evil.example/abs/2304.12306",
        "https://evil.example/arxiv.org/abs/2304.12306",
        "https://notarxiv.org/abs/2304.12306",
        "ftp://arxiv.org/abs/2304.12306",
        "https://arxiv.org/list/2304.12306",
        "https://arxiv.org/abs/",
        "https://[arxiv.org/abs/2304.12306",
        "//arxiv.org/abs/2304.12306",
        "https://doi.org/10.1000/arxiv.2304.12306",
    ],
)
def test_no_addresses(url: str) -> None:
    assert parse_address(url) is None
    with pytest.raises(UsageError, match="no arXiv id"):
        asked_id(url)


def test_subject_classes_are_left_out() -> None:
    assert parse_id("math.GT/0309136v1") == ArxivId("math/0309136", 1)
    assert parse_id("cond-mat.mes-hall/0309136") in {ArxivId("cond-mat/0309136"), None}
