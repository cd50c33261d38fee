"""A language model's reply as it comes: its reasoning left out, its marks and markdown made plain.

Models are asked for plain sentences with marks like [2]. Many write something else: reasoning
between tags or in a channel of its own, 【1】 or ¹ for a mark, lists, headings, tables, HTML, JSON.
What is meant is the same, so it is brought into the form that was asked for; whether it is true is
decided elsewhere.
"""

from __future__ import annotations

import html
import json
import re
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from fmqa.answering.reasoning import (
    CITE_TAGS,
    INLINE_TAGS,
    LINE_TAGS,
    thought_ended,
    without_reasoning,
)
from fmqa.prompts import NOT_ANSWERED
from fmqa.reading.sentences import split_sentences

Begins = Literal["", "paragraph", "item"]
"""What a sentence is the first one of: a paragraph, an item of a list, or nothing."""

_LINE = re.compile(rf"\s*<(/?)({LINE_TAGS})\b[^<>]*>\s*", re.IGNORECASE)
_IN_LINE = re.compile(rf"</?{INLINE_TAGS}(?:\s[^<>]*)?>", re.IGNORECASE)

_WORD = r"(?:(?:quotes?|sources?|refs?\.?|cit(?:e|ations?)|q|s)[\s:]*)?[#^]?"
_LISTED = rf"\d{{1,3}}(?:\s*(?:[,;&–-]|and)\s*{_WORD}\d{{1,3}})*"
_PAGES = r"(?:†|,?\s*(?:pp?\b|pages?\b))[^\]】〕］]*"
_NESTED = re.compile(r"\[\s*((?:\[[^\[\]]*\][\s,;]*)+)\]")
_BRACKETS = re.compile(rf"\s*[\[【〔［]\s*{_WORD}({_LISTED})(?:{_PAGES})?\s*[\]】〕］]", re.I)
# In round brackets only where a mark would stand: a "(3)" may be the sentence's own.
_ROUND = re.compile(rf"\s*\(\s*{_WORD}({_LISTED})\s*\)(?=\s*(?:[.,;!?]|\(|$))", re.IGNORECASE)
_CITE_TAG = re.compile(
    rf"<({CITE_TAGS})>\s*\[?{_WORD}(?P<marks>{_LISTED})\]?\s*</\1>", re.IGNORECASE
)
_TEX_CITE = re.compile(rf"\s*\\\w*cite\w*\{{\s*{_WORD}({_LISTED})\s*\}}", re.IGNORECASE)
_CURLY = re.compile(rf"\s+\{{\s*{_WORD}(?!0)({_LISTED})\s*\}}(?=\s*(?:[.,;!?]|$))", re.IGNORECASE)
# Behind a word or a stop, never behind a unit or a number: mm², 10³.
_SUPERSCRIPT = re.compile(r"((?<=[^\W\d_]{4})|(?<=[.)%]))([¹²³⁴-⁹⁰]+)(?!\w)")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LINK = re.compile(r"\[((?:\[[^\[\]]*\]|[^\[\]])+)\]\([^()\s]*\)")
_WIDEST_RANGE = 10

_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|mathbf|textbf|emph)\{([^{}]*)\}")
_DOLLARS = re.compile(r"(?<!\\)\$([^$\n]{1,80})\$")
# Groups of three: "1 570 263" with the narrow spaces that some models write.
_SPACED_NUMBER = re.compile(r"(?<![\d\u202f\u2009\u00a0])\d{1,3}(?:[\u202f\u2009\u00a0]\d{3})+\b")
_NARROW = re.compile(r"[\u202f\u2009\u00a0]")
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=[\w.!?])[*_](?!\w)|`")
_LABEL = re.compile(r"^\*\*[^*\n]{1,60}(?:\.\*\*|(?P<colon>:\*\*|\*\*:))\s+(?=\S)")
_ITEM = re.compile(r"^\s*(?:[-*+•–]\s+|\d{1,2}[.)]\s+|>\s+)")
_HEADING = re.compile(r"^\s*(?:#{1,6}\s+|(?=\*\*[^*]+\*\*:?\s*$))")
_NOTHING = r"(?:(?:final |short )?(?:answer|response)|summary|overview|introduction|conclusions?)"
_NO_HEAD = re.compile(rf"{_NOTHING}\W*", re.IGNORECASE)
_LEAD = re.compile(
    rf"\s*(?:(?:\*\*)?(?:{_NOTHING}|assistant)(?:\*\*)?\s*:(?:\*\*)?[ \t]*"
    rf"|(?:{_NOTHING}|assistant|model)[ \t]*\n)",
    re.IGNORECASE,
)
_SOURCES = re.compile(
    r"^\W*(?:sources?|references?|citations?|bibliography|quotes used)\W*$", re.IGNORECASE
)
_NOTE = re.compile(r"^\s*\[\^?\d+\]:")
_FENCE = re.compile(r"^\s*```")
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$")
_TEXT_KEYS = ("answer", "response", "text", "sentence", "content", "summary", "claim")
_MARK_KEYS = ("citations", "citation", "quotes", "quote", "sources", "source", "refs")

_SAY = r"(?:answer|say|state|contain|mention|address|provide|give)"
_PAPERS = r"(?:\w+ )?(?:quotes|papers|passages|sources)(?: provided| given)?"
_NOT_ANSWERED = re.compile(rf"\W*{NOT_ANSWERED}(?P<part>\W*:)?")
_DENIES = re.compile(
    rf"(?:The|These) {_PAPERS} (?:do|did)(?: not|n['’]t) (?:\w+ )?{_SAY}"
    rf"|None of the {_PAPERS} {_SAY}"
)
_DECLINES = re.compile(
    r"\bI(?:['’]m| am) (?:really |very )?sorry\b|\bI apologi[sz]e\b|\b(?:as|I am|I['’]m) an AI\b|"
    r"\bI(?:['’]m| am) (?:unable|not able) to\b|"
    r"\bI (?:can['’]?t|cannot|can not|won['’]t|will not) (?:\w+ )?"
    r"(?:help|assist|answer|provide|give|comply|discuss|fulfil|engage)",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"(?:[.!?。！？][\"'”’)]*(?:\s*\[[\d, ]+\])*|\[[\d, ]+\])$")
_MARKED = re.compile(r"\[[\d, ]+\]\W*$")
_STOPS = re.compile(r"[.!?。！？\n]")
_BARE = re.compile(r"(?:yes|no|partly|in part|it depends)\W*", re.IGNORECASE)
_NEAR = 12  # characters; pieces of a stream are words or less
MARK = re.compile(r"\s*\[\s*(\d+(?:\s*,\s*\d+)*)\s*\]")


class Piece(NamedTuple):
    """A sentence of a reply, with plain marks, what it begins, and the heading above it."""

    text: str
    begins: Begins = ""
    head: str = ""


def declines(text: str) -> bool:
    """Whether a reply refuses to help, rather than answering: "I'm sorry, but I can't …"."""
    return bool(_DECLINES.search(text)) and not MARK.search(text)


def denies(text: str) -> bool:
    """Whether a reply says that the quotes don't answer; with a colon, only that a part isn't."""
    told = _NOT_ANSWERED.match(text)
    if told and not told["part"]:
        return True
    return bool(told or _DENIES.match(text.strip())) and not MARK.search(text)


class Reply:
    """A reply as it streams in, given out as sentences with plain marks behind them.

    A line of a table is given as its marks alone: its cells are no sentence. A heading goes with
    the sentence behind it; what else ends with a colon and has no mark is left out.

    Nothing is given out before the first sentence has ended with a mark, as was asked: a reply that
    begins without one may turn out to have been reasoning, when a lone ``</think>`` comes. A bare
    "Yes." is no sentence, and left out.

    Args:
        count: how many quotes there are; "(7)" of five is no mark.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._raw = ""
        self._given = 0
        self._lone = False

    @property
    def text(self) -> str:
        """All of it so far, without the reasoning."""
        return without_reasoning(self._raw)

    @property
    def given(self) -> int:
        """How many sentences were given out."""
        return self._given

    def add(self, text: str) -> list[Piece]:
        """The sentences that are whole now and weren't before."""
        self._raw += text
        if not self._lone and thought_ended(self._raw):
            self._lone, self._given = True, 0  # what was given stood before what is a reply
        if not _STOPS.search(self._raw[-_NEAR:]):
            return []
        sentences = self._sentences()[:-1]
        if not self._given and not (sentences and _MARKED.search(sentences[0].text)):
            return []
        return self._new(sentences)

    def end(self, *, cut_off: bool = False) -> list[Piece]:
        """The sentences that are left; without the last where the server ``cut_off`` the reply."""
        sentences = self._sentences(ended=True)
        if cut_off and sentences and not _WHOLE.search(sentences[-1].text):
            sentences = sentences[:-1]
        return self._new(sentences)

    def _new(self, sentences: list[Piece]) -> list[Piece]:
        new, self._given = sentences[self._given :], max(self._given, len(sentences))
        return new

    def _sentences(self, *, ended: bool = False) -> list[Piece]:
        text = self.text
        text = text[lead.end() :] if (lead := _LEAD.match(text)) else text
        if text.lstrip("`json \n").startswith(("{", "[{")) or re.match(r"\[\s*[{\"]", text):
            if not ended:
                return []
            text = _from_json(text)
        elif _LINE.search(text):
            text = _from_html(text)
        # Where marks are in square brackets, a "(3)" or a "²" is the sentence's own.
        count = 0 if _BRACKETS.search(text) else self._count
        pieces: list[Piece] = []
        head = ""
        for block in _blocks(text):
            if _is_heading(block, count):
                head = _head(block)
            elif new := _pieces(block, count):
                pieces += [new[0]._replace(head=head), *new[1:]]
                head = ""
        return [pieces[0]._replace(begins=""), *pieces[1:]] if pieces else []


def plain(text: str, count: int = 999) -> str:
    """A text with marks as "[1, 2]" and without markdown, LaTeX or odd spaces.

    >>> plain("**MedSAM** has 1\u202f570\u202f263 pairs【2†source】.")
    'MedSAM has 1,570,263 pairs [2].'
    """
    text = _SPACED_NUMBER.sub(lambda match: _NARROW.sub(",", match[0]), text)
    text = _NARROW.sub(" ", text)
    text = _LATEX_TEXT.sub(r"\1", text.replace("{,}", ","))
    text = _DOLLARS.sub(lambda match: match[1].strip(), text)
    text = _LINK.sub(lambda m: m[1] if m[1].startswith("[") else _linked(m[1]), text)
    text = _CITE_TAG.sub(r" [\g<marks>]", _IN_LINE.sub("", text))
    text = _CURLY.sub(lambda match: _mark(match, count), _TEX_CITE.sub(r" [\1]", text))
    text = _NESTED.sub(r"\1", text)
    text = _SUPERSCRIPT.sub(lambda match: _of_superscripts(match[2], count), text)
    text = _ROUND.sub(lambda match: _mark(match, count), text)
    text = _BRACKETS.sub(lambda match: _mark(match, 999), text)
    return " ".join(_EMPHASIS.sub("", text).split())


def _linked(label: str) -> str:
    return f"[{label}]" if re.fullmatch(rf"{_WORD}{_LISTED}", label, re.IGNORECASE) else label


def _of_superscripts(digits: str, count: int) -> str:
    if not count:
        return digits
    number = digits.translate(_SUPERSCRIPTS)
    if int(number) > count:  # ¹² of five quotes is 1 and 2
        number = ", ".join(number)
    return f" [{number}]"


def _mark(match: re.Match[str], count: int) -> str:
    numbers: list[int] = []
    for part in re.split(r"\s*(?:[,;&]|and)\s*", match[1]):
        first, *last = (int(number) for number in re.findall(r"\d+", part))
        end = last[-1] if last and first < last[-1] <= first + _WIDEST_RANGE else first
        numbers += range(first, end + 1)
    if max(numbers) > count:
        return match[0]
    return f" [{', '.join(str(number) for number in numbers)}]"


def _blocks(text: str) -> list[str]:
    """Paragraphs, items, headings and lines of tables, each alone; nothing of a list of sources."""
    blocks: list[str] = []
    open_ = False
    for line in text.splitlines():
        if _SOURCES.match(_HEADING.sub("", line)):
            break
        bare = line.strip()
        apart = bool(_ITEM.match(line) or _HEADING.match(line) or bare.startswith("|"))
        if not bare or _FENCE.match(line) or _NOTE.match(line) or _RULE.match(line):
            open_ = False
        elif open_ and not apart:
            blocks[-1] += f" {bare}"
        else:
            blocks.append(line)
            open_ = not (bare.startswith("|") or _HEADING.match(line))
    return blocks


def _pieces(block: str, count: int) -> list[Piece]:
    if block.strip().startswith("|"):
        marks = MARK.findall(plain(block.replace("|", " . "), count))
        return [Piece(f"[{', '.join(marks)}]", "item")] if marks else []
    text = plain(_unlabelled(_ITEM.sub("", _HEADING.sub("", block)).strip()), count)
    if not text:
        return []
    spans = split_sentences(text)
    # Marks behind a full stop belong to the sentence before them.
    cuts = [start for start, _ in spans[1:] if not text[start:].startswith("[")]
    cut = (text[a:b].strip() for a, b in pairwise([0, *cuts, len(text)]))
    begins: Begins = "item" if _ITEM.match(block) else "paragraph"
    said = [one for one in cut if not _says_nothing(one)]
    return [Piece(one, "" if number else begins) for number, one in enumerate(said)]


def _unlabelled(text: str) -> str:
    """Without the label in bold before it, unless that may be what the sentence speaks of.

    Behind a colon only a sentence that begins with a name speaks of something else.
    """
    label = _LABEL.match(text)
    if not label:
        return text
    said = text[label.end() :]
    first = plain(said).split(maxsplit=1)[0]
    return said if not label["colon"] or any(map(str.isupper, first[1:])) else text


def _is_heading(block: str, count: int) -> bool:
    said = plain(block, count)
    return bool(_HEADING.match(block)) and not (MARK.search(said) or _NOT_ANSWERED.match(said))


def _head(block: str) -> str:
    """What a heading says, unless it only says that an answer comes."""
    said = plain(_HEADING.sub("", block)).strip(" :.")
    return "" if _NO_HEAD.fullmatch(said) else said


def _says_nothing(text: str) -> bool:
    """Whether it is a heading, or a "Yes." whose reasons come with the next sentence."""
    return not MARK.search(text) and (text.endswith(":") or bool(_BARE.fullmatch(text)))


def _from_html(text: str) -> str:
    """The lines of a reply in HTML, as markdown has them."""

    def line(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        if tag[1] or name not in {"li", "td", "th"}:
            return " " if name in {"td", "th"} else "\n\n"
        return "\n- " if name == "li" else "| "

    return html.unescape(_LINE.sub(line, text))


def _from_json(text: str) -> str:
    """The sentences of a reply in JSON, one a line; none where it can't be read."""
    body = re.sub(r"^\s*```\w*|```\s*$", "", text.strip()).strip()
    try:
        value, _ = json.JSONDecoder().raw_decode(body)
    except ValueError:
        return ""
    return "\n\n".join(_texts(value))


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if not isinstance(value, dict):
        return []
    fields = {str(key).lower(): item for key, item in value.items()}
    numbers = re.findall(r"\d+", " ".join(str(fields.get(key, "")) for key in _MARK_KEYS))
    for key in _TEXT_KEYS:
        text = fields.get(key)
        if isinstance(text, str) and numbers and not MARK.search(text):
            return [f"{text.rstrip('. ')} [{', '.join(numbers)}]."]
        if isinstance(text, str):
            return [text]
    return [text for item in value.values() if not isinstance(item, str) for text in _texts(item)]
