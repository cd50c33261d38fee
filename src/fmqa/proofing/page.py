"""A report as one HTML file that loads nothing: the draft's sentences, each with what was found."""

from __future__ import annotations

from html import escape

from fmqa.proofing.report import WORDS, Finding, Kind, Report

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --dim: #5b6672; --paper: #fff; --line: #d5dbe1;
  --bad: #b3261e; --good: #1a7f37; --open: #8a5a00; --card: #f5f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e8ee; --dim: #9aa6b2; --paper: #12171d; --line: #323b45; --bad: #ff8a80;
    --good: #6fdc8c; --open: #ffc266; --card: #1b222a; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 55rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
article { border-bottom: 1px solid var(--line); padding: .5rem 0; }
p { margin: .2rem 0; }
small { color: var(--dim); }
.bad { color: var(--bad); } .good { color: var(--good); } .open { color: var(--open); }
blockquote { margin: .4rem 0; padding: .4rem .8rem; background: var(--card); font-size: .95em;
  border-left: 3px solid var(--line); overflow-wrap: anywhere; }
"""
_OPEN = frozenset((Kind.NO_PAPER,))


def page(report: Report) -> str:
    """The report as HTML: faults first in the summary, sentences in the draft's order."""
    title = f"Check of {report.path}"
    counts = "".join(
        f'<li class="{_color(kind)}">{count} {escape(WORDS[kind])}</li>'
        for kind, count in report.counts.items()
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n<ul>{counts}</ul>\n"
        + "\n".join(map(_sentence, report.findings))
        + "\n</body></html>\n"
    )


def _sentence(one: Finding) -> str:
    cited = f" [{escape(', '.join(one.cited))}]" if one.cited else ""
    told = escape(one.message or WORDS[one.kind])
    parts = [
        f"<p>{escape(one.text)}{cited} <small>line {one.line}</small></p>",
        f'<p class="{_color(one.kind)}"><b>{one.kind}</b> {told}</p>',
    ]
    if one.shown is not None and one.kind is not Kind.NO_CLAIM:
        where = escape(f"{one.shown.title}, p. {one.shown.page}")
        if one.shown.url:
            where = f'<a href="{escape(one.shown.url)}" rel="noreferrer">{where}</a>'
        parts.append(
            f"<blockquote>{escape(one.shown.quote)}<br><small>{where}</small></blockquote>"
        )
    return f"<article>{''.join(parts)}</article>"


def _color(kind: Kind) -> str:
    if kind is Kind.CARRIED:
        return "good"
    if kind in _OPEN:
        return "open"
    return "dim" if kind in {Kind.UNCITED, Kind.NO_CLAIM} else "bad"
