"""Conversations as HTML that can't be anything but text.

A message goes through the chat component's Markdown reader and sanitizer. It reads a line that
starts with a block's tag as HTML up to the next empty line, so each block is written on one line;
and every ASCII punctuation mark of a text that isn't ours becomes a character reference, so that
neither HTML, Markdown, LaTeX nor a placeholder of the component's own can be made of it."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlsplit

from fmqa.answering.abstention import tell_missing
from fmqa.answering.schema import Answer, Citation, Related, Withheld
from fmqa.apps.web.chat import Stage, Turn
from fmqa.apps.web.evidence_lookup import Place
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.filters import filters_of, query_of

_KEPT = " ,.()-"
_REFERENCES = {ord(mark): f"&#{ord(mark)};" for mark in string.punctuation if mark not in _KEPT}
# Controls, and the marks that turn the direction of writing or can't be seen.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"  # needed to spell Persian, Hindi and others
_ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7}")
_AUTHORS_SHOWN = 3
_QUOTE_IN_HINT = 240


def escaped(text: object) -> str:
    """A text from anywhere, safe inside an element or a quoted attribute, on one line."""
    seen = "".join(
        " " if char.isspace() else char
        for char in str(text)
        if char.isspace() or char in _JOINERS or unicodedata.category(char) not in _UNSEEN
    )
    return " ".join(seen.split()).translate(_REFERENCES)


def safe_url(url: str) -> str:
    """The address when it leads to a web page, else nothing."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    whole = parts.scheme in ("http", "https") and host
    return url if whole and not any(c.isspace() or ord(c) < 0x20 for c in url) else ""


def messages(turns: Sequence[Turn], say: Wording = IN_ENGLISH) -> list[dict[str, str]]:
    """The conversation as the chat component takes it."""
    shown = []
    for position, turn in enumerate(turns):
        question = "<br>".join(escaped(line) for line in turn.question.splitlines() if line.strip())
        shown.append(
            {"role": "user", "content": f'<div class="fmqa-question">{question or "…"}</div>'}
        )
        shown.append({"role": "assistant", "content": reply(turn, f"fmqa-{position}", say)})
    return shown


def _among(turn: Turn, say: Wording) -> str:
    """Which papers alone the question was put to."""
    if not turn.filters:
        return ""
    names = "; ".join(name for name, _ in chips_of(turn.filters, say))
    return (
        f'<p class="fmqa-status fmqa-among">{escaped(say("Only papers with"))} {escaped(names)}</p>'
    )


def reply(turn: Turn, anchor: str, say: Wording = IN_ENGLISH) -> str:
    """What is said to a question so far; ``anchor`` is the answer's own prefix for jumps."""
    if turn.stage is Stage.FAILED:
        blocks = [*_said(turn, anchor, say), _problem(turn, say)]
    elif turn.answer is not None and turn.answer.status == "abstained":
        blocks = [
            _understood(turn.answer, say),
            _abstained(turn.answer, say),
            _withheld(turn.withheld, say),
            _notices(turn.answer, say),
        ]
    else:
        blocks = _said(turn, anchor, say)
    blocks.insert(0, _among(turn, say))
    if not turn.running:
        blocks.append(_side_by_side(turn.answer, say))
        blocks += [_actions(turn, anchor, say), _next(turn, say)]
    # An empty line ends a block, and the component redraws only the blocks that changed.
    return "\n\n".join(block for block in blocks if block)


def _said(turn: Turn, anchor: str, say: Wording) -> list[str]:
    blocks = [_notices(turn.answer, say), _understood(turn.answer, say)]
    blocks.append(_sentences(turn, say))
    if turn.running:
        blocks += [_progress(turn, say), _found(turn, say)]
    if turn.stage is Stage.STOPPED:
        kept = say("Stopped. What stands above was checked.")
        words = kept if turn.sentences else say("Stopped.")
        blocks.append(f'<p class="fmqa-status">{escaped(words)}</p>')
    if not turn.running:
        blocks += [
            _sources(turn, anchor, say),
            _withheld(turn.withheld, say),
            _footer(turn.answer, say),
        ]
    return blocks


def _side_by_side(answer: Answer | None, say: Wording) -> str:
    """The table that a comparison gets."""
    if answer is None or answer.comparison is None:
        return ""
    from fmqa.apps.web.tabs.compare import comparison_table  # which writes by what is here

    return f'<div class="fmqa-compared">{comparison_table(answer.comparison, say)}</div>'


def _understood(answer: Answer | None, say: Wording) -> str:
    """What a follow-up, or a question in another language, was searched for as."""
    if answer is None or not answer.understood_as:
        return ""
    words = say("Understood as: {question}", question=answer.understood_as)
    return f'<p class="fmqa-status">{escaped(words)}</p>'


def _progress(turn: Turn, say: Wording) -> str:
    if turn.status:
        words = f"{say.translated(turn.status)}…"
    elif turn.stage is Stage.ASKED:
        words = in_line(turn.ahead, say)
    elif turn.stage is Stage.TAKEN:
        words = say("Looking through the papers…")
    elif turn.sentences:
        words = say("Writing and checking the next sentence…")
    else:
        words = say("Writing and checking the first sentence…")
    return f'<p class="fmqa-status fmqa-busy" role="status">{escaped(words)}</p>'


def in_line(ahead: int, say: Wording) -> str:
    """How many questions come before one that waits."""
    if ahead == 1:
        return say("Waiting: one question comes first…")
    if ahead > 1:
        return say("Waiting: {ahead} questions come first…", ahead=ahead)
    return say("Waiting for the turn of this question…")


def _found(turn: Turn, say: Wording) -> str:
    """The quotes that nothing has been written from yet."""
    said = {citation.quote for citation in turn.citations}
    waiting = [citation for citation in turn.found if citation.quote not in said]
    if not waiting:
        return ""
    quotes = "".join(
        f'<li><q>{escaped(citation.quote)}</q> <span class="fmqa-from">'
        f"{escaped(citation.title)}, {escaped(place(citation, say))}</span></li>"
        for citation in waiting
    )
    head = say("Found in the papers…")
    return f'<div class="fmqa-found"><h4>{head}</h4><ul>{quotes}</ul></div>'


def _sentences(turn: Turn, say: Wording) -> str:
    if not turn.sentences:
        return ""
    known = {citation.number: citation for citation in turn.citations}
    lines = []
    for sentence in turn.sentences:
        marks = "".join(_mark(known[n], say) for n in sentence.citations if n in known)
        text = escaped(sentence.text)
        words = f"<q>{text}</q>" if sentence.verdict == "verbatim" else f"<span>{text}</span>"
        lines.append(f'<p class="fmqa-{sentence.verdict}">{words}&nbsp;{marks}</p>')
    return f'<div class="fmqa-answer">{"".join(lines)}</div>'


def _mark(citation: Citation, say: Wording) -> str:
    quote = citation.quote
    cut = quote if len(quote) <= _QUOTE_IN_HINT else quote[: _QUOTE_IN_HINT - 1].rstrip() + "…"
    hint = say(
        "“{quote}” — {title}, {place}", quote=cut, title=citation.title, place=place(citation, say)
    )
    return (
        f'<a class="fmqa-mark" {_leading(citation)} title="{escaped(hint)}" '
        f'aria-label="{say("Source {number}", number=citation.number)}">{citation.number}</a>'
    )


def _sources(turn: Turn, anchor: str, say: Wording) -> str:
    if not turn.citations:
        return ""
    quoted = {n for s in turn.sentences if s.verdict == "verbatim" for n in s.citations}
    cards = "".join(_card(c, anchor, say, peek=c.number not in quoted) for c in turn.citations)
    return f'<div class="fmqa-sources"><h4>{say("Sources")}</h4>{cards}</div>'


def _card(citation: Citation, anchor: str, say: Wording, *, peek: bool) -> str:
    """One source, which leads to its evidence; with its quote unless the answer itself shows it."""
    quote = f'<span class="fmqa-peek">“{escaped(citation.quote)}”</span>' if peek else ""
    year = "" if citation.year is None else str(citation.year)
    short = joined(year, _authors(citation.authors), place(citation, say))
    badges = [say(citation.status)] if citation.status != "current" else []
    if citation.reports:
        badges.append(say("second-hand: cites {cited}", cited=citation.reports))
    badge = "".join(f'<span class="fmqa-badge">{escaped(words)}</span>' for words in badges)
    return (
        f'<a class="fmqa-card" id="{anchor}-{citation.number}" {_leading(citation)}>'
        f'<span class="fmqa-number">{citation.number}</span>'
        f'<span class="fmqa-head"><span class="fmqa-title">{escaped(citation.title)}{badge}</span>'
        f'<span class="fmqa-meta">{short}</span>{quote}</span></a>'
    )


def _leading(citation: Citation) -> str:
    """Where a citation leads: its evidence, which the page shows beside the answer."""
    return f'href="{escaped(Place.of(citation).address)}"'


def outward(url: str, words: str) -> str:
    """A link that leaves the page; the address has to be `safe_url`'s."""
    return (
        f'<a class="fmqa-link" href="{escaped(url)}" target="_blank" '
        f'rel="noopener noreferrer">{escaped(words)}</a>'
    )


def place(citation: Citation, say: Wording = IN_ENGLISH) -> str:
    """Where the quote stands: a page of the paper, or a note of ours."""
    if citation.source == "note":
        return say("our note")
    page = on_page(citation.page, citation.page_label, say)
    return f"{page}, {say('by OCR')}" if citation.ocr else page


def on_page(page: int, label: str, say: Wording = IN_ENGLISH) -> str:
    """A page of a paper, as printed where that isn't its place in the file."""
    if label:
        return say("page {label} ({page} of the file)", label=label, page=page)
    return say("page {page}", page=page)


def _authors(names: Sequence[str]) -> str:
    if len(names) > _AUTHORS_SHOWN:
        return f"{names[0]} et al."
    return ", ".join(names)


def joined(*parts: object) -> str:
    """The parts that aren't empty, escaped, in a row."""
    return " · ".join(escaped(part) for part in parts if part)


def _withheld(withheld: Sequence[Withheld], say: Wording) -> str:
    if not withheld:
        return ""
    head = _counted(
        len(withheld),
        say,
        "1 drafted sentence was withheld",
        "{count} drafted sentences were withheld",
    )
    items = "".join(
        f'<li><span class="fmqa-struck">{escaped(item.text)}</span> '
        f'<span class="fmqa-meta">{escaped(say.translated(item.reason))}</span></li>'
        for item in withheld
    )
    return (
        f'<details class="fmqa-withheld"><summary>{escaped(head)}'
        f"</summary><ul>{items}</ul></details>"
    )


def _notices(answer: Answer | None, say: Wording) -> str:
    if answer is None or not answer.notices:
        return ""
    lines = "".join(f"<p>{escaped(say.translated(notice))}</p>" for notice in answer.notices)
    return f'<div class="fmqa-notice" role="status">{lines}</div>'


def _abstained(answer: Answer, say: Wording) -> str:
    lead = say("The papers don’t answer this.")
    nearest = _papers(say("Nearest papers"), answer.related)
    told = [answer.reason, *map(tell_missing, answer.missing)]
    reasons = "".join(f"<p>{escaped(say.translated(one))}</p>" for one in told)
    return (
        '<div class="fmqa-abstained"><p class="fmqa-lead">'
        f"{escaped(lead)}</p>{reasons}{nearest}</div>"
    )


def _papers(heading: str, related: Iterable[Related]) -> str:
    items = "".join(f"<li>{_paper(paper)}</li>" for paper in related)
    return f"<h4>{heading}</h4><ul>{items}</ul>" if items else ""


def _paper(paper: Related) -> str:
    title = escaped(paper.title)
    if paper.arxiv_id is None or not _ARXIV_ID.fullmatch(paper.arxiv_id):
        return title
    link = outward(f"https://arxiv.org/abs/{paper.arxiv_id}", f"arXiv {paper.arxiv_id}")
    return f"{title} {link}"


def _problem(turn: Turn, say: Wording) -> str:
    return (
        '<div class="fmqa-problem" role="alert"><p class="fmqa-lead">'
        f"{escaped(say.translated(turn.problem))}</p>"
        f"<p>{escaped(say.translated(turn.hint))}</p></div>"
    )


def _actions(turn: Turn, anchor: str, say: Wording) -> str:
    """What can be done with an answer; the page's script does it, by the class of the button."""
    buttons = [_button("again", say("Ask again")), _button("edit", say("Edit"))]
    if turn.answer is not None:
        up, down = turn.rating == 1, turn.rating == -1
        buttons = [
            _button("copy", say("Copy")),
            *buttons,
            _button("up", say("Good answer"), pressed=up),
            _button("down", say("Bad answer"), pressed=down),
        ]
    return f'<div class="fmqa-actions" id="{anchor}-actions">{"".join(buttons)}</div>'


def _button(does: str, name: str, *, pressed: bool = False) -> str:
    """A button; the sanitizer takes ARIA away, so that the script says what is pressed."""
    given = " fmqa-given" if pressed else ""
    return f'<button type="button" class="fmqa-do fmqa-{does}{given}">{escaped(name)}</button>'


def _next(turn: Turn, say: Wording) -> str:
    """Questions that the papers answer."""
    if not turn.suggestions:
        return ""
    heading = escaped(say("Ask next"))
    buttons = "".join(
        f'<button type="button" class="fmqa-do fmqa-asking">{escaped(question)}</button>'
        for question in (say(one.form, name=one.name, other=one.other) for one in turn.suggestions)
    )
    return f'<div class="fmqa-next"><h4>{heading}</h4>{buttons}</div>'


def _footer(answer: Answer | None, say: Wording) -> str:
    if answer is None:
        return ""
    written = sum(sentence.verdict == "supported" for sentence in answer.sentences)
    edited = sum(sentence.verdict == "edited" for sentence in answer.sentences)
    quoted = len(answer.sentences) - written - edited
    checked = _counted(
        written,
        say,
        "1 sentence checked against the quotes",
        "{count} sentences checked against the quotes",
    )
    word_for_word = _counted(quoted, say, "1 quote word for word", "{count} quotes word for word")
    changed = _counted(
        edited, say, "1 quote edited to stand alone", "{count} quotes edited to stand alone"
    )
    nobody = answer.model == "none"
    model = say("no language model") if nobody else say("model {model}", model=answer.model)
    seconds = f"{answer.timings_ms.total / 1000:.1f} s"
    return f'<p class="fmqa-footer">{joined(checked, word_for_word, changed, model, seconds)}</p>'


def _counted(count: int, say: Wording, one: str, more: str) -> str:
    """How many there are, in words; nothing where there are none."""
    if not count:
        return ""
    return say(one) if count == 1 else say(more, count=count)


def chips_of(query: str, say: Wording) -> list[tuple[str, str]]:
    """A chip for each value of the filters' text: what it says, and its own part of the text."""
    names = {
        "year": say("Year"),
        "kind": say("Kind"),
        "modality": say("Modality"),
        "task": say("Task"),
        "paper": say("Paper"),
        "source": say("Source"),
        "status": say("Status"),
    }
    parts = query_of(filters_of(query)).split("&") if query else []
    pairs = [(part, *parse_qsl(part)[0]) for part in parts]
    return [
        (f"{names[name]}: {value if name == 'paper' else say(value)}", part)
        for part, name, value in pairs
    ]
