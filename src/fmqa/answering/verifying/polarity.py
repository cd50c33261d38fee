"""Whether a quote denies what a claim affirms, or points the other way."""

from __future__ import annotations

from fmqa.answering.verifying.lexicon import SIDES, opposed
from fmqa.answering.verifying.parsed import Parsed, Word

# A prefix that turns a word round: "labelled" and "unlabelled".
_CONTRARY = ("un", "non", "self", "semi", "weakly", "in", "im", "ir", "dis", "de", "hetero", "anti")
_NO_SCALE = frozenset("with over under gain present".split())


def wrong_negation(claim: Parsed, quote: Parsed) -> str | None:
    """A claim denies what the quote doesn't, or affirms what it denies."""
    denied, denied_there = _heads(claim), _heads(quote)
    for head in denied:
        if not _denied_somewhere(head, claim, quote):
            return f"the cited quote does not deny “{head.text}”"
    # "is not frozen" for "is trained" needs no denial there.
    excused = sum(not quote.like(head.stem) and _opposite_stands(head, quote) for head in denied)
    if claim.negators - excused > quote.negators:
        return "the cited quote denies less"
    for head in denied_there:
        if _affirms(head, claim, quote):
            return f"the cited quote denies “{head.text}”"
    return None


def wrong_direction(claim: Parsed, quote: Parsed) -> str | None:
    """A word of the claim whose opposite the quote has in its place."""
    for word in claim.words:
        if word.stem in SIDES and word.stem not in _NO_SCALE:
            turned = _turned(word, claim, quote)
            if turned is not None:
                return f"“{word.text}” is turned round: the cited quote says “{turned.text}”"
    there = quote.stems
    for one in sorted(claim.stems - there):
        for prefix in _CONTRARY:
            bare = one.removeprefix(prefix)
            if prefix + one in there and len(one) > 3:
                return f"“{one}…” is turned round against the cited quote"
            if bare != one and bare in there and len(bare) > 3:
                return f"“{one}…” is turned round against the cited quote"
    return None


def _turned(word: Word, claim: Parsed, quote: Parsed) -> Word | None:
    """The quote's word that says the opposite in the same surroundings."""
    same = [w for w in quote.words if w.stem == word.stem or _same_side(w.stem, word.stem)]
    against = [w for w in quote.words if opposed(word.stem, w.stem) and w.denied == word.denied]
    if not against:
        return None
    # The same word, denied here and not there, is the negation's business.
    if not same:
        return against[0]
    around = _around(claim, word)
    best_same = max(_shared(around, _around(quote, w)) for w in same)
    best = max(against, key=lambda w: _shared(around, _around(quote, w)))
    return best if _shared(around, _around(quote, best)) > best_same else None


def _same_side(one: str, other: str) -> bool:
    return bool(SIDES.get(one, frozenset()) & SIDES.get(other, frozenset()))


def _around(parsed: Parsed, word: Word, reach: int = 4) -> dict[str, int]:
    """Stems near a word in its clause, with their distance in telling words, signed by side."""
    at = word.place
    near: dict[str, int] = {}
    telling = [w for w in parsed.telling if w.clause == word.clause and w.place != at]
    before = [w for w in telling if w.place < at][-reach:]
    behind = [w for w in telling if w.place > at][:reach]
    for distance, other in enumerate(reversed(before), start=1):
        near.setdefault(other.stem, distance)
    for distance, other in enumerate(behind, start=1):
        near.setdefault(other.stem, distance)
    return near


def _shared(one: dict[str, int], other: dict[str, int]) -> float:
    # How many they share comes before how near they stand.
    return sum(1.0 / (2 + one[w] + other[w]) for w in one.keys() & other.keys())


def _heads(parsed: Parsed) -> list[Word]:
    """The first word that each negation reaches."""
    return [word for word in parsed.words if word.head]


def _run(head: Word, parsed: Parsed) -> list[Word]:
    """The denied words from a head on."""
    run: list[Word] = []
    for word in parsed.words:
        if word.place >= head.place and word.telling:
            if not word.denied:
                break
            run.append(word)
    return run


def _denied_somewhere(head: Word, claim: Parsed, quote: Parsed) -> bool:
    reached = _run(head, claim) or [head]
    there = [word for word in quote.words if word.denied]
    first = quote.like(head.stem)
    if first:
        return any(word.denied for word in first)
    if not there:
        return _opposite_stands(head, quote)
    stems = {word.stem for word in there}
    return any(word.stem in stems for word in reached)


def _opposite_stands(head: Word, quote: Parsed) -> bool:
    return any(opposed(head.stem, word.stem) for word in quote.words)


def _affirms(head: Word, claim: Parsed, quote: Parsed) -> bool:
    run = _run(head, quote) or [head]
    mine = claim.like(head.stem)
    if mine:
        stems = {w.stem for w in mine}
        elsewhere = [w for w in quote.telling if not w.denied and w.stem in stems]
        return not any(w.denied for w in mine) and not elsewhere
    if any(word.denied for word in claim.words):
        return False
    # The head was left out: the rest of what is denied must not be affirmed.
    rest = [word.stem for word in run[1:3]]
    affirmed = {word.stem for word in quote.telling if not word.denied}
    return bool(rest) and all(stem in claim.stems and stem not in affirmed for stem in rest)
