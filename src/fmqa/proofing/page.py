"""A report as one HTML file that loads nothing: the draft's sentences, each with what was found."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from fmqa.proofing.report import WORDS, Finding, Kind, Report, ShownQuote
from fmqa.types import Source

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --dim: #5b6672; --paper: #fff; --line: #d5dbe1;
  --bad: #b3261e; --good: #1a7f37; --open: #8a5a00; --card: #f5f7f9; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e8ee; --dim: #9aa6b2; --paper: #12171d; --line: #323b45; --bad: #ff8a80;
    --good: #6fdc8c; --open: #ffc266; --card: #1b222a; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
article { border-bottom: 1px solid var(--line); padding: .5rem 0; }
p { margin: .2rem 0; }
small { color: var(--dim); }
.bad { color: var(--bad); } .good { color: var(--good); } .open { color: var(--open); }
blockquote { margin: .4rem 0; padding: .4rem .8rem; background: var(--card); font-size: .95em;
  border-left: 3px solid var(--line); overflow-wrap: anywhere; }
"""


Say = Callable[..., str]
"""Puts an English text into some language, with values where names stand in braces."""
Link = Callable[[ShownQuote, str], str]


def in_english(english: str, **values: object) -> str:
    """The text as it stands, with its values."""
    return english.format(**values)


def page(report: Report) -> str:
    """The report as a whole HTML page."""
    return whole_page(f"Check of {report.path}", findings(report))


def whole_page(title: str, body: str, style: str = "") -> str:
    """An HTML page that loads nothing.

    Args:
        title: what stands above all.
        body: HTML.
        style: CSS, beside that of all pages.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}{style}</style></head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def findings(
    report: Report,
    say: Say = in_english,
    link: Link | None = None,
) -> str:
    """What was found, for any page: how often each kind, then the sentences in the draft's order.

    Args:
        report: of a draft.
        say: puts a text into the reader's language and values where it names them.
        link: the HTML that leads to a quote, from where it stands and words that are safe already;
            the paper's own address when None.
    """
    counts = "".join(
        f'<li class="{_color(kind)}">{count} {escape(say(WORDS[kind]))}</li>'
        for kind, count in report.counts.items()
    )
    said = "\n".join(_sentence(one, say, link or _to_paper) for one in report.findings)
    return f"<ul>{counts}</ul>\n{said}"


def _sentence(one: Finding, say: Say, link: Link) -> str:
    cited = f" [{escape(', '.join(one.cited))}]" if one.cited else ""
    line = escape(say("line {line}", line=one.line))
    why = f" {escape(one.message)}" if one.message else ""
    parts = [
        f"<p>{escape(one.text)}{cited} <small>{line}</small></p>",
        f'<p class="{_color(one.kind)}"><b>{escape(say(WORDS[one.kind]))}</b>{why}</p>',
    ]
    if one.shown is not None and one.kind is not Kind.NO_CLAIM:
        note = one.shown.source is Source.NOTE
        where = say("our note") if note else say("page {page}", page=one.shown.page)
        where = link(one.shown, escape(f"{one.shown.title}, {where}"))
        parts.append(
            f"<blockquote>{escape(one.shown.quote)}<br><small>{where}</small></blockquote>"
        )
    return f"<article>{''.join(parts)}</article>"


def _to_paper(shown: ShownQuote, words: str) -> str:
    if not shown.url:
        return words
    return f'<a href="{escape(shown.url)}" rel="noreferrer">{words}</a>'


def _color(kind: Kind) -> str:
    if kind is Kind.CARRIED:
        return "good"
    if kind is Kind.NO_PAPER:
        return "open"
    return "dim" if kind in {Kind.UNCITED, Kind.NO_CLAIM} else "bad"
