"""Which way a sentence points: towards more or towards less.

Too coarse to refuse a claim by, and of use in its score: of the words that lean one way, those that
claim and quote don't share lean the same way when the one supports the other.
"""

from __future__ import annotations

from fmqa.answering.claims import stem
from fmqa.answering.verifying.parsed import Parsed

_UP = frozenset(
    stem(word)
    for word in """increase increased increasing enhance enhancement promote improve improvement
    raise elevate induce activate activation stimulate higher high greater more
    positive positively gain expand expansion accelerate encourage potentiate
    augment upregulate upregulated effective efficacy benefit beneficial drive
    trigger facilitate rescue restore strengthen stronger strong elicit maintain
    crucial essential required necessary produce abundant larger longer better
    superior highest best capable able overexpression markedly significant
    significantly associated correlated risk early rapid proliferate boost
    support enable sensitive susceptible susceptibility common frequent""".split()
)
_DOWN = frozenset(
    stem(word)
    for word in """decrease decreased decreasing reduce reduction reduced impair impairment inhibit
    inhibition suppress suppression attenuate lower low less fewer negative negatively loss lose
    deplete depletion block prevent delay damage worsen slow ameliorate amelioration ineffective
    resist resistance resistant protect protection scarce lack lacking inverse inversely silence
    limit deficient deficiency absence absent abolish abrogate disrupt diminish decline downregulate
    repress fail failure inactivate knockdown knockout independent unrelated insufficient unable
    incapable little rare rarely smaller shorter worse inferior lowest worst unlikely defective
    eliminate inaccurate discourage poor hinder impede minimal insensitive uncommon weak
    weaker""".split()
)


def leanings(parsed: Parsed) -> list[tuple[str, int]]:
    """The leaning words' stems with +1 or -1; a denial turns them."""
    found = []
    for word in parsed.words:
        way = 1 if word.stem in _UP else -1 if word.stem in _DOWN else 0
        if way:
            found.append((word.stem, -way if word.denied else way))
    return found


def lean_alike(claim: Parsed, quote: Parsed) -> bool:
    """Whether they share a leaning word, leaning the same way."""
    return bool(set(leanings(claim)) & set(leanings(quote)))


def lean_apart(claim: Parsed, quote: Parsed) -> bool:
    """Whether the leaning words that they don't share all lean one way here, the other there."""
    mine, there = leanings(claim), leanings(quote)
    common = set(mine) & set(there)
    ways = {way for stem, way in mine if (stem, way) not in common}
    others = {way for stem, way in there if (stem, way) not in common}
    return len(ways) == 1 and len(others) == 1 and ways != others
