"""Quotes edited by program so that they stand alone: "We" becomes "[the authors of MedSAM]".

What is put in stands in square brackets, as editors do; only reference marks, pointers to the
paper's own parts ("(see Fig. 2)"), a bullet and a connecting word at the beginning are taken out.
Nothing else is changed, so that an edited quote needs no check.
"""

from __future__ import annotations

import re
from dataclasses import replace

from fmqa.answering.attribution import reported_from
from fmqa.answering.claims import REFERENCE_MARK, as_said
from fmqa.answering.quotes import is_quotable, short_name
from fmqa.retrieval.naming import surname_of
from fmqa.types import Quote

_CONNECTING = re.compile(
    r"^(?i:However|Therefore|Thus|Hence|Moreover|Furthermore|Additionally|In addition|Also|Besides|"
    r"Specifically|In particular|Similarly|Likewise|Finally|Notably|Interestingly|Importantly|"
    r"Consequently|As a result|In contrast|On the other hand|On the contrary|Meanwhile|Overall|"
    r"In summary|In conclusion|To this end|For this purpose|Then|Next|Second(?:ly)?|Third(?:ly)?|"
    r"First(?:ly)?|Lastly|Nevertheless|Nonetheless|Instead|Conversely|Accordingly|Indeed|"
    r"By contrast|On (?:the )?one hand|For (?:example|instance)|Still|Yet|So|And|But|"
    r"Taken together|As such|In other words|That is|To summarize|More specifically|Here),\s*"
    r"|^(?:But|And|Hence|(?:Thus|Therefore)(?! far))\s+(?=[a-z])|^Here\s+(?=we\b)"
)
_PART = (
    r"(?:Fig(?:ure)?|Tab(?:le)?|Sec(?:tion|t)?|Eq(?:uation|n)?|Appendix|Suppl?(?:ementary)?)s?\b\.?"
    r"(?:\s*[A-Z]?\d+(?:\.\d+)*[a-z]?\b|\s*[A-Z]\b)?"
)
# "(see Figs. 2a, b and Table 3)", and one that the sentence's end cuts.
_POINTER = re.compile(
    rf"\s*\((?:see |cf\.? |also )*{_PART}"
    rf"(?:[\s,;&–-]*(?:\band )?(?:{_PART}|\d?[a-z]\b|\d+(?:\.\d+)*))*\s*(?:\)|(?=\.?$))",
    re.IGNORECASE,
)
# "as proposed in [12]", where the mark is a word of the sentence.
_WORK = re.compile(
    rf"\b(?P<word>(?i:in|by|of|from|to|with|following|than|on|see))\s+(?P<mark>{REFERENCE_MARK})"
)
_POINTS_BACK = re.compile(
    r"(?:It(?! (?:\w+ ){1,3}that\b)|Its|They|Their|Th(?:is|at|ese|ose)|Such|Both)\b", re.IGNORECASE
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
_AUTHORS_OF = "the authors of "
_LONGEST_NAME = 60
_LONGEST_LEADING = 240  # characters of a sentence that another one leans on
_FEW = 2  # authors that are all named


def edited(quote: Quote, *, again: bool = False, before: str = "") -> str:
    """The quote as a sentence that names what it speaks of; without changes where it does already.

    A model's name takes the place of "our method"; a paper without one lends its title's head. What
    "it" or "this" speaks of is told by the sentence before it in the paper.

    Args:
        quote: one of a paper.
        again: whether the sentence before is of the same paper, so that its authors are known.
        before: the quote that is said right before, of the same paper.
    """
    text = _connected(_BULLET.sub("", as_said(_WORK.sub(_work, quote.text))))
    text = _POINTER.sub("", text)
    name = called(quote)
    model = quote.passage.paper.name
    if model and not reported_from(quote):
        text = _OWN_KIND.sub(f"[{model}]", text)
    text = _OWN_WORK.sub(f"[{name}]", text)
    leading = "" if quote.context == before else _leading(text, quote, again=again)
    authors = authors_of(quote)
    known = again or f"[{name}]" in text or authors.lower() in leading.lower()
    return leading + _in_third_person(text, "the authors" if known else authors)


def _connected(text: str) -> str:
    """A sentence without the words that join it to the one before."""
    rest = text
    while connecting := _CONNECTING.match(rest):
        rest = rest[connecting.end() :]
    if rest == text:
        return text
    bare = rest[:1].isupper() or _PERSON.match(rest) or _OWN_KIND.match(rest)
    return rest if bare else f"[{rest[:1].upper()}]{rest[1:]}"


def _work(found: re.Match[str]) -> str:
    works = "other works" if re.search(r"\d\D+\d", found["mark"]) else "another work"
    return f"{found['word']} [{works}]"


def _leading(text: str, quote: Quote, *, again: bool) -> str:
    """The sentence before a quote that points back to it, in brackets; else nothing."""
    context = quote.context
    if not _POINTS_BACK.match(re.sub(r"[\[\]]", "", text)) or not is_quotable(context):
        return ""
    torn = context[:1].islower() or len(context) > _LONGEST_LEADING
    if torn or _POINTS_BACK.match(context):
        return ""
    said = edited(replace(quote, text=context, context=""), again=again)
    return f"[{re.sub(r'[][]', '', said)}] "


def introduced(text: str, quote: Quote, known: str) -> str:
    """An edited quote with its paper's name before it: "[MedSAM:] It was trained …".

    Unchanged where the quote says whom or what it is of, or the reader knows.

    Args:
        text: the edited quote.
        quote: itself.
        known: what the reader has before his eyes already: the question, a head.
    """
    name = called(quote)
    if quote.passage.paper.kind == "topic" or reported_from(quote):
        return text
    there = f"{known} {text}".lower()
    told = any(one.lower() in there for one in (name, authors_of(quote)))
    return text if told else f"[{name}:] {text}"


def called(quote: Quote) -> str:
    """What a quote's paper is called, a long title cut."""
    name = short_name(quote)
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME].rsplit(' ', 1)[0]} …"


def authors_of(quote: Quote) -> str:
    """Whom "we" means: "Ma et al.", else the authors of what the paper goes by.

    They are named where arXiv's id says who they are: a page's layout may give some of them alone.
    """
    authors = quote.passage.paper.authors
    if authors and quote.passage.paper.arxiv_id:
        surnames = [surname_of(one) for one in authors if one]
        if len(surnames) <= _FEW:
            return " and ".join(surnames)
        return f"{surnames[0]} et al."
    return f"{_AUTHORS_OF}{called(quote)}"


def _in_third_person(text: str, authors: str) -> str:
    """ "We" is the authors, named the first time."""
    named = False

    def stand_in(found: re.Match[str]) -> str:
        nonlocal named
        first, named = not named, True
        if found["whose"]:
            owner = authors.removeprefix(_AUTHORS_OF)  # "our mask" is MedSAM's
            whose = f"{owner}'" if owner.endswith("s") else f"{owner}'s"
            words = whose if first and found["whose"].lower() == "our" else "their"
        elif found["who"].lower() == "us":
            words = "them"
        else:
            words = authors if first else "they"
        start = not text[: found.start()].strip(" \"'(") or found[0][:1].isupper()
        return f"[{words[:1].upper() + words[1:] if start else words}]"

    return _PERSON.sub(stand_in, text)
