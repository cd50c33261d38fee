"""Questions into English and checked sentences out of it, by the language model that writes.

What a translation may not change is checked: names in Latin letters and numbers have to be the same
before and after. A sentence that fails stays in English; its quote is never translated.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from unicodedata import numeric

from fmqa.answering.asking import LanguageModel
from fmqa.answering.claims import named_things
from fmqa.answering.languages import NAMES, by_glossary, language_of, terms_in
from fmqa.answering.numbers import numbers
from fmqa.errors import ModelError
from fmqa.prompts import FROM_ENGLISH_EXAMPLES, TO_ENGLISH_EXAMPLES, from_english, to_english

_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-+./][A-Za-z0-9]+)*")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_HAN_NUMBER = re.compile(
    r"(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?|[一二两三四五六七八九十百千]+)\s*(?P<scale>[万亿]|百万|千万|十亿)"
)
_MODEL_NAME = re.compile(r".+[A-Z0-9].*|[A-Z]{2,}.*")


class Translator:
    """Translates between English and the reader's language, for one answer.

    Where a model translates, what it wrote is checked. Without one, the field's own words have to
    do for a question, and sentences aren't translated. ``failed`` tells that the model couldn't be
    used.

    Args:
        model: any, or None.
    """

    def __init__(self, model: LanguageModel | None) -> None:
        self.model = model
        self.failed = False

    def question(self, text: str, language: str) -> str:
        """The question in English; by the glossary where no model gives one with its names."""
        terms = terms_in(text) if language == "zh" else []
        said = self._ask(TO_ENGLISH_EXAMPLES, *to_english(text, NAMES[language], terms))
        if said and keeps_names(text, said) and language_of(said) == "en":
            return said
        return (by_glossary(text) if language == "zh" else "") or text

    def sentence(self, text: str, language: str) -> str | None:
        """An English sentence in a language; None where no faithful translation can be had."""
        examples = FROM_ENGLISH_EXAMPLES if language == "zh" else ()
        said = self._ask(examples, *from_english(text, NAMES[language]))
        return said if said and is_faithful(text, said) else None

    def _ask(self, examples: Sequence[tuple[str, str]], system: str, message: str) -> str:
        """The first line of the model's reply; empty without one."""
        if self.model is None:
            return ""
        try:
            reply = self.model.ask(system, message, examples)
        except ModelError:
            self.failed = True
            return ""
        lines = [line.strip() for line in reply.splitlines() if line.strip()]
        return lines[0].strip('"“”「」') if lines else ""


def keeps_names(question: str, english: str) -> bool:
    """Whether the Latin words and the digits of a question stand in its translation."""
    there = english.casefold()
    return all(
        word.casefold() in there for word in _LATIN.findall(question) if _is_telling(word)
    ) and all(digits in english for digits in _DIGITS.findall(question))


def _is_telling(word: str) -> bool:
    return bool(_MODEL_NAME.fullmatch(word))


def is_faithful(english: str, translated: str) -> bool:
    """Whether a translation has the sentence's names and numbers, and no others."""
    names = {shown for shown in named_things(f"x {english}").values() if shown.isascii()}
    folded = translated.casefold()
    if any(name.casefold() not in folded for name in names if _is_telling(name)):
        return False
    known = english.casefold()
    if any(
        word.casefold() not in known for word in _LATIN.findall(translated) if _is_telling(word)
    ):
        return False
    return _values(translated) == {number.value for number in numbers(english)}


def _values(text: str) -> set[float]:
    """The numbers of a text, those in Chinese numerals and scales too."""
    found = set()
    rest = text
    for match in _HAN_NUMBER.finditer(text):
        found.add(_han_value(match["digits"]) * math.prod(map(numeric, match["scale"])))
        rest = rest.replace(match[0], " ", 1)
    return found | {number.value for number in numbers(_spaced(rest))}


def _han_value(digits: str) -> float:
    if digits[0].isdigit():
        return float(digits.replace(",", ""))
    total = digit = 0.0
    for value in map(numeric, digits.replace("两", "二")):  # Unicode counts no "两"
        if value < 10:
            digit = value
        else:
            total += (digit or 1) * value
            digit = 0
    return total + digit


def _spaced(text: str) -> str:
    """Digits apart from the signs beside them, as the numbers of English are."""
    return re.sub(r"(?<=[^\x00-\x7f])(?=\d)|(?<=[\d%])(?=[^\x00-\x7f])", " ", text)
