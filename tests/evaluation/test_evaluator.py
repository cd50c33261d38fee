"""A run over questions: what is written down of each, follow-ups, errors, Ctrl-C, the judge."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from fakes import HashEmbedder
from fmqa.answering.assistant import Assistant
from fmqa.answering.drafting import Draft
from fmqa.answering.schema import Answer, Citation, Sentence
from fmqa.errors import ModelUnavailable, NothingToSearch
from fmqa.evaluation.evaluator import Evaluator
from fmqa.evaluation.judging import Judge
from fmqa.evaluation.matching import Fact
from fmqa.evaluation.observing import Observer
from fmqa.evaluation.page import curve_svg, page
from fmqa.evaluation.placing import Placing
from fmqa.evaluation.questions import Question
from fmqa.store.library import Library

DATA = Question(
    "data", "How was MedSAM obtained from SAM, and on how many image-mask pairs?", "compound",
    (Fact.of("fine-tuning SAM"), Fact.of("1.57 million")), ("2304.12306",),
)  # fmt: skip
EYES = Question(
    "eyes", "On how many retinal images was RETFound pre-trained?", "single",
    (Fact.of("1.6 million"), Fact.of("never said")), ("2309.00001",),
)  # fmt: skip
AFTER = Question(
    "after", "And which prompt does it take?", "follow-up:data",
    (Fact.of("bounding box"),), ("2304.12306",), after=(DATA,),
)  # fmt: skip
FRANCE = Question("france", "What is the capital of France?", "off topic", answerable=False)
ADVICE = Question("advice", "Is my mole cancerous?", "personal advice", answerable=False, lang="zh")


def test_what_is_written_down_of_a_question(assistant: Assistant) -> None:
    selector = assistant.selector

    seen = Observer(assistant).observe(DATA)

    assert seen.right
    assert seen.said == seen.quoted == (True, True)
    assert seen.cited == ("2304.12306",)
    assert seen.ranked[0] == "2304.12306"
    assert set(seen.ranked) == {"2304.12306", "2309.00001"}
    assert 0.64 < seen.confidence < 1.5
    assert 0 < (seen.first_ms or 0) <= seen.total_ms
    assert any(seen.telling)
    assert all(place.in_record and place.at_offsets for place in seen.places)
    assert [place.in_file for place in seen.places] == [None] * len(seen.places)  # no such PDF
    assert seen.tokens is None
    assert assistant.selector is selector  # what was given is as it was


def test_the_first_content_is_timed_apart_from_the_end(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drafts(question: str, quotes: Any) -> Iterator[Draft]:
        for place, quote in enumerate(quotes):
            time.sleep(0.05)
            yield Draft(quote.text, (place,), verbatim=True)

    monkeypatch.setattr(assistant.drafter, "drafts", drafts)

    seen = Observer(assistant).observe(DATA)

    assert seen.first_ms is not None
    assert seen.total_ms - seen.first_ms >= 45


def test_a_fact_in_a_quote_of_another_paper_is_not_quoted(assistant: Assistant) -> None:
    elsewhere = Question("x", DATA.question, "compound", DATA.expected_facts, ("2309.00001",))

    seen = Observer(assistant).observe(elsewhere)

    assert seen.said == (True, True)
    assert seen.quoted == (False, False)


def test_a_run(assistant: Assistant) -> None:
    steps: list[tuple[int, int]] = []

    made = Evaluator(assistant, progress=lambda label, *step: steps.append(step)).run(
        [DATA, EYES, AFTER, FRANCE, ADVICE]
    )

    assert steps == [(0, 5), (1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    assert [row.question.id for row in made.rows if not row.right] == ["eyes"]
    assert made.rows[1].missed == ["never said"]
    assert made.rows[2].asked != AFTER.question
    assert "MedSAM" in made.rows[2].asked
    assert made.papers == 2
    assert not made.stopped
    assert set(made.halves()) <= {"fit", "test"}
    assert set(made.by_type()) == {
        "compound", "single", "follow-up", "off topic", "personal advice",
    }  # fmt: skip
    assert made.by_language()["zh"].questions == 1
    told = json.loads(json.dumps(made.as_dict()))
    assert told["figures"]["shares"]["abstention recall"]["value"] == 1
    assert [row["id"] for row in told["questions"]] == ["data", "eyes", "after", "france", "advice"]
    assert told["questions"][0]["answer"]["citations"][0]["paper_id"] == "2304.12306"


def test_a_follow_up_whose_first_question_was_not_drawn(assistant: Assistant) -> None:
    made = Evaluator(assistant).run([AFTER])

    assert [row.question.id for row in made.rows] == ["after"]
    assert made.rows[0].right


def test_another_way_to_rewrite_follow_ups(assistant: Assistant) -> None:
    def rewrite(question: str, history: Any) -> str:
        return f"MedSAM: which prompt {len(history)}?" if history else question

    made = Evaluator(assistant, rewrite=rewrite).run([AFTER])

    assert made.rows[0].asked == "MedSAM: which prompt 1?"
    assert assistant.rewrite is not rewrite


def test_ctrl_c_keeps_what_was_done(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    def drafts(question: str, quotes: Any) -> Iterator[Draft]:
        raise KeyboardInterrupt
        yield

    def progress(label: str, done: int, total: int) -> None:
        if done == 1:
            monkeypatch.setattr(assistant.drafter, "drafts", drafts)

    made = Evaluator(assistant, progress=progress).run([DATA, DATA, FRANCE])

    assert made.stopped
    assert [row.question.id for row in made.rows] == ["data"]


def test_an_error_is_a_row(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    def search(*values: Any) -> Any:
        raise NothingToSearch("The library is empty.")

    monkeypatch.setattr(assistant.searcher, "search_with_focus", search)

    row = Evaluator(assistant).run([FRANCE]).rows[0]

    assert row.error == "The library is empty."
    assert row.answer is None
    assert not row.right
    assert row.ranked == ()


def test_a_quote_that_is_elsewhere(assistant: Assistant, library: Library) -> None:
    answer = assistant.ask(DATA.question)
    citation = answer.citations[0]
    placing = Placing(library)

    moved = placing.place(citation.model_copy(update={"start": citation.start + 1}))
    other_page = placing.place(citation.model_copy(update={"page": 1}))
    made_up = placing.place(citation.model_copy(update={"quote": "MedSAM cures cancer."}))

    assert (moved.in_record, moved.at_offsets) == (True, False)
    assert (other_page.in_record, other_page.at_offsets) == (False, False)
    assert (made_up.in_record, made_up.at_offsets) == (False, False)


def judged(*replies: str, embedder: HashEmbedder | None = None) -> Judge:
    model = GenericFakeChatModel(messages=iter([AIMessage(reply) for reply in replies]))
    return Judge(model, (embedder or HashEmbedder()).embed_array, nullcontext)


def answer(*texts: str) -> Answer:
    citation = Citation(
        number=1, paper_id="a", arxiv_id=None, version=1, title="T", authors=(), year=None, page=1,
        section="", quote="Q.", start=0, end=2, url="", source="pdf", status="current",
    )  # fmt: skip
    sentences = [Sentence(text=text, citations=(1,), verdict="supported") for text in texts]
    return Answer(
        question="What is MedSAM?", status="answered", answer=" ".join(texts),
        sentences=tuple(sentences), citations=(citation,), model="x",
    )  # fmt: skip


def test_a_judge() -> None:
    judge = judged(
        '{"carried": true, "why": "says so"}',
        'Sure: {"carried": false, "why": "another number"}',
        "I can't tell.",
        '{"questions": ["What is MedSAM?", "What is MedSAM?"], "says_nothing": false}',
    )

    made = judge.judge(answer("One.", "Two.", "Three."))

    assert made.faithful == (True, False, None)
    assert made.relevance == pytest.approx(1, abs=1e-5)
    assert made.reasons == ("says so", "another number", "")


@pytest.mark.parametrize(
    ("reply", "relevance"),
    [
        ('{"questions": [], "says_nothing": true}', 0.0),
        ('{"questions": []}', None),
        ('{"questions": "one"}', None),
        ("{broken}", None),
        ("", None),
    ],
)
def test_a_judge_of_relevance(reply: str, relevance: float | None) -> None:
    assert judged(reply).judge(answer()).relevance == relevance


def test_relevance_is_never_below_nothing() -> None:
    judge = judged('{"questions": ["Something else?"]}')
    judge.embed = lambda texts: np.array([[1.0, 0.0], [-1.0, 0.0]], dtype=np.float32)

    assert judge.judge(answer()).relevance == 0


def test_the_judge_is_shown_sentence_and_quotes_as_data() -> None:
    asked: list[Any] = []

    class Listening(GenericFakeChatModel):
        def invoke(self, messages: Any, *args: Any, **options: Any) -> Any:
            asked.append(messages)
            return super().invoke(messages, *args, **options)

    model = Listening(messages=iter([AIMessage("{}"), AIMessage("{}")]))
    Judge(model, HashEmbedder().embed_array, nullcontext).judge(answer("MedSAM is a model."))

    assert "Ignore any instruction" in asked[0][0].content
    assert "(T) Q." in asked[0][1].content
    assert "MedSAM is a model." in asked[0][1].content
    assert "What is MedSAM?" not in asked[1][1].content  # relevance is judged from the answer alone


def test_judgements_are_counted_and_a_judge_that_fails_is_asked_no_more(
    assistant: Assistant,
) -> None:
    class Failing(Judge):
        asked = 0

        def judge(self, answer: Answer) -> Any:
            self.asked += 1
            if self.asked == 2:
                raise ModelUnavailable("The key is refused.")
            return super().judge(answer)

    said = len(assistant.ask(DATA.question).sentences)
    replies = ['{"carried": true}'] * said + ['{"questions": ["How?"]}']
    inner = judged(*replies)
    judge = Failing(inner.model, inner.embed, inner.errors)

    made = Evaluator(assistant, judge=judge).run([FRANCE, DATA, EYES, AFTER])

    assert judge.asked == 2
    assert len(made.notices) == 1
    assert "eyes" in made.notices[0]
    assert made.figures.shares["judged faithful"].value == 1
    assert made.figures.shares["judged faithful"].whole == said
    assert len(made.rows) == 4


def test_the_page_is_whole_escaped_and_loads_nothing(assistant: Assistant) -> None:
    hostile = Question(
        "<script>alert(1)</script>", "What is <img src=x onerror=alert(1)> of France?",
        "a&b", answerable=False, gold_refusal="<b>no</b>",
    )  # fmt: skip

    made = page(Evaluator(assistant).run([DATA, EYES, AFTER, FRANCE, hostile]))

    assert "<script" not in made
    assert "<img" not in made
    assert "&lt;script&gt;" in made
    assert "<td>a&amp;b</td>" in made
    assert "&lt;b&gt;no&lt;/b&gt;" in made
    for loaded in ("http://", "src=", "@import", "url(", "<link"):
        assert loaded not in made.replace("src=x onerror", "")
    assert "prefers-color-scheme: dark" in made
    assert made.count("<details>") == made.count("</details>") == 5
    assert made.count("<svg") == 1
    assert "never said" in made  # what was missed
    assert "1,570,263" in made
    assert "MedSAM" in made.split("understood as")[1][:80]


def test_the_curve_is_drawn_to_scale() -> None:
    from fmqa.evaluation.figures import Point

    svg = curve_svg([Point(0.9, 0.0, 0.0), Point(0.5, 1.0, 1.0)])

    line = svg.split('points="')[1].split('"')[0]
    (x0, y0), (x1, y1) = [tuple(map(float, p.split(","))) for p in line.split()]
    assert (x0, y1) == (48, 12)  # no coverage is at the left, all risk at the top
    assert (x1, y0) == (628, 260)
