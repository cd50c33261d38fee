"""Figures that a paper's newer version gives otherwise than the one it replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from fmqa.answering.claims import content_stems, numbers
from fmqa.answering.conflicts import Difference, differing_figures
from fmqa.answering.quotes import is_quotable, sentences_of
from fmqa.types import Hit, PassageKind, Quote, StoredPassage

_SHARED = 0.6  # of the shorter sentence's words, as `conflicts` has it
_RARE = 40  # sentences that hold a word, up to which it is looked for


def revised_figures(
    now: Iterable[StoredPassage], before: Iterable[StoredPassage]
) -> list[Difference]:
    """The sentences of the replaced versions whose figures another sentence says differently now.

    A sentence that still stands, or stood already, has not changed. Each is compared with the one
    most like it only.

    Args:
        now: passages of the version that is searched.
        before: those of the versions that it replaced, the oldest first.

    Returns:
        Differences with the new quote as ``one`` and the old as ``other``, in the text's order.
    """
    new, old = _figured(now), _figured(before)
    standing, stood = {_key(quote) for quote in new}, {_key(quote) for quote in old}
    new = [quote for quote in new if _key(quote) not in stood]
    old = [quote for quote in old if _key(quote) not in standing]
    stems = [frozenset(content_stems(quote.text)) for quote in old]
    holding: dict[str, list[int]] = defaultdict(list)
    for number, words in enumerate(stems):
        for word in words:
            holding[word].append(number)
    found = []
    for quote in new:
        words = frozenset(content_stems(quote.text))
        places = {at for word in words if len(holding[word]) <= _RARE for at in holding[word]}
        best = _most_alike(words, stems, sorted(places))
        if best is not None:
            figures = differing_figures(quote.text, old[best].text)
            if figures is not None:
                found.append(Difference(quote, old[best], figures))
    return found


def _most_alike(
    words: frozenset[str], others: Sequence[frozenset[str]], places: Sequence[int]
) -> int | None:
    """The place of the sentence that shares most words; the first of equals."""
    best, most = None, 0.0
    for at in places:
        shared = len(words & others[at])
        fewer = min(len(words), len(others[at]))
        alike = shared / max(1, len(words | others[at]))
        if fewer and shared >= _SHARED * fewer and alike > most:
            best, most = at, alike
    return best


def _figured(passages: Iterable[StoredPassage]) -> list[Quote]:
    """The sentences with figures, each once."""
    found: dict[str, Quote] = {}
    for stored in passages:
        if stored.passage.kind is PassageKind.TABLE:
            continue
        for quote in sentences_of(Hit(stored, 0.0)):
            if is_quotable(quote.text) and numbers(quote.text):
                found.setdefault(_key(quote), quote)
    return list(found.values())


def _key(quote: Quote) -> str:
    return " ".join(quote.text.split())
