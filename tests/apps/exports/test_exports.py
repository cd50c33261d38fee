"""What is taken away, read back by those who would: bibtexparser, rispy, the CSL schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import bibtexparser
import jsonschema
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text

from fmqa.answering.schema import Answer, Citation, NextPage, Sentence
from fmqa.apps.cited_works import parse_name, works
from fmqa.apps.exports import ExportForm, export
from fmqa.store.item_store import StoredItem
from fmqa.survey.escaping import escape_markdown, plain
from fmqa.types import ArxivRecord

SCHEMA = json.loads((Path(__file__).parent / "csl-data.json").read_text(encoding="utf-8"))
NASTY = [
    "Segment Anything in Medical Images",
    r"100% of {unbalanced { braces & $x^2$ \write18{rm} ~tilde_ #1",
    "} @article{evil, title={x}} @comment{",
    "<img src=x onerror=alert(1)> [a](javascript:alert(1)) `c` **b** | \\",
    "TY  - JOUR\nER  - \nTI  - another",
    "面向医学图像的基础模型：综述 — œuvre ﬁne “quotes” 'single' \"double\"",
    "\x00\x07 control \u2028 and \ud800 surrogate",
    "1. A list - or not",
    "# heading? > quote? - item + item",
]
TEXT = st.text(min_size=1).filter(lambda text: bool(plain(text)))


def citation(number: int = 1, **changes: Any) -> Citation:
    values: dict[str, Any] = {
        "number": number,
        "paper_id": "2304.12306",
        "arxiv_id": "2304.12306",
        "version": 3,
        "title": "Segment Anything in Medical Images",
        "authors": ("Jun Ma", "Laurens van der Maaten", "OpenAI"),
        "year": 2023,
        "page": 4,
        "section": "Results",
        "quote": f"MedSAM was trained on {number} pairs, 5% & more.",
        "start": 0,
        "end": 5,
        "url": "https://arxiv.org/pdf/2304.12306v3#page=4",
        "source": "pdf",
        "status": "current",
    }
    return Citation(**(values | changes))


def answer(*citations: Citation, question: str = "How?", **changes: Any) -> Answer:
    sentences = tuple(
        Sentence(text=f"It is number {c.number}.", citations=(c.number,), verdict="supported")
        for c in citations
    )
    values: dict[str, Any] = {
        "question": question,
        "status": "answered",
        "answer": " ".join(sentence.text for sentence in sentences),
        "sentences": sentences,
        "citations": citations,
        "model": "none",
    }
    return Answer(**(values | changes))


RECORD = ArxivRecord(
    "2304.12306",
    3,
    "Segment Anything in Medical Images",
    published="2023-04-24T17:56:12+00:00",
    categories=("eess.IV", "cs.CV"),
    doi="10.1038/s41467-024-44824-z",
)
FACTS = {"2304.12306": RECORD}


def read_bibtex(text: str) -> list[dict[str, str]]:
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    return [
        {field.key: field.value for field in entry.fields}
        | {"ENTRYTYPE": entry.entry_type, "ID": entry.key}
        for entry in library.entries
    ]


def decoded(latex: str) -> str:
    """What TeX would print; pylatexenc doesn't know these five."""
    kept = {"braceleft": "{", "braceright": "}", "less": "<", "greater": ">", "bar": "|"}
    marks = {name: chr(0xE000 + at) for at, name in enumerate(kept)}
    for name, mark in marks.items():
        latex = latex.replace(f"{{\\text{name}}}", mark)
    text = LatexNodes2Text(math_mode="verbatim").latex_to_text(latex)
    for name, mark in marks.items():
        text = text.replace(mark, kept[name])
    return plain(text)


def spelled(text: str) -> str:
    """The text without its spaces and without what TeX makes of quotes and dashes."""
    same = {"“": '"', "”": '"', "‘": "'", "’": "'", "ﬁ": "fi", "—": "-", "ˆ": "^", " ": ""}
    return text.translate(str.maketrans(same))


def test_bibtex_of_a_paper_that_is_known_well() -> None:
    said = answer(citation(1), citation(2, page=7, section=""))
    (entry,) = read_bibtex(export([said], ExportForm.BIBTEX, FACTS))
    assert entry["ENTRYTYPE"] == "misc"
    assert entry["ID"] == "ma2023-2304.12306"
    assert entry["author"] == "Ma, Jun and van der Maaten, Laurens and {OpenAI}"
    assert entry["year"] == "2023"
    assert entry["eprint"] == "2304.12306v3"
    assert entry["archivePrefix"] == "arXiv"
    assert entry["primaryClass"] == "eess.IV"
    assert entry["doi"] == "10.1038/s41467-024-44824-z"
    assert entry["url"] == "https://arxiv.org/abs/2304.12306v3"
    assert "v3, p. 4 (Results): “MedSAM was trained on 1 pairs, 5\\% \\& more.”" in entry["annote"]
    assert "v3, p. 7: “MedSAM was trained on 2 pairs" in entry["annote"]
    assert "month = apr" in export([said], ExportForm.BIBTEX, FACTS)


def test_capitals_are_protected() -> None:
    text = export([answer(citation(title="MedSAM: a SAM for CT of the Brain"))], ExportForm.BIBTEX)
    assert "title = {{MedSAM:} a {SAM} for {CT} of the Brain}" in text


@pytest.mark.parametrize("title", NASTY)
def test_nasty_titles(title: str) -> None:
    check_round_trip(title, "Jun Ma", "quote & 5%")


@given(TEXT, TEXT, TEXT)
def test_any_text_comes_back(title: str, author: str, quote: str) -> None:
    check_round_trip(title, author, quote)


def check_round_trip(title: str, author: str, quote: str) -> None:
    other = citation(2, paper_id="local:ab12", arxiv_id=None, version=1, url="")
    said = answer(citation(1, title=title, authors=(author,), quote=quote), other)
    entries = read_bibtex(export([said], ExportForm.BIBTEX, FACTS))
    assert len(entries) == 2
    assert re.fullmatch(r"[A-Za-z0-9._-]+", entries[0]["ID"])
    references = rispy.loads(export([said], ExportForm.RIS, FACTS))
    assert len(references) == 2
    items = json.loads(export([said], ExportForm.CSL, FACTS))
    jsonschema.validate(items, SCHEMA)
    assert items[0].get("title", "") == plain(title)
    assert f"“{plain(quote)}”" in items[0]["note"]
    if plain(title):
        assert references[0]["title"] == plain(title)
    assert f"“{plain(quote)}”" in references[0]["notes"][0]
    json_bytes = export([said], ExportForm.CSL).encode()  # no half of a surrogate is left
    assert json_bytes


@pytest.mark.parametrize("title", NASTY)
def test_what_tex_prints_is_the_title(title: str) -> None:
    (entry,) = read_bibtex(export([answer(citation(title=title))], ExportForm.BIBTEX))
    assert spelled(decoded(entry["title"])) == spelled(plain(title))


@given(st.text())
def test_braces_always_balance(title: str) -> None:
    text = export([answer(citation(title=title, quote=title))], ExportForm.BIBTEX)
    depth = 0
    for mark in text:
        depth += {"{": 1, "}": -1}.get(mark, 0)
        assert depth >= 0
    assert depth == 0


def test_ris() -> None:
    said = answer(citation(1), citation(2, page=7))
    text = export([said], ExportForm.RIS, FACTS)
    assert text.startswith("TY  - UNPB\n")
    (reference,) = rispy.loads(text)
    assert reference["authors"] == ["Ma, Jun", "van der Maaten, Laurens", "OpenAI"]
    assert reference["year"] == "2023"
    assert reference["date"] == "2023/04/24"
    assert reference["doi"] == "10.1038/s41467-024-44824-z"
    assert reference["accession_number"] == "arXiv:2304.12306v3"
    assert [note.split(" (")[0] for note in reference["notes"]] == ["v3, p. 4", "v3, p. 7"]


def test_a_quote_over_two_pages_is_whole_and_names_both() -> None:
    rest = NextPage(page=5, quote="of eleven kinds.", start=0, end=16)
    said = answer(citation(1, quote="MedSAM saw images", goes_on=rest))
    whole = "“MedSAM saw images of eleven kinds.”"
    (item,) = json.loads(export([said], ExportForm.CSL, FACTS))
    assert item["locator"] == "4, 5"
    assert "pp. 4–5" in item["note"]
    assert whole in item["note"]
    for form in ExportForm:
        text = " ".join(export([said], form, FACTS).split())
        assert "eleven kinds" in text
    assert f"> {whole}" in export([said], ExportForm.MARKDOWN, FACTS)


def test_csl() -> None:
    said = answer(citation(1), citation(2, page=12), citation(3, page=7))
    (item,) = json.loads(export([said], ExportForm.CSL, FACTS))
    assert item["locator"] == "4, 7, 12"
    printed = answer(citation(1, page_label="653"))
    (item,) = json.loads(export([printed], ExportForm.CSL, FACTS))
    assert item["locator"] == "653"
    assert "p. 653 (4 of the file)" in item["note"]
    assert item["issued"] == {"date-parts": [[2023, 4, 24]]}
    assert item["author"][1] == {
        "family": "Maaten",
        "given": "Laurens",
        "non-dropping-particle": "van der",
    }
    assert item["author"][2] == {"literal": "OpenAI"}
    assert item["version"] == "3"
    assert item["type"] == "article"


def test_a_date_of_another_year_is_not_taken() -> None:
    (work,) = works([answer(citation(year=2024))], FACTS)
    assert work.date == (2024,)


def test_a_notes_page_is_not_the_papers() -> None:
    said = answer(citation(source="note", page=1, section=""))
    (item,) = json.loads(export([said], ExportForm.CSL))
    assert "locator" not in item
    assert "our note" in item["note"]
    for form in ExportForm:
        text = export([said], form)
        assert "p. 1" not in text
        assert "our note, not the paper's words" in text


def test_a_conversation_has_one_entry_a_paper() -> None:
    first = answer(citation(1, version=2, status="superseded"), question="One?")
    second = answer(citation(1), citation(2, paper_id="2309.00001", arxiv_id="2309.00001"))
    (one, other) = json.loads(export([first, second], ExportForm.CSL))
    assert one["version"] == "3"
    assert "v2, p. 4" in one["note"]
    assert "v3, p. 4" in one["note"]
    assert "superseded" in one["note"]
    assert other["id"] == "ma2023-2309.00001"
    assert len(rispy.loads(export([first, second], ExportForm.RIS))) == 2


def test_keys_are_stable_and_unique() -> None:
    alone = works([answer(citation())])[0].key
    several = works(
        [
            answer(
                citation(1, paper_id="2309.00001", arxiv_id="2309.00001"),
                citation(2),
                citation(3, paper_id="topic:über", arxiv_id=None, authors=()),
                citation(4, paper_id="topic:uber", arxiv_id=None, authors=()),
                citation(5, paper_id="cs/0112017", arxiv_id="cs/0112017", authors=("Ünal Öz",)),
            )
        ]
    )
    assert alone in {work.key for work in several}
    assert len({work.key for work in several}) == 5
    assert several[-1].key == "oz2023-cs-0112017"


def test_an_abstention_cites_nothing() -> None:
    said = answer(status="abstained", answer="The papers don't answer this.")
    assert export([said], ExportForm.BIBTEX) == ""
    assert export([said], ExportForm.RIS) == ""
    assert json.loads(export([said], ExportForm.CSL)) == []
    assert "The papers don't answer this." in export([said], ExportForm.MARKDOWN)


def test_markdown() -> None:
    withdrawn = citation(2, status="withdrawn", title="<b>A</b> *title*", authors=(), year=None)
    text = export([answer(citation(1), withdrawn, question="What of <it>?")], ExportForm.MARKDOWN)
    assert text.startswith("# What of \\<it\\>?\n")
    assert "It is number 1 [1]. It is number 2 [2]." in text
    assert (
        "**[1]** Ma, van der Maaten, OpenAI, 2023. *Segment Anything in Medical Images*. "
        "[arXiv:2304.12306v3, p. 4 (Results)](<https://arxiv.org/pdf/2304.12306v3#page=4>)." in text
    )
    assert "> “MedSAM was trained on 1 pairs, 5% \\& more.”" in text
    assert "**Withdrawn.**" in text
    assert "<b>" not in text


def test_a_conversation_in_markdown() -> None:
    text = export(
        [answer(citation(), question="One?"), answer(citation())], ExportForm.MARKDOWN, {}, "Mine"
    )
    assert text.startswith("# Mine\n\n## One?\n")
    assert "## How?" in text
    assert text.count("### Sources") == 2


@given(st.text())
def test_markdown_shows_text_as_text(text: str) -> None:
    import html

    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark").render(f"x{escape_markdown(text)}")
    assert re.fullmatch(r"<p>[^<>]*</p>\n", made)
    assert html.unescape(made[3:-5]) == f"x{plain(text)}".strip()


@pytest.mark.parametrize(
    ("printed", "ordered"),
    [
        ("Jun Ma", "Ma, Jun"),
        ("Ludwig van Beethoven", "van Beethoven, Ludwig"),
        ("Maaten, Laurens", "Maaten, Laurens"),
        ("van der Maaten, Laurens", "van der Maaten, Laurens"),
        ("Richard J. Chen Jr.", "Chen, Jr., Richard J."),
        ("OpenAI", "OpenAI"),
        ("The MICCAI Challenge Consortium", "The MICCAI Challenge Consortium"),
        ("张三", "张三"),
        ("Hugo W. L. Aerts", "Aerts, Hugo W. L."),
        ("de Souza", "Souza, de"),
    ],
)
def test_names(printed: str, ordered: str) -> None:
    assert parse_name(printed).sorted_form == ordered


def item(paper_id: str, citekey: str, origin: str = "zotero:") -> StoredItem:
    return StoredItem(
        origin, "MEDSAM01", citekey, "T", (), 2024, "10.1000/own", "", "PDF00001", "/a.pdf", "a",
        paper_id,
    )  # fmt: skip


def test_a_paper_of_zotero_has_its_key_there_and_leads_back() -> None:
    said = answer(citation(), citation(2, paper_id="local:1", arxiv_id=None, url="", page=7))
    items = {"2304.12306": item("2304.12306", "maOwn{Key}2024"), "local:1": item("local:1", "wu1")}
    link, page = (
        "zotero://select/library/items/MEDSAM01",
        "zotero://open-pdf/library/items/PDF00001",
    )
    first, second = read_bibtex(export([said], ExportForm.BIBTEX, FACTS, items=items))
    assert (first["ID"], second["ID"]) == ("maOwnKey2024", "wu1")
    assert (first["doi"], second["doi"]) == (RECORD.doi, "10.1000/own")
    assert link in first["annote"]
    assert f"{page}?page=7" in second["annote"]
    csl = json.loads(export([said], ExportForm.CSL, FACTS, items=items))
    jsonschema.validate(csl, SCHEMA)
    assert [one["id"] for one in csl] == ["maOwnKey2024", "wu1"]
    assert csl[0]["custom"] == {"zotero": link}
    assert [one["id"] for one in rispy.loads(export([said], ExportForm.RIS, items=items))] == [
        "maOwnKey2024", "wu1"
    ]  # fmt: skip
    assert f"[in Zotero](<{page}?page=7>)" in export([said], ExportForm.MARKDOWN, items=items)


@pytest.mark.parametrize("origin", ["zotero:4711/", "zotero-data:4711/COLLECT1@/home/a@b/Zotero"])
def test_a_paper_of_a_zotero_group_leads_back_to_the_group(origin: str) -> None:
    said = answer(citation(1, paper_id="local:1", arxiv_id=None, url="", page=7))
    items = {"local:1": item("local:1", "wu1", origin)}
    (entry,) = read_bibtex(export([said], ExportForm.BIBTEX, FACTS, items=items))
    assert "zotero://select/groups/4711/items/MEDSAM01" in entry["annote"]
    assert "zotero://open-pdf/groups/4711/items/PDF00001?page=7" in entry["annote"]


def test_keys_of_two_bibliographies_do_not_meet() -> None:
    said = answer(citation(), citation(2, paper_id="local:1", arxiv_id=None))
    items = {one: item(one, "same", "/refs.bib") for one in ("2304.12306", "local:1")}
    text = export([said], ExportForm.BIBTEX, items=items)
    assert "zotero" not in text
    keys = [entry["ID"] for entry in read_bibtex(text)]
    assert keys[0] == "same"
    assert len(set(keys)) == 2
