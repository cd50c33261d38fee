"""Answers as Markdown (CommonMark): numbered citations, and each quote with its page and link."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fmqa.answering.schema import Answer, Citation
from fmqa.answering.underway import laid_out, marked
from fmqa.apps.exports.names import parse_name
from fmqa.apps.exports.works import clean, locator

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$!&])")
_OPENS_BLOCK = re.compile(r"^(\s*)(?:([-+=])|(\d+)([.)]))(?=\s|$|[-=])")
_MOST_AUTHORS = 3


def as_markdown(answers: Sequence[Answer], title: str = "") -> str:
    """One answer under its question, or a conversation under its title."""
    if not title and len(answers) == 1:
        return "\n".join(_answer(answers[0], 1))
    parts = [f"# {plain(title) or 'Conversation'}", ""]
    for answer in answers:
        parts += _answer(answer, 2)
    return "\n".join(parts)


def plain(text: str) -> str:
    """Text as Markdown shows it and nothing else: no tag, link, heading or list comes of it."""
    escaped = _SPECIAL.sub(r"\\\1", clean(text))
    return _OPENS_BLOCK.sub(
        lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", escaped
    )


def _answer(answer: Answer, level: int) -> list[str]:
    lines = [f"{'#' * level} {plain(answer.question)}", ""]
    if answer.understood_as:
        lines += [f"*Understood as: {plain(answer.understood_as)}*", ""]
    lines += [_said(answer), ""]
    lines += [f"*{plain(notice)}*\n" for notice in answer.notices]
    if answer.citations:
        lines += [f"{'#' * (level + 1)} Sources", ""]
        for citation in answer.citations:
            lines += _source(citation)
    return lines


def _said(answer: Answer) -> str:
    """The sentences with their citation marks; the whole text where it comes without any."""
    if not answer.sentences:
        return plain(answer.answer)
    marks = re.compile(r"\\\[(\d+)\\\]")
    return marks.sub(r"[\1]", laid_out(answer.sentences, lambda one: plain(marked(one))))


def _source(citation: Citation) -> list[str]:
    authors = [parse_name(name).shown for name in citation.authors if clean(name)]
    named = ", ".join(authors[:_MOST_AUTHORS]) + (" et al." if len(authors) > _MOST_AUTHORS else "")
    facts = [plain(named) if named else "", str(citation.year or "")]
    where = locator(citation)
    if citation.arxiv_id:
        where = f"arXiv:{citation.arxiv_id}{where if citation.version else f', {where}'}"
    link = f"[{plain(where)}](<{_address(citation.url)}>)" if citation.url else plain(where)
    status = "" if citation.status == "current" else f" **{citation.status.capitalize()}.**"
    head = ", ".join(fact for fact in facts if fact)
    return [
        f"**[{citation.number}]** {head + '. ' if head else ''}*{plain(citation.title)}*. {link}."
        + status,
        "",
        f"> “{plain(citation.quote)}”",
        "",
    ]


def _address(url: str) -> str:
    return re.sub(r"[<>\\\s]", "", url)
