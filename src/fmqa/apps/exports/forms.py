"""The forms in which answers are taken away."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from fmqa.answering.schema import Answer
from fmqa.apps.exports.works import Facts, works


class Form(StrEnum):
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
    answers: Sequence[Answer], form: Form, facts: Facts | None = None, title: str = ""
) -> str:
    """One answer or a conversation.

    Bibliographies have one entry a paper, with all quotes that were taken from it.

    Args:
        answers: in the order in which they were given.
        form: what to write.
        facts: what arXiv says of the papers, for DOIs and days.
        title: of the conversation; used by Markdown.
    """
    from fmqa.apps.exports.bibtex import as_bibtex
    from fmqa.apps.exports.csl import as_csl_json
    from fmqa.apps.exports.markdown import as_markdown
    from fmqa.apps.exports.ris import as_ris

    match form:
        case Form.MARKDOWN:
            return as_markdown(answers, title)
        case Form.BIBTEX:
            return as_bibtex(works(answers, facts))
        case Form.RIS:
            return as_ris(works(answers, facts))
        case Form.CSL:
            return as_csl_json(works(answers, facts))
