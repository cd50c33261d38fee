"""Answers in forms that others read, and conversations as they were kept.

BibTeX is in UTF-8, as arXiv writes its own entries: ``@misc`` with an ``eprint``. CSL-JSON follows
the schema csl-data.json of CSL 1.0.2, which Zotero and pandoc read; preprints are of type
``article``. RIS is written by rispy: unpublished works of arXiv. The quotes stand in ``annote``
(which Zotero imports as a note and no style prints), in ``note`` and in notes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from fmqa.answering.assistant import exchange
from fmqa.answering.conversation import Exchange
from fmqa.answering.schema import Answer, Citation
from fmqa.answering.underway import laid_out, marked
from fmqa.apps.cited_works import Facts, Items, Name, Work, locator, parse_name, works, zotero_page
from fmqa.errors import UsageError
from fmqa.store.history import Sessions, StoredExchange
from fmqa.survey.escaping import escape_markdown, escape_tex, plain

if TYPE_CHECKING:
    from fmqa.store.library import Library


class ExportForm(StrEnum):
    """What an export is written as."""

    MARKDOWN = "markdown"
    BIBTEX = "bibtex"
    RIS = "ris"
    CSL = "csl"

    @property
    def ending(self) -> str:
        """How the name of such a file ends, without the dot."""
        return {"markdown": "md", "bibtex": "bib", "ris": "ris", "csl": "json"}[self.value]


def export(
    answers: Sequence[Answer],
    form: ExportForm,
    facts: Facts | None = None,
    title: str = "",
    items: Items | None = None,
) -> str:
    """One answer or a conversation.

    Bibliographies have one entry a paper, with all quotes that were taken from it.

    Args:
        answers: in the order in which they were given.
        form: what to write.
        facts: what arXiv says of the papers, for DOIs and days.
        title: of the conversation; used by Markdown.
        items: the papers in the user's reference manager, for keys and links.
    """
    match form:
        case ExportForm.MARKDOWN:
            return as_markdown(answers, title, items)
        case ExportForm.BIBTEX:
            return as_bibtex(works(answers, facts, items))
        case ExportForm.RIS:
            return as_ris(works(answers, facts, items))
        case ExportForm.CSL:
            return as_csl_json(works(answers, facts, items))


def export_from(
    library: Library, answers: Sequence[Answer], form: ExportForm, title: str = ""
) -> str:
    """The same, with what the library knows of the papers that are cited."""
    return export(answers, form, library.catalog.facts(), title, library.items.by_paper())


_NOT_KEPT = "The answer wasn't kept."


def kept_answers(sessions: Sessions, name: str) -> list[Answer]:
    """What was answered in a session, oldest first.

    An answer of a version of fmqa that didn't keep it, or kept it in another form, is replaced by
    one that says so.

    Raises:
        UsageError: there is no such session.
    """
    held = sessions.history(name)
    if not held:
        names = ", ".join(row.name for row in sessions.list()[:5])
        raise UsageError(
            f"There is no conversation {name!r}.",
            hint=f"Kept are: {names}." if names else "`fmqa ask --session NAME` keeps one.",
        )
    return [_read_answer(exchange) for exchange in held]


def history(sessions: Sessions, name: str) -> list[Exchange]:
    """What a question in a session is asked after, oldest first; empty for a new one."""
    return [
        Exchange(held.asked, held.standalone, held.subjects, exchange(_read_answer(held)).said)
        for held in sessions.history(name)
    ]


def stored(answer: Answer) -> StoredExchange:
    """An answer as a conversation keeps it."""
    past = exchange(answer)
    return StoredExchange(past.asked, past.standalone, past.subjects, answer.model_dump_json())


def _read_answer(held: StoredExchange) -> Answer:
    try:
        return Answer.model_validate_json(held.answer)
    except ValidationError:
        return Answer(
            question=held.asked,
            status="abstained",
            reason=_NOT_KEPT,
            answer=_NOT_KEPT,
            model="",
        )


# Styles put titles in small letters; these words would lose their meaning.
_KEEPS_CASE = re.compile(r"\w*[^\W\d_a-z]\w*", re.UNICODE)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def as_bibtex(works: Sequence[Work]) -> str:
    """An entry for each paper."""
    return "\n".join(_entry(work) for work in works)


def _entry(work: Work) -> str:
    fields: dict[str, str] = {
        "title": f"{{{_title(work.title)}}}",
        "author": f"{{{' and '.join(_author(name) for name in work.authors)}}}",
        "year": f"{{{work.year}}}" if work.year else "",
        "month": _MONTHS[work.date[1] - 1] if len(work.date) > 1 else "",
    }
    if work.arxiv_id:
        fields |= {
            "eprint": f"{{{work.versioned_id}}}",
            "archivePrefix": "{arXiv}",
            "eprinttype": "{arxiv}",  # what biblatex and Zotero read
            "primaryClass": f"{{{work.category}}}",
            "url": f"{{{work.url}}}",
        }
    fields |= {
        "doi": f"{{{_verbatim(work.doi)}}}",
        "annote": f"{{{escape_tex(chr(10).join(work.remarks))}}}",
    }
    lines = [f"  {name} = {value}," for name, value in fields.items() if value not in {"", "{}"}]
    return "\n".join([f"@misc{{{work.key},", *lines, "}\n"])


def _title(text: str) -> str:
    """The title with braces around the words whose capitals must stay: "{MedSAM} and friends"."""
    return " ".join(_word(word, at) for at, word in enumerate(text.split()))


def _word(word: str, at: int) -> str:
    match = _KEEPS_CASE.search(word)
    inner = match is not None and any(c.isupper() for c in word[1 if word[0].isalpha() else 2 :])
    single = len(word) == 1 and word.isupper() and at > 0 and word != "A"
    return f"{{{escape_tex(word)}}}" if inner or single else escape_tex(word)


def _author(name: Name) -> str:
    if name.literal:
        return f"{{{escape_tex(name.literal)}}}"
    family = " ".join(part for part in (name.particle, _part(name.family)) if part)
    return ", ".join(part for part in (family, _part(name.suffix), _part(name.given)) if part)


def _part(text: str) -> str:
    """A part of a name; braced where BibTeX would split it."""
    braced = "," in text or re.search(r"\band\b", text, re.I)
    return f"{{{escape_tex(text)}}}" if braced else escape_tex(text)


def _verbatim(text: str) -> str:
    """An address or identifier, which isn't read by TeX; what could end the field is left out."""
    return re.sub(r"[{}\\\s]", "", text)


def as_csl_json(works: Sequence[Work]) -> str:
    """A list with an item for each paper."""
    return json.dumps([_csl_item(work) for work in works], indent=2, ensure_ascii=False) + "\n"


def _csl_item(work: Work) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": work.key,
        "citation-key": work.key,
        "type": "article" if work.arxiv_id else "document",
        "title": work.title,
        "author": [_csl_name(name) for name in work.authors],
        "issued": {"date-parts": [list(work.date)]} if work.date else None,
        "publisher": "arXiv" if work.arxiv_id else "",
        "number": f"arXiv:{work.arxiv_id}" if work.arxiv_id else "",
        "version": str(work.version or ""),
        "DOI": work.doi,
        "URL": work.url,
        "locator": ", ".join(work.pages),
        "note": "\n".join(work.remarks),
        "custom": {"zotero": work.zotero_link} if work.zotero_link else None,
    }
    return {name: value for name, value in fields.items() if value}


def _csl_name(name: Name) -> dict[str, str]:
    if name.literal:
        return {"literal": name.literal}
    fields = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {key: value for key, value in fields.items() if value}


def as_ris(works: Sequence[Work]) -> str:
    """A reference for each paper."""
    from rispy import RisWriter, dumps

    class Plain(RisWriter):  # type: ignore[misc]  # rispy has no types
        """rispy counts the references on lines of their own, which other readers stumble over."""

        def set_header(self, count: int) -> str:
            del count
            return ""

    return dumps([_ris_reference(work) for work in works], implementation=Plain) if works else ""


def _ris_reference(work: Work) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "type_of_reference": "UNPB",
        "id": work.key,
        "title": work.title,
        "authors": [name.sorted_form for name in work.authors],
        "year": str(work.year or ""),
        "date": "/".join(f"{part:02}" for part in work.date) if len(work.date) > 1 else "",
        "doi": work.doi,
        "publisher": "arXiv" if work.arxiv_id else "",
        "accession_number": f"arXiv:{work.versioned_id}" if work.arxiv_id else "",
        "urls": [work.url] if work.url else [],
        "notes": list(work.remarks),
    }
    return {name: value for name, value in fields.items() if value}


_MOST_AUTHORS = 3


def as_markdown(answers: Sequence[Answer], title: str = "", items: Items | None = None) -> str:
    """One answer under its question, or a conversation under its title."""
    if not title and len(answers) == 1:
        return "\n".join(_markdown_answer(answers[0], 1, items or {}))
    parts = [f"# {escape_markdown(title) or 'Conversation'}", ""]
    for answer in answers:
        parts += _markdown_answer(answer, 2, items or {})
    return "\n".join(parts)


def _markdown_answer(answer: Answer, level: int, items: Items) -> list[str]:
    lines = [f"{'#' * level} {escape_markdown(answer.question)}", ""]
    if answer.understood_as:
        lines += [f"*Understood as: {escape_markdown(answer.understood_as)}*", ""]
    lines += [_markdown_text(answer), ""]
    lines += [f"*{escape_markdown(notice)}*\n" for notice in answer.notices]
    if answer.citations:
        lines += [f"{'#' * (level + 1)} Sources", ""]
        for citation in answer.citations:
            lines += _source(citation, zotero_page(citation, items.get(citation.paper_id)))
    return lines


def _markdown_text(answer: Answer) -> str:
    """The sentences with their citation marks; the whole text where it comes without any."""
    if not answer.sentences:
        return escape_markdown(answer.answer)
    marks = re.compile(r"\\\[(\d+)\\\]")
    told = laid_out(
        answer.sentences,
        lambda one: escape_markdown(marked(one)),
        lambda head: f"**{escape_markdown(head)}**",
    )
    return marks.sub(r"[\1]", told)


def _source(citation: Citation, in_zotero: str) -> list[str]:
    authors = [parse_name(name).shown for name in citation.authors if plain(name)]
    named = ", ".join(authors[:_MOST_AUTHORS]) + (" et al." if len(authors) > _MOST_AUTHORS else "")
    facts = [escape_markdown(named) if named else "", str(citation.year or "")]
    where = locator(citation)
    if citation.arxiv_id:
        where = f"arXiv:{citation.arxiv_id}{where if citation.version else f', {where}'}"
    link = (
        f"[{escape_markdown(where)}](<{_address(citation.url)}>)"
        if citation.url
        else escape_markdown(where)
    )
    link += f", [in Zotero](<{in_zotero}>)" if in_zotero else ""
    status = "" if citation.status == "current" else f" **{citation.status.capitalize()}.**"
    if citation.notice:
        status += f" {escape_markdown(citation.notice)}."
    if citation.reports:
        status += f" Second-hand: cites {escape_markdown(citation.reports)}."
    head = ", ".join(fact for fact in facts if fact)
    return [
        f"**[{citation.number}]** {head + '. ' if head else ''}"
        f"*{escape_markdown(citation.title)}*. {link}.{status}",
        "",
        f"> “{escape_markdown(citation.whole)}”",
        "",
    ]


def _address(url: str) -> str:
    return re.sub(r"[<>\\\s]", "", url)
