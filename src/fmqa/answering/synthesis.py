"""Answers by strong models, written over whole passages.

The model reads the likeliest passages, as many as its context takes, and each sentence that it
writes names by number what it rests on. What the check refuses goes back to it once, with the
reason, to be written closer to the papers' words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import groupby

from fmqa import prompts
from fmqa.answering import asking
from fmqa.answering.asking import LanguageModel
from fmqa.answering.claims import missing_names, named_things, shared_words
from fmqa.answering.drafting import Draft, Drafter, Notice, Refused, declined, verbatim
from fmqa.answering.evidence import Evidence
from fmqa.answering.numbers import numbers
from fmqa.answering.quotes import short_name
from fmqa.answering.replies import MARK, Piece, Reply, declines, denies
from fmqa.answering.rows import is_row, table_of
from fmqa.answering.table_view import TableKey, table_key, table_lines, whole_table
from fmqa.errors import ModelError, ModelSilent
from fmqa.types import Quote, StoredPassage

TOKENS = 12_000
TOO_LONG = (
    "The language model's context is too small for the {count} sentences that were found; it was "
    "given {read} of them."
)
CUT_OFF = "The language model's reply was cut off; its last, unfinished sentence isn't said."
MISSING = "The language model finds no answer to this part: {part}."

_CHARACTERS = 4  # of a token, in English
_MOST_NUMBERS = 999
_LARGEST_TABLE = 0.25  # of what is read; of a larger one, the passages that were found
_FEWEST_LETTERS = 8
_LIKELY = 0.2  # of the likeliest sentence's probability
_LIKELIEST = 3  # shown for a refused sentence that names nothing
_LONGEST_PART = 160
_LONGEST_HEAD = 80
_OF_PAPERS = 0.5  # of a heading's words, that have to be the question's or the passages'
_PART = re.compile(rf"\W*{prompts.NOT_ANSWERED}\W*(?P<part>.*)", re.DOTALL)
_REPAIRED = re.compile(r"^\W*S ?(?P<number>\d{1,3})\b\W*(?P<text>.*)$")


def for_reading(
    evidence: Evidence, tokens: int, passages_of: Callable[[str], Sequence[StoredPassage]]
) -> tuple[Quote, ...]:
    """The sentences and rows that a strong model is given: whole passages, the likeliest first.

    Args:
        evidence: what was found.
        tokens: how many may be read, at four characters each. What stands in two passages is
            given once, a torn formula not at all; the first passage is given in any case.
        passages_of: all passages of a paper, from which tables are made whole as far as they fit.
    """
    given: list[Quote] = []
    seen: set[str] = set()
    done: set[int] = set()
    left = tokens * _CHARACTERS
    largest = _LARGEST_TABLE * left
    held_of = cache(passages_of)

    def take(quotes: Iterable[Quote], most: float) -> bool:
        nonlocal left
        new = {_told(one): one for one in quotes if _is_text(one) and _told(one) not in seen}
        cost = len(shown(held := list(new.values())))
        if not new or cost > most or len(given) + len(new) > _MOST_NUMBERS:
            return False
        left -= cost
        given.extend(held)
        seen.update(new)
        done.update(one.passage.id for one in held)
        return True

    for passage in evidence.passages:
        if not passage or passage[0].passage.id in done:
            continue
        whole = whole_table(passage, evidence.passages, held_of)
        if not take(whole, min(left, largest)):
            take(passage, left if given else float("inf"))
    return tuple(given)


def shown(quotes: Sequence[Quote], only: Sequence[int] | None = None) -> str:
    """Quotes as a strong model sees them: numbered from 1, each passage or table under its head.

    Args:
        quotes: all that have a number.
        only: indexes of those that are shown; all without.
    """
    least = _LIKELY * max((quote.score for quote in quotes), default=0.0)
    parts = []
    wanted = range(len(quotes)) if only is None else only
    for _, group in groupby(wanted, key=lambda index: _place(quotes[index])):
        lines: list[str] = []
        rows: list[tuple[str, Quote]] = []
        for index in group:
            quote = quotes[index]
            likely = "*" if quote.score >= max(least, 0.01) else ""
            mark = f"[{index + 1}]{likely}"
            lines = lines or [_head(quote)]
            if is_row(quote):
                rows.append((mark, quote))
            else:
                lines.append(f"{mark} {verbatim(quote, 0).text}")
        parts.append("\n".join([*lines, *(table_lines(rows) if rows else ())]))
    return "\n\n".join(parts)


class SynthesisDrafter(Drafter):
    """Writes over whole passages: for strong models.

    Args:
        model: a strong one.
        reads: the tokens of passages that it is given.
    """

    def __init__(self, model: LanguageModel, reads: int = TOKENS) -> None:
        self.model = model
        self.reads = reads

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft | Notice]:
        """The model's sentences with the quotes that it names, as they stream in.

        A model whose context is too small for all quotes is asked again with half of them.

        Raises:
            ModelError: it can't be used (any more); it wrote nothing, declined, or was cut off
                before it answered.
        """
        count = len(quotes)
        while True:
            reply, ending = Reply(count), ""
            asked = prompts.synthesis_question(question, shown(quotes[:count]))
            try:
                for piece in self.model.stream(prompts.SYNTHESIS_SYSTEM, asked):
                    ending = asking.ending(piece) or ending
                    new = reply.add(str(piece.text))
                    yield from _drafts(new, quotes[:count], question)
                break
            except ModelError as error:
                if count == 1 or reply.text or not asking.overflows(error):
                    raise
                count = (count + 1) // 2
        yield from _drafts(_checked_end(reply, ending), quotes[:count], question)
        if count < len(quotes):
            yield Notice(TOO_LONG.format(read=count, count=len(quotes)))
        if ending in asking.CUT_OFF:
            yield Notice(CUT_OFF)

    def repaired(
        self, question: str, quotes: Sequence[Quote], refused: Sequence[Refused]
    ) -> list[list[Draft] | None]:
        """See `Drafter`. All are asked for at once, each with what it cites and what stands beside.

        Raises:
            ModelError: it can't be used (any more), or declined.
        """
        failed = [
            (one.draft.text, one.reason, shown(quotes, _beside(quotes, one.draft)))
            for one in refused
        ]
        reply = self.model.ask(prompts.REPAIR_SYSTEM, prompts.repair_question(question, failed))
        if declines(reply):
            raise ModelSilent(declined(reply))
        return _repairs(reply, quotes, len(refused))


def _place(quote: Quote) -> TableKey | int:
    """The table that a quote is of, else its passage."""
    return table_key(quote.passage) or quote.passage.id


def _head(quote: Quote) -> str:
    """A passage's paper, year and section; a table's caption where it doesn't follow."""
    facts = [short_name(quote), str(quote.passage.paper.year or "")]
    facts.append(" ".join(quote.passage.passage.section.split()))
    head = f"# {', '.join(fact for fact in facts if fact)}"
    return f"{head}\n{' '.join(table_of(quote)[0].split())}" if is_row(quote) else head


def _is_text(quote: Quote) -> bool:
    return is_row(quote) or sum(map(str.isalpha, quote.text)) >= _FEWEST_LETTERS


def _told(quote: Quote) -> str:
    said = f"{quote.context} {quote.text}" if is_row(quote) else quote.text
    return " ".join(said.lower().split())


def _beside(quotes: Sequence[Quote], draft: Draft) -> list[int]:
    """What a draft cites, and in the same passages what stands before and behind it."""
    likeliest = sorted(range(len(quotes)), key=lambda index: -quotes[index].score)[:_LIKELIEST]
    found = {
        index
        for named in draft.quotes or likeliest
        for index in range(max(0, named - 1), min(len(quotes), named + 2))
        if quotes[index].passage.id == quotes[named].passage.id
    }
    return sorted(found)


def _checked_end(reply: Reply, ending: str) -> list[Piece]:
    """What is left of a reply that has ended.

    Raises:
        ModelSilent: there is no answer in all of it.
    """
    cut_off = ending in asking.CUT_OFF
    left = reply.end(cut_off=cut_off)
    if ending in asking.FILTERED:
        raise ModelSilent("The server's filter took the language model's answer away.")
    if reply.given:
        if denies(reply.text):
            return []
        if declines(reply.text):
            raise ModelSilent(declined(reply.text))
        return left
    if cut_off:
        raise ModelSilent("The language model was cut off before it answered.")
    if reply.text:
        raise ModelSilent("The language model's reply couldn't be read.")
    raise ModelSilent("The language model gave no answer.")


def _drafts(
    pieces: Sequence[Piece], quotes: Sequence[Quote], question: str
) -> Iterator[Draft | Notice]:
    for piece in pieces:
        draft = cited(piece, len(quotes))
        if draft.head and not _is_head(draft.head, question, quotes):
            draft = replace(draft, head="")
        missing = _PART.match(draft.text)
        if missing:
            part = missing["part"].strip(" .")
            if _is_of(part, question):
                yield Notice(MISSING.format(part=part))
        elif any(c.isalpha() for c in draft.text):
            yield draft
        elif not draft.text.strip(" ."):  # marks alone, as of a table's line
            for index in draft.quotes:
                head = draft.head if index == draft.quotes[0] else ""
                yield replace(verbatim(quotes[index], index), begins=piece.begins, head=head)


def _is_of(part: str, question: str) -> bool:
    """Whether what a model calls unanswered brings in nothing that the question doesn't name."""
    names = named_things(f"x {part}").keys() - named_things(f"x {question}").keys()
    return 0 < len(part) <= _LONGEST_PART and not names and not _new_figures(part, question)


def _is_head(head: str, question: str, quotes: Sequence[Quote]) -> bool:
    """Whether a heading, which no quote carries, is short and of what the papers speak of."""
    there = " ".join([question, *(f"{short_name(one)} {one.text}" for one in quotes)])
    short = len(head) <= _LONGEST_HEAD and head[-1] not in ".!?"
    new = missing_names(head, there) or _new_figures(head, there)
    return short and not new and shared_words(head, there) >= _OF_PAPERS


def _new_figures(text: str, there: str) -> bool:
    return not {one.value for one in numbers(text)} <= {one.value for one in numbers(there)}


def _repairs(reply: str, quotes: Sequence[Quote], count: int) -> list[list[Draft] | None]:
    """The drafts by the number before them: "S2: MedSAM has … [3]." """
    texts: dict[int, list[str]] = {}
    last = 0
    for line in reply.splitlines():
        match = _REPAIRED.match(line)
        if match:
            last = int(match["number"])
        texts.setdefault(last, []).append(match["text"] if match else line)
    made: list[list[Draft] | None] = []
    for number in range(1, count + 1):
        whole = Reply(len(quotes))
        pieces = [*whole.add("\n".join(texts.get(number, []))), *whole.end()]
        drafts = [cited(one, len(quotes)) for one in pieces if prompts.DROP not in one.text]
        made.append(drafts if number in texts else None)
    return made


def cited(piece: Piece, count: int) -> Draft:
    """A sentence without its marks, and the quotes (from 0) that they name and that exist."""
    named = [
        int(number) - 1
        for marks in MARK.findall(piece.text)
        for number in marks.split(",")
        if 1 <= int(number) <= count
    ]
    text = re.sub(r"\s+([.,;])", r"\1", MARK.sub("", piece.text)).strip()
    return Draft(text, tuple(dict.fromkeys(named)), begins=piece.begins, head=piece.head)
