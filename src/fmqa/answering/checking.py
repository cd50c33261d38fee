"""From drafts to what is said: each is checked against quotes, and what fails is repaired once."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fmqa.answering.drafting import Draft, Drafter, Notice, Refused
from fmqa.answering.events import SentenceReady, SentenceWithheld
from fmqa.answering.quotes import leans
from fmqa.answering.rows import in_caption, is_row
from fmqa.answering.underway import Underway
from fmqa.answering.verification import CheckingVerifier, Verdict
from fmqa.errors import ModelError
from fmqa.types import Quote

_LIKELIEST = 10  # quotes that are tried for a sentence that names none


@dataclass(frozen=True, slots=True)
class _Failed:
    """A draft that no quote carries, and where in the answer it belongs."""

    place: int
    draft: Draft
    verdict: Verdict


class Checking:
    """What becomes of the drafts of one answer.

    Args:
        drafter: writes, and repairs if it reads.
        verifier: decides.
        quotes: what the drafter is given.
        state: what has been said.
    """

    def __init__(
        self,
        drafter: Drafter,
        verifier: CheckingVerifier,
        quotes: Sequence[Quote],
        state: Underway,
    ) -> None:
        self.drafter = drafter
        self.verifier = verifier
        self.quotes = quotes
        self.state = state

    def drafts(self, question: str) -> Iterator[SentenceReady | SentenceWithheld]:
        """Says each draft as soon as it has been checked; then what came of those that failed.

        Raises:
            ModelError: the model can't be used (any more).
        """
        failed: list[_Failed] = []
        drafts: Iterable[Draft | Notice] = self.drafter.drafts(question, self.quotes)
        if self.verifier.at_once:
            drafts = self._judged(drafts)
        head = ""  # of a group of which nothing is said yet
        for place, draft in enumerate(drafts):
            self.state.place = place
            if isinstance(draft, Notice):
                self.state.notices.append(draft.text)
                continue
            draft = replace(draft, head=draft.head or head)  # noqa: PLW2901
            verdict = yield from self._said(draft)
            if verdict is not None and self.drafter.reads:
                failed.append(_Failed(place, draft, verdict))
            elif verdict is not None:
                yield from self._kept(draft, verdict)
            head = "" if self.state.said_here else draft.head
        if failed:
            yield from self._repaired(question, failed)

    def _judged(self, drafts: Iterable[Draft | Notice]) -> list[Draft | Notice]:
        """All drafts, once the verifier has looked at all of them."""
        held = list(drafts)
        written = [one for one in held if isinstance(one, Draft) and not one.verbatim]
        self.verifier = self.verifier.asked(
            [(d.text, [_under_caption(self.quotes[n]) for n in d.quotes]) for d in written]
        )
        return held

    def _said(self, draft: Draft) -> Generator[SentenceReady, None, Verdict | None]:
        """Say a draft that its quotes carry; the verdict where they don't."""
        state, quotes = self.state, self.quotes
        if draft.verbatim:
            quote = quotes[draft.quotes[0]]
            if not state.uses(quote):
                yield state.say_quote(quote, draft.begins, draft.head)
            return None
        carriers, verdict = self._carriers(draft)
        if not carriers:
            return verdict
        if not state.said(draft.text):
            carrying = [quotes[index] for index in carriers]
            yield state.say(draft.text, carrying, "supported", draft.begins, draft.head)
        return None

    def _carriers(self, draft: Draft) -> tuple[tuple[int, ...], Verdict]:
        """The quotes that carry a draft whole, and what was found of it.

        A model is held to what it cites: each quote that carries the sentence alone, else those
        that do so together. Where it cites nothing, the likeliest quotes are tried: the more that
        are, the likelier one seems to carry what it doesn't.
        """
        tried = list(draft.quotes)
        if not tried:
            likeliest = sorted(enumerate(self.quotes), key=lambda numbered: -numbered[1].score)
            tried = [index for index, _ in likeliest[:_LIKELIEST]]
        elif len(tried) > 1:
            alone = [index for index in tried if self._verdict(draft, [index]).quote is not None]
            if alone:
                return tuple(alone), Verdict(alone[0])
        verdict = self._verdict(draft, tried)
        return (verdict.quotes if verdict.supported else ()), verdict

    def _verdict(self, draft: Draft, tried: Sequence[int]) -> Verdict:
        """What the verifier finds of a draft against some of the quotes, by all quotes' indexes."""
        shown = [_under_caption(self.quotes[index]) for index in tried]
        verdict = self.verifier.verify(draft.text, shown)
        parts = tuple(
            replace(part, quote=None if part.quote is None else tried[part.quote])
            for part in verdict.parts
        )
        quote = None if verdict.quote is None else tried[verdict.quote]
        return replace(verdict, quote=quote, parts=parts)

    def _repaired(
        self, question: str, failed: Sequence[_Failed]
    ) -> Iterator[SentenceReady | SentenceWithheld]:
        """What the model makes of what failed, checked again; what fails again isn't said."""
        state = self.state
        try:
            refused = [Refused(one.draft, str(one.verdict.reason)) for one in failed]
            repaired = self.drafter.repaired(question, self.quotes, refused)
        except ModelError as error:
            state.model_failed = True
            state.notices.append(f"{error} What failed the check could not be repaired.")
            repaired = [None] * len(failed)
        if self.verifier.at_once:
            self._judged(draft for drafts in repaired for draft in drafts or ())
        for one, drafts in zip(failed, repaired, strict=True):
            state.place = one.place
            if drafts is None:
                yield from self._kept(one.draft, one.verdict)
            elif not drafts:
                yield state.withhold(one.draft.text, one.verdict.reason)
            for number, draft in enumerate(drafts or ()):
                if not number:
                    begins, head = one.draft.begins, one.draft.head
                    draft = replace(draft, begins=begins, head=head)  # noqa: PLW2901
                verdict = yield from self._said(draft)
                if verdict is not None:
                    yield from self._kept(draft, verdict)

    def _kept(self, draft: Draft, verdict: Verdict) -> Iterator[SentenceReady | SentenceWithheld]:
        """What is kept of a draft that no quote carries: some of its parts, else its quote."""
        state = self.state
        if verdict.quotes:
            stands = False  # whether the clause before is said, which "it has …" leans on
            for part in verdict.parts:
                stands = part.quote is not None and (stands or not leans(part.text))
                if part.quote is None or not stands:
                    yield state.withhold(part.text, part.reason or verdict.reason)
                elif not state.said(part.text):
                    own = self.quotes[part.quote]
                    yield state.say(part.text, [own], "supported", draft.begins, draft.head)
            return
        yield state.withhold(draft.text, verdict.reason)
        for own in [self.quotes[index] for index in draft.quotes[:1]]:
            if not state.uses(own):
                yield state.say_quote(own, draft.begins, draft.head)


def _under_caption(quote: Quote) -> Quote:
    """A row under its caption and heads, without which its figures are of nothing."""
    return replace(in_caption(quote), context="") if is_row(quote) else quote
