"""Answers as BibTeX, in UTF-8, as arXiv writes its own entries: ``@misc`` with an ``eprint``.

The quotes stand in ``annote``, which Zotero imports as a note and no style prints.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fmqa.apps.exports.names import Name
from fmqa.apps.exports.works import Work

# Braces must balance even where they are escaped: BibTeX counts them before TeX sees them.
_ESCAPED = {
    "\\": r"{\textbackslash}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    "<": r"{\textless}",
    ">": r"{\textgreater}",
    "|": r"{\textbar}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
}
_ESCAPE = str.maketrans(_ESCAPED)
# Styles put titles in small letters; these words would lose their meaning.
_KEEPS_CASE = re.compile(r"\w*[^\W\d_a-z]\w*", re.UNICODE)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def as_bibtex(works: Sequence[Work]) -> str:
    """An entry for each paper."""
    return "\n".join(_entry(work) for work in works)


def _entry(work: Work) -> str:
    fields: dict[str, str] = {
        "title": f"{{{_title(work.title)}}}",
        "author": f"{{{' and '.join(_author(name) for name in work.authors)}}}",
        "year": f"{{{work.year}}}" if work.year else "",
        "month": _MONTHS[work.date[1] - 1] if len(work.date) > 1 else "",
    }
    if work.arxiv_id:
        fields |= {
            "eprint": f"{{{work.versioned_id}}}",
            "archivePrefix": "{arXiv}",
            "eprinttype": "{arxiv}",  # what biblatex and Zotero read
            "primaryClass": f"{{{work.category}}}",
            "url": f"{{{work.url}}}",
        }
    fields |= {
        "doi": f"{{{_verbatim(work.doi)}}}",
        "annote": f"{{{escaped(chr(10).join(work.remarks))}}}",
    }
    lines = [f"  {name} = {value}," for name, value in fields.items() if value not in {"", "{}"}]
    return "\n".join([f"@misc{{{work.key},", *lines, "}\n"])


def escaped(text: str) -> str:
    """The text as TeX prints it."""
    return text.translate(_ESCAPE)


def _title(text: str) -> str:
    """The title with braces around the words whose capitals must stay: "{MedSAM} and friends"."""
    return " ".join(_word(word, at) for at, word in enumerate(text.split()))


def _word(word: str, at: int) -> str:
    match = _KEEPS_CASE.search(word)
    inner = match is not None and any(c.isupper() for c in word[1 if word[0].isalpha() else 2 :])
    single = len(word) == 1 and word.isupper() and at > 0 and word != "A"
    return f"{{{escaped(word)}}}" if inner or single else escaped(word)


def _author(name: Name) -> str:
    if name.literal:
        return f"{{{escaped(name.literal)}}}"
    family = " ".join(part for part in (name.particle, _part(name.family)) if part)
    return ", ".join(part for part in (family, _part(name.suffix), _part(name.given)) if part)


def _part(text: str) -> str:
    """A part of a name; braced where BibTeX would split it."""
    braced = "," in text or re.search(r"\band\b", text, re.I)
    return f"{{{escaped(text)}}}" if braced else escaped(text)


def _verbatim(text: str) -> str:
    """An address or identifier, which isn't read by TeX; what could end the field is left out."""
    return re.sub(r"[{}\\\s]", "", text)
