"""Conversations as HTML that can't be anything but text.

A message goes through the chat component's Markdown reader and sanitizer. It reads a line that
starts with a block's tag as HTML up to the next empty line, so each block is written on one line;
and every ASCII punctuation mark of a text that isn't ours becomes a character reference, so that
neither HTML, Markdown, LaTeX nor a placeholder of the component's own can be made of it.

What a paper says and what a model writes look different: a paragraph of quotes is set apart as a
whole, and a quote within a written paragraph has quotation marks. What a paragraph is follows from
its first sentence, so that nothing which is shown changes while more is written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from fmqa.answering.abstention import tell_missing
from fmqa.answering.schema import Answer, Citation, Sentence
from fmqa.apps.web.chat import Stage, Turn
from fmqa.apps.web.evidence import Place
from fmqa.apps.web.markup import escaped, place, view
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.filters import filters_of, query_of

if TYPE_CHECKING:
    from markupsafe import Markup

_AUTHORS_SHOWN = 3
_QUOTE_IN_HINT = 240
_PUT_IN = re.compile(r"&#91;.*?&#93;")  # what `escaped` makes of square brackets


def messages(turns: Sequence[Turn], say: Wording = IN_ENGLISH) -> list[dict[str, str]]:
    """The conversation as the chat component takes it."""
    shown = []
    for position, turn in enumerate(turns):
        lines = [line for line in turn.question.splitlines() if line.strip()]
        question = view("conversation.question", say, lines)
        shown.append({"role": "user", "content": question})
        shown.append({"role": "assistant", "content": reply(turn, f"fmqa-{position}", say)})
    return shown


def reply(turn: Turn, anchor: str, say: Wording = IN_ENGLISH) -> str:
    """What is said to a question so far; ``anchor`` is the answer's own prefix for jumps."""
    among = [name for name, _ in chips_of(turn.filters, say)]  # which papers alone were asked
    blocks = [view("conversation.among", say, among)] if among else []
    if turn.stage is Stage.FAILED:
        blocks += [*_said(turn, say), view("conversation.problem", say, turn)]
    elif turn.answer is not None and turn.answer.status == "abstained":
        answer = turn.answer
        reasons = [answer.reason, *map(tell_missing, answer.missing)]
        abstained = view("conversation.abstained", say, reasons, answer.related)
        blocks += [_understood(answer, say), abstained, _notices(answer, say)]
    else:
        blocks += _said(turn, say)
    if not turn.running:
        blocks += _below(turn, anchor, say)
    # An empty line ends a block, and the component redraws only the blocks that changed.
    return "\n\n".join(block for block in blocks if block)


def _said(turn: Turn, say: Wording) -> list[str]:
    # What is known only at the end stands below what was shown before it, which then stays put.
    blocks = [prose(turn, say), _notices(turn.answer, say), _understood(turn.answer, say)]
    if turn.running:
        blocks.append(view("parts.waiting", say, _progress(turn, say)))
        if turn.found:
            used = {citation.whole for citation in turn.citations}
            blocks.append(view("conversation.found", say, turn.found, used))
    if turn.stage is Stage.STOPPED:
        kept = say("Stopped. What stands above was checked.")
        blocks.append(view("parts.status", say, kept if turn.sentences else say("Stopped.")))
    return blocks


def _below(turn: Turn, anchor: str, say: Wording) -> list[str]:
    """What stands below an answer that has ended."""
    from fmqa.apps.web.tabs.survey import comparison_table

    blocks = []
    answer = turn.answer
    if answer is not None and answer.comparison is not None:
        table = comparison_table(answer.comparison, say)
        blocks.append(f'<div class="fmqa-compared">{table}</div>')
    if answer is not None and turn.sentences:
        named = answer.model != "none"
        model = say("model {model}", model=answer.model) if named else say("no language model")
        seconds = f"{answer.timings_ms.total / 1000:.1f} s"
        blocks.append(view("conversation.footer", say, [*voice(answer, say), model, seconds]))
    blocks.append(view("conversation.actions", say, turn, anchor))
    if turn.citations:
        papers = _sources(turn.citations, say)
        blocks.append(view("conversation.sources", say, papers, anchor))
    if turn.withheld:
        count = len(turn.withheld)
        one, more = "1 drafted sentence was withheld", "{count} drafted sentences were withheld"
        blocks.append(
            view("conversation.withheld", say, _counted(count, say, one, more), turn.withheld)
        )
    if turn.suggestions:
        blocks.append(view("conversation.ask_next", say, turn.suggestions))
    return blocks


def _understood(answer: Answer | None, say: Wording) -> str:
    """What a follow-up, or a question in another language, was searched for as."""
    if answer is None or not answer.understood_as:
        return ""
    words = say("Understood as: {question}", question=answer.understood_as)
    return view("parts.status", say, words)


def _notices(answer: Answer | None, say: Wording) -> str:
    if answer is None or not answer.notices:
        return ""
    return view("conversation.notices", say, answer.notices)


def _progress(turn: Turn, say: Wording) -> str:
    if turn.status:
        return f"{say.translated(turn.status)}…"
    if turn.stage is Stage.ASKED:
        return in_line(turn.ahead, say)
    if turn.stage is Stage.TAKEN:
        return say("Looking through the papers…")
    if turn.sentences:
        return say("Writing and checking the next sentence…")
    return say("Writing and checking the first sentence…")


def in_line(ahead: int, say: Wording) -> str:
    """How many questions come before one that waits."""
    if ahead == 1:
        return say("Waiting: one question comes first…")
    if ahead > 1:
        return say("Waiting: {ahead} questions come first…", ahead=ahead)
    return say("Waiting for the turn of this question…")


def chips_of(query: str, say: Wording) -> list[tuple[str, str]]:
    """A chip for each value of the filters' text: what it says, and its own part of the text."""
    parts = query_of(filters_of(query)).split("&") if query else []
    pairs = [(part, *parse_qsl(part)[0]) for part in parts]
    return [
        (f"{say(name.capitalize())}: {value if name == 'paper' else say(value)}", part)
        for part, name, value in pairs
    ]


def prose(turn: Turn, say: Wording) -> str:
    """The sentences so far, each with the numbers of its citations."""
    if not turn.sentences:
        return ""

    def mark(citation: Citation) -> tuple[str, str, bool]:
        """Where a citation's number leads, what it says when pointed at, whether it warns."""
        quote, warnings = citation.whole, _warnings(citation, say)
        if len(quote) > _QUOTE_IN_HINT:
            quote = quote[: _QUOTE_IN_HINT - 1].rstrip() + "…"
        where = " · ".join((place(citation, say), *warnings))
        hint = say("“{quote}” — {title}, {place}", quote=quote, title=citation.title, place=where)
        return Place.of(citation).address, hint, bool(warnings)

    known = {citation.number: citation for citation in turn.citations}
    grouped = paragraphs(turn.sentences, known)
    return view("conversation.prose", say, grouped, known, mark, _edited)


def _edited(text: str) -> Markup:
    """A quote with what was put into it set apart."""
    from markupsafe import Markup

    marked = _PUT_IN.sub(lambda put: f'<span class="fmqa-put">{put.group()}</span>', escaped(text))
    return Markup(marked)  # noqa: S704 - it is escaped


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


def _warnings(citation: Citation, say: Wording) -> list[str]:
    """What has to be known of a quote before one relies on it."""
    told = [say(citation.status)] if citation.status != "current" else []
    if citation.reports:
        told.append(say("second-hand: cites {cited}", cited=citation.reports))
    return told


Card = tuple[int, str, str, list[str]]
"""A citation's number, the address and the words of its place, and its warnings."""


def _sources(
    citations: Sequence[Citation], say: Wording
) -> list[tuple[str, list[str], str, list[Card]]]:
    """The papers: title, facts, the place where all quotes stand in one, and its citations."""
    papers: dict[tuple[str, int | None], list[Citation]] = {}
    for citation in citations:
        papers.setdefault((citation.paper_id, citation.version), []).append(citation)
    shown = []
    for cited in papers.values():
        paper = cited[0]
        places = [place(one, say) for one in cited]
        same = places[0] if len(set(places)) == 1 else ""  # said once, not at each number
        cards = [
            (one.number, Place.of(one).address, where, _warnings(one, say))
            for one, where in zip(cited, places, strict=True)
        ]
        facts = [str(paper.year or ""), _authors(paper.authors), same]
        shown.append((paper.title, facts, same, cards))
    return shown


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
        one, more = (
            "1 sentence checked against the quotes",
            "{count} sentences checked against the quotes",
        )
        told.append(_counted(written, say, one, more))
        one, more = "1 quote word for word", "{count} quotes word for word"
        told.append(_counted(len(quoted) - edited, say, one, more))
    elif quoted:
        numbers = {number for one in quoted for number in one.citations}
        told.append(_whose({one.source for one in answer.citations if one.number in numbers}, say))
    one, more = "1 quote edited to stand alone", "{count} quotes edited to stand alone"
    told.append(_counted(edited, say, one, more))
    return told


def _whose(kinds: Collection[str], say: Wording) -> str:
    if set(kinds) == {"note"}:
        return say("In the words of our notes")
    if "note" in kinds:
        return say("In the words of the papers and of our notes")
    return say("In the papers’ own words")


def _counted(count: int, say: Wording, one: str, more: str) -> str:
    """How many there are, in words; nothing where there are none."""
    if not count:
        return ""
    return say(one) if count == 1 else say(more, count=count)
