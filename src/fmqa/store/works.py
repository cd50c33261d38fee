"""Which papers are one work: a preprint and its article, a paper and its supplement or a note.

Two papers are one work when their titles are the same and their authors don't say otherwise. Where
the titles are only alike, or one paper's authors aren't known, the files' sentences decide, since
one group may well write two papers of like titles.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from fmqa.store.engine import Connection, RecordRow
from fmqa.store.version_store import title_key
from fmqa.types import Document, PaperMeta, Source

_SUPPLEMENT = re.compile(
    r"^\W*(?:(?:electronic|online) )?supplement(?:ary|al)?\b(?: (?:materials?|information|appendix|"
    r"data|file|text))?(?: (?:for|to|of))?\W+|"
    r"\W+(?:(?:electronic|online) )?(?:supplement(?:ary|al)?\b(?: (?:materials?|information|"
    r"appendix|data|file|text))?|supporting information|appendix)\W*$|"
    r"^\W*supporting information(?: (?:for|to|of))?\W+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+")
_LIKE_TITLE = 0.5  # of the words of both
_OWN_AUTHORS = 0.5  # of the fewer
_SENTENCE = re.compile(r"[^.!?。！？]{60,}")
_SENTENCES = 60  # that are looked up
_SAME_TEXT = 0.3  # of them; papers of one group share fewer


def with_work(db: Connection, document: Document) -> Document:
    """The document with the work that it is of, where another paper leads that."""
    return replace(document, meta=replace(document.meta, work=_lead(db, document)))


def _lead(db: Connection, document: Document) -> str:
    """The id of the paper that leads the document's work; empty where it does so itself."""
    own = document.meta
    for row in db.execute(
        "SELECT paper_id, work, title, authors, kind FROM papers WHERE paper_id != ?",
        (own.paper_id,),
    ).fetchall():
        if _is_same(db, document, row):
            lead = row["work"] or row["paper_id"]
            return "" if lead == own.paper_id else str(lead)
    return ""


def _is_same(db: Connection, document: Document, row: RecordRow) -> bool:
    own = document.meta
    if "topic" in (own.kind, row["kind"]):
        return False
    same = _same_title(own.title, row["title"])
    if not same and not _like_title(own.title, row["title"]):
        return False
    supplement = _is_supplement(own.title) != _is_supplement(row["title"])
    agree = _authors_agree(own.authors, json.loads(row["authors"]))
    if same and (agree or (agree is None and supplement)):
        return True
    return bool(agree is not False and (same or agree) and _same_text(db, document, row))


def _same_title(one: str, other: str) -> bool:
    key = _title(one)[0]
    return bool(key) and key == _title(other)[0]


def _like_title(one: str, other: str) -> bool:
    (_, words, lead), (_, others, lead_too) = _title(one), _title(other)
    common = len(words & others)
    return bool(lead and lead == lead_too) or common > _LIKE_TITLE * len(words | others)


@lru_cache(4096)
def _title(title: str) -> tuple[str, frozenset[str], str]:
    """A title's key, its words, and what stands before its colon."""
    plain = _SUPPLEMENT.sub("", title).casefold()
    lead, colon, _ = plain.partition(":")
    return title_key(plain), frozenset(_WORD.findall(plain)), lead.strip() if colon else ""


def _is_supplement(title: str) -> bool:
    return _SUPPLEMENT.search(title) is not None


def _authors_agree(one: Iterable[str], other: Iterable[str]) -> bool | None:
    """Whether half of the fewer authors are the other's too; None where either has none."""
    names, others = set(_surnames(one)), set(_surnames(other))
    if not names or not others:
        return None
    return len(names & others) >= _OWN_AUTHORS * min(len(names), len(others))


def _surnames(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        last, comma, _ = name.partition(",")
        words = _WORD.findall((last if comma else name).casefold())
        if words:
            yield words[-1]


def _same_text(db: Connection, document: Document, row: RecordRow) -> bool:
    """Whether enough of the document's sentences stand in the other paper's own pages."""
    if document.source is not Source.PDF:
        return False
    sentences = _sentences(" ".join(passage.text for passage in document.passages))
    pages = db.execute(
        """SELECT text FROM pages JOIN versions ON versions.id = version_id AND active
           WHERE paper_id = ? AND source = ? ORDER BY number""",
        (row["paper_id"], Source.PDF.value),
    ).fetchall()
    there = "".join(_WORD.findall(" ".join(page["text"] for page in pages).casefold()))
    if not sentences or not there:
        return False
    return sum(one in there for one in sentences) >= _SAME_TEXT * len(sentences)


def _sentences(text: str) -> list[str]:
    """Some of a text's sentences, of all its parts, each once, as letters and digits."""
    found = dict.fromkeys("".join(_WORD.findall(s.casefold())) for s in _SENTENCE.findall(text))
    return list(found)[:: max(1, len(found) // _SENTENCES)]


def one_of_each_work(papers: Iterable[PaperMeta]) -> list[PaperMeta]:
    """The papers with one for each work: what arXiv dates, else the earliest."""
    leads: dict[str, PaperMeta] = {}
    for paper in papers:
        key = paper.work or paper.paper_id
        leads[key] = min(leads.get(key, paper), paper, key=_standing)
    return list(leads.values())


def _standing(paper: PaperMeta) -> tuple[bool, int, str]:
    return not paper.arxiv_id, paper.year or 9999, paper.paper_id
