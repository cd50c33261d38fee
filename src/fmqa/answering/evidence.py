"""From passages to quotes: which sentences of the papers answer the question.

A quote is one sentence that stands whole on one page. Candidates are scored by closeness to the
question, by the question's rare words that they hold, and by their passage's rank; then chosen one
by one for score and for novelty (maximal marginal relevance, Carbonell and Goldstein 1998), with
few of one paper unless the question is about that paper.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fmqa.answering.claims import named_things, without_citations
from fmqa.answering.question import Wanted
from fmqa.answering.remembering import EmbedTexts, RememberedVectors, Vectors
from fmqa.answering.rows import in_caption, is_row, label_of, rows_of
from fmqa.reading.sentences import split_sentences
from fmqa.types import Hit, PassageKind, Quote, Span

_ENDED = re.compile(r"[.!?][\"'”’»)\]}]*$")
_SHORTEST, _LONGEST = 30, 500  # characters of a sentence that can be shown as a quote
# Sentences embedded per question, 10 ms each; 16 to 64 give the same fact recall on the fit half.
_MOST_CANDIDATES = 16
_MOST_OF_SEVERAL = 32  # where several papers are asked for
_REDUNDANT = 0.88
_NOVELTY = 0.35
_PER_PAPER = 3
_PASSAGE = 0.10
_LEAST_PAPERS = 4  # that a question for several hears of, where there are so many
_OF_OTHERS = 1  # quotes of a paper that the question doesn't name, where it names another
# How far below the named paper's best quote such a quote may score. At 0.15 two facts of the fitted
# half are lost.
_BESIDE_ITS_PAPER = 0.20
# Of the most of the question's words, by rarity, that one sentence holds: what others must hold.
# At 0.6 no fact of the fitted half is lost, at 0.7 one of ninety-six is.
_HELD = 0.60
_ABOUT_PARTS = re.compile(
    r"\b(?:(?:in|see|as shown in|shown in|reported in|described in|given in) (?:the )?"
    r"(?:(?:following|next|previous|this) (?:sub)?sections?|section|sec\.|table|tab\.|fig\.|figure|"
    r"appendix|supplementary)|we will (?:describe|discuss|present)|the rest of (?:this|the) paper|"
    r"is organi[sz]ed as follows)\b",
    re.IGNORECASE,
)
_PARTS_PENALTY = 0.15
_READABLE_WORDS = 40
_LEANS = re.compile(
    r"\b(?:we|our|ours|us|I|here|proposed|aforementioned|above|below|former|latter|both methods|"
    r"(?:this|these|such) (?:model|method|approach|network|paper|work|study|case|result)s?)\b"
    r"|\b(?:fig|figure|table|tab|sec|section|eq|equation|appendix)\b\.? ?\d",
    re.IGNORECASE,
)
_STARTS_LEANING = re.compile(
    r"(?:It|Its|They|Their|This|These|Those|That|Such|He|She|Both|However|Therefore|Thus|Hence|"
    r"Moreover|Furthermore|Additionally|Also|Instead|Then|But|And|So|Similarly|Specifically|"
    r"In (?:this|that|contrast|addition|particular)|As a result|For (?:example|instance))\b"
)
_SAME_AGAIN = re.compile(r"The (?:model|method|approach|network|encoder|framework|dataset)s?\b")
# Of the best quote's score. From 0.62 to 0.80 the quotes fall from 4.9 to 3.4 an answer and no fact
# is lost on the fitted half of the questions; at 0.90 one in twenty-five is.
_WORTH = 0.80
# Where challenges are asked for: who lists them all at once comes nearest by far, and each of the
# others says more of one.
_WORTH_OF_CHALLENGES = 0.62


@dataclass(frozen=True, slots=True)
class Evidence:
    """The chosen quotes, best first, and how well they meet the question.

    ``closeness`` is the best quote's cosine to the question; ``coverage`` the share of the
    question's rare words that the quotes hold; ``unknown`` the question's names that no quote and
    no cited paper has; ``missing`` the kinds of data, the years, numbers and ranks ("the largest")
    that it takes for granted and the papers that it is about don't tell.
    """

    quotes: tuple[Quote, ...]
    closeness: float = 0.0
    coverage: float = 0.0
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def sentences_of(hit: Hit) -> list[Quote]:
    """The sentences of a passage that stand whole on one page, with their place on it.

    One that leans on the sentence before it ("It was trained on …") has that one as its context.
    """
    passage = hit.passage.passage
    quotes: list[Quote] = []
    offset, goes_on = 0, False
    for span in passage.spans:
        length = span.end - span.start
        text = passage.text[offset : offset + length]
        sentences = split_sentences(text)
        for place, (start, end) in enumerate(sentences):
            # A sentence that a span's end cuts goes on in the next one and can't be quoted whole.
            last = place == len(sentences) - 1 and span is not passage.spans[-1]
            cut = last and not _ENDED.search(text[start:end])
            rest = place == 0 and (
                goes_on or (span is not passage.spans[0] and text[start].islower())
            )
            if not cut and not rest:
                stands = Span(span.page, span.start + start, span.start + end)
                before = text[slice(*sentences[place - 1])] if place else ""
                context = before if leans(text[start:end]) else ""
                quotes.append(Quote(text[start:end], stands, hit.passage, context=context))
            goes_on = cut
        offset += length + 1
    return quotes


def speaks_of_the_paper(text: str) -> bool:
    """Whether a sentence is about the paper's own parts rather than its matter."""
    return bool(_ABOUT_PARTS.search(text))


def leans(text: str) -> bool:
    """Whether a sentence begins with a word for what the one before it spoke of."""
    return bool(_STARTS_LEANING.match(text) or _SAME_AGAIN.match(text))


def stands_alone(quote: Quote) -> bool:
    """Whether a reader understands the quote without the sentences around it.

    It names what it speaks of, says neither "we" nor "it", points to no table, and is no longer
    than a reader likes. A table's row is said with its caption.
    """
    if is_row(quote):
        return True
    text = without_citations(quote.text)
    return (
        len(text.split()) <= _READABLE_WORDS
        and text[:1].isupper()
        and bool(named_things(f"x {text}"))
        and not _LEANS.search(text)
        and not _STARTS_LEANING.match(text)
        and not speaks_of_the_paper(text)
    )


def is_quotable(text: str) -> bool:
    """Whether a sentence can be shown alone: long enough, and words rather than figures."""
    if not _SHORTEST <= len(text) <= _LONGEST:
        return False
    words = text.split()
    wordlike = sum(word.strip(".,;:()").isalpha() for word in words)
    return len(words) >= 5 and wordlike / len(words) >= 0.55 and not text.endswith("?")


class EvidenceSelector:
    """Chooses quotes.

    Args:
        embed: turns texts into unit vectors, shape (texts, dimension).
        limit: how many quotes at most.
    """

    def __init__(self, embed: EmbedTexts, limit: int = 5) -> None:
        self.embed = embed
        self._vectors = RememberedVectors(embed)
        self.limit = limit

    def select(self, question: str, hits: Sequence[Hit]) -> Evidence:
        """The quotes for a question, from its passages, best first."""
        wanted = Wanted.of(question, hits)
        candidates = self._candidates(hits, wanted)
        if not candidates:
            return Evidence((), unknown=wanted.unknown(hits), missing=wanted.missing(hits))
        asked = (*wanted.parts, *wanted.sides.values())
        vectors = self._vectors([*asked, *(_in_context(quote) for quote in candidates)])
        parts, sentences = vectors[: len(asked)], vectors[len(asked) :]
        cosines = sentences @ parts.T
        pool = [
            _Candidate(replace(quote, score=float(row.max()) + quote.score), vector, row)
            for quote, row, vector in zip(candidates, cosines, sentences, strict=True)
        ]
        chosen = self._choose(pool, wanted)
        best = max(pool, key=lambda candidate: candidate.quote.score)
        return Evidence(
            quotes=tuple(chosen),
            closeness=float(best.closeness.max()),
            coverage=wanted.coverage(chosen),
            unknown=wanted.unknown(hits),
            missing=wanted.missing(hits) + wanted.untold(chosen),
        )

    def _candidates(self, hits: Sequence[Hit], wanted: Wanted) -> list[Quote]:
        """The sentences worth embedding, the likeliest first."""
        found: dict[str, Quote] = {}
        first: list[Quote] = []
        for rank, hit in enumerate(hits):
            for row in rows_of(hit):
                if wanted.row(label_of(row)):
                    score = wanted.bonus(in_caption(row)) + _PASSAGE / (1 + rank)
                    found.setdefault(f"{row.context} {row.text}", replace(row, score=score))
            if hit.passage.passage.kind is PassageKind.TABLE:
                continue
            own = []
            for quote in sentences_of(hit):
                if is_quotable(quote.text):
                    score = wanted.bonus(quote) + _PASSAGE / (1 + rank)
                    score -= _PARTS_PENALTY * speaks_of_the_paper(quote.text)
                    early = replace(quote, score=score)
                    own.append(found.setdefault(" ".join(quote.text.lower().split()), early))
            if wanted.listing and own:
                first.append(max(own, key=lambda quote: quote.score))
        ranked = sorted(found.values(), key=lambda quote: -quote.score)
        # Each paper gets a say where several are asked for.
        most = _MOST_OF_SEVERAL if wanted.listing else _MOST_CANDIDATES
        return list({id(quote): quote for quote in [*first, *ranked]}.values())[:most]

    def _choose(self, pool: Sequence[_Candidate], wanted: Wanted) -> list[Quote]:
        """The best quotes for the question's shape first, then the best that add something."""
        if wanted.sides:
            chosen = self._balanced(pool, wanted)
            if chosen:
                return [candidate.quote for candidate in chosen]
        if wanted.challenges:
            pool = [one for one in pool if wanted.names_challenge(one.quote)] or pool
        chosen = self._first(pool, wanted)
        best = max(candidate.quote.score for candidate in pool)
        pool = self._to_the_point(pool, chosen, wanted)
        worth = _WORTH_OF_CHALLENGES if wanted.challenges else _WORTH
        left = [c for c in pool if c not in chosen and c.quote.score >= worth * best]
        if wanted.listing:
            waiting = list(left)
            while waiting and len(chosen) < self.limit and len(_papers(chosen)) < _LEAST_PAPERS:
                pick = max(waiting, key=lambda candidate: _marginal(candidate, chosen))
                waiting.remove(pick)
                if _paper(pick) not in _papers(chosen) and not _repeats(pick, chosen):
                    chosen.append(pick)
            left = [c for c in left if c not in chosen]
        while left and len(chosen) < self.limit:
            pick = max(left, key=lambda candidate: _marginal(candidate, chosen))
            left.remove(pick)
            if not _repeats(pick, chosen) and self._has_room(pick, chosen, wanted):
                chosen.append(pick)
        return [candidate.quote for candidate in chosen]

    def _first(self, pool: Sequence[_Candidate], wanted: Wanted) -> list[_Candidate]:
        """The best quote of each part of the question."""
        chosen: list[_Candidate] = []
        for part in range(min(len(wanted.parts), self.limit)):
            scored = [(c.for_part(part, wanted), c) for c in pool if not _repeats(c, chosen)]
            if scored:
                chosen.append(max(scored, key=lambda pair: pair[0])[1])
        return chosen

    def _to_the_point(
        self, pool: Sequence[_Candidate], chosen: Sequence[_Candidate], wanted: Wanted
    ) -> list[_Candidate]:
        """Without what only shares a name or a theme with the question.

        A sentence that isn't of a paper asked about holds enough of the question's words, compared
        with the one that holds most of them. Where the question names a thing that no paper goes
        by (a data set) and the best quotes name it, so do all others. A table's row is let
        through: it is here only where a figure is asked of what its label names, and has few words.
        """
        most = max(wanted.share(candidate.quote) for candidate in pool)
        things = any(wanted.names_thing(candidate.quote) for candidate in chosen)
        return [
            candidate
            for candidate in pool
            if wanted.about(candidate.quote)
            or is_row(candidate.quote)
            or (
                wanted.share(candidate.quote) >= _HELD * most
                and (not things or wanted.names_thing(candidate.quote))
            )
        ]

    def _balanced(self, pool: Sequence[_Candidate], wanted: Wanted) -> list[_Candidate]:
        """The best quotes of each side of a comparison, turn by turn."""
        ranked = []
        for place, side in enumerate(wanted.sides, start=len(wanted.parts)):
            scored = [(c.for_side(place, side, wanted), c) for c in pool]
            scored = sorted(
                ((score, c) for score, c in scored if score > 0), key=lambda pair: -pair[0]
            )
            floor = _WORTH * scored[0][0] if scored else 0.0
            ranked.append([c for score, c in scored if score >= floor])
        chosen: list[_Candidate] = []
        while any(ranked) and len(chosen) < self.limit:
            for waiting in ranked:
                while waiting:
                    pick = waiting.pop(0)
                    if not _repeats(pick, chosen):
                        chosen.append(pick)
                        break
        return chosen[: self.limit]

    def _has_room(self, pick: _Candidate, chosen: Sequence[_Candidate], wanted: Wanted) -> bool:
        """Whether the quote's paper may say one thing more.

        Where the question names the paper, it has all the room, and others have little.
        """
        if wanted.about(pick.quote):
            return True
        own = [c.quote.score for c in chosen if wanted.about(c.quote)]
        same = sum(_paper(c) == _paper(pick) for c in chosen)
        if not own:
            return same < _PER_PAPER
        return (
            same < _OF_OTHERS
            and wanted.names_asked(pick.quote)
            and pick.quote.score >= max(own) - _BESIDE_ITS_PAPER
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A sentence, its vector, and its cosine to each part of the question."""

    quote: Quote
    vector: Vectors
    closeness: Vectors

    def for_side(self, place: int, side: str, wanted: Wanted) -> float:
        """What the sentence is worth to one side of a comparison; 0 where it isn't of that side."""
        worth = wanted.side_bonus(side, self.quote)
        penalty = _PARTS_PENALTY * speaks_of_the_paper(self.quote.text)
        return float(self.closeness[place]) + worth - penalty if worth else 0.0

    def for_part(self, part: int, wanted: Wanted) -> float:
        penalty = _PARTS_PENALTY * speaks_of_the_paper(self.quote.text)
        return float(self.closeness[part]) + wanted.part_bonus(part, self.quote) - penalty


def _repeats(pick: _Candidate, chosen: Sequence[_Candidate]) -> bool:
    return any(
        pick is other
        or (float(pick.vector @ other.vector) > _REDUNDANT and not _other_row(pick, other))
        for other in chosen
    )


def _other_row(one: _Candidate, other: _Candidate) -> bool:
    """Whether two are rows of tables on different things, however alike their captions."""
    rows = is_row(one.quote) and is_row(other.quote)
    return rows and label_of(one.quote) != label_of(other.quote)


def _paper(candidate: _Candidate) -> str:
    return candidate.quote.passage.paper.paper_id


def _papers(chosen: Sequence[_Candidate]) -> set[str]:
    return {_paper(candidate) for candidate in chosen}


def _marginal(pick: _Candidate, chosen: Sequence[_Candidate]) -> float:
    nearest = max((float(pick.vector @ other.vector) for other in chosen), default=0.0)
    return pick.quote.score - _NOVELTY * max(0.0, nearest)


def _in_context(quote: Quote) -> str:
    """A sentence under its paper's name, which "our model" stands for."""
    name = short_name(quote)
    if is_row(quote):
        return f"{name}: {quote.context} {label_of(quote)}"
    return quote.text if name.lower() in quote.text.lower() else f"{name}: {quote.text}"


def short_name(quote: Quote) -> str:
    """What to call the quote's paper: its model's name, else the head of its title."""
    paper = quote.passage.paper
    head = paper.title.split(":")[0].strip()
    return paper.name or (head if len(head) <= 60 else paper.title)
