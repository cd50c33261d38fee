"""Where a paper's bibliographies stand, and which lines make each entry.

A bibliography is found by its heading, or without one by a run of numbered entries late in the
paper. Entries begin at their labels (``[1]``, ``1.``, ``(1)``, a number alone, ``[DBK+21]``); where
there are none, at the edge of a hanging indent, after a wider gap, or, where nothing is known of
the geometry, where a line that ends an entry is followed by one that opens with a name. Everything
is one pass over the rows with a bounded look ahead.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fmqa.reading.bibliography.printed_rows import (
    Geometry,
    Row,
    gap,
    is_bibliography_heading,
    make_rows,
    measure,
    without_running_heads,
)
from fmqa.reading.lines import Block, RawPage, Role

_LABELS = {
    "bracket": re.compile(r"\[\s?(?P<number>\d{1,4})\s?\]"),
    "dot": re.compile(r"(?P<number>\d{1,3})\.(?:\s+(?=\D)|(?=[A-Z]))"),
    "paren": re.compile(r"\(?(?P<number>\d{1,3})\)\s*(?=\D)"),
    "plain": re.compile(r"(?P<number>\d{1,3})\s+(?=[^\W\d_])"),
}
_ALPHA = re.compile(
    r"\[(?P<label>[^\W\d_][^\W\d_’'+*-]*(?:[-+’'*][^\W\d_]+)*[+*]?\s?(?:\d{2,4}[a-z]?)?"
    r"|[^\W\d_][^\[\]]{1,60}?(?:19|20)\d\d[a-z]?\)?)\](?=\s|$)"
)
_MAY_LABEL = re.compile(r"\s*[\[(\d]")
_NO_LABELS = frozenset({"online", "inspire", "internet", "links", "link", "code", "pdf", "video"})
# What entries have and running text seldom has in most of its paragraphs.
_CUE = re.compile(
    r"\b(?:1[6-9]|20)\d\d[a-z]?\b|[aA]r[xX]iv|\b[dD][oO][iI]\b|https?:|\bet al\b|\b[pP]p\."
    r"|\b[vV]ol\."
    r"|-[a-z]{2}/\d{7}"
)
_DONE = re.compile(r"(?:[.!?)\]”\"]|\b(?:1[6-9]|20)\d\d[a-z]?|(?:https?:|www\.|doi)\S*)$")
_NAME = re.compile(
    r"(?:(?:van|von|der|den|de|di|da|del|la|le|ter|ten|el|al)\s+){0,3}"
    r"(?:[^\W\d_a-z][^\W\d_]*[’'`´-]?[^\W\d_]*,?\s+(?:[^\W\d_a-z][^\W\d_]*\.?[,\s]|and\b|et\s)"
    r"|(?:[^\W\d_a-z]\.[\s-]?){1,3}\s?[^\W\d_a-z])"
)
_AHEAD = 6  # labels looked at for one that seems to be left out
_MOST_ROWS = 150  # of one entry; some name every member of a collaboration
_FEWEST = 4  # entries of a bibliography without heading
_MOST_ENTRIES = 5_000
_LATE = 0.3  # of the paper's blocks that stand before a bibliography without heading
_FIRST_ROWS = 5  # among which the first label stands


@dataclass(slots=True)
class Entry:
    """The rows of one reference. ``number`` is the printed one; ``label`` a label of letters."""

    rows: list[Row]
    number: int | None = None
    label: str = ""


@dataclass(slots=True)
class EntryList:
    """The entries of one bibliography, and what kind of labels they have (``""`` for none)."""

    kind: str
    entries: list[Entry] = field(default_factory=list)


def find_entries(pages: Sequence[RawPage], blocks: Sequence[Block]) -> list[EntryList]:
    """Every bibliography of a paper, in its order; none where it has none."""
    by_number = {page.number: page for page in pages}
    rows = make_rows(by_number, blocks)
    starts = [number for number, row in enumerate(rows) if is_bibliography_heading(row)]
    found: list[EntryList] = []
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=False):
        entries = _split(without_running_heads(rows[start + 1 : end]))
        if entries.entries and _reads_as_entries(entries):
            found.append(entries)
    return found or _without_heading(make_rows(by_number, blocks[int(_LATE * len(blocks)) :]))


def _split(rows: Sequence[Row]) -> EntryList:
    if not rows:
        return EntryList("")
    kind, labels = _labels(rows)
    if kind:
        last = min(len(rows), labels[-1][0] + _MOST_ROWS)
        return _labelled(rows[:last], kind, labels)
    return EntryList("", _unlabelled(rows))


def _labels(rows: Sequence[Row]) -> tuple[str, list[tuple[int, str]]]:
    """The kind of the rows' labels, and (row, label) of each entry."""
    best: tuple[str, list[tuple[int, str]]] = ("", [])
    heads = [
        (i, row.head())
        for i, row in enumerate(rows)
        if _MAY_LABEL.match(row.page.raw, row.first.start)
    ]
    for kind, pattern in _LABELS.items():
        marks = [(i, int(m["number"])) for i, head in heads if (m := pattern.match(head))]
        if marks and marks[0][0] < _FIRST_ROWS:
            chain = _chain(marks)
            single = len(chain) == 1 and kind == "bracket"
            if len(chain) > max(1, len(best[1])) or (single and not best[1]):
                best = kind, [(i, str(n)) for i, n in chain]
    alpha = _alpha_labels(rows, heads)
    return ("alpha", alpha) if len(alpha) > max(1, len(best[1])) else best


def _chain(marks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Labels that count up, a missing one or two forgiven; numbers at line heads are passed by."""
    chain = [marks[0]]
    for at, (row, number) in enumerate(marks[1:], 1):
        expected = chain[-1][1] + 1
        if number == expected:
            chain.append((row, number))
        elif expected < number <= expected + 2:
            ahead = {n for _, n in marks[at + 1 : at + 1 + _AHEAD]}
            if expected not in ahead and ahead & {number + 1, number + 2}:
                chain.append((row, number))
        if len(chain) >= _MOST_ENTRIES:
            break
    return chain


def _alpha_labels(rows: Sequence[Row], heads: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    matches = ((i, _ALPHA.match(head)) for i, head in heads if head[:1] == "[")
    found = [
        (i, rows[i], match["label"])
        for i, match in matches
        if match and match["label"].casefold() not in _NO_LABELS
    ]
    if not found or found[0][0] >= _FIRST_ROWS:
        return []
    shape = measure(rows)
    kept: list[tuple[int, str]] = []
    previous = None
    for i, row, label in found:
        # Past an appendix's heading there may be citations at line heads.
        if previous is not None and i - previous > _MOST_ROWS:
            break
        if not shape.known or shape.indent(row) < max(4.0, 0.3 * shape.hang):
            kept.append((i, label))
            previous = i
    return kept[:_MOST_ENTRIES]


def _labelled(rows: Sequence[Row], kind: str, labels: Sequence[tuple[int, str]]) -> EntryList:
    shape = measure(rows[: labels[-1][0] + 1])
    made = EntryList(kind)
    ends = [i for i, _ in labels[1:]]
    longest = max((end - i for (i, _), end in zip(labels, ends, strict=False)), default=8)
    ends.append(min(len(rows), labels[-1][0] + longest + 2))
    for (start, label), end in zip(labels, ends, strict=True):
        last = start == labels[-1][0]
        own = _entry_rows(rows[start : min(end, start + _MOST_ROWS)], shape, last=last)
        number = None if kind == "alpha" else int(label)
        made.entries.append(Entry(own, number, label if number is None else ""))
    return made


def _entry_rows(rows: Sequence[Row], shape: Geometry, *, last: bool) -> list[Row]:
    """The rows that go on with an entry's first: not what a page or column sets between them.

    After the last entry anything may follow, so that it ends at the first row that looks otherwise.
    """
    first = rows[0]
    own = [first]
    closed_in = -1
    for row in rows[1:]:
        if row.role in (Role.CAPTION, Role.TABLE, Role.HEADING) or not _same_size(first, row):
            if last:
                break
            continue
        if row.stretch == closed_in:
            continue
        if row.stretch != own[-1].stretch:
            if last and _DONE.search(own[-1].tail()) and _has_cue(Entry(own)):
                break
        elif shape.known and _apart(own[-1], row, shape):
            if last:
                break
            closed_in = row.stretch
            continue
        if last and (
            _outdented(first, row, shape)
            if shape.known
            else _DONE.search(own[-1].tail()) and _has_cue(Entry(own))
        ):
            break
        own.append(row)
    return own


def _same_size(a: Row, b: Row) -> bool:
    return not a.size or 0.8 < b.size / a.size < 1.18


def _apart(a: Row, b: Row, shape: Geometry) -> bool:
    return gap(a, b) > 1.7 * max(shape.pitch, 1.1 * b.size) or gap(a, b) < -b.size


def _outdented(first: Row, row: Row, shape: Geometry) -> bool:
    """Whether a row after a hanging label begins where labels do."""
    if not shape.hang or row.stretch != first.stretch:
        return False
    return row.first.left < first.first.left + 0.4 * min(shape.hang, 12.0)


def _unlabelled(rows: Sequence[Row]) -> list[Entry]:
    """Entries without labels, up to the next heading or to where nothing reads as a reference."""
    end = next((i for i, row in enumerate(rows) if row.role is Role.HEADING), len(rows))
    rows = [row for row in rows[:end] if row.role not in (Role.CAPTION, Role.TABLE)]
    if not rows:
        return []
    size = rows[0].size
    rows = [row for row in rows if not size or 0.8 < row.size / size < 1.18]
    begins = _begins(rows, measure(rows))
    entries: list[Entry] = []
    for number, row in enumerate(rows):
        if number == 0 or begins(rows[number - 1], row, entries[-1]):
            entries.append(Entry([row]))
        elif len(entries[-1].rows) < _MOST_ROWS:
            entries[-1].rows.append(row)
        if len(entries) >= _MOST_ENTRIES:
            break
    return _trimmed(entries)


def _begins(rows: Sequence[Row], shape: Geometry) -> Callable[[Row, Row, Entry], bool]:
    """How this bibliography shows that an entry begins: (row before, row, entry so far)."""
    if shape.known and shape.hang:
        edge = [row for row in rows if shape.indent(row) < 0.4 * shape.hang]
        inner = [row for row in rows if 0.4 * shape.hang <= shape.indent(row)]
        if _named(edge) >= _named(inner):
            return lambda _before, row, _entry: shape.indent(row) < 0.4 * shape.hang
        return lambda _before, row, _entry: shape.indent(row) >= 0.4 * shape.hang
    if shape.known:
        wide = 1.2 * shape.pitch
        pairs = [(a, b) for a, b in itertools.pairwise(rows) if a.stretch == b.stretch]
        if sum(gap(a, b) > wide for a, b in pairs) > 0.12 * len(pairs):
            return lambda before, row, _entry: (
                gap(before, row) > wide
                if before.stretch == row.stretch
                else _by_words(before, row, _entry)
            )
    return _by_words


def _named(rows: Sequence[Row]) -> float:
    """Share of rows that open with a name."""
    return sum(bool(_NAME.match(row.head())) for row in rows) / len(rows) if rows else 0.0


def _by_words(before: Row, row: Row, entry: Entry) -> bool:
    return (
        _DONE.search(before.tail()) is not None
        and _NAME.match(row.head()) is not None
        and any(_CUE.search(part.text[:2000]) for part in entry.rows[-4:])
    )


def _trimmed(entries: list[Entry]) -> list[Entry]:
    """Entries up to where four in a row have nothing of a reference."""
    cues = [_has_cue(entry) for entry in entries]
    for number in range(len(entries) - 3):
        if not any(cues[number : number + 4]):
            entries = entries[:number]
            break
    while entries and not _has_cue(entries[-1]):
        entries.pop()
    return entries


def _has_cue(entry: Entry) -> bool:
    # Years and ids mostly stand at the end.
    return any(_CUE.search(row.text[:2000]) for row in reversed(entry.rows))


def _reads_as_entries(found: EntryList) -> bool:
    entries = found.entries
    cues = sum(map(_has_cue, entries))
    return cues >= (0.4 if found.kind else 0.6) * len(entries)


def _without_heading(rows: Sequence[Row]) -> list[EntryList]:
    """A run of entries numbered from 1 in the paper's later part, with what references have."""
    for kind in ("bracket", "dot"):
        matches = ((i, _LABELS[kind].match(row.head())) for i, row in enumerate(rows))
        marks = [(i, int(match["number"])) for i, match in matches if match]
        ones = [at for at, (_, n) in enumerate(marks) if n == 1]
        for at in ones[-3:][::-1]:
            chain = _chain(marks[at:])
            if len(chain) < _FEWEST:
                continue
            begin = chain[0][0]
            labels = [(i - begin, str(n)) for i, n in chain]
            inside = rows[begin : begin + labels[-1][0] + _MOST_ROWS]
            made = _labelled(inside, kind, labels)
            if sum(map(_has_cue, made.entries)) >= 0.6 * len(made.entries):
                return [made]
    return []
