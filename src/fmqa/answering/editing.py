"""Quotes edited by program so that they stand alone: "We" becomes "[the authors of MedSAM]".

What is put in stands in square brackets, as editors do; only reference marks, a bullet and a
connecting word at the beginning are taken out. Nothing else is changed, so that an edited quote
needs no check.
"""

from __future__ import annotations

import re

from fmqa.answering.attribution import reported_from
from fmqa.answering.claims import as_said
from fmqa.answering.quotes import short_name
from fmqa.types import Quote

_CONNECTING = re.compile(
    r"^(?:However|Therefore|Thus|Hence|Moreover|Furthermore|Additionally|In addition|Also|Besides|"
    r"Specifically|In particular|Similarly|Likewise|Finally|Notably|Interestingly|Importantly|"
    r"Consequently|As a result|In contrast|On the other hand|On the contrary|Meanwhile|Overall|"
    r"In summary|In conclusion|To this end|For this purpose|Then|Next|Second(?:ly)?|Third(?:ly)?|"
    r"First(?:ly)?|Lastly|Nevertheless|Nonetheless|Instead|Conversely|Accordingly|Indeed),\s+"
)
_BULLET = re.compile(r"^[•▪◦–*-]\s+")
_KIND = (
    r"(?:model|method|approach|network|framework|system|architecture|algorithm|pipeline|technique)"
)
_OWN_KIND = re.compile(
    rf"\b(?:our|the) (?:(?:proposed|novel|full|final) )+{_KIND}\b|\bour {_KIND}\b", re.IGNORECASE
)
_OWN_WORK = re.compile(r"\b(?:this|the present|our) (?:paper|work|study|article)\b", re.IGNORECASE)
# "US" is ultrasound.
_PERSON = re.compile(r"\b(?P<who>[Ww]e|us)\b|\b(?P<whose>[Oo]urs?)\b")
_LONGEST_NAME = 60
_FEW = 2  # authors that are all named


def edited(quote: Quote) -> str:
    """The quote as a sentence that names what it speaks of; without changes where it does already.

    A model's name takes the place of "our method"; a paper without one lends its title's head.
    """
    text = _BULLET.sub("", as_said(quote.text))
    if connecting := _CONNECTING.match(text):
        rest = text[connecting.end() :]
        bare = rest[:1].isupper() or _PERSON.match(rest) or _OWN_KIND.match(rest)
        text = rest if bare else f"[{rest[:1].upper()}]{rest[1:]}"
    name = short_name(quote)
    model = quote.passage.paper.name
    if model and not reported_from(quote):
        text = _OWN_KIND.sub(f"[{model}]", text)
    if len(name) <= _LONGEST_NAME:
        text = _OWN_WORK.sub(f"[{name}]", text)
    return _in_third_person(text, authors_of(quote))


def authors_of(quote: Quote) -> str:
    """Whom "we" means: "Ma et al.", else the authors of what the paper goes by.

    They are named where arXiv's id says who they are: a page's layout may give some of them alone.
    """
    authors = quote.passage.paper.authors
    if authors and quote.passage.paper.arxiv_id:
        surnames = [one.split(",")[0] if "," in one else one.split()[-1] for one in authors if one]
        if len(surnames) <= _FEW:
            return " and ".join(surnames)
        return f"{surnames[0]} et al."
    name = short_name(quote)
    return f"the authors of {name}" if len(name) <= _LONGEST_NAME else "the authors"


def _in_third_person(text: str, authors: str) -> str:
    """ "We" is the authors, named the first time."""
    named = False

    def stand_in(found: re.Match[str]) -> str:
        nonlocal named
        first, named = not named, True
        if found["whose"]:
            whose = f"{authors}'" if authors.endswith("s") else f"{authors}'s"
            words = whose if first and found["whose"].lower() == "our" else "their"
        elif found["who"].lower() == "us":
            words = "them"
        else:
            words = authors if first else "they"
        start = not text[: found.start()].strip(" \"'(")
        return f"[{words[:1].upper() + words[1:] if start else words}]"

    return _PERSON.sub(stand_in, text)
