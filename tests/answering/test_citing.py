"""Numbers and addresses of citations."""

from __future__ import annotations

from fakes import hit, quote
from fmqa.answering.citing import Numbering, shown_page
from fmqa.answering.quotes import units_of
from fmqa.types import PaperStatus, Source

PDF = "https://arxiv.org/pdf"


def test_a_quote_is_numbered_once() -> None:
    numbering = Numbering(PDF)
    one, two = quote("One.", passage_id=1), quote("Two.", passage_id=2)
    assert numbering.cite(one)[0] is True
    assert numbering.cite(two)[1].number == 2
    assert numbering.cite(one) == (False, numbering.citations[0])
    assert numbering.cite(quote("Two.", passage_id=1, at=10))[1].number == 3
    assert [citation.number for citation in numbering.citations] == [1, 2, 3]


def test_a_pdf_is_linked_at_its_page() -> None:
    made = quote("One.", page=7, version=3, arxiv_id="2304.12306")
    citation = Numbering(PDF + "/").cite(made)[1]
    assert citation.url == "https://arxiv.org/pdf/2304.12306v3#page=7"
    assert (citation.page, citation.version, citation.source) == (7, 3, "pdf")
    old = quote("One.", version=1, arxiv_id="eess.IV/0601001")
    assert Numbering(PDF).cite(old)[1].url.startswith("https://arxiv.org/pdf/eess.IV/0601001v1#")


def test_a_quote_over_two_pages_names_both() -> None:
    found = hit("The data hold over", "one million images.", page=3, at=7)
    [made] = units_of(found)
    citation = Numbering(PDF).cite(made)[1]
    rest = citation.goes_on
    assert rest is not None
    assert (citation.page, citation.quote, citation.start) == (3, "The data hold over", 7)
    assert (rest.page, rest.quote, rest.start, rest.end) == (4, "one million images.", 7, 26)
    assert citation.whole == "The data hold over one million images."
    assert shown_page(citation) == "3–4"
    labelled = rest.model_copy(update={"page_label": "654"})
    told = citation.model_copy(update={"page_label": "653", "goes_on": labelled})
    assert shown_page(told) == "653–654 (3–4 of the file)"
    first = citation.model_copy(update={"page_label": "iii"})
    assert shown_page(first) == "iii–4 (3–4 of the file)"


def test_a_note_is_linked_at_its_papers_abstract() -> None:
    made = quote("One.", version=0, arxiv_id="2304.12306", source=Source.NOTE)
    citation = Numbering(PDF).cite(made)[1]
    assert citation.url == "https://arxiv.org/abs/2304.12306"
    assert (citation.version, citation.source) == (None, "note")


def test_a_file_of_the_users_own_has_no_address() -> None:
    made = quote("One.", paper_id="local:0123456789abcdef", status=PaperStatus.WITHDRAWN)
    citation = Numbering(PDF).cite(made)[1]
    assert (citation.url, citation.arxiv_id, citation.status) == ("", None, "withdrawn")
