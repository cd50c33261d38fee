"""What a sentence asserts that can be checked: its numbers and its named things.

Pure functions on text. The verifier compares what they find in a claim with what they find in a
quote; the evidence selection uses them to see what a question asks about.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fmqa.retrieval.expansion import ABBREVIATIONS, normal_name, title_lead
from fmqa.store.lexical import STOP_WORDS
from fmqa.types import PaperMeta

REFERENCE_MARK = r"\[\s*[1-9]\d*(?:\s*[,;–-]\s*\d+)*\s*\]"  # not "[0, 1]", which is a range
_CITATION = re.compile(REFERENCE_MARK)
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9./+-]*[A-Za-z0-9+]|[A-Za-z0-9]")
_WORD = re.compile(r"[A-Za-z][A-Za-z-]*[A-Za-z]|[A-Za-z]")
_ENDINGS = "ations ation ingly ings ing edly ied ies ed es ly s e".split()  # the longest first
_WORDS_KEPT = 1 << 15  # whose form is remembered: an answer looks at most words a hundred times
_NAME_IN_TITLE = re.compile(r"[A-Za-z][A-Z]|[a-z][A-Z0-9]|[A-Z][0-9]")
_LONGEST_LEAD = 3  # words
_SHORTEST_PART = 3  # letters of a name that is found inside of another
# Written without a capital in running text and yet the name of what a number measures.
METRICS = frozenset(
    """dice auc auroc auprc accuracy f1 iou miou precision recall sensitivity specificity
    bleu rouge meteor psnr ssim hausdorff nsd kappa map perplexity error flops fid runtime
    latency""".split()
)


def without_citations(text: str) -> str:
    """The text without bracketed reference numbers such as [12, 14–16]."""
    return _CITATION.sub(" ", text)


def as_said(text: str) -> str:
    """A quote on one line and without its reference numbers, as it is said in an answer."""
    return re.sub(r"\s+([.,;:)])", r"\1", " ".join(without_citations(text).split()))


@lru_cache(_WORDS_KEPT)
def stem(word: str) -> str:
    """A word without the endings of number, tense and manner; crude, and the same on both sides."""
    word = word.lower().replace("-", "")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def content_stems(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order."""
    words = _WORD.findall(without_citations(text))
    return [stem(word) for word in words if word.lower() not in STOP_WORDS and len(word) > 1]


def shared_words(text: str, there: str) -> float:
    """The share of a text's words, by their stems, that stand in another."""
    said = set(content_stems(text))
    return len(said & set(content_stems(there))) / max(1, len(said))


def named_things(text: str) -> dict[str, str]:
    """Models, data sets, modalities and metrics named in a text: normal form → as written.

    A token is a name when it has a capital beyond its first letter, mixes letters and digits, is
    capitalised inside a sentence, or is a metric.
    """
    found: dict[str, str] = {}
    text = without_citations(text)
    for match in _TOKEN.finditer(text):
        token = match.group().rstrip(".-/")
        if _is_name(token, _starts_sentence(text, match.start())):
            found.setdefault(normal_name(token), token)
    return found


def _starts_sentence(text: str, at: int) -> bool:
    before = text[:at].rstrip(" \"'(“‘")
    return not before or before[-1] in ".!?:"


@lru_cache(_WORDS_KEPT)
def _is_name(token: str, first: bool) -> bool:
    if token.lower() in METRICS:
        return True
    if token.lower() in STOP_WORDS:
        return False
    letters = [c for c in token if c.isalpha()]
    if not letters or len(token) < 2:
        return False
    if any(c.isupper() for c in token[1:]) or any(c.isdigit() for c in token):
        return True
    return token[0].isupper() and not first


def own_names(paper: PaperMeta) -> frozenset[str]:
    """The names that a sentence on this paper may use though the quote says "we" or "our model"."""
    # A title's words begin with capitals; only what has one inside is a name there.
    inside = (word.strip(":,()") for word in paper.title.split() if _NAME_IN_TITLE.search(word))
    lead = title_lead(paper.title) if ":" in paper.title else ""
    # A long lead is a title's first half, not a name.
    words = lead.split() if len(lead.split()) <= _LONGEST_LEAD else []
    names = {normal_name(word) for word in (*inside, *words, *paper.name.split())}
    return frozenset({*names, normal_name(paper.name)} - {""})


def missing_names(claim: str, quote: str, own: frozenset[str] = frozenset()) -> list[str]:
    """What a claim names that neither stands in the quote nor is the paper's own, as written.

    "MoCo-v2" stands in "CAiDMoCo-v2", "SVM-based" where both halves stand, and an abbreviation
    where its long form does, or words with its initials.

    Args:
        claim: a sentence.
        quote: with what it is read behind, such as its paper's title.
        own: normal names, see `own_names`.
    """
    words = re.findall(r"[a-z0-9]+", quote.lower())
    joined, initials = "".join(words), "".join(word[0] for word in words)
    tokens = [*re.split(r"[\s/]+", quote), *re.findall(r"[A-Za-z]+", quote)]
    there = own | {normal_name(token) for token in tokens}

    def stands(name: str) -> bool:
        long = re.sub(r"[^a-z0-9]", "", ABBREVIATIONS.get(name, ""))
        return (
            name in there
            or (len(name) >= _SHORTEST_PART and name in joined)
            or bool(long and long in joined)
        )

    missing = []
    for name, shown in named_things(_lowered(claim)).items():
        parts = [normal_name(part) for part in re.split(r"[-/.+]", shown) if part]
        known = (
            not any(c.isalpha() for c in re.sub(r"(?<=\d)[A-Za-z]{1,2}$|e-?\d+$", "", shown))
            or stands(name)
            or (len(parts) > 1 and all(stands(part) or part in joined for part in parts))
            or (shown.removesuffix("s").isupper() and name in initials)
            or (name in METRICS and any(_begins_alike(word, name) for word in words))
        )
        if not known:
            missing.append(shown)
    return missing


def _begins_alike(word: str, name: str) -> bool:
    """ "accurate" or "acc" for "accuracy"."""
    return word[:5] == name[:5] or (len(word) >= _SHORTEST_PART and name.startswith(word))


def _lowered(sentence: str) -> str:
    """With a small first letter where the first word is a word, so that it counts as no name."""
    first = sentence[:1]
    plain = re.match(r"[A-Z][a-z]+(?=[\s,])", sentence)
    return f"x {first.lower()}{sentence[1:]}" if plain else f"x {sentence}"
