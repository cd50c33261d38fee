"""A sentence as the verifier sees it: words with their stems, their clause and their polarity.

No parser of grammar stands behind this. Clauses are cut at punctuation and at conjunctions, and a
negation reaches the words behind it up to the clause's end, five of them at most. That is wrong now
and then, alike on both sides of a comparison: a quote always carries itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from fmqa.answering.claims import stem, without_citations
from fmqa.answering.verifying.lexicon import same_meaning
from fmqa.retrieval.expansion import ABBREVIATIONS
from fmqa.store.lexical import STOP_WORDS

_TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|[A-Za-z0-9][A-Za-z0-9+-]*|[%,;:().]")
_BREAKS = frozenset(",;:().")
_NEW_CLAUSE = frozenset(
    """while whereas but although though because since which when if where whose who unless whereby
    however and or""".split()
)
_NEGATORS = frozenset(
    """not no never neither nor cannot hardly barely scarcely without unlike fail fails failed
    failing unable lack lacks lacked lacking""".split()
)
_NEGATING_PAIRS = frozenset({("rather", "than"), ("instead", "of"), ("absence", "of")})
_REACH = 5
# A new predicate begins: what stands before it doesn't deny it.
_AUXILIARIES = frozenset("is are was were does do did has have had can could will may".split())
_IRREGULAR = MappingProxyType(
    {"uses": "use", "used": "use", "using": "use", "saw": "see", "sees": "see", "gave": "give",
     "gives": "give", "took": "take", "takes": "take", "made": "make", "makes": "make",
     "found": "find", "beats": "beat", "adds": "add", "added": "add", "keeps": "keep",
     "kept": "keep", "chose": "choose", "chosen": "choose", "learnt": "learn", "won": "win",
     "led": "lead", "built": "build", "shown": "show", "held": "hold", "tests": "test"}
)  # fmt: skip
# Words that say something though they are stop words elsewhere.
_TELLING = frozenset(
    "more most less fewer least before after above below over under with without only same".split()
)
_ROOT, _SHARED = 5, 0.65
_PHRASES = (("data set", "dataset"), ("pre-train", "pretrain"), ("fine-tun", "finetun"),
            ("x-ray", "xray"), ("carried out", "performed"), ("carry out", "perform"),
            ("relative to", "compared with"), ("compared to", "compared with"),
            ("consists of", "comprises"), ("consist of", "comprise"),
            ("fell short of", "underperformed"), ("falls short of", "underperforms"),
            ("fall short of", "underperform"), ("per cent", "%"), ("percent", "%"),
            ("at least", "minimum"), ("at most", "maximum"))  # fmt: skip


# "us" would be taken for a pronoun.
_SHORT_OF = MappingProxyType(
    {long.replace("-", " "): short for short, long in ABBREVIATIONS.items() if short != "us"}
)
_LONG = re.compile(
    r"\b("
    + "|".join(long.replace(" ", "[- ]") for long in sorted(_SHORT_OF, key=len, reverse=True))
    + r")(s?)\b"
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its stem, its place among all words, its clause, whether it is denied.

    ``head`` is the first that a negation reaches.
    """

    text: str
    stem: str
    place: int
    clause: int
    denied: bool
    telling: bool
    head: bool = False


class Parsed:
    """A sentence's words.

    Args:
        text: one sentence.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.words, self.negators = _words(folded(text))

    @cached_property
    def telling(self) -> list[Word]:
        """The words that carry meaning, in order."""
        return [word for word in self.words if word.telling]

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all words."""
        return frozenset(word.stem for word in self.words)

    @cached_property
    def content(self) -> list[str]:
        """The stems of the words that carry meaning and aren't numbers, each once, in order."""
        stems = (w.stem for w in self.telling if not w.text[0].isdigit())
        return list(dict.fromkeys(s for s in stems if s not in _TELLING))

    def near(self, word: Word, reach: int = 4) -> frozenset[str]:
        """Stems of the telling words within ``reach`` of one, in its clause."""
        at = next(i for i, other in enumerate(self.telling) if other.place == word.place)
        around = self.telling[max(0, at - reach) : at] + self.telling[at + 1 : at + 1 + reach]
        same = [other.stem for other in around if other.clause == word.clause]
        return frozenset(same)

    def like(self, one: str) -> list[Word]:
        """The words of the same meaning as a stem."""
        exact = [word for word in self.telling if word.stem == one]
        return exact or [word for word in self.telling if alike(one, word.stem)]


def folded(text: str) -> str:
    """Without reference numbers, with one way of writing for what is written in several."""
    text = without_citations(text).replace("’", "'")
    text = text.replace("n't", " not").replace("cannot", "can not")
    lower = re.sub(r"whole-slide|whole slide", "whole-slide", text.lower())
    for many, one in _PHRASES:
        lower = lower.replace(many, one)
    return _LONG.sub(lambda m: _SHORT_OF[m[1].replace("-", " ")] + m[2], lower)


def alike(one: str, other: str) -> bool:
    """Whether two stems are of one word, or of words that mean the same."""
    if one == other or same_meaning(one, other):
        return True
    shared = max(_ROOT, math.ceil(_SHARED * max(len(one), len(other))))
    return len(one) >= shared and other[:shared] == one[:shared]


def stands(one: str, there: Iterable[str]) -> bool:
    """Whether a stem, or one of its meaning, is among others."""
    return any(alike(one, other) for other in there)


def _words(text: str) -> tuple[list[Word], int]:
    """The words, and how many of them deny."""
    words: list[Word] = []
    clause, left, negators, fresh = 0, 0, 0, False
    tokens = _TOKEN.findall(text)
    for place, token in enumerate(tokens):
        follows = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token in _BREAKS:
            clause, left = clause + 1, 0
            continue
        if token in _NEW_CLAUSE:
            clause, left = clause + 1, (left if token in {"and", "or"} else 0)
        if token in _NEGATORS or (token, follows) in _NEGATING_PAIRS:
            left = _REACH
            negators += 1
            fresh = True
            words.append(Word(token, stem(token), place, clause, denied=False, telling=False))
            continue
        if token in _AUXILIARIES:
            left = 0
        plain = token.strip("-")
        telling = (
            plain in _TELLING or (plain not in STOP_WORDS and len(plain) > 1) or (plain.isdigit())
        )
        base = _IRREGULAR.get(plain) or stem(plain)
        denied = left > 0 and telling
        words.append(Word(plain, base, place, clause, denied, telling, head=denied and fresh))
        fresh = fresh and not telling
        left -= telling and left > 0
    return words, negators
