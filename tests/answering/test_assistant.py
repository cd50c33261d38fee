"""From a question to a checked answer: said, re-attributed, withheld, or not answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from fakes import Add, document, quote, word_assistant
from fmqa.answering.assistant import (
    Assistant,
    EvidenceFound,
    Finished,
    SentenceReady,
    SentenceWithheld,
    exchange,
    marked,
)
from fmqa.answering.citing import Numbering
from fmqa.answering.drafting import Draft, Drafter, ExtractiveDrafter, Notice, Refused
from fmqa.answering.schema import Answer, Sentence
from fmqa.answering.underway import Underway
from fmqa.errors import ModelUnavailable
from fmqa.store.library import Library
from fmqa.types import Quote, Source

PAIRS = "We obtained MedSAM by fine-tuning SAM on 1,570,263 image-mask pairs."
PROMPT = "MedSAM takes a bounding box around the target as its prompt."
EYES = "RETFound is pre-trained on 1.6 million unlabelled retinal images."
QUESTION = "How was MedSAM obtained from SAM, and on how many image-mask pairs?"
TWO = "How was MedSAM obtained from SAM, and which bounding box does MedSAM take as its prompt?"


class Saying(Drafter):
    """A drafter that says these things, whatever the quotes; an error ends it."""

    def __init__(self, *said: Draft | Notice | Exception) -> None:
        self.said = said

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft | Notice]:
        for one in self.said:
            if isinstance(one, Exception):
                raise one
            yield one


@pytest.fixture
def filled(library: Library, add: Add) -> Library:
    add(
        document(
            "2304.12306",
            ["An introduction that says very little of all this."],
            [f"{PAIRS} {PROMPT}"],
            title="Segment Anything in Medical Images",
            name="MedSAM",
            year=2023,
            version=3,
        ),
        document("2309.00001", [EYES], name="RETFound", year=2023, title="A retinal model"),
    )
    return library


def quotes_for(library: Library, question: str = QUESTION) -> list[str]:
    """The quotes that answer a question, in order."""
    answer = word_assistant(library, ExtractiveDrafter()).ask(question)
    return [citation.quote for citation in answer.citations]


def test_an_answer_in_the_papers_words(filled: Library) -> None:
    answer = word_assistant(filled, ExtractiveDrafter()).ask(QUESTION)
    assert answer.status == "answered"
    first = answer.sentences[0]
    said = PAIRS.replace("We", "[The authors of MedSAM]")
    assert (first.text, first.citations, first.verdict) == (said, (1,), "edited")
    assert answer.answer.startswith(said.rstrip(".") + " [1].")
    citation = answer.citations[0]
    assert (citation.arxiv_id, citation.version, citation.page) == ("2304.12306", 3, 2)
    assert citation.url == "https://arxiv.org/pdf/2304.12306v3#page=2"
    assert answer.reason == ""


def test_quotes_stand_on_the_page_that_is_named(filled: Library) -> None:
    answer = word_assistant(filled, ExtractiveDrafter()).ask(QUESTION)
    for citation in answer.citations:
        pages = filled.record.pages(citation.paper_id, citation.version or 0, Source.PDF)
        page = next(page for page in pages if page.number == citation.page)
        assert page.text[citation.start : citation.end] == citation.quote


def test_every_mark_has_its_citation_and_every_citation_its_mark(filled: Library) -> None:
    answer = word_assistant(filled, ExtractiveDrafter()).ask(QUESTION)
    used = {number for sentence in answer.sentences for number in sentence.citations}
    assert used == {citation.number for citation in answer.citations}
    assert [citation.number for citation in answer.citations] == list(range(1, len(used) + 1))


def test_a_faithful_draft_is_said(filled: Library) -> None:
    draft = Draft("MedSAM fine-tunes SAM on 1,570,263 image-mask pairs.", (0,))
    answer = word_assistant(filled, Saying(draft)).ask(QUESTION)
    assert answer.sentences == (Sentence(text=draft.text, citations=(1,), verdict="supported"),)
    assert answer.citations[0].quote == PAIRS
    assert answer.withheld == ()


def test_a_draft_is_held_to_the_quote_that_it_names(filled: Library) -> None:
    wrong = quotes_for(filled, TWO).index(PROMPT)
    draft = Draft("MedSAM fine-tunes SAM on 1,570,263 image-mask pairs.", (wrong,))
    answer = word_assistant(filled, Saying(draft)).ask(TWO)
    assert [one.text for one in answer.withheld] == [draft.text]
    assert PROMPT in [citation.quote for citation in answer.citations]


def test_a_draft_that_names_no_quote_rests_on_a_likely_one(filled: Library) -> None:
    draft = Draft("MedSAM fine-tunes SAM on 1,570,263 image-mask pairs.", ())
    answer = word_assistant(filled, Saying(draft)).ask(TWO)
    assert [citation.quote for citation in answer.citations] == [PAIRS]
    assert answer.sentences[0].verdict == "supported"


def test_an_unfaithful_draft_is_withheld_and_its_quote_shown(filled: Library) -> None:
    draft = Draft("MedSAM fine-tunes SAM on 2,000,000 image-mask pairs.", (0,))
    answer = word_assistant(filled, Saying(draft)).ask(QUESTION)
    assert answer.withheld[0].text == draft.text
    assert "2,000,000" in answer.withheld[0].reason
    said = PAIRS.replace("We", "[The authors of MedSAM]")
    assert answer.sentences == (Sentence(text=said, citations=(1,), verdict="edited"),)
    assert "2,000,000" not in answer.answer


def test_where_nothing_of_the_draft_is_carried_the_quotes_are_shown(filled: Library) -> None:
    answer = word_assistant(filled, Saying(Draft("The capital of France is Paris.", ()))).ask(
        QUESTION
    )
    assert answer.status == "answered"
    assert answer.withheld
    assert {sentence.verdict for sentence in answer.sentences} <= {"verbatim", "edited"}
    assert "“The capital of France is Paris.”" in answer.notices[0]
    assert "Paris" not in answer.answer


def test_who_thanks_or_greets_gets_a_short_word_and_no_search(filled: Library) -> None:
    assistant = word_assistant(filled)
    first = assistant.ask("How was MedSAM obtained from SAM?")
    answer = assistant.ask("Thank you.", history=[exchange(first)])
    assert (answer.status, answer.refusal, answer.related) == ("abstained", "no_question", ())
    history = [exchange(first), exchange(answer)]
    asked = assistant.ask("on how many image-mask pairs?", history=history)
    assert (
        asked.answer == assistant.ask("on how many image-mask pairs?", history=history[:1]).answer
    )


def test_a_word_on_the_model_is_a_notice(filled: Library) -> None:
    draft = Draft("MedSAM fine-tunes SAM on 1,570,263 image-mask pairs.", (0,))
    answer = word_assistant(filled, Saying(draft, Notice("It was cut off."))).ask(QUESTION)
    assert answer.notices == ("It was cut off.",)
    assert len(answer.sentences) == 1


def test_a_model_that_says_nothing(filled: Library) -> None:
    answer = word_assistant(filled, Saying()).ask(QUESTION)
    assert (answer.status, answer.sentences, answer.citations) == ("abstained", (), ())
    assert answer.reason
    assert answer.related


def test_a_model_that_fails_in_the_middle(filled: Library) -> None:
    quotes = quotes_for(filled, TWO)
    first = quotes.index(PAIRS)
    said = Draft("MedSAM fine-tunes SAM on 1,570,263 image-mask pairs.", (first,))
    answer = word_assistant(filled, Saying(said, ModelUnavailable("It is gone."))).ask(TWO)
    assert answer.status == "answered"
    assert answer.sentences[0].verdict == "supported"
    assert {sentence.verdict for sentence in answer.sentences[1:]} == {"verbatim"}
    assert {citation.quote for citation in answer.citations} == {*quotes}
    assert "It is gone." in answer.notices[0]


def test_the_same_is_not_said_twice(filled: Library) -> None:
    draft = Draft("MedSAM fine-tunes SAM on 1,570,263 image-mask pairs.", (0,))
    assert len(word_assistant(filled, Saying(draft, draft)).ask(QUESTION).sentences) == 1


@pytest.mark.parametrize(("was", "now"), [("0.91", "0.84"), ("MedSAM", "SAM-Med2D")])
def test_sentences_that_differ_in_one_fact_are_both_said(was: str, now: str) -> None:
    one = (
        "On this set of chest images MedSAM reaches a Dice score of 0.91 at the level of patients."
    )
    state = Underway("Why?", "Why?", Numbering("https://arxiv.org/pdf"), 0.0)
    state.say(one, [quote(one)], "supported")
    assert state.said(one.replace("of patients", "of each patient"))
    assert not state.said(one.replace(was, now))


@pytest.mark.parametrize(
    "question",
    ["What does FooNet9000 do?", "Which recipe makes the best sourdough bread at altitude?"],
)
def test_what_the_papers_do_not_answer(filled: Library, question: str) -> None:
    answer = word_assistant(filled, ExtractiveDrafter()).ask(question)
    assert answer.status == "abstained"
    assert (answer.sentences, answer.citations) == ((), ())
    assert answer.reason
    assert answer.reason in answer.answer
    assert answer.related
    assert answer.related[0].title in answer.answer


def test_the_stream(filled: Library) -> None:
    bad = Draft("MedSAM fine-tunes SAM on 2,000,000 image-mask pairs.", (0,))
    events = list(word_assistant(filled, Saying(bad)).stream(QUESTION))
    kinds = [type(event) for event in events]
    assert kinds == [EvidenceFound, SentenceWithheld, SentenceReady, Finished]
    found, _, ready, finished = events
    assert PAIRS in [citation.quote for citation in found.citations]
    assert ready.new_citations == finished.answer.citations
    assert ready.sentence == finished.answer.sentences[0]


def test_times_are_in_order(filled: Library) -> None:
    times = word_assistant(filled, ExtractiveDrafter()).ask(QUESTION).timings_ms
    assert 0 <= times.retrieval <= times.evidence <= times.total
    assert times.first_sentence <= times.total


def test_as_a_langchain_runnable(filled: Library) -> None:
    chain = word_assistant(filled, ExtractiveDrafter()).runnable()
    assert chain.invoke(QUESTION).status == "answered"
    assert [answer.status for answer in chain.batch([QUESTION, "What does FooNet do?"])] == [
        "answered", "abstained"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [("It ends.", "It ends [1]."), ("Does it?", "Does it [1]?"), ("No stop", "No stop [1].")],
)
def test_marks_stand_before_the_full_stop(text: str, shown: str) -> None:
    assert marked(Sentence(text=text, citations=(1,), verdict="supported")) == shown


def test_answers_keep_the_published_schema(filled: Library) -> None:
    path = Path(__file__).parents[2] / "docs" / "answer.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    bad = Draft("MedSAM fine-tunes SAM on 2,000,000 image-mask pairs.", (0,))
    for drafter in (ExtractiveDrafter(), Saying(bad, ModelUnavailable("Gone.")), Saying()):
        answer = word_assistant(filled, drafter).ask(QUESTION)
        jsonschema.validate(json.loads(answer.model_dump_json()), schema)
        assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_each_side_of_a_comparison_is_searched_and_heard(filled: Library, add: Add) -> None:
    crowd = [f"MedSAM and its image-mask pairs were obtained, says study {n}." for n in range(30)]
    add(document("2401.00001", *[[text] for text in crowd], title="Thirty studies"))
    answering = word_assistant(filled, ExtractiveDrafter())
    answering.tell = lambda question: ("compare",)
    answer = answering.ask("How were MedSAM and RETFound obtained, by image-mask pairs?")
    heads = [one.head for one in answer.sentences if one.head]
    assert heads[:2] == ["MedSAM", "RETFound"]
    assert {"2304.12306", "2309.00001"} <= {one.paper_id for one in answer.citations}
    assert "\n\nRETFound\n- " in answer.answer


BOTH = (
    "MedSAM takes a bounding box around the target as its prompt, and RETFound is pre-trained on "
    "1.6 million unlabelled retinal images."
)
OF_BOTH = "Compare the prompt of MedSAM with RETFound images"


def test_a_sentence_that_rests_on_two_quotes_names_both(filled: Library) -> None:
    answer = word_assistant(filled, Reading((BOTH, (PROMPT, EYES)))).ask(OF_BOTH)
    [sentence] = answer.sentences
    assert sentence.text == BOTH
    assert {answer.citations[n - 1].quote for n in sentence.citations} == {PROMPT, EYES}


def test_of_two_clauses_the_one_that_is_carried_is_said(filled: Library) -> None:
    half = BOTH.replace("1.6 million", "900 million")
    answer = word_assistant(filled, Saying(Draft(half, (0,)))).ask(OF_BOTH)
    [sentence] = answer.sentences
    assert "900 million" not in sentence.text
    assert [answer.citations[n - 1].quote for n in sentence.citations] == [PROMPT]
    assert "900 million" in answer.withheld[0].text


def test_a_clause_that_leans_on_one_that_is_not_said_is_not_said_either(filled: Library) -> None:
    leaning = (
        "RETFound is trained on 900 million unlabelled retinal images, and it takes a bounding box "
        "around the target as its prompt."
    )
    answer = word_assistant(filled, Saying(Draft(leaning, (0,)))).ask(OF_BOTH)
    assert {sentence.verdict for sentence in answer.sentences} <= {"verbatim", "edited"}
    assert len(answer.withheld) == 2


class Reading(Saying):
    """A drafter that reads passages; names quotes by their text, and repairs as it is told."""

    reads = 1000

    def __init__(
        self,
        *said: tuple[str, tuple[str, ...], *tuple[str, ...]],
        repairs: object = None,
        error: str = "",
    ) -> None:
        super().__init__()
        self.texts = said
        self.repairs = repairs
        self.error = error
        self.refused: list[Refused] = []

    def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft | Notice]:
        self.quotes = [one.text for one in quotes]
        for text, named, *head in self.texts:
            yield Draft(text, tuple(map(self.quotes.index, named)), head="".join(head))

    def repaired(
        self, question: str, quotes: Sequence[Quote], refused: Sequence[Refused]
    ) -> list[list[Draft] | None]:
        self.refused += refused
        if self.error:
            raise ModelUnavailable(self.error)
        made: list[list[Draft] | None] = []
        for repair in self.repairs or [None] * len(refused):  # type: ignore[attr-defined]
            drafts = repair and [Draft(t, tuple(map(self.quotes.index, n))) for t, n in repair]
            made.append(drafts)
        return made


GOOD = "MedSAM fine-tunes SAM on 1,570,263 image-mask pairs."
WRONG = "MedSAM fine-tunes SAM on 2,000,000 image-mask pairs."
BOX = "MedSAM takes a bounding box as its prompt."


def test_a_model_that_reads_is_given_passages_and_not_only_quotes(filled: Library) -> None:
    drafter = Reading((GOOD, (PAIRS,)))
    word_assistant(filled, drafter).ask(QUESTION)
    assert {PAIRS, PROMPT, EYES} <= set(drafter.quotes)


def test_a_model_that_reads_is_held_to_what_it_cites(filled: Library) -> None:
    answer = word_assistant(filled, Reading((GOOD, (EYES,)))).ask(QUESTION)
    assert answer.withheld[0].text == GOOD
    assert GOOD not in [one.text for one in answer.sentences]
    answer = word_assistant(filled, Reading((GOOD, ()))).ask(QUESTION)
    assert [one.text for one in answer.sentences] == [GOOD]


def test_a_heading_stays_when_its_first_sentence_is_said_already(filled: Library) -> None:
    drafter = Reading((GOOD, (PAIRS,)), (GOOD, (PAIRS,), "Prompts"), (BOX, (PROMPT,)))
    answer = word_assistant(filled, drafter).ask(QUESTION)
    assert [(one.text, one.head) for one in answer.sentences] == [(GOOD, ""), (BOX, "Prompts")]


def test_a_repaired_sentence_is_checked_and_stands_in_its_place(filled: Library) -> None:
    drafter = Reading((WRONG, (PAIRS,)), (BOX, (PROMPT,)), repairs=[[(GOOD, (PAIRS,))]])
    events = list(word_assistant(filled, drafter).stream(QUESTION))
    said = [event.sentence.text for event in events if isinstance(event, SentenceReady)]
    assert said == [BOX, GOOD]
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert [one.text for one in finished.answer.sentences] == [GOOD, BOX]
    assert finished.answer.withheld == ()
    assert [(one.draft.text, "2,000,000" in one.reason) for one in drafter.refused] == [
        (WRONG, True)
    ]


@pytest.mark.parametrize(
    ("repairs", "heads"),
    [
        ([[(GOOD, (PAIRS,))]], [(GOOD, "Data"), (BOX, "")]),
        ([[]], [(BOX, "Data")]),
    ],
)
def test_a_head_stands_above_the_first_sentence_that_is_said_of_its_group(
    filled: Library, repairs: object, heads: object
) -> None:
    drafter = Reading((WRONG, (PAIRS,), "Data"), (BOX, (PROMPT,)), repairs=repairs)
    answer = word_assistant(filled, drafter).ask(QUESTION)
    assert [(one.text, one.head) for one in answer.sentences] == heads
    assert answer.answer.startswith("Data\n")


@pytest.mark.parametrize("repairs", [[[(WRONG, (PAIRS,))]], [[]], None])
def test_what_is_not_repaired_is_withheld(filled: Library, repairs: object) -> None:
    drafter = Reading((WRONG, (PAIRS,)), (BOX, (PROMPT,)), repairs=repairs)
    answer = word_assistant(filled, drafter).ask(QUESTION)
    assert [one.text for one in answer.withheld] == [WRONG]
    assert BOX in [one.text for one in answer.sentences]
    assert "2,000,000" not in answer.answer


def test_a_model_that_fails_while_it_repairs(filled: Library) -> None:
    drafter = Reading((WRONG, (PAIRS,)), (BOX, (PROMPT,)), error="It is gone.")
    answer = word_assistant(filled, drafter).ask(QUESTION)
    assert "It is gone." in answer.notices[0]
    assert [one.text for one in answer.withheld] == [WRONG]
    assert BOX in [one.text for one in answer.sentences]


def found(answering: Assistant, answerability: float) -> None:
    """Let what is found be as likely an answer as this."""
    select = answering.selector.select
    answering.selector.select = lambda *given, **how: replace(  # type: ignore[method-assign]
        select(*given, **how), answerability=answerability
    )


@pytest.mark.parametrize(
    ("answerability", "status", "told"),
    [(0.95, "answered", "finds no answer"), (0.6, "abstained", ""), (0.2, "abstained", "")],
)
def test_a_model_that_finds_no_answer_is_believed_unless_one_is_sure(
    filled: Library, answerability: float, status: str, told: str
) -> None:
    answering = word_assistant(filled, Reading())
    found(answering, answerability)
    answer = answering.ask(QUESTION)
    assert answer.status == status
    assert told in " ".join(answer.notices)
    assert answer.refusal == ("" if told else "not_answered")
    assert {one.verdict for one in answer.sentences} <= {"verbatim", "edited"}


def test_a_model_that_reads_is_asked_where_others_are_not(filled: Library) -> None:
    for drafter, status in (
        (Reading((GOOD, (PAIRS,))), "answered"),
        (ExtractiveDrafter(), "abstained"),
    ):
        answering = word_assistant(filled, drafter)
        found(answering, 0.2)
        assert answering.ask(QUESTION).status == status


def test_where_only_a_model_could_tell_no_quotes_stand_in_for_it(filled: Library) -> None:
    answering = word_assistant(filled, Reading((WRONG, (EYES,)), repairs=[[]]))
    found(answering, 0.2)
    answer = answering.ask(QUESTION)
    assert (answer.status, answer.refusal) == ("abstained", "unsupported")
    assert answer.withheld
