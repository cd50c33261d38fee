"""Questions in other languages: recognised, brought into English, and answered in theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models import FakeListChatModel

from fakes import Add, document, word_assistant
from fmqa.answering.arranging import OTHERS
from fmqa.answering.asking import LanguageModel
from fmqa.answering.assistant import Assistant, Finished
from fmqa.answering.drafting import Draft, ExtractiveDrafter
from fmqa.answering.languages import NAMES, by_glossary, language_of
from fmqa.answering.multilingual import MultilingualAssistant
from fmqa.answering.translation import (
    Translator,
    is_faithful,
    keeps_names,
)
from fmqa.errors import ModelUnavailable
from fmqa.store.library import Library
from fmqa.types import Quote

PAIRS = "MedSAM was trained on 1,570,263 image-mask pairs from 10 modalities."
PROMPT = "MedSAM takes a bounding box around the target as its prompt."
CHINESE = "MedSAM 在来自 10 种模态的 1,570,263 个图像掩码对上训练。"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("MedSAM 是如何从 SAM 得到的？", "zh"),
        ("UNI多少张切片", "zh"),
        ("CONCH と UNI の違いは何ですか？", "ja"),
        ("MedSAM은 어떻게 훈련되었습니까?", "ko"),
        ("На скольких изображениях обучена MedSAM?", "ru"),
        ("كم عدد الصور؟", "ar"),
        ("Auf wie vielen Bildern wurde MedSAM trainiert?", "de"),
        ("Quels sont les défis des modèles de fondation ?", "fr"),
        ("¿Cuántas imágenes se usaron para entrenar MedSAM?", "es"),
        ("Come è stato addestrato MedSAM e con quali dati?", "it"),
        ("Quantas imagens foram usadas para treinar o MedSAM?", "pt"),
        ("On how many images was MedSAM trained?", "en"),
        ("nnU-Net", "en"),
        ("MedSAM vs CONCH", "en"),
        ("What does Große et al. say?", "en"),
        ("α-Net in CT", "en"),
        ("", "en"),
        ("?!", "en"),
    ],
)
def test_the_language_is_recognised(text: str, language: str) -> None:
    assert language_of(text) == language


@given(st.text(max_size=300))
def test_any_text_has_a_language_and_a_glossary_form(text: str) -> None:
    assert language_of(text) in NAMES
    assert by_glossary(text).isascii()


def test_the_glossary_is_enough_to_search_by() -> None:
    assert by_glossary("UNI 在多少张切片上进行了预训练？") == "UNI how many slides pre-training?"
    assert by_glossary("联邦学习如何保护隐私？") == "federated learning how privacy?"
    assert by_glossary("今天") == ""
    assert Translator(None).question("今天", "zh") == "今天"
    assert Translator(None).question("那患者呢？", "zh") == "patients?"


@pytest.mark.parametrize(
    ("english", "translated", "faithful"),
    [
        (PAIRS, CHINESE, True),
        (PAIRS, CHINESE.replace("1,570,263", "157万"), False),  # rounded
        ("It was trained on 1.6 million images.", "它在 160 万张图像上训练。", True),
        ("It was trained on 1.6 million images.", "它在 1.6 million 张图像上训练。", True),
        ("It was trained on 2 million images.", "它在两百万张图像上训练。", True),
        ("It was trained on 3 million images.", "它在两百万张图像上训练。", False),
        ("It spoke of over one million images.", "它只提到超过 1000 万张图像。", False),
        ("UNI outperforms CONCH on 33 tasks.", "UNI 在 33 个任务中优于 CONCH。", True),
        ("UNI outperforms CONCH on 33 tasks.", "UNI 在 34 个任务中优于 CONCH。", False),
        ("UNI outperforms CONCH on 33 tasks.", "UNI 在 33 个任务中优于 PLIP。", False),
        ("UNI outperforms CONCH on 33 tasks.", "它在 33 个任务中更好。", False),
        ("MedSAM segments 3D images slice by slice.", "MedSAM 逐片分割 3D 图像。", True),
        ("It was tested in three hospitals.", "Es wurde in 3 Kliniken getestet.", True),
        ("It was tested in three hospitals.", "Es wurde in vielen Kliniken getestet.", False),
    ],
)
def test_names_and_numbers_outlive_translation(
    english: str, translated: str, faithful: bool
) -> None:
    assert is_faithful(english, translated) is faithful


def test_a_question_keeps_its_names() -> None:
    assert keeps_names("MedSAM2 和 U-Net 的区别？", "How do MedSAM2 and U-Net differ?")
    assert not keeps_names("MedSAM2 和 U-Net 的区别？", "How do MedSAM and U-Net differ?")
    assert not keeps_names("在 247 类上？", "On how many classes?")


def model(*answers: str) -> Translator:
    return Translator(LanguageModel(lambda: FakeListChatModel(responses=list(answers))))


def test_a_question_that_loses_a_name_goes_by_the_glossary() -> None:
    good = model("On how many images was MedSAM trained?")
    asked = "MedSAM 在多少图像上训练？"
    assert good.question(asked, "zh") == "On how many images was MedSAM trained?"
    for bad in ("How was it trained?", "MedSAM 训练", ""):
        assert model(bad).question(asked, "zh") == "MedSAM how many images trained?"


def test_a_sentence_that_changes_is_not_shown() -> None:
    assert model(CHINESE).sentence(PAIRS, "zh") == CHINESE
    assert model(CHINESE.replace("10", "12")).sentence(PAIRS, "zh") is None


@pytest.fixture
def inner(library: Library, add: Add) -> Assistant:
    add(document("2304.12306", [f"{PAIRS} {PROMPT}"], name="MedSAM", title="Segment Anything"))
    return word_assistant(library)


class Scripted(Translator):
    """A translator with one question and some sentences."""

    asked = "On how many image-mask pairs was MedSAM trained?"

    def __init__(self) -> None:
        super().__init__(LanguageModel(lambda: FakeListChatModel(responses=[])))

    def question(self, text: str, language: str) -> str:
        return self.asked

    def sentence(self, text: str, language: str) -> str | None:
        return CHINESE if text == PAIRS else None


def test_an_answer_is_in_the_question_s_language_and_its_quotes_are_not(inner: Assistant) -> None:
    asked = "MedSAM 在多少图像掩码对上训练？"
    answer = MultilingualAssistant(inner, Scripted).ask(asked)
    assert (answer.question, answer.language) == (asked, "zh")
    assert answer.understood_as == "On how many image-mask pairs was MedSAM trained?"
    first = answer.sentences[0]
    assert (first.text, first.english) == (CHINESE, PAIRS)
    assert answer.answer.startswith(CHINESE.rstrip("。") + " [1]。")
    assert answer.citations[0].quote == PAIRS
    rest = [sentence for sentence in answer.sentences if not sentence.english]
    assert len([notice for notice in answer.notices if "保留英文" in notice]) == bool(rest)


def test_heads_of_the_program_are_in_the_answer_s_language(inner: Assistant) -> None:
    class Headed(ExtractiveDrafter):
        def drafts(self, question: str, quotes: Sequence[Quote]) -> Iterator[Draft]:
            for draft, head in zip(super().drafts(question, quotes), (OTHERS, "UNI"), strict=False):
                yield replace(draft, head=head)

    inner.drafter = Headed()
    answer = MultilingualAssistant(inner, Scripted).ask("MedSAM 用了多少图像？")
    heads = [one.head for one in answer.sentences]
    assert heads[0] == "其他论文"
    assert set(heads[1:]) <= {"UNI"}
    assert answer.answer.startswith("其他论文")


def test_a_model_whose_translation_will_not_do_is_not_said_to_be_missing(inner: Assistant) -> None:
    class Failing(Scripted):
        def sentence(self, text: str, language: str) -> None:
            return None

    asked = "MedSAM 在多少图像掩码对上训练？"
    answer = MultilingualAssistant(inner, Failing).ask(asked)
    said = len(answer.sentences)
    assert answer.notices == (f"{said} 句中有 {said} 句保留英文：译文未得，或改变了名称、数字。",)


def test_an_answer_says_whether_a_translator_failed(inner: Assistant) -> None:
    def gone() -> FakeListChatModel:
        raise ModelUnavailable("The model is gone.")

    def failing() -> Translator:
        return Translator(LanguageModel(gone))

    asked = "MedSAM 在多少 image-mask pairs 上训练？"
    for translator, lasting in ((Scripted, True), (failing, False)):
        *_, last = MultilingualAssistant(inner, translator).stream(asked)
        assert isinstance(last, Finished)
        assert last.lasting is lasting
        assert last.answer.status == "answered"


def test_without_a_model_the_quotes_are_shown_and_that_is_said(inner: Assistant) -> None:
    answer = MultilingualAssistant(inner, lambda: Translator(None)).ask(
        "MedSAM 在多少 image-mask pairs 上训练？"
    )
    assert answer.status == "answered"
    assert answer.sentences[0].text == PAIRS
    assert "没有可用于翻译的语言模型" in answer.notices[0]


def test_a_refusal_is_in_the_question_s_language(inner: Assistant) -> None:
    class Asking(Scripted):
        asked = "Is the nodule in my lung cancer?"

    answer = MultilingualAssistant(inner, Asking).ask("我肺里的结节是癌症吗？")
    assert answer.status == "abstained"
    assert answer.answer.startswith("论文没有回答这个问题。 它在寻求个人建议")


def test_a_refusal_shows_the_nearest_sentence_as_it_stands(inner: Assistant) -> None:
    class Asking(Scripted):
        asked = "On how many image-mask pairs was MedSAM-9 trained?"

    answer = MultilingualAssistant(inner, Asking).ask("MedSAM-9 在多少图像掩码对上训练？")
    assert answer.status == "abstained"
    assert answer.nearest is not None
    assert answer.nearest.quote == PAIRS
    assert f"最接近的句子： {CHINESE} “{PAIRS}” (Segment Anything)" in answer.answer


def test_english_passes_through(inner: Assistant) -> None:
    asked = "On how many image-mask pairs was MedSAM trained?"
    one, other = inner.ask(asked), MultilingualAssistant(inner, Scripted).ask(asked)
    same = {"timings_ms"}
    assert one.model_dump(exclude=same) == other.model_dump(exclude=same)
