"""Papers side by side: a table whose every cell has a quote, or says "not stated"."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import chain
from types import MappingProxyType

from fmqa.answering.conflicts import differing_figures
from fmqa.answering.schema import Cell, ComparedPaper, ComparedRow, Comparison
from fmqa.errors import AmbiguousName, UsageError
from fmqa.retrieval.expansion import normal_name
from fmqa.retrieval.naming import NameBook, names_of, written_names
from fmqa.sources.arxiv_ids import parse_id
from fmqa.store.mappers import PaperRow
from fmqa.store.quoted_facets import Facet, FacetName
from fmqa.store.works import one_of_each_work
from fmqa.survey.corpus import paper_fields, place_of
from fmqa.survey.escaping import csv_text, escape_markdown, escape_tex
from fmqa.survey.facet_maker import FacetMaker
from fmqa.types import PaperMeta

NOT_STATED = "not stated"
COLUMNS = (
    "architecture",
    "training",
    "data",
    "tasks",
    "kind",
    "modality",
    "parameters",
    "year",
    "challenges",
    "solutions",
)
DEFAULT = COLUMNS[:4]
MOST_PAPERS = 30
# What else a column may be called; each may go by its facet's name, too.
_CALLED = {
    "modalities": FacetName.MODALITY,
    "architectures": FacetName.ARCHITECTURE,
    "backbone": FacetName.ARCHITECTURE,
    "training strategy": FacetName.TRAINING,
    "pre-training data": FacetName.DATA,
    "training data": FacetName.DATA,
    "data size": FacetName.DATA,
    "tasks": FacetName.TASK,
    "downstream tasks": FacetName.TASK,
    "size": FacetName.PARAMETERS,
    "model size": FacetName.PARAMETERS,
    "challenges": FacetName.CHALLENGE,
    "solutions": FacetName.SOLUTION,
} | {name.value: name for name in FacetName}
_ASKED = re.compile(
    r"^\W*(?:please )?compare\s+(?P<names>.+?)"
    r"(?:\s+(?:by|in terms of|regarding|in|on|with respect to)\s+(?P<by>[^?.]+))?\s*[.?!]*$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:,|;|\band\b|\bwith\b|\bto\b|\bvs\.?|\bversus\b|&)\s*", re.IGNORECASE)
_MOST_CHOICES = 8


def compare(maker: FacetMaker, names: Sequence[str], by: Sequence[str] = DEFAULT) -> Comparison:
    """The papers that go by these names, by these columns.

    A work's other version has a row below where its figures differ.

    Args:
        names: of models as the field calls them, arXiv ids, or ids of papers.
        by: some of the `COLUMNS`.

    Raises:
        AmbiguousName: a name is that of several papers; says which.
        UsageError: no paper has that name, or there is no such column.
    """
    if not names or len(names) > MOST_PAPERS:
        raise UsageError(f"One to {MOST_PAPERS} papers can be compared, not {len(names)}.")
    columns = [_column(one) for one in by if one.strip()] or list(map(_column, DEFAULT))
    held = {row.meta.paper_id: row for row in maker.library.record.papers()}
    papers = list(
        dict.fromkeys(resolve(name, [row.meta for row in held.values()]) for name in names)
    )
    siblings = {paper.paper_id: maker.library.record.siblings(paper.paper_id) for paper in papers}
    named = dict.fromkeys(paper.paper_id for paper in papers)
    facets = maker.facets([*named, *chain.from_iterable(siblings.values())])
    rows = []
    for paper in papers:
        first = _row(held[paper.paper_id], columns, facets)
        rows.append(first)
        for kin in siblings[paper.paper_id]:
            other = _row(held[kin], columns, facets, paper.paper_id) if kin in held else first
            if kin not in named and _differ(first, other):
                rows.append(other)
    shown = tuple(dict.fromkeys(one.strip().lower() for one in by if one.strip())) or DEFAULT
    return Comparison(columns=shown, rows=tuple(rows))


def _row(
    held: PaperRow,
    columns: Sequence[FacetName],
    facets: Mapping[str, Sequence[Facet]],
    version_of: str = "",
) -> ComparedRow:
    paper = held.meta
    mine = facets.get(paper.paper_id, [])
    return ComparedRow(
        paper=ComparedPaper(
            **paper_fields(paper),
            year=paper.year,
            source=held.source.value,
            version_of=version_of,
        ),
        cells=tuple(_cell(paper, [one for one in mine if one.name is name]) for name in columns),
    )


def _differ(one: ComparedRow, other: ComparedRow) -> bool:
    """Whether two versions of a paper give other figures for one thing."""
    return any(
        differing_figures(mine.quote or "", theirs.quote or "")
        for mine, theirs in zip(one.cells, other.cells, strict=True)
    )


def resolve(name: str, papers: Iterable[PaperMeta]) -> PaperMeta:
    """The one paper that a name means.

    Raises:
        AmbiguousName: several papers go by it.
        UsageError: none does.
    """
    known = [paper for paper in papers if paper.kind != "topic"]
    by_id = {paper.paper_id: paper for paper in known}
    asked = parse_id(name.strip())
    if name.strip() in by_id:
        return by_id[name.strip()]
    if asked is not None and asked.bare in by_id:
        return by_id[asked.bare]
    book = NameBook.of(known)
    found = book.papers([normal_name(name)])
    # As written first: MedSAM2 is not MedSAM-2, though a search takes them for one.
    asked_as = name.strip().casefold()
    whole = [
        one
        for one in found
        if asked_as in {written.casefold() for written in written_names(by_id[one])}
    ]
    meant = [one.paper_id for one in one_of_each_work(by_id[one] for one in whole or found)]
    if len(meant) == 1:
        return by_id[meant[0]]
    if found:
        shown = [(one, by_id[one].name or by_id[one].title) for one in found[:_MOST_CHOICES]]
        raise AmbiguousName(f"{name!r} may mean {len(found)} papers.", shown)
    written = {one: paper.name for paper in known for one in names_of(paper) if paper.name}
    near = get_close_matches(normal_name(name), list(written), n=3, cutoff=0.75)
    hint = f"Near are {', '.join(dict.fromkeys(written[one] for one in near))}." if near else None
    raise UsageError(
        f"No paper here goes by {name!r}.", hint=hint or "`fmqa papers list` shows all of them."
    )


def asked_for(question: str, names: Callable[[], NameBook]) -> tuple[list[str], list[str]] | None:
    """The names and columns of "compare X and Y by Z"; None for any other question.

    At least two of the names must be papers' here, so that "compare" of other things is answered
    in words.
    """
    match = _ASKED.match(question.strip())
    if match is None:
        return None
    book = names()
    between = (one.strip() for one in _BETWEEN.split(match["names"]))
    known = [one for one in between if normal_name(one) in book]
    by = [one for one in _BETWEEN.split(match["by"] or "") if one.lower() in _CALLED]
    return (known, by or list(DEFAULT)) if len(known) > 1 else None


def _column(name: str) -> FacetName:
    found = _CALLED.get(name.strip().lower())
    if found is None:
        raise UsageError(
            f"There is no column {name.strip()!r}.", hint=f"There are {', '.join(COLUMNS)}."
        )
    return found


def _cell(paper: PaperMeta, facets: Sequence[Facet]) -> Cell:
    """The values that one quote shows: the quote with most of them, surest first."""
    by_quote: dict[tuple[int, int, int], list[Facet]] = {}
    for one in facets:
        if one.quote:
            by_quote.setdefault((one.version, one.span.page, one.span.start), []).append(one)
    if not by_quote:
        return Cell(value=NOT_STATED)
    best = max(by_quote.values(), key=_worth)
    lead = best[0]
    values = [one.value for one in best]
    if lead.name is FacetName.DATA:
        values = values[:2]
    return Cell(
        value="; ".join(dict.fromkeys(values)),
        quote=" ".join(lead.quote.split()),
        page=lead.span.page,
        arxiv_id=paper.arxiv_id,
        version=lead.version or None,
        start=lead.span.start,
        end=lead.span.end,
        confidence=max(one.confidence for one in best),
    )


def _worth(facets: Sequence[Facet]) -> float:
    surest = max(one.confidence for one in facets)
    if facets[0].name in (FacetName.DATA, FacetName.PARAMETERS, FacetName.KIND):
        return surest
    return surest + 0.5 * (len(facets) - 1)


def as_csv(table: Comparison) -> str:
    """A line a paper (RFC 4180): for each column the value, and its quote, page and version."""
    heads = [f"{one}{part}" for one in table.columns for part in ("", " quote", " page")]
    lines: list[list[object]] = [["paper", "arxiv_id", "version", *heads]]
    for row in table.rows:
        versions = {str(cell.version) for cell in row.cells if cell.version}
        line: list[object] = [row.paper.shown, row.paper.arxiv_id or "", " ".join(sorted(versions))]
        for cell in row.cells:
            line += [cell.value, cell.quote or "", cell.page or ""]
        lines.append(line)
    return csv_text(lines)


def as_markdown(table: Comparison) -> str:
    """A table of the values, and the quotes below it by number."""
    notes: list[str] = []
    lines = [
        "| Paper | " + " | ".join(escape_markdown(one) for one in table.columns) + " |",
        "|" + " --- |" * (len(table.columns) + 1),
    ]
    for row in table.rows:
        cells = []
        for cell in row.cells:
            mark = noted(notes, row, cell, escape_markdown)
            cells.append(escape_markdown(cell.value) + (f" [^{mark}]" if mark else ""))
        lines.append(f"| {escape_markdown(row.paper.shown)} | " + " | ".join(cells) + " |")
    lines += ["", *(f"[^{number}]: {note}" for number, note in enumerate(notes, start=1))]
    return "\n".join(lines).rstrip() + "\n"


def as_latex(table: Comparison) -> str:
    """A `tabular` in the style of booktabs, with the quotes as comments below it."""
    notes: list[str] = []
    width = 0.8 / max(1, len(table.columns))
    wide = rf"p{{{width:.2f}\linewidth}}"
    lines = [
        r"% \usepackage{booktabs}",
        rf"\begin{{tabular}}{{l{wide * len(table.columns)}}}",
        r"\toprule",
        " & ".join(["Paper", *(_tex(one.capitalize()) for one in table.columns)]) + r" \\",
        r"\midrule",
    ]
    for row in table.rows:
        cells = []
        for cell in row.cells:
            mark = noted(notes, row, cell, _one_line)
            cells.append(_tex(cell.value) + (rf"\textsuperscript{{{mark}}}" if mark else ""))
        lines.append(" & ".join([_tex(row.paper.shown), *cells]) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [f"% {number}: {note}" for number, note in enumerate(notes, start=1)]
    return "\n".join(lines) + "\n"


def as_html(table: Comparison) -> str:
    """A table whose cells open to their quote; needs no script."""
    heads = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in table.columns)
    rows = []
    for row in table.rows:
        cells = "".join(f"<td>{_cell_html(row, cell)}</td>" for cell in row.cells)
        rows.append(f'<tr><th scope="row">{html.escape(row.paper.shown)}</th>{cells}</tr>')
    return (
        f'<table class="fmqa-table fmqa-compare"><thead><tr><th scope="col">Paper</th>{heads}</tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table>\n"
    )


def _cell_html(row: ComparedRow, cell: Cell) -> str:
    value = html.escape(cell.value)
    if cell.quote is None:
        return f'<span class="fmqa-meta">{value}</span>'
    return (
        f"<details><summary>{value}</summary><q>{html.escape(cell.quote)}</q> "
        f'<span class="fmqa-meta">{html.escape(place(row, cell))}</span></details>'
    )


def place(row: ComparedRow, cell: Cell) -> str:
    """Where a cell's quote stands."""
    if not cell.arxiv_id:
        return place_of(row.paper.paper_id, None, row.paper.source, cell.page)
    return place_of(f"arXiv:{cell.arxiv_id}", cell.version, row.paper.source, cell.page)


FORMS: Mapping[str, Callable[[Comparison], str]] = MappingProxyType(
    {
        "json": lambda table: table.model_dump_json(indent=2),
        "csv": as_csv,
        "markdown": as_markdown,
        "latex": as_latex,
        "html": as_html,
    }
)


def noted(
    notes: list[str], row: ComparedRow, cell: Cell, write: Callable[[str], str]
) -> int | None:
    """The number of the note with the cell's quote, added if it is new; none without a quote."""
    if cell.quote is None:
        return None
    note = write(f"“{cell.quote}” {place(row, cell)}")
    if note not in notes:
        notes.append(note)
    return notes.index(note) + 1


def _tex(text: str) -> str:
    return escape_tex(_one_line(text))


def _one_line(text: str) -> str:
    return " ".join(text.split())
