"""Second-hand statements: sentences in which a paper reports what others did or found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fmqa.answering.claims import content_stems
from fmqa.answering.quotes import short_name
from fmqa.answering.rows import table_told
from fmqa.retrieval.expansion import title_lead
from fmqa.types import Quote, Reference

if TYPE_CHECKING:
    from fmqa.answering.evidence import Evidence
    from fmqa.store.version_store import BibliographyStore

_NAME = r"[A-ZÀ-Þ][\w'’-]+"
_AUTHORS = rf"{_NAME}(?: et al\.?| (?:and|&) {_NAME})"
# "Saunders and colleagues", "Saunders, Lopez and Green", "Saunders with her group"
_TEAM = rf"{_NAME}(?:, {_NAME})*,? (?:and|&|with|et|und) (?:[a-z-]+ )?[\w'’-]+"
_NUMBERS = r"\d+(?:\s*[,;–-]\s*\d+)*"
_MARK = rf"\[\s*{_NUMBERS}\s*\]"
_YEAR = r"\d{4}[a-z]?"
# "Saunders et al. [12]", "Saunders et al. (2020)", "Saunders and colleagues (2020)"
_NAMED = re.compile(
    rf"(?:{_AUTHORS},? ?(?:{_MARK}|\(?{_YEAR}\)?)|{_TEAM} \({_YEAR}\)"
    rf"|{_NAME} (?:et al\.?|\({_YEAR}\)))"
)
# "[Saunders20]", "[SLG+20]"
_KEY = r"\[(?P<name>[A-ZÀ-Þ][^\W\d_]+)\+?(?P<year>\d{2}(?:\d{2})?)[a-z]?\]"
_REF = rf"\b[Rr]ef(?:s\b|erences?\b)?\.? \[?{_NUMBERS}\]?"
# "(5)" where a mark would stand: among the sentence's words it may count or order something.
_ROUND = rf"(?<=[a-z]{{2}} )\({_NUMBERS}\)(?=\W*$)"
# "(Saunders et al., 2020; …)", "[Saunders et al., 2020]", "[12]", "Ref. 12"
_MARKED = re.compile(
    rf"\([^()]*?{_NAME}[^()]*?,? {_YEAR}[^()]*\)|\[[^\[\]]*?{_NAME}[^\[\]]*?,? {_YEAR}[^\[\]]*\]"
    rf"|{_MARK}|{_KEY}|{_REF}|{_ROUND}"
)
_SAME = 0.5  # of the shorter one's words, where one sentence reports the other
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
    A table is its paper's own, whomever its rows cite.
    """
    if table_told(quote):
        return ""
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
    mark = marked.group() if marked.group()[1].isdigit() else marked.group().strip("()")
    return " ".join(mark.split())


def in_own_words(evidence: Evidence, bibliography: BibliographyStore) -> Evidence:
    """The evidence with papers' own sentences for others' reports of them, where both were found.

    A report goes where a sentence of the paper that it cites says mostly the same; that one comes
    in its place unless it is there already.
    """
    found = [quote for passage in evidence.passages for quote in passage if quote.score > 0]
    chosen: list[Quote] = []
    for quote in evidence.quotes:
        cited = reported_from(quote)
        papers: set[str] = set()
        if cited:
            references = bibliography.references(quote.passage.paper.paper_id)
            papers = bibliography.held([one for one in references if _is_cited(one, cited)])
        own = (one for one in found if one.passage.paper.paper_id in papers)
        said = max(own, key=lambda one: _alike(one, quote), default=quote)
        better = said if _alike(said, quote) >= _SAME else quote
        if all(one.key != better.key for one in chosen):
            chosen.append(replace(better, score=quote.score))
    return replace(evidence, quotes=tuple(chosen))


def _is_cited(reference: Reference, cited: str) -> bool:
    """Whether "[3, 5–7]", "Saunders et al. (2020)" or "[Saunders20]" is this reference."""
    first = (*reference.authors[:1], reference.text)[0]
    if marks := re.search(rf"{_MARK}|^{_REF}|^\({_NUMBERS}\)", cited):
        ranges = re.findall(r"(\d+)(?:\s*[–-]\s*(\d+))?", marks[0])
        return any(int(a) <= reference.number <= int(b or a) for a, b in ranges)
    if key := re.fullmatch(_KEY, cited):
        return key["name"] in first and str(reference.year).endswith(key["year"])
    surname, year = cited.strip("[").split(maxsplit=1)[0], re.search(_YEAR, cited)
    return surname in first and (year is None or reference.year == int(year[0][:4]))


def _alike(one: Quote, other: Quote) -> float:
    """The share of the shorter one's words that two quotes have in common."""
    words, others = set(content_stems(one.text)), set(content_stems(other.text))
    return len(words & others) / max(1, min(len(words), len(others)))


def attributed(text: str, quotes: Sequence[Quote]) -> str:
    """A sentence that rests on second-hand quotes alone, with the paper that says so.

    Unchanged where one of the quotes is its paper's own statement, or the sentence says so already.
    """
    first = quotes[0]
    cited = reported_from(first)
    if not cited or not all(reported_from(quote) for quote in quotes[1:]):
        return text
    who = cited.split()[0].strip("[]()")
    name = short_name(first)
    if (
        not re.match(rf"\d|{_REF}", cited.strip("[()")) and who in text
    ) or name.lower() in text.lower():
        return text
    return f"According to {name}, which cites {cited}: {text}"


def _names_own_paper(quote: Quote) -> bool:
    paper = quote.passage.paper
    lead = title_lead(paper.title) if ":" in paper.title else ""
    return any(name and name.lower() in quote.text.lower() for name in (paper.name, lead))
