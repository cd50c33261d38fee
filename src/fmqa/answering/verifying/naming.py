"""Whether what a claim names (models, data sets, modalities, metrics) stands in the quote."""

from __future__ import annotations

import re
from itertools import pairwise

from fmqa.answering.claims import content_stems, leading_name, named_things, stem
from fmqa.answering.verifying.lexicon import MODALITY_OF, kind_of
from fmqa.answering.verifying.parsed import Parsed, stands
from fmqa.retrieval.expansion import expand_names, normal_name, title_lead
from fmqa.types import PaperMeta

_NAME_IN_TITLE = re.compile(r"[A-Za-z][A-Z]|[a-z][A-Z0-9]|[A-Z][0-9]")
_SHORT = re.compile(r"\b[A-Z][A-Za-z]{1,4}\b")
_LONGEST_LEAD = 3  # words
_PLAIN = re.compile(r"[A-Za-z]+")


def wrong_name(claim: str, quote: str, own: frozenset[str]) -> str | None:
    """The first named thing of a claim that is neither in the quote nor the cited paper's own."""
    there = expand_names(
        quote, set(named_things(f"x {quote}")) | {normal_name(word) for word in quote.split()}
    )
    for name, shown in named_things(claim).items():
        if name not in there and name not in own and not _is_number(shown):
            return f"{shown} is not in the cited quote"
    lead = leading_name(claim)
    known = lead is None or {normal_name(lead)} & {*there, *own}
    if lead and not known and not stands(stem(lead), set(content_stems(quote))):
        return f"{lead} is not in the cited quote"
    return None


def wrong_kind(claim: Parsed, quote: Parsed, own: frozenset[str]) -> str | None:
    """A modality or metric written in small letters that the quote doesn't have."""
    modalities = {MODALITY_OF[one] for one in _parts(quote) if one in MODALITY_OF}
    for word in claim.words:
        for part in {word.stem, *(stem(piece) for piece in word.text.split("-"))}:
            kind = kind_of(part)
            absent = (
                MODALITY_OF[part] not in modalities
                if kind == "modality"
                else kind == "metric" and not stands(part, _parts(quote))
            )
            if absent and normal_name(part) not in own:
                return f"{word.text} is not in the cited quote"
    return None


def _parts(parsed: Parsed) -> set[str]:
    """All stems, those of a compound's parts among them."""
    pieces = {stem(piece) for word in parsed.words for piece in word.text.split("-")}
    return pieces | parsed.stems


def with_same_shorts(text: str, other: str) -> str:
    """``text`` with words written out where ``other`` has their initials, abbreviated.

    "intersection over union" becomes "IoU" where the other text says so: any initials of three
    letters and more, as authors introduce new ones in every paper.
    """
    words = list(_PLAIN.finditer(text))
    initials = "".join(word.group()[0].lower() for word in words)
    for short in dict.fromkeys(_SHORT.findall(other)):
        letters = short.removesuffix("s").lower()
        capitals = sum(c.isupper() for c in short)
        if len(letters) < 3 or capitals < 2 or letters not in initials:
            continue
        if any(word.group().lower() in {letters, f"{letters}s"} for word in words):
            continue
        run = words[initials.index(letters) :][: len(letters)]
        between = [text[a.end() : b.start()] for a, b in pairwise(run)]
        if all(gap in {" ", "-"} for gap in between) and all(len(w.group()) > 1 for w in run):
            text = text[: run[0].start()] + short + text[run[-1].end() :]
            words = list(_PLAIN.finditer(text))
            initials = "".join(word.group()[0].lower() for word in words)
    return text


def paper_words(paper: PaperMeta) -> frozenset[str]:
    """The names that a sentence on this paper may use though the quote says "we" or "our model"."""
    # A title's words begin with capitals; only what has one inside is a name there.
    names = (word for word in paper.title.split() if _NAME_IN_TITLE.search(word))
    title_names = {normal_name(word.strip(":,()")) for word in names}
    lead = title_lead(paper.title) if ":" in paper.title else ""
    # A long lead is a title's first half, not a name.
    lead = lead if len(lead.split()) <= _LONGEST_LEAD else ""
    own = {normal_name(word) for word in f"{paper.name} {lead}".split()}
    return frozenset({*own, *title_names, normal_name(paper.name)} - {""})


def without_title(claim: str, paper: PaperMeta) -> str:
    """The claim with "it" where it calls the cited paper by its title, or the title's lead.

    A small model that is told whose sentence it rewords likes to begin with it.
    """
    for name in (paper.title, title_lead(paper.title)):
        if len(name.split()) > 1:
            claim = re.sub(
                rf"(?i)(?:\bthe )?(?:\bpaper )?{re.escape(name)}(?: paper)?", "it", claim
            )
    return claim


def _is_number(token: str) -> bool:
    return token[0].isdigit() and not any(c.isalpha() for c in token.rstrip("KMBTkx%"))
