"""Abbreviations that papers define themselves: "masked image modelling (MIM)".

After Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text" (PSB 2003). Definitions are read from the passages that a question finds first: a
passage that defines a form holds it, so nothing has to be kept for the whole library.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from fmqa.store.lexical import terms

_SHORT = re.compile(r"\s\(([A-Za-z][\w-]{1,9})\)")
_WORD = re.compile(r"[\w+-]+")
_BEFORE = 160  # characters before the bracket in which the long form is looked for
_CAPITALS = 2


def pairs_in(text: str) -> list[tuple[str, str]]:
    """The (short, long) forms that a text defines in brackets, as written.

    >>> pairs_in("We use masked image modelling (MIM) here.")
    [('MIM', 'masked image modelling')]
    """
    found = []
    for match in _SHORT.finditer(text):
        short = match[1]
        if sum(letter.isupper() for letter in short) < _CAPITALS:
            continue
        start = max(0, match.start() - _BEFORE)
        words = re.split(r"[.;:()]\s", text[start : match.start()])[-1].split()
        most = min(len(short) + 5, 2 * len(short))
        long = _long_form(short, " ".join(words[-most:]))
        # Two letters are found in many a single word.
        told = " " in long or len(short) > 2
        if told and len(long) > len(short) and short.lower() not in long.lower().split():
            found.append((short, long))
    return found


def _long_form(short: str, text: str) -> str:
    """The shortest end of the text whose letters hold the short form's, the first at a word's."""
    at = len(text)
    for place in range(len(short) - 1, -1, -1):
        letter = short[place].lower()
        if not letter.isalnum():
            continue
        at -= 1
        while at >= 0 and (
            text[at].lower() != letter or (place == 0 and at > 0 and text[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return ""
    return text[text.rfind(" ", 0, at + 1) + 1 :]


def other_forms(question: str, texts: Iterable[str]) -> str:
    """What to add to a question: its abbreviations' long forms, and the short ones of others.

    Of several readings the one counts that most of the texts give. Empty where the texts define
    nothing that is in the question.

    Args:
        question: in words.
        texts: passages near to it.
    """
    counted = Counter((short, _folded(long)) for text in texts for short, long in pairs_in(text))
    words, folded = set(_WORD.findall(question)), f" {_folded(question)} "
    known = set(terms(question))
    added: dict[str, str] = {}
    for (short, long), _ in counted.most_common():
        if short in words and not known.issuperset(terms(long)):
            added.setdefault(short, long)
        elif f" {long} " in folded and short not in words:
            added.setdefault(long, short)
    return " ".join(added.values())


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[^\w]+", " ", text.lower()).split())
