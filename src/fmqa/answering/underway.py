"""An answer that is coming about: what has been said so far, and what was withheld."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fmqa.answering.attribution import attributed
from fmqa.answering.citing import Numbering
from fmqa.answering.claims import named_things
from fmqa.answering.drafting import verbatim
from fmqa.answering.editing import edited, introduced
from fmqa.answering.events import SentenceReady, SentenceWithheld
from fmqa.answering.numbers import numbers
from fmqa.answering.replies import Begins
from fmqa.answering.rows import is_row, opens_caption, table_told, told
from fmqa.answering.schema import Answer, Related, Sentence, Timings, Withheld
from fmqa.answering.verification import Reason
from fmqa.types import Quote, Span

_LAST = 1_000_000  # a place behind all drafts


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence at its place; its quote, if it is one, and the table whose title is said."""

    place: int
    sentence: Sentence
    quote: Quote | None = None
    table: tuple[str, str] | None = None


class Underway:
    """What has been said so far to one question.

    ``place`` is where in the answer that belongs which is said next: a repaired sentence is said
    late, and stands in the place of the one that failed.
    """

    def __init__(self, asked: str, question: str, numbering: Numbering, started: float) -> None:
        self.asked = asked
        self.question = question
        self.confidence = 0.0
        self.model_failed = False
        self.subjects: tuple[str, ...] = ()
        self.numbering = numbering
        self.started = started
        self.place = 0
        self.withheld: list[Withheld] = []
        self.notices: list[str] = []
        self._said: list[_Said] = []
        self._used: dict[tuple[int, Span], Quote] = {}
        self._timings: dict[str, int] = {}

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """What has been said, in the order in which it is to be read, each head once."""
        read: list[Sentence] = []
        head = ""
        for one in sorted(self._said, key=lambda one: one.place):
            again = one.sentence.head == head
            read.append(one.sentence.model_copy(update={"head": ""}) if again else one.sentence)
            head = one.sentence.head or head
        return tuple(read)

    @property
    def said_here(self) -> bool:
        """Whether anything is said at the place where is said now."""
        return any(one.place == self.place for one in self._said)

    @property
    def used(self) -> tuple[Quote, ...]:
        """The quotes that carry what has been said."""
        return tuple(self._used.values())

    def uses(self, quote: Quote) -> bool:
        """Whether something said rests on the quote."""
        return quote.key in self._used

    def reached(self, stage: str) -> None:
        """Keep how long it took to this stage, one of the fields of `Timings`, once."""
        self._timings.setdefault(stage, round((time.monotonic() - self.started) * 1000))

    def said(self, text: str) -> bool:
        """Whether it has been said in almost the same words, of the same, with its figures."""
        words, facts = set(text.lower().split()), _facts(text)
        return any(
            len(words & set(one.sentence.text.lower().split())) > 0.85 * len(words)
            and facts == _facts(one.sentence.text)
            for one in self._said
        )

    def say(
        self,
        text: str,
        quotes: Sequence[Quote],
        verdict: Any,
        begins: Begins = "",
        head: str = "",
    ) -> SentenceReady:
        """Say a sentence that rests on these quotes."""
        self.reached("first_sentence")
        said = attributed(text, quotes)
        if said != text and verdict == "verbatim":
            verdict = "edited"
        self._used |= {quote.key: quote for quote in quotes}
        cited = [self.numbering.cite(quote) for quote in quotes]
        marks = tuple(dict.fromkeys(citation.number for _, citation in cited))
        sentence = Sentence(text=said, citations=marks, verdict=verdict, begins=begins, head=head)
        self._said.append(_Said(self.place, sentence))
        return SentenceReady(sentence, tuple(citation for new, citation in cited if new))

    def say_quote(self, quote: Quote, begins: Begins = "", head: str = "") -> SentenceReady:
        """Say a quote as its own sentence, edited where it doesn't name what it speaks of.

        Whom it is of is said at the first of several quotes of a paper, and a table's title at the
        first of its rows.
        """
        before = None if head else self._before()
        again = bool(before and before.quote and _paper(before.quote) == _paper(quote))
        table = table_told(quote)
        known = bool(table and before and before.table == table)
        plain = told(quote, known=known) if table else verbatim(quote, 0).text
        last = before.quote.text if again and before and before.quote else ""
        text = plain if table else edited(quote, again=again, before=last)
        if not again:
            text = introduced(text, quote, f"{self.question} {head}")
        ready = self.say(text, [quote], "edited" if text != plain else "verbatim", begins, head)
        titled = known or is_row(quote) or opens_caption(quote)
        self._said[-1] = replace(self._said[-1], quote=quote, table=table if titled else None)
        return ready

    def _before(self) -> _Said | None:
        """What stands right before the place where is said next."""
        earlier = [one for one in self._said if one.place <= self.place]
        return sorted(earlier, key=lambda one: one.place)[-1] if earlier else None

    def say_last(self) -> None:
        """What is said from now on stands behind all drafts."""
        self.place = _LAST

    def say_version(self, quote: Quote) -> SentenceReady:
        """Say, in its own words, what another version of a paper gives as another figure."""
        new, citation = self.numbering.cite(quote)
        self._used[quote.key] = quote
        if citation.status == "superseded":
            text = f"Version {citation.version} of the paper said: “{citation.whole}”"
        else:
            arxiv = f"arXiv:{citation.arxiv_id}v{citation.version}" if citation.arxiv_id else ""
            dated = f"of {citation.year}" if citation.year else ""
            named = f" ({which})" if (which := arxiv or dated) else ""
            text = f"Another version of the paper{named} says: “{citation.whole}”"
        sentence = Sentence(text=text, citations=(citation.number,), verdict="verbatim")
        self._said.append(_Said(_LAST, sentence))
        return SentenceReady(sentence, (citation,) if new else ())

    def withhold(self, text: str, reason: Reason | None) -> SentenceWithheld:
        """Keep what isn't said, and why."""
        code, detail = (reason.objection.value, reason.detail) if reason else ("", "")
        self.withheld.append(
            Withheld(text=text, reason=str(reason or ""), code=code, detail=detail)
        )
        return SentenceWithheld(self.withheld[-1])

    def answer(
        self, model: str, *, related: tuple[Related, ...], abstained: str = "", reason: str = ""
    ) -> Answer:
        """The answer as it stands; a refusal in the words of ``abstained``, where there are any."""
        self.reached("total")
        return Answer(
            question=self.asked,
            understood_as=self.question if self.question != self.asked else "",
            subjects=self.subjects,
            status="abstained" if abstained else "answered",
            reason=reason,
            confidence=round(self.confidence, 4),
            answer=abstained or laid_out(self.sentences),
            sentences=() if abstained else self.sentences,
            withheld=tuple(self.withheld),
            citations=() if abstained else self.numbering.citations,
            related=related,
            notices=tuple(self.notices),
            model=model,
            timings_ms=Timings(**self._timings),
        )


def _paper(quote: Quote) -> str:
    return quote.passage.paper.paper_id


def marked(sentence: Sentence) -> str:
    """A sentence with its citation marks before its full stop: "… images [1]."."""
    marks = "".join(f"[{number}]" for number in sentence.citations)
    text = sentence.text.rstrip()
    end = text[-1] if text and text[-1] in ".!?。！？" else "."
    return f"{text.rstrip('.!?。！？')} {marks}{end}"


def laid_out(
    sentences: Sequence[Sentence],
    told: Callable[[Sentence], str] = marked,
    headed: Callable[[str], str] = str,
) -> str:
    """Sentences with their marks as a text, in its paragraphs and lists, under its heads."""
    before = {"": " ", "paragraph": "\n\n", "item": "\n- "}
    heads = (f"\n\n{headed(one.head)}" if one.head else "" for one in sentences)
    opened = (one.begins or ("paragraph" if one.head else "") for one in sentences)
    parts = (before[begins] + told(one) for begins, one in zip(opened, sentences, strict=True))
    return "".join(head + part for head, part in zip(heads, parts, strict=True)).strip()


def _facts(text: str) -> tuple[set[float], set[str]]:
    return {number.value for number in numbers(text)}, set(named_things(f"x {text}"))
