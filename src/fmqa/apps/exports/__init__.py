"""Answers in forms that others read, and conversations as they were kept."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from pydantic import ValidationError

from fmqa.answering.assistant import exchange
from fmqa.answering.conversation import Exchange
from fmqa.answering.schema import Answer
from fmqa.apps.exports.works import Facts, Items, works
from fmqa.errors import UsageError
from fmqa.store.history import Sessions, StoredExchange


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
    from fmqa.apps.exports.formats import as_bibtex, as_csl_json, as_markdown, as_ris

    match form:
        case ExportForm.MARKDOWN:
            return as_markdown(answers, title, items)
        case ExportForm.BIBTEX:
            return as_bibtex(works(answers, facts, items))
        case ExportForm.RIS:
            return as_ris(works(answers, facts, items))
        case ExportForm.CSL:
            return as_csl_json(works(answers, facts, items))


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
