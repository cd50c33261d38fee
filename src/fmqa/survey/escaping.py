"""Text from papers, made safe for where it is written: a terminal, Markdown, a spreadsheet.

Titles and quotes come from outside. None of them starts an escape sequence of a terminal, a link, a
tag, a list or a formula.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable

# Characters that turn the reading order round, so that a title could hide what follows it.
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#&|~$@!])")
_OPENS_BLOCK = re.compile(r"^(?:([-+=])|(\d{1,9})([.)]))(?=\s|$|[-=])")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what starts so


def plain(text: str) -> str:
    """One line without control characters and those that turn the reading order round.

    What XML 1.0 can't hold goes too: halves of surrogate pairs and U+FFFE and U+FFFF.
    """
    return " ".join("".join(map(_kept, text)).split())


def _kept(character: str) -> str:
    if unicodedata.category(character) == "Cc":
        return " "
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    return "" if character in _TURNS or character in "\ufffe\uffff" else character


def escape_markdown(text: str) -> str:
    """The text as CommonMark that shows just it; addresses in it don't become links."""
    marked = _SPECIAL.sub(r"\\\1", plain(text))
    opened = _OPENS_BLOCK.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", marked)
    return re.sub(r"(?i)(www)\.", r"\1\\.", opened.replace("://", r"\://"))


# Braces must balance even where they are escaped: BibTeX counts them before TeX sees them.
_TEX = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
        "<": r"{\textless}",
        ">": r"{\textgreater}",
        "|": r"{\textbar}",
    }
    | {mark: rf"\{mark}" for mark in "#$%&_"}
)


def escape_tex(text: str) -> str:
    """The text as TeX prints it."""
    return text.translate(_TEX)


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """The rows as CSV (RFC 4180), each value as a spreadsheet shows it and doesn't run it."""
    out = io.StringIO()
    csv.writer(out).writerows(map(_csv_cell, row) for row in rows)
    return out.getvalue()


def _csv_cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
