"""Changes of the library as HTML: a job under way or ended, the changelog, what removal asks.

Everything that comes from papers, files and services is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from fmqa.apps.web.render import escaped
from fmqa.apps.web.views.sheet import outward, problem
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.sources.arxiv_ids import parse_id

if TYPE_CHECKING:
    from fmqa.apps.jobs import JobLine, JobState
    from fmqa.store.arxiv_catalog import Change
    from fmqa.types import PaperMeta

_SHOWN = 100
_MIB = 1 << 20


def job(state: JobState, say: Wording = IN_ENGLISH) -> str:
    """What the job does, or what it came to; nothing before the first."""
    if not state.number:
        return ""
    head = escaped(say(state.title))
    if state.running:
        told = say("Stopping…") if state.stopping else state.said
        said = f'<p class="fmqa-meta">{escaped(told)}</p>' if told else ""
        steps = "".join(_step(*step, say) for step in state.steps)
        return (
            f'<section class="fmqa-job" aria-label="{head}">'
            f'<p class="fmqa-status fmqa-busy">{head}…</p>{steps}{said}</section>'
        )
    return f'<section class="fmqa-job" role="status"><h3>{head}</h3>{_ended(state, say)}</section>'


def _step(label: str, done: int, total: int, say: Wording) -> str:
    words = escaped(say(label))
    if total <= 1:
        return f'<p class="fmqa-step">{words}</p>'
    size = f"{done:,} / {total:,}"
    if total > _MIB:
        size = f"{done // _MIB:,} / {total // _MIB:,} MiB"
    return (
        f'<p class="fmqa-step"><span>{words}</span> <progress max="{total}" value="{done}" '
        f'aria-label="{words}"></progress> <span>{size}</span></p>'
    )


def _ended(state: JobState, say: Wording) -> str:
    if state.broken:
        return (
            f'<div class="fmqa-problem" role="alert"><p class="fmqa-lead">'
            f"{escaped(say('Something went wrong in the program itself.'))}</p><p>"
            f"{escaped(say('The terminal that runs fmqa shows the details.'))}</p></div>"
        )
    if state.outcome is None:
        words = say("Stopped. What was committed stays, and the next time goes on from there.")
        return f"<p>{escaped(words)}</p>"
    outcome = state.outcome
    listed = "".join(
        _lines(what, list(lines), say)
        for what, lines in groupby(outcome.lines, key=lambda line: line.what)
    )
    if outcome.problem is not None:
        return listed + problem(outcome.problem, say)
    return listed or f"<p>{escaped(say('Nothing has changed.'))}</p>"


def _lines(what: str, lines: Sequence[JobLine], say: Wording) -> str:
    items = []
    for line in lines[:_SHOWN]:
        title = f'<span class="fmqa-title">{escaped(line.title)}</span> ' if line.title else ""
        name = f'<span class="fmqa-meta">{escaped(line.name)}</span>'
        why = "<br>".join(escaped(say(part)) for part in (line.why, line.hint) if part)
        items.append(f"<li>{title}{name}{f'<br>{why}' if why else ''}</li>")
    rest = _rest(len(lines), say)
    return f"<h4>{escaped(say(what))} ({len(lines)})</h4><ul>{''.join(items)}{rest}</ul>"


def changelog(changes: Sequence[Change], say: Wording = IN_ENGLISH) -> str:
    """The newest changes of the library, by day; those of runs are left out.

    Args:
        changes: oldest first.
        say: the page's language.
    """
    from fmqa.survey.escaping import plain

    told = [one for one in reversed(changes) if one.what != "run"]
    if not told:
        return f'<p class="fmqa-status">{escaped(say("Nothing has changed."))}</p>'
    days = []
    for day, of_day in groupby(told[:_SHOWN], key=lambda change: plain(change.at)[:10]):
        items = "".join(_change(change, say) for change in of_day)
        days.append(f"<h4>{escaped(day)}</h4><ul>{items}</ul>")
    rest = _rest(len(told), say, "p")
    return f'<div class="fmqa-changelog">{"".join(days)}{rest}</div>'


def _change(change: Change, say: Wording) -> str:
    from fmqa.survey.escaping import plain
    from fmqa.sync.changelog import heading_of, link_of, name_of

    name, url = name_of(change), link_of(change)
    where = outward(url, name) if url else f'<span class="fmqa-meta">{escaped(name)}</span>'
    title = f'<span class="fmqa-title">{escaped(plain(change.title))}</span>'
    detail = f": {escaped(plain(change.detail))}" if change.detail else ""
    kind = f'<span class="fmqa-badge">{escaped(say(heading_of(change)))}</span>'
    return f"<li>{kind} {title} {where}{detail}</li>"


def _rest(count: int, say: Wording, tag: str = "li") -> str:
    if count <= _SHOWN:
        return ""
    return f"<{tag}>{escaped(say('… and {count} more', count=count - _SHOWN))}</{tag}>"


def removal(meta: PaperMeta, say: Wording = IN_ENGLISH) -> str:
    """What is asked before a paper is removed."""
    question = say("Remove “{title}” from the library?", title=meta.title)
    comes_back = say(
        "It isn’t searched any more, and no sync brings it back. Its PDF stays; adding it again "
        "undoes this."
    )
    name = meta.arxiv_id if meta.arxiv_id and parse_id(meta.arxiv_id) else meta.paper_id
    return (
        f'<div class="fmqa-notice" role="alert"><p class="fmqa-lead">{escaped(question)} '
        f'<span class="fmqa-meta">{escaped(name)}</span></p><p>{escaped(comes_back)}</p></div>'
    )
