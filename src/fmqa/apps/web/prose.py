"""An answer's sentences as prose with numbers, and the papers that the numbers stand for.

What a paper says and what a model writes look different: a paragraph of quotes is set apart as a
whole, and a quote within a written paragraph has quotation marks. What a paragraph is follows from
its first sentence, so that nothing which is shown changes while more is written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from fmqa.answering.schema import Answer, Citation, Sentence
from fmqa.apps.web.chat import Turn
from fmqa.apps.web.evidence_lookup import Place
from fmqa.apps.web.markup import escaped, joined, place
from fmqa.apps.web.wording import Wording

_AUTHORS_SHOWN = 3
_QUOTE_IN_HINT = 240
_PUT_IN = re.compile(r"&#91;.*?&#93;")  # what `escaped` makes of square brackets


def prose(turn: Turn, say: Wording) -> str:
    """The sentences so far, each with the numbers of its citations."""
    if not turn.sentences:
        return ""
    known = {citation.number: citation for citation in turn.citations}
    parts, listed = [], False
    for paragraph in paragraphs(turn.sentences, known):
        first = paragraph[0]
        if first.head:
            ended = "</ul>" if listed else ""
            parts.append(f"{ended}<h4>{escaped(say.translated(first.head))}</h4>")
            listed = False
        inside = " ".join(_sentence(one, known, say, first=first) for one in paragraph)
        kind = "fmqa-written" if first.verdict == "supported" else "fmqa-quoting"
        item = first.begins == "item"
        if item != listed:
            parts.append("<ul>" if item else "</ul>")
            listed = item
        tag = "li" if item else "p"
        parts.append(f'<{tag} class="{kind}">{inside}</{tag}>')
    return f'<div class="fmqa-answer">{"".join(parts)}{"</ul>" if listed else ""}</div>'


def paragraphs(
    sentences: Sequence[Sentence], known: Mapping[int, Citation]
) -> list[list[Sentence]]:
    """The sentences in paragraphs: as the model set them, and quotes by the paper they are of."""
    found: list[list[Sentence]] = []
    for one in sentences:
        if not found or one.head or one.begins or _parted(found[-1], one, known):
            found.append([])
        found[-1].append(one)
    return found


def _parted(so_far: Sequence[Sentence], one: Sentence, known: Mapping[int, Citation]) -> bool:
    if so_far[0].verdict == "supported":
        return False
    if one.verdict == "supported":
        return True
    before, now = (_papers(each, known) for each in (so_far[-1], one))
    return not before & now


def _papers(sentence: Sentence, known: Mapping[int, Citation]) -> set[str]:
    return {known[number].paper_id for number in sentence.citations if number in known}


def _sentence(
    sentence: Sentence, known: Mapping[int, Citation], say: Wording, *, first: Sentence
) -> str:
    marks = "".join(_mark(known[n], say) for n in sentence.citations if n in known)
    text = escaped(sentence.text)
    if sentence.verdict == "edited":
        text = _PUT_IN.sub(lambda put: f'<span class="fmqa-put">{put.group()}</span>', text)
    quoted = sentence.verdict != "supported" and first.verdict == "supported"
    tag = "q" if quoted else "span"
    return f'<{tag} class="fmqa-{sentence.verdict}">{text}</{tag}>&nbsp;{marks}'


def _mark(citation: Citation, say: Wording) -> str:
    quote = citation.quote
    cut = quote if len(quote) <= _QUOTE_IN_HINT else quote[: _QUOTE_IN_HINT - 1].rstrip() + "…"
    where = " · ".join((place(citation, say), *_warnings(citation, say)))
    hint = say("“{quote}” — {title}, {place}", quote=cut, title=citation.title, place=where)
    warned = " fmqa-caution" if _warnings(citation, say) else ""
    return (
        f'<a class="fmqa-mark{warned}" {_leading(citation)} title="{escaped(hint)}" '
        f'aria-label="{say("Source {number}", number=citation.number)}">{citation.number}</a>'
    )


def _warnings(citation: Citation, say: Wording) -> list[str]:
    """What has to be known of a quote before one relies on it."""
    told = [say(citation.status)] if citation.status != "current" else []
    if citation.reports:
        told.append(say("second-hand: cites {cited}", cited=citation.reports))
    return told


def _leading(citation: Citation) -> str:
    """Where a citation leads: its evidence, which the page shows beside the answer."""
    return f'href="{escaped(Place.of(citation).address)}"'


def found(turn: Turn, say: Wording) -> str:
    """The quotes that the answer will rest on, all of them for as long as it is written."""
    if not turn.found:
        return ""
    said = {citation.quote for citation in turn.citations}
    quotes = "".join(
        f'<li class="{"fmqa-used" if citation.quote in said else "fmqa-unused"}">'
        f'<q>{escaped(citation.quote)}</q> <span class="fmqa-from">'
        f"{escaped(citation.title)}, {escaped(place(citation, say))}</span></li>"
        for citation in turn.found
    )
    head = say("Found in the papers…")
    return f'<div class="fmqa-found"><h4>{head}</h4><ul>{quotes}</ul></div>'


def sources(citations: Sequence[Citation], anchor: str, say: Wording) -> str:
    """The papers, each with the numbers that stand for it and the pages they lead to."""
    if not citations:
        return ""
    papers: dict[tuple[str, int | None], list[Citation]] = {}
    for citation in citations:
        papers.setdefault((citation.paper_id, citation.version), []).append(citation)
    shown = "".join(_source(cited, anchor, say) for cited in papers.values())
    return f'<div class="fmqa-sources"><h4>{say("Sources")}</h4>{shown}</div>'


def _source(cited: Sequence[Citation], anchor: str, say: Wording) -> str:
    paper = cited[0]
    year = "" if paper.year is None else str(paper.year)
    places = [place(one, say) for one in cited]
    same = places[0] if len(set(places)) == 1 else ""  # said once, not at each number
    links = "".join(
        f'<a class="fmqa-card" id="{anchor}-{one.number}" {_leading(one)}>'
        f'<span class="fmqa-number">{one.number}</span> '
        f'<span class="fmqa-where">{"" if same else escaped(where)}</span>'
        f"{''.join(_badge(words) for words in _warnings(one, say))}</a>"
        for one, where in zip(cited, places, strict=True)
    )
    links = f'<span class="fmqa-cards{" fmqa-few" if same else ""}">{links}</span>'
    before, after = (links, "") if same else ("", links)
    return (
        f'<div class="fmqa-source">{before}<span class="fmqa-title">{escaped(paper.title)}</span> '
        f'<span class="fmqa-meta">{joined(year, _authors(paper.authors), same)}</span>'
        f"{after}</div>"
    )


def _badge(words: str) -> str:
    return f'<span class="fmqa-badge">{escaped(words)}</span>'


def _authors(names: Sequence[str]) -> str:
    if len(names) > _AUTHORS_SHOWN:
        return f"{names[0]} et al."
    return ", ".join(names)


def voice(answer: Answer, say: Wording) -> list[str]:
    """Whose words the answer is in, and what was checked or changed."""
    quoted = [one for one in answer.sentences if one.verdict != "supported"]
    written = len(answer.sentences) - len(quoted)
    edited = sum(one.verdict == "edited" for one in quoted)
    told = []
    if written:
        told.append(
            counted(
                written,
                say,
                "1 sentence checked against the quotes",
                "{count} sentences checked against the quotes",
            )
        )
        verbatim = len(quoted) - edited
        told.append(counted(verbatim, say, "1 quote word for word", "{count} quotes word for word"))
    elif quoted:
        numbers = {number for one in quoted for number in one.citations}
        kinds = {one.source for one in answer.citations if one.number in numbers}
        told.append(_whose(kinds, say))
    told.append(
        counted(
            edited, say, "1 quote edited to stand alone", "{count} quotes edited to stand alone"
        )
    )
    return told


def _whose(kinds: Collection[str], say: Wording) -> str:
    if set(kinds) == {"note"}:
        return say("In the words of our notes")
    if "note" in kinds:
        return say("In the words of the papers and of our notes")
    return say("In the papers’ own words")


def counted(count: int, say: Wording, one: str, more: str) -> str:
    """How many there are, in words; nothing where there are none."""
    if not count:
        return ""
    return say(one) if count == 1 else say(more, count=count)
