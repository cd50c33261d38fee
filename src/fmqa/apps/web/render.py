"""Conversations as HTML that can't be anything but text.

A message goes through the chat component's Markdown reader and sanitizer. It reads a line that
starts with a block's tag as HTML up to the next empty line, so each block is written on one line;
and every ASCII punctuation mark of a text that isn't ours becomes a character reference, so that
neither HTML, Markdown, LaTeX nor a placeholder of the component's own can be made of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl

from fmqa.answering.abstention import tell_missing
from fmqa.answering.schema import Answer, Related, Withheld
from fmqa.apps.web.chat import Stage, Turn
from fmqa.apps.web.markup import escaped, joined, outward
from fmqa.apps.web.prose import counted, found, prose, sources, voice
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.filters import filters_of, query_of

_ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7}")


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
        blocks = [*_said(turn, say), _problem(turn, say)]
    elif turn.answer is not None and turn.answer.status == "abstained":
        blocks = [
            _understood(turn.answer, say),
            _abstained(turn.answer, say),
            _notices(turn.answer, say),
        ]
    else:
        blocks = _said(turn, say)
    blocks.insert(0, _among(turn, say))
    if not turn.running:
        blocks += [
            _side_by_side(turn.answer, say),
            _footer(turn.answer, say) if turn.sentences else "",
            _actions(turn, anchor, say),
            sources(turn.citations, anchor, say),
            _withheld(turn.withheld, say),
            _next(turn, say),
        ]
    # An empty line ends a block, and the component redraws only the blocks that changed.
    return "\n\n".join(block for block in blocks if block)


def _said(turn: Turn, say: Wording) -> list[str]:
    # What is known only at the end stands below what was shown before it, which then stays put.
    blocks = [prose(turn, say), _notices(turn.answer, say), _understood(turn.answer, say)]
    if turn.running:
        blocks += [_progress(turn, say), found(turn, say)]
    if turn.stage is Stage.STOPPED:
        kept = say("Stopped. What stands above was checked.")
        words = kept if turn.sentences else say("Stopped.")
        blocks.append(f'<p class="fmqa-status">{escaped(words)}</p>')
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


def _withheld(withheld: Sequence[Withheld], say: Wording) -> str:
    if not withheld:
        return ""
    head = counted(
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
    parts = [_button("again", say("Ask again")), _button("edit", say("Edit"))]
    if turn.answer is not None:
        up, down = turn.rating == 1, turn.rating == -1
        parts = [
            _button("copy", say("Copy")),
            _taking(say),
            *parts,
            _button("up", say("Good answer"), pressed=up),
            _button("down", say("Bad answer"), pressed=down),
        ]
    return f'<div class="fmqa-actions" id="{anchor}-actions">{"".join(parts)}</div>'


_FORMS = {"markdown": "Markdown", "bibtex": "BibTeX", "ris": "RIS", "csl": "CSL-JSON"}


def _taking(say: Wording) -> str:
    """The files that the answer, or all of the conversation, can be taken away as."""
    rows = "".join(
        f'<span class="fmqa-taking fmqa-of-{what}"><span>{escaped(name)}</span> '
        f"{''.join(_button(f'take-{form}', shown) for form, shown in _FORMS.items())}</span>"
        for what, name in (
            ("one", say("This answer")),
            ("all", say("The whole conversation")),
        )
    )
    return (
        f'<details class="fmqa-takeaway"><summary>{escaped(say("Take away"))}</summary>'
        f'<span class="fmqa-menu">{rows}</span></details>'
    )


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
    nobody = answer.model == "none"
    model = say("no language model") if nobody else say("model {model}", model=answer.model)
    seconds = f"{answer.timings_ms.total / 1000:.1f} s"
    return f'<p class="fmqa-footer">{joined(*voice(answer, say), model, seconds)}</p>'


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
