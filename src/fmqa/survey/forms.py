"""A comparison as CSV, Markdown, LaTeX and HTML: each cell with its quote and where it stands."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable, Mapping
from types import MappingProxyType

from fmqa.answering.compared import Cell, ComparedRow, Comparison
from fmqa.survey.cells import inert

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
    }
)
_MARKDOWN = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>()#+!|~"})


def as_json(table: Comparison) -> str:
    """As `Comparison` has it."""
    return table.model_dump_json(indent=2)


def as_csv(table: Comparison) -> str:
    """A line a paper (RFC 4180): for each column the value, and its quote, page and version."""
    out = io.StringIO()
    writer = csv.writer(out)
    heads = [f"{one}{part}" for one in table.columns for part in ("", " quote", " page")]
    writer.writerow(["paper", "arxiv_id", "version", *heads])
    for row in table.rows:
        versions = {str(cell.version) for cell in row.cells if cell.version}
        line: list[object] = [row.paper.shown, row.paper.arxiv_id or "", " ".join(sorted(versions))]
        for cell in row.cells:
            line += [cell.value, cell.quote or "", cell.page or ""]
        writer.writerow([inert(one) for one in line])
    return out.getvalue()


def as_markdown(table: Comparison) -> str:
    """A table of the values, and the quotes below it by number."""
    notes: list[str] = []
    lines = [
        "| Paper | " + " | ".join(_md(one) for one in table.columns) + " |",
        "|" + " --- |" * (len(table.columns) + 1),
    ]
    for row in table.rows:
        cells = []
        for cell in row.cells:
            mark = _noted(notes, row, cell, _md)
            cells.append(_md(cell.value) + (f" [^{mark}]" if mark else ""))
        lines.append(f"| {_md(row.paper.shown)} | " + " | ".join(cells) + " |")
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
            mark = _noted(notes, row, cell, _one_line)
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
    """Where a cell's quote stands, in words."""
    version = f"v{cell.version}" if cell.version else ""
    named = f"arXiv:{cell.arxiv_id}{version}" if cell.arxiv_id else row.paper.paper_id
    where = "our note" if row.paper.source == "note" else f"page {cell.page}"
    return f"{named}, {where}"


FORMS: Mapping[str, Callable[[Comparison], str]] = MappingProxyType(
    {
        "json": as_json,
        "csv": as_csv,
        "markdown": as_markdown,
        "latex": as_latex,
        "html": as_html,
    }
)


def _noted(
    notes: list[str], row: ComparedRow, cell: Cell, write: Callable[[str], str]
) -> int | None:
    """The number of the note with the cell's quote, added if it is new; none without a quote."""
    if cell.quote is None:
        return None
    note = write(f"“{cell.quote}” {place(row, cell)}")
    if note not in notes:
        notes.append(note)
    return notes.index(note) + 1


def _md(text: str) -> str:
    return _one_line(text).translate(_MARKDOWN)


def _tex(text: str) -> str:
    return _one_line(text).translate(_LATEX)


def _one_line(text: str) -> str:
    return " ".join(text.split())
