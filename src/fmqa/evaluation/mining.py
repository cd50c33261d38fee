"""Questions made of a review's own sentences: which work does it cite there?

A sentence of a paper in the library that cites exactly one work, which is in the library too,
becomes a question with that work as what a right answer cites. The work's own name and its authors
are taken out, so that the question isn't answered by a name. It is the same in each run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fmqa.answering.quotes import is_quotable, speaks_of_the_paper
from fmqa.evaluation.questions import Question
from fmqa.retrieval.expansion import title_lead

if TYPE_CHECKING:
    from fmqa.store.bibliography import CitingSentence
    from fmqa.store.library import Library
    from fmqa.types import PaperMeta, Reference

KIND = "mined"
_BLANK = "[this work]"
_HOLE = "\x00"  # the same, while it is being made
_LEAST_WORDS = 8  # that are left beside the blank; fewer fit many works
_MARK = re.compile(r"\s?\[[^\[\]]*\]")
# "(Ma et al., 2024)", "Ma et al. (2024)", "Ma and Wang (2024)", and "Ma et al." alone.
_NAMED = re.compile(
    r"\s?\((?:see |e\.g\.,? )?[A-Z][^()]{0,60},? (?:19|20)\d\d[a-z]?\)"
    r"|[A-Z][\w’'-]+(?: et al\.?| (?:and|&) [A-Z][\w’'-]+)(?: \((?:19|20)\d\d[a-z]?\))?"
)
# Says of the work no more than that something stands there.
_POINTS = re.compile(
    r"\b(?:described|details?|explanations?|found|given|defined|provided|discussed|same as|see|"
    r"refer|readers?|reviewed?|following|follow)\b[^.]{0,40}$",
    re.IGNORECASE,
)
# What only the sentences around it make clear.
_LEANS = re.compile(
    r"\b(?:we|our|ours|us|I|here|aforementioned|above|below|former|latter|respectively|"
    r"(?:this|these|such|the same|the proposed) (?:model|method|approach|network|paper|work|study|"
    r"result|problem|issue|reason)s?|the (?:authors|paper|study)|(?:fig|figure|table|tab|sec|"
    r"section|eq|equation|appendix)\b\.? ?\(?\d)\b",
    re.IGNORECASE,
)
_STARTS_LEANING = re.compile(
    r"(?:It|Its|They|Their|This|These|Those|That|Such|Both|However|Therefore|Thus|Hence|Moreover|"
    r"Furthermore|Additionally|Also|Instead|Then|But|And|So|Similarly|Likewise|Specifically|"
    r"Conversely|Finally|Another|Other|Others|One|First(?:ly)?|Second(?:ly)?|Meanwhile|Later|"
    r"In (?:this|that|contrast|addition|particular|comparison|another|a (?:different|similar))|"
    r"As a result|By contrast|Similar|The (?:first|second|third|last|other|same)|More|Further|"
    r"For (?:example|instance)|On the other hand|To (?:this|that) end)\b"
)


def mined_questions(library: Library, most: int) -> list[Question]:
    """Up to ``most`` questions, drawn from all that the library's papers give.

    They come in the order of their ids, which are hashes: a larger ``most`` only adds to them.
    """
    titles = {row.meta.paper_id: row.meta for row in library.record.papers()}
    found: dict[str, Question] = {}
    for row in library.record.papers():
        for question in _of_paper(library, row.meta, titles):
            found.setdefault(question.id, question)
    return sorted(found.values(), key=lambda question: question.id)[:most]


def _of_paper(
    library: Library, citing: PaperMeta, titles: dict[str, PaperMeta]
) -> Iterator[Question]:
    references = {one.number: one for one in library.bibliography.references(citing.paper_id)}
    for mention in library.bibliography.mentions(citing.paper_id):
        reference = references.get(mention.numbers[0]) if len(mention.numbers) == 1 else None
        cited = titles.get(reference.arxiv_id or "") if reference else None
        if reference is None or cited is None or cited.paper_id == citing.paper_id:
            continue
        cloze = cloze_of(mention, reference, cited)
        if cloze:
            digest = hashlib.sha256(f"{citing.paper_id} {mention.text}".encode()).hexdigest()
            yield Question(
                id=f"{KIND}-{digest[:12]}",
                question=f"Which work is meant by {_BLANK}: {cloze}",
                type=KIND,
                supporting_ids=(cited.paper_id,),
            )


def cloze_of(mention: CitingSentence, reference: Reference, cited: PaperMeta) -> str:
    """The sentence with a blank for the work that it cites; empty where it can't stand alone.

    It has to be a whole sentence of words that starts with a capital and ends with a stop, leans
    on no other ("we", "it", "Figure 2"), has one place for the work, says more of it than that
    something "is described in" it, and keeps eight words.
    """
    text = " ".join(mention.text.split())
    if (
        not is_quotable(text)
        or not text[0].isupper()
        or text[-1] != "."
        or speaks_of_the_paper(text)
        or _LEANS.search(text)
        or _STARTS_LEANING.match(text)
        or len(_MARK.findall(text)) + len(_NAMED.findall(text)) > 2
    ):
        return ""
    blanked = _blanked(text, reference, cited)
    before, blank, _ = blanked.partition(_BLANK)
    left = re.findall(r"[A-Za-z]{2,}", blanked.replace(_BLANK, " "))
    clear = bool(blank) and blanked.count(_BLANK) == 1 and not _POINTS.search(before)
    return blanked if clear and len(left) >= _LEAST_WORDS else ""


def _blanked(text: str, reference: Reference, cited: PaperMeta) -> str:
    """The text with the work's names and marks as a blank; what stands together is one."""
    text = _NAMED.sub(f" {_HOLE}", text)
    for name in sorted(_names(reference, cited), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _HOLE, text, flags=re.IGNORECASE)
    text = _MARK.sub(f" {_HOLE}", text)
    text = re.sub(rf"{_HOLE}(?:[\s()]*{_HOLE})+", _HOLE, text)
    text = re.sub(r"\s+([.,;:)])", r"\1", " ".join(text.split()))
    return text.replace(_HOLE, _BLANK)


def _names(reference: Reference, cited: PaperMeta) -> set[str]:
    names = {cited.name, title_lead(cited.title), cited.title, reference.title}
    lead = title_lead(reference.title)
    names.add(lead if lead != reference.title else "")
    return {name for name in names if len(name) > 1}
