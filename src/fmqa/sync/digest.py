"""What changed since the review, as text and as the Markdown digest that a sync writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import groupby

from fmqa.answering.schema import Citation
from fmqa.survey.corpus import place_of
from fmqa.survey.escaping import escape_markdown, plain
from fmqa.survey.review_changes import Contradicted, NewPaper, ReviewChanges, Revised, Solved

Say = Callable[[str], str]
_Entry = tuple[str, tuple[Citation, ...]]

_UNSORTED = "kind not known"
_MOST_COUNTED = 8  # values of a facet


def as_markdown(changes: ReviewChanges, today: date | None = None) -> str:
    """CommonMark, with a heading for each part; parts without an entry are left out."""
    lines = [f"# Since {_reviewed(changes, escape_markdown)}", ""]
    lines += [f"{'As of ' + today.isoformat() + '. ' if today else ''}{summary(changes)}"]
    if changes.papers:
        lines += ["", f"## New papers ({len(changes.papers)})", ""]
        lines += [
            f"- {_tally(facet, counts, escape_markdown)}"
            for facet, counts in tallies(changes.papers)
        ]
        for kind, group in by_kind(changes.papers):
            lines += ["", f"### {escape_markdown(kind or _UNSORTED)} ({len(group)})", ""]
            lines += [f"- {_linked(paper)}{_facets(paper, escape_markdown)}" for paper in group]
    for heading, entries in _findings(changes, escape_markdown):
        lines += ["", f"## {heading}", ""]
        for said, quotes in entries:
            lines += [f"- {said}", *_quoted(quotes)]
    return "\n".join(lines) + "\n"


def as_text(changes: ReviewChanges) -> str:
    """The same for a terminal."""
    lines = [f"Since {_reviewed(changes, plain)}", summary(changes)]
    if changes.papers:
        lines += ["", f"New papers ({len(changes.papers)})"]
        lines += [f"  {_tally(facet, counts, plain)}" for facet, counts in tallies(changes.papers)]
        for kind, group in by_kind(changes.papers):
            lines += ["", f"  {plain(kind or _UNSORTED)} ({len(group)})"]
            for paper in group:
                lines += [f"    {paper.published:<10}  {_titled(paper)}{_facets(paper, plain)}"]
    for heading, entries in _findings(changes, plain):
        lines += ["", heading]
        for said, quotes in entries:
            lines += [f"  {said}", *_indented(quotes)]
    return "\n".join(lines) + "\n"


def _findings(changes: ReviewChanges, say: Say) -> Iterable[tuple[str, list[_Entry]]]:
    """The headings with an entry below them: each entry as text, with the quotes that show it."""
    found: dict[str, list[_Entry]] = {
        "Challenges with new solutions": [
            # One quote where a sentence says both.
            (_proposal(one, say), tuple(dict.fromkeys((one.named, one.proposed))))
            for one in changes.solved
        ],
        "New versions with other figures": [
            (_change(one, say), (one.old, one.new)) for one in changes.revised
        ],
        "Papers that contradict each other": [
            (_disagreement(one, say), (one.one, one.other)) for one in changes.contradicted
        ],
    }
    return [(heading, entries) for heading, entries in found.items() if entries]


def _reviewed(changes: ReviewChanges, say: Say) -> str:
    named = "" if changes.title == changes.review_id else f"“{say(changes.title)}” "
    when = f", {say(changes.published)}" if changes.published else ""
    return f"the review {named}({say(changes.review_id)}{when})"


def summary(changes: ReviewChanges) -> str:
    """How much changed, in a sentence or two."""
    parts = [
        _counted(len(changes.papers), "new paper"),
        _counted(len(changes.revised), "changed figure"),
        _counted(len(changes.contradicted), "contradiction"),
    ]
    cites = f" The review cites {_counted(changes.cited, 'paper')} of this library."
    return f"{', '.join(parts)}.{cites if changes.cited else ''}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def tallies(papers: Sequence[NewPaper]) -> Iterable[tuple[str, list[tuple[str, int]]]]:
    """For each facet its values with how many papers have them, the commonest first."""
    facets = {
        "Modality": [value for paper in papers for value in paper.modality],
        "Task": [value for paper in papers for value in paper.tasks],
    }
    for name, values in facets.items():
        if values:
            counts = Counter(values)
            yield name, sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_COUNTED]


def by_kind(papers: Sequence[NewPaper]) -> list[tuple[str, list[NewPaper]]]:
    """The papers by kind, the largest first; each in the order given."""
    counts = Counter(paper.kind for paper in papers)
    ordered = sorted(papers, key=lambda paper: (not paper.kind, -counts[paper.kind], paper.kind))
    return [(kind, list(group)) for kind, group in groupby(ordered, lambda one: one.kind)]


def _tally(facet: str, counts: Sequence[tuple[str, int]], say: Say) -> str:
    return f"{facet}: " + ", ".join(f"{say(value)} {count}" for value, count in counts)


def _titled(paper: NewPaper) -> str:
    named = paper.name and paper.name.lower() not in paper.title.lower()
    title = f"{paper.name}: {paper.title}" if named else paper.title
    gone = " (withdrawn)" if paper.withdrawn else ""
    return f"{plain(title)} ({plain(paper.paper_id)}){gone}"


def _linked(paper: NewPaper) -> str:
    title = escape_markdown(_titled(paper))
    if not paper.arxiv_id:
        return title
    return f"[{title}](https://arxiv.org/abs/{plain(paper.arxiv_id)}), {paper.published}"


def _facets(paper: NewPaper, say: Say) -> str:
    values = [*paper.modality, *paper.tasks]
    return f": {', '.join(map(say, values))}" if values else ""


def _proposal(solved: Solved, say: Say) -> str:
    first = " (first here)" if solved.first else ""
    return f"{say(solved.challenge)}: {say(solved.solution)}{first}"


def _change(revised: Revised, say: Say) -> str:
    old, new = map(say, revised.figures)
    return f"{say(revised.new.title)}: {old} → {new}"


def _disagreement(pair: Contradicted, say: Say) -> str:
    one, other = map(say, pair.figures)
    return f"{say(pair.about)}: {one} or {other}"


def _quoted(sides: Iterable[Citation]) -> Iterable[str]:
    for cited in sides:
        where = escape_markdown(_place(cited))
        place = f"[{where}]({cited.url})" if cited.url.startswith("http") else where
        yield f"  - “{escape_markdown(cited.quote)}” {place}"


def _indented(sides: Iterable[Citation]) -> Iterable[str]:
    return (f"    “{plain(cited.quote)}” {plain(_place(cited))}" for cited in sides)


def _place(cited: Citation) -> str:
    """Where a quote stands: paper, version, page."""
    return place_of(cited.arxiv_id or cited.title, cited.version, cited.source, cited.page)
