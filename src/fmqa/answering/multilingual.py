"""Answers in the reader's language, over an assistant that works in English.

The question is translated, searched for, answered and checked in English; each checked sentence is
then translated, and shown in English where no faithful translation can be had. Quotes stay as they
stand in the papers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from fmqa.answering.abstention import tell_missing
from fmqa.answering.analysis import Refusal
from fmqa.answering.arranging import FURTHER, OTHERS
from fmqa.answering.assistant import (
    Asked,
    Assistant,
    Event,
    Finished,
    SentenceReady,
)
from fmqa.answering.conversation import Exchange
from fmqa.answering.languages import ENGLISH, NAMES, language_of
from fmqa.answering.schema import Answer, Missing, Sentence
from fmqa.answering.translation import Translator
from fmqa.answering.underway import laid_out
from fmqa.retrieval.search import clean_question
from fmqa.types import Filters, GapKind

_AT_ONCE = 4
# "The papers don't answer this.", "The nearest sentence:" and "Nearest papers:".
_FRAMES: dict[str, tuple[str, str, str]] = {
    "zh": ("论文没有回答这个问题。", "最接近的句子：", "最接近的论文："),
    "ja": ("論文はこの質問に答えていません。", "最も近い文：", "最も近い論文："),
    "ko": ("논문은 이 질문에 답하지 않습니다.", "가장 가까운 문장:", "가장 가까운 논문:"),
    "ru": ("Статьи не отвечают на этот вопрос.", "Ближайшее предложение:", "Ближайшие статьи:"),
    "ar": ("الأوراق لا تجيب عن هذا السؤال.", "أقرب جملة:", "أقرب الأوراق:"),
    "de": ("Die Arbeiten beantworten das nicht.", "Der nächste Satz:", "Die nächsten Arbeiten:"),
    "fr": (
        "Les articles ne répondent pas à cette question.",
        "La phrase la plus proche :",
        "Articles les plus proches :",
    ),
    "es": (
        "Los artículos no responden a esto.",
        "La frase más cercana:",
        "Artículos más cercanos:",
    ),
    "it": (
        "Gli articoli non rispondono a questa domanda.",
        "La frase più vicina:",
        "Articoli più vicini:",
    ),
    "pt": ("Os artigos não respondem a isto.", "A frase mais próxima:", "Artigos mais próximos:"),
}
# Said where there is no model that could translate.
_UNTRANSLATED: dict[str, str] = {
    "zh": "没有可用于翻译的语言模型：下面是论文的英文原文。",
    "ja": "翻訳できる言語モデルがないため、論文の英語の原文を示します。",
    "ko": "번역할 수 있는 언어 모델이 없어 논문의 영어 원문을 보여 드립니다.",
    "ru": "Нет модели для перевода: ниже слова статей на английском.",
    "ar": "لا يوجد نموذج للترجمة: فيما يلي كلمات الأوراق بالإنجليزية.",
    "de": "Kein Sprachmodell kann übersetzen: Es folgen die englischen Worte der Arbeiten.",
    "fr": "Aucun modèle ne peut traduire : voici les mots des articles, en anglais.",
    "es": "Ningún modelo puede traducir: estas son las palabras de los artículos, en inglés.",
    "it": "Nessun modello può tradurre: ecco le parole degli articoli, in inglese.",
    "pt": "Nenhum modelo pode traduzir: eis as palavras dos artigos, em inglês.",
}
# Said where the model's translation of some sentences won't do, with how many of how many.
_LEFT = (
    "{left} of {count} sentences stay in English: their translation into {language} failed, or "
    "changed a name or a number."
)
_LEFT_IN: dict[str, str] = {
    "zh": "{count} 句中有 {left} 句保留英文：译文未得，或改变了名称、数字。",
}
# The first readers' language needs no model for the reasons that have no names in them.
_CHINESE_REASONS: dict[str, str] = {
    Refusal.NO_QUESTION: "这不是问题。请就论文内容提问。",
    Refusal.NOTHING_FOUND: "论文中没有可以引用的句子。",
    Refusal.NOT_ANSWERED: "与问题最接近的句子看来都没有回答它。",
    Refusal.ADVICE: "它在寻求个人建议，而关于模型的论文无法给出。",
    Refusal.ATTACHED_FILE: "它谈到一张图像或一个文件，而这里只读取论文的文字。",
}
_CHINESE_HEADS = {OTHERS: "其他论文", FURTHER: "其他发现"}
_CHINESE_MISSING: dict[str, str] = {
    GapKind.UNREADABLE: "“{title}”第 {pages} 页无法读取。",
    GapKind.SCANNED: "“{title}”第 {pages} 页是没有文字的扫描件，无法检索。",
    GapKind.TABLE: "“{title}”第 {pages} 页上的表格无法读取。",
}


class MultilingualAssistant(Asked):
    """An assistant for questions in any language.

    Args:
        inner: works in English.
        translator: makes one answer's translator into and out of it.
    """

    def __init__(self, inner: Assistant, translator: Callable[[], Translator]) -> None:
        self.inner = inner
        self.translator = translator

    def stream(
        self, question: str, filters: Filters | None = None, history: Sequence[Exchange] = ()
    ) -> Iterator[Event]:
        """The answer as it comes about; the last event is `Finished`."""
        language = language_of(question)
        if language == ENGLISH:
            yield from self.inner.stream(question, filters, history)
            return
        asked = clean_question(question, self.inner.max_question_chars)
        translator = self.translator()
        english = translator.question(asked, language)
        said: list[Sentence] = []
        events = self.inner.stream(english, filters, history)
        for event in _translated(events, language, translator):
            if isinstance(event, SentenceReady):
                said.append(event.sentence)
            if isinstance(event, Finished):
                answer = event.answer.model_copy(update={"question": asked})
                whole = _whole(answer, english, language, said, translator)
                yield Finished(whole, lasting=event.lasting and not translator.failed)
            else:
                yield event


def _translated(events: Iterator[Event], language: str, translator: Translator) -> Iterator[Event]:
    """The events in their order, sentences translated while later ones are being written."""
    waiting: deque[tuple[Event, Future[str | None] | None]] = deque()
    heads = _CHINESE_HEADS if language == "zh" else {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="translate") as pool:
        for event in events:
            future = None
            if isinstance(event, SentenceReady):
                future = pool.submit(translator.sentence, event.sentence.text, language)
            waiting.append((event, future))
            while waiting and (waiting[0][1] is None or waiting[0][1].done()):
                yield _with_translation(*waiting.popleft(), heads)
        while waiting:
            yield _with_translation(*waiting.popleft(), heads)


def _whole(
    answer: Answer,
    english: str,
    language: str,
    said: Sequence[Sentence],
    translator: Translator,
) -> Answer:
    """The answer as the reader gets it."""
    notices = list(answer.notices)
    left = sum(not sentence.english for sentence in said)
    if left and translator.model is None:
        notices.insert(0, _UNTRANSLATED[language])
    elif left:
        words = _LEFT_IN.get(language, _LEFT)
        notices.append(words.format(left=left, count=len(said), language=NAMES[language]))
    # A repaired sentence comes last and stands where the one stood that failed.
    order = {sentence.text: place for place, sentence in enumerate(answer.sentences)}
    said = sorted(said, key=lambda one: order.get(one.english or one.text, len(order)))
    text = laid_out(said)
    if answer.status == "abstained":
        text = _abstained(answer, language, translator)
    return answer.model_copy(
        update={
            "language": language,
            "understood_as": answer.understood_as or english,
            "sentences": tuple(said),
            "answer": text,
            "notices": tuple(notices),
        }
    )


def _abstained(answer: Answer, language: str, translator: Translator) -> str:
    head, sentence, papers = _FRAMES[language]
    reason = _CHINESE_REASONS.get(answer.refusal) if language == "zh" else None
    reason = reason or translator.sentence(answer.reason, language) or answer.reason
    missing = (_missing(one, language, translator) for one in answer.missing)
    text = " ".join([head, reason, *missing])
    near = answer.nearest
    if near is not None:
        # A quote stays as it stands; its translation, where there is a faithful one, leads.
        translated = translator.sentence(near.whole, language)
        said = f"{translated} “{near.whole}”" if translated else f"“{near.whole}”"
        text += f" {sentence} {said} ({near.title})"
    titles = "; ".join(paper.title for paper in answer.related)
    return text + (f" {papers} {titles}." if titles else "")


def _missing(missing: Missing, language: str, translator: Translator) -> str:
    if language == "zh":
        pages = "、".join(map(str, missing.pages))
        return _CHINESE_MISSING[missing.kind].format(pages=pages, title=missing.title)
    told = tell_missing(missing)
    return translator.sentence(told, language) or told


def _with_translation(
    event: Event, future: Future[str | None] | None, heads: Mapping[str, str]
) -> Event:
    if not isinstance(event, SentenceReady) or future is None:
        return event
    sentence = event.sentence
    changed = {"head": heads.get(sentence.head, sentence.head)}
    if translated := future.result():
        changed |= {"text": translated, "english": sentence.text}
    return replace(event, sentence=sentence.model_copy(update=changed))
