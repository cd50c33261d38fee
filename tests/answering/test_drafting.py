"""Drafts from models that say what we tell them to, by LangChain's own fake chat models."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models.fake_chat_models import (
    FakeListChatModel,
)
from langchain_core.messages import AIMessage

from fakes import quote
from fmqa.answering.drafting import (
    Draft,
    ExtractiveDrafter,
    PreparingDrafter,
    RewordingDrafter,
    SparingDrafter,
    one_sentence,
    reword_messages,
    reword_prefix,
    verbatim,
)
from fmqa.errors import ModelSilent, ModelUnavailable

QUOTES = [
    quote("We fine-tune SAM on 1,570,263 pairs [12].", passage_id=1, name="MedSAM"),
    quote("The encoder is frozen [3, 4], as in SAM.", passage_id=2, name="MedSAM"),
    quote("It segments 3D images slice by slice.", passage_id=3, name="MedSAM"),
]


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise ModelUnavailable(str(error)) from error


class Echo:
    """Answers each request with what `reply` makes of its quote, after `reply`'s own time."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.asked: list[str] = []

    def invoke(self, messages: list[Any], stop: list[str] | None = None) -> AIMessage:
        text = messages[-1].content.split("Quote: ")[1].split("\nSentence:")[0]
        self.asked.append(text)
        return AIMessage(self.reply(text))


def texts(drafts: Any) -> list[str]:
    return [draft.text for draft in drafts]


def test_without_a_model_the_quotes_speak() -> None:
    drafts = list(ExtractiveDrafter().drafts("Why?", QUOTES))
    assert texts(drafts) == [
        "We fine-tune SAM on 1,570,263 pairs.",
        "The encoder is frozen, as in SAM.",
        "It segments 3D images slice by slice.",
    ]
    assert [draft.quotes for draft in drafts] == [(0,), (1,), (2,)]
    assert all(draft.verbatim for draft in drafts)


def test_rewordings_come_in_the_quotes_order() -> None:
    def slow_first(text: str) -> str:
        time.sleep(0.15 if "fine-tune" in text else 0.0)
        return f"Reworded: {text}"

    model = Echo(slow_first)
    drafts = list(RewordingDrafter([model, model], in_words).drafts("Why?", QUOTES))
    assert [draft.quotes for draft in drafts] == [(0,), (1,), (2,)]
    assert "1,570,263" in drafts[0].text
    assert "[12]" not in " ".join(model.asked)


def test_a_slot_has_one_request_at_a_time() -> None:
    busy, most = 0, 0
    guard = threading.Lock()

    def count(text: str) -> str:
        nonlocal busy, most
        with guard:
            busy += 1
            most = max(most, busy)
        time.sleep(0.02)
        with guard:
            busy -= 1
        return text

    list(RewordingDrafter([Echo(count)], in_words).drafts("Why?", QUOTES * 2))
    assert most == 1


def test_a_model_that_fails_in_the_middle() -> None:
    def fail_second(text: str) -> str:
        if "frozen" in text:
            raise RuntimeError("out of memory")
        return text

    drafts = RewordingDrafter([Echo(fail_second)], in_words).drafts("Why?", QUOTES)
    assert next(drafts).quotes == (0,)
    with pytest.raises(ModelUnavailable, match="out of memory"):
        next(drafts)


def test_an_empty_reply_is_the_quote_itself() -> None:
    model = Echo(lambda text: " \n" if "frozen" in text else "It is so.")
    drafts = list(RewordingDrafter([model], in_words).drafts("?", QUOTES[:2]))
    assert drafts == [Draft("It is so.", (0,)), verbatim(QUOTES[1], 1)]


@pytest.mark.parametrize("reply", ["", "<think>Hm.", "I'm sorry, but I can't help with that."])
def test_a_small_model_that_is_silent(reply: str) -> None:
    with pytest.raises(ModelSilent):
        list(RewordingDrafter([Echo(lambda text: reply)], in_words).drafts("?", QUOTES))


def test_a_langchain_model_serves_as_a_slot() -> None:
    model = FakeListChatModel(responses=["MedSAM fine-tunes SAM.", "Sentence: It is frozen [1]."])
    drafts = RewordingDrafter([model], in_words).drafts("Why?", QUOTES[:2])
    assert texts(drafts) == ["MedSAM fine-tunes SAM.", "It is frozen."]


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        ("MedSAM fine-tunes SAM.", "MedSAM fine-tunes SAM."),
        ("Sentence: MedSAM fine-tunes SAM.", "MedSAM fine-tunes SAM."),
        ('"MedSAM fine-tunes SAM."', "MedSAM fine-tunes SAM."),
        ('Sentence: "MedSAM fine-tunes SAM."', "MedSAM fine-tunes SAM."),
        ("Here is the reworded sentence:\nMedSAM fine-tunes SAM.", "MedSAM fine-tunes SAM."),
        ("MedSAM fine-tunes SAM [1]. It also dances.", "MedSAM fine-tunes SAM."),
        ("\n\n  MedSAM fine-tunes SAM.\nQuestion: What", "MedSAM fine-tunes SAM."),
        ('{"sentence": "MedSAM fine-tunes SAM."}', "MedSAM fine-tunes SAM."),
        ("| Model | Data |\n|---|---|\n| MedSAM | pairs [1] |", ""),
        ("<think>Hm. [1]</think>MedSAM **fine-tunes** SAM【1】.", "MedSAM fine-tunes SAM."),
        ("", ""),
        ("\n", ""),
        ("[1]", ""),
    ],
)
def test_one_sentence(reply: str, sentence: str) -> None:
    assert one_sentence(reply) == sentence


@given(text=st.text(max_size=200))
def test_no_reply_is_too_odd(text: str) -> None:
    assert "\n" not in one_sentence(text)


def test_the_prompt_begins_the_same_for_every_quote() -> None:
    prefix = reword_prefix()
    messages = reword_messages(QUOTES[0])
    assert messages[: len(prefix)] == prefix
    assert len(messages) == len(prefix) + 1
    assert "MedSAM" in str(messages[-1].content)


def test_a_drafter_being_prepared() -> None:
    drafter = PreparingDrafter(ExtractiveDrafter)
    assert len(list(drafter.drafts("Why?", QUOTES))) == 3

    def fail() -> ExtractiveDrafter:
        raise ModelUnavailable("It doesn't start.")

    with pytest.raises(ModelUnavailable, match="doesn't start"):
        list(PreparingDrafter(fail).drafts("Why?", QUOTES))


def test_only_what_leans_on_the_sentence_before_is_reworded() -> None:
    class Inner:
        def __init__(self) -> None:
            self.asked: list[str] = []

        def drafts(self, question: str, quotes: Any) -> Any:
            self.asked += [one.text for one in quotes]
            yield from (Draft(f"reworded {one.text}", (n,)) for n, one in enumerate(quotes))

    before = "MedSAM was tested on 60 tasks."
    quotes = [
        quote("MedSAM fine-tunes SAM on 1,570,263 image-mask pairs."),
        replace(quote("It outperforms specialist models."), context=before),
        quote("We train our model on CheXpert."),
        replace(quote("This holds for CT, too."), context=before),
        replace(quote("It fails on vessels."), context=before),
    ]
    inner = Inner()
    drafts = list(SparingDrafter(inner).drafts("?", quotes))
    assert inner.asked == [quotes[1].text, quotes[3].text]
    assert [draft.quotes for draft in drafts] == [(0,), (1,), (2,), (3,), (4,)]
    assert [draft.verbatim for draft in drafts] == [True, False, True, False, True]


def test_nothing_is_prepared_when_no_quote_leans() -> None:
    class Unready:
        def drafts(self, question: str, quotes: Any) -> Any:
            raise AssertionError("the model is not needed")
            yield

    [draft] = SparingDrafter(Unready()).drafts("?", [quote("UNI is a ViT-L/16.")])
    assert draft.verbatim
