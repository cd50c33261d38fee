"""What all HTML of the page is made of: text that can't be anything but text, links, places."""

from __future__ import annotations

import string
import unicodedata
from urllib.parse import urlsplit

from fmqa.answering.schema import Citation
from fmqa.apps.web.wording import IN_ENGLISH, Wording

_KEPT = " ,.()-"
_REFERENCES = {ord(mark): f"&#{ord(mark)};" for mark in string.punctuation if mark not in _KEPT}
# Controls, and the marks that turn the direction of writing or can't be seen.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"  # needed to spell Persian, Hindi and others


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


def outward(url: str, words: str) -> str:
    """A link that leaves the page; the address has to be `safe_url`'s."""
    return (
        f'<a class="fmqa-link" href="{escaped(url)}" target="_blank" '
        f'rel="noopener noreferrer">{escaped(words)}</a>'
    )


def place(citation: Citation, say: Wording = IN_ENGLISH) -> str:
    """Where the quote stands: a page of the paper, or a note of ours."""
    if citation.source == "note":
        return say("our note")
    page = on_page(citation.page, citation.page_label, say)
    return f"{page}, {say('by OCR')}" if citation.ocr else page


def on_page(page: int, label: str, say: Wording = IN_ENGLISH) -> str:
    """A page of a paper, as printed where that isn't its place in the file."""
    if label:
        return say("page {label} ({page} of the file)", label=label, page=page)
    return say("page {page}", page=page)


def joined(*parts: object) -> str:
    """The parts that aren't empty, escaped, in a row."""
    return " · ".join(escaped(part) for part in parts if part)
