"""Second-hand statements: sentences in which a paper reports what others did or found."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fmqa.answering.quotes import short_name
from fmqa.retrieval.expansion import title_lead
from fmqa.types import Quote

_NAME = r"[A-ZÀ-Þ][\w'’-]+"
_AUTHORS = rf"{_NAME}(?: et al\.?| (?:and|&) {_NAME})"
_MARK = r"\[\s*\d+(?:\s*[,;–-]\s*\d+)*\s*\]"
_YEAR = r"\d{4}[a-z]?"
# "Saunders et al. [12]", "Saunders et al. (2020)", "Saunders et al."
_NAMED = re.compile(
    rf"(?:{_AUTHORS},? ?(?:{_MARK}|\(?{_YEAR}\)?)|{_NAME} (?:et al\.?|\({_YEAR}\)))"
)
# "(Saunders et al., 2020; …)", "[12]"
_MARKED = re.compile(rf"\([^()]*?{_NAME}[^()]*?,? {_YEAR}[^()]*\)|{_MARK}")
_OWN = re.compile(
    r"\b(?:we|our|ours|us|this (?:paper|work|study|article)|the (?:present|current) (?:paper|work|"
    r"study)|(?:the|our) proposed|in this (?:paper|work|study))\b",
    re.IGNORECASE,
)
# Sections where a mark behind a tool or data set is no report of what others found.
_OWN_SECTION = re.compile(
    r"method|material|data|experiment|implement|result|set-?up|ablation|training|evaluation|方法|实验|数据",
    re.IGNORECASE,
)


def reported_from(quote: Quote) -> str:
    """Whom a quote reports, as it cites them ("[5]", "Saunders et al. [12]"); empty for its own.

    A sentence is second-hand that cites someone and doesn't speak of the paper's own work ("we",
    "this study", the paper's name). Among methods and results it has to name the authors, too.
    """
    text = quote.text
    marked = _MARKED.search(text)
    named = _NAMED.search(_MARKED.sub(lambda found: " " * len(found.group()), text))
    if not (marked or named) or _OWN.search(text) or _names_own_paper(quote):
        return ""
    if named:
        cited = _NAMED.search(text, named.start())
        return " ".join((cited or named).group().split())
    if marked is None or _OWN_SECTION.search(quote.passage.passage.section):
        return ""
    return " ".join(marked.group().strip("()").split())


def attributed(text: str, quotes: Sequence[Quote]) -> str:
    """A sentence that rests on second-hand quotes alone, with the paper that says so.

    Unchanged where one of the quotes is its paper's own statement, or the sentence says so already.
    """
    first = quotes[0]
    cited = reported_from(first)
    if not cited or not all(reported_from(quote) for quote in quotes[1:]):
        return text
    who = cited.split()[0].strip("[]")
    name = short_name(first)
    if (not who.isdigit() and who in text) or name.lower() in text.lower():
        return text
    return f"According to {name}, which cites {cited}: {text}"


def _names_own_paper(quote: Quote) -> bool:
    paper = quote.passage.paper
    lead = title_lead(paper.title) if ":" in paper.title else ""
    return any(name and name.lower() in quote.text.lower() for name in (paper.name, lead))
