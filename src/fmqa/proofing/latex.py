r"""Drafts in LaTeX: ``\cite`` and its kin, without comments, displayed maths and floats."""

from __future__ import annotations

import re

from fmqa.proofing.draft import (
    PRINTED,
    Manuscript,
    Marked,
    Replacement,
    linked,
    printed,
    work_of,
)
from fmqa.types import Reference

_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_BODY = re.compile(r"\\begin\{document\}(?P<body>.*?)(?:\\end\{document\}|\Z)", re.DOTALL)
_BIBS = re.compile(r"\\(?:bibliography|addbibresource)(?:\[[^\]]*\])?\{(?P<names>[^{}]*)\}")
_ITEMS = re.compile(
    r"\\bibitem(?:\[[^\]]*\])?\{(?P<key>[^{}]*)\}(?P<text>.*?)"
    r"(?=\\bibitem|\\end\{thebibliography\}|\Z)",
    re.DOTALL,
)
_FLOAT = re.compile(
    r"\\begin\{(?P<name>(?:equation|align|gather|multline|eqnarray|displaymath|figure|table|tabular"
    r"|tabularx|longtable|algorithm|algorithmic|verbatim|lstlisting|minted|tikzpicture"
    r"|thebibliography)\*?)\}.*?\\end\{(?P=name)\}|\\\[.*?\\\]|\$\$.*?\$\$",
    re.DOTALL,
)
_ARGUMENTS = r"\*?\s*(?:\[[^\]]*\]\s*){0,2}\{(?P<keys>[^{}]*)\}"
_AS_WORDS = re.compile(r"\\(?:[Cc]itet|[Tt]extcite|[Cc]itealt|[Cc]iteauthor)" + _ARGUMENTS)
_CITE = re.compile(
    r"(?:\s|~)*\\(?:cite|citep|citealp|parencite|Parencite|autocite|Autocite|footcite|supercite"
    r"|smartcite|citenum|upcite|onlinecite|citeyear|citeyearpar|nocite)" + _ARGUMENTS
)
_HEADING = re.compile(
    r"\\(?:part|chapter|(?:sub){0,2}section|paragraph|title|author|affiliation|date|keywords"
    r"|caption)\*?(?:\[[^\]]*\])?\{(?:[^{}]|\{[^{}]*\})*\}"
)
_NOTE = re.compile(r"\\(?:footnote|thanks|todo|marginpar)\{(?:[^{}]|\{[^{}]*\})*\}")
_POINTER = re.compile(
    r"\\(?:label|ref|eqref|autoref|[cC]ref|pageref|input|include|usepackage|bibliographystyle"
    r"|bibliography|addbibresource|vspace|hspace|includegraphics|documentclass)\*?"
    r"(?:\[[^\]]*\])?\{[^{}]*\}"
)
_LINK = re.compile(r"\\href\{(?P<url>[^{}]*)\}\{(?P<text>[^{}]*)\}|\\url\{(?P<alone>[^{}]*)\}")
_MATHS = re.compile(r"\$(?P<inner>[^$]*)\$|\\\((?P<round>.*?)\\\)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{[^{}]*\}(?:\[[^\]]*\])?|\\item(?:\[[^\]]*\])?|\\par\b")
_STYLED = re.compile(
    r"\\(?:emph|text\w+|mbox|underline|uline|enquote|ac[lspf]*|gls\w*|mathrm|mathbf|mathcal|mathit"
    r"|operatorname|num|SI|qty)\*?\{(?P<text>[^{}]*)\}"
)
_SIGNS = {
    r"\%": "%", r"\&": "&", r"\_": "_", r"\#": "#", r"\$": "$", r"\{": "", r"\}": "",
    r"\times": "×", r"\pm": "±", r"\approx": "≈", r"\sim": "~", r"\geq": "≥", r"\leq": "≤",
    r"\ge": "≥", r"\le": "≤", r"\cdot": "·", r"\ldots": "…", r"\dots": "…", r"\,": " ",
    r"\;": " ", r"\:": " ", r"\!": "", r"\ ": " ", r"\\": " ", "---": "—", "--": "–",
    "``": "“", "''": "”", "~": " ",
}  # fmt: skip
_SIGN = re.compile(
    "|".join(
        re.escape(sign) + (r"(?![A-Za-z])" if sign[-1].isalpha() else "")
        for sign in sorted(_SIGNS, key=len, reverse=True)
    )
)
_ACCENT = re.compile(r"\\[\"'`^~=.uvHcrk]\{?(?P<letter>[A-Za-z])\}?(?![A-Za-z])")
_COMMAND = re.compile(r"\\[A-Za-z@]+\*?(?:\[[^\]]*\])?\s?")
_BRACE = re.compile(r"[{}]")
_NESTED = 4  # commands within commands


def read_latex(text: str) -> Manuscript:
    """The draft of a LaTeX file. What it takes in with ``\\input`` is a file of its own."""
    made = Marked(text)
    made.replace(_COMMENT, "")
    names = tuple(
        name.strip() if name.strip().endswith(".bib") else f"{name.strip()}.bib"
        for match in _BIBS.finditer(made.text)
        for name in match["names"].split(",")
        if name.strip()
    )
    works = {match["key"].strip(): _item(match) for match in _ITEMS.finditer(made.text)}
    body = _BODY.search(made.text)
    if body:
        made.text = made.text[body.start("body") : body.end("body")]
        made.origin = made.origin[body.start("body") : body.end("body")]
    for pattern in (_FLOAT, _NOTE, _HEADING):
        made.replace(pattern, "" if pattern is _NOTE else "\n\n")
    made.replace(_AS_WORDS, lambda match: ("The authors", _keys(match)))
    made.replace(_CITE, _cited)
    made.replace(_POINTER, "")
    made.replace(
        _LINK, lambda match: linked(match["text"] or "", match["url"] or match["alone"], works)
    )
    made.replace(PRINTED, lambda match: printed(match, works))
    made.replace(_MATHS, lambda match: match["inner"] or match["round"] or "")
    made.replace(_ENVIRONMENT, "\n\n")
    for _ in range(_NESTED):
        made.replace(_STYLED, lambda match: match["text"])
    made.replace(_ACCENT, lambda match: match["letter"])
    made.replace(_SIGN, lambda match: _SIGNS[match[0]])
    made.replace(_COMMAND, "")
    made.replace(_BRACE, "")
    return Manuscript(made.sentences(text), works, names)


def _keys(match: re.Match[str]) -> list[str]:
    return [key.strip() for key in match["keys"].split(",") if key.strip()]


def _cited(match: re.Match[str]) -> Replacement:
    return "", _keys(match) if "nocite" not in match[0] else ()


def _item(match: re.Match[str]) -> Reference:
    """A work of the draft's own list."""
    plain = Marked(match["text"])
    for _ in range(_NESTED):
        plain.replace(_STYLED, lambda styled: styled["text"])
    plain.replace(_SIGN, lambda sign: _SIGNS[sign[0]])
    plain.replace(_COMMAND, "")
    plain.replace(_BRACE, "")
    return work_of(match["key"], " ".join(plain.text.split()))
