"""What all HTML of the page is made by: templates, and text in them that can't be but text.

The templates of `templates/` are Jinja's, each a set of macros. Whatever a template writes goes
through `escaped` first, unless another macro made it. Line breaks and indents of a template are
left out, so that what it makes stands on one line: see `render`.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fmqa.answering.schema import Citation
from fmqa.apps.web.wording import IN_ENGLISH, Wording
from fmqa.sources.arxiv_ids import parse_id

if TYPE_CHECKING:
    from jinja2 import Environment

_KEPT = " ,.()-"
_REFERENCES = {ord(mark): f"&#{ord(mark)};" for mark in string.punctuation if mark not in _KEPT}
# Controls, and the marks that turn the direction of writing or can't be seen.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"  # needed to spell Persian, Hindi and others
_BETWEEN_TAGS = re.compile(r"(?<=[>}])[ \t]*\n\s*(?=[<{])")
_LINE_BREAK = re.compile(r"\s*\n\s*")


def view(name: str, say: Wording, *values: Any, **named: Any) -> str:
    """The HTML that a macro makes.

    Args:
        name: the template's file without its ending, a dot, and the macro.
        say: puts the page's own texts into the reader's language.
        values: what the macro is given, as are ``named``.
    """
    template, _, macro = name.partition(".")
    made = _templates().get_template(f"{template}.html").make_module({"say": say})
    return str(getattr(made, macro)(*values, **named))


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(template_source),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_written,
    )
    made.globals |= {one.__name__: one for one in (arxiv_page, on_page, place, safe_url, titled)}
    made.filters["said"] = _all_said
    return made


def template_source(name: str) -> str:
    """A template without the breaks of its lines; between words, a break counts as a space."""
    text = files("fmqa.apps.web").joinpath("templates", name).read_text("utf-8")
    return _LINE_BREAK.sub(" ", _BETWEEN_TAGS.sub("", text.strip()))


def _written(value: Any) -> Any:
    from markupsafe import Markup

    if hasattr(value, "__html__"):
        return value
    return Markup("" if value is None else escaped(value))  # noqa: S704 - it is escaped


def _all_said(texts: Iterable[str], say: Wording) -> str:
    return ", ".join(map(say, texts))


def escaped(text: object) -> str:
    """A text from anywhere, safe inside an element or a quoted attribute, on one line."""
    seen = "".join(
        " " if char.isspace() else char
        for char in str(text)
        if char.isspace() or char in _JOINERS or unicodedata.category(char) not in _UNSEEN
    )
    return " ".join(seen.split()).translate(_REFERENCES)


def safe_url(url: str) -> str:
    """The address when it leads to a web page, else nothing."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    whole = parts.scheme in ("http", "https") and host
    return url if whole and not any(c.isspace() or ord(c) < 0x20 for c in url) else ""


def arxiv_page(arxiv_id: str | None) -> str:
    """The address of a paper's page on arXiv; empty for what is no id."""
    return f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id and parse_id(arxiv_id) else ""


def titled(name: str, title: str) -> str:
    """A paper's title, led by its model's name where the title lacks it."""
    return title if not name or name.lower() in title.lower() else f"{name}: {title}"


def place(citation: Citation, say: Wording = IN_ENGLISH) -> str:
    """Where the quote stands: a page of the paper, or a note of ours."""
    if citation.source == "note":
        return say("our note")
    if citation.goes_on:
        page = say("pages {pages}", pages=citation.printed_pages)
    else:
        page = on_page(citation.page, citation.page_label, say)
    return f"{page}, {say('by OCR')}" if citation.ocr else page


def on_page(page: int, label: str, say: Wording = IN_ENGLISH) -> str:
    """A page of a paper, as printed where that isn't its place in the file."""
    if label:
        return say("page {label} ({page} of the file)", label=label, page=page)
    return say("page {page}", page=page)
