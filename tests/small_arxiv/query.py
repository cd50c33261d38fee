"""The arXiv API's query language, and which papers a request asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .answers import Answer
from .feed import error, feed
from .papers import moment, split_id

if TYPE_CHECKING:
    from .papers import Paper, Version, World

Found = list[tuple["Paper", "Version"]]
Test = Callable[["Paper"], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<paren>[()])|(?:(?P<field>[A-Za-z_]+):)?"
    r"(?:\"(?P<phrase>[^\"]*)\"|\[(?P<range>[^\]]*)\]|(?P<word>[^\s()\"\[\]]+)|(?P<group>(?=\())))"
)
_WORDS = re.compile(r"[^\W_]+")
_RANGE = re.compile(r"(\d{8}|\d{12})\d{0,2}\s+TO\s+(\d{8}|\d{12})\d{0,2}")
_FIELDS = frozenset("ti au abs co cat id all submittedDate lastUpdatedDate".split())
_MOST_A_PAGE = 2000


class _Wrong(Exception):
    """A query that can't be understood."""


def answer_query(world: World, asked: Mapping[str, str]) -> Answer:
    """What the API answers to these parameters."""
    query, ids = asked.get("search_query", "").strip(), asked.get("id_list", "").strip()
    bounds: list[int] = []
    for name, given in (("start", "0"), ("max_results", "10")):
        text = asked.get(name) or given
        if not re.fullmatch(r"-?\d+", text):
            return error(f"{name} must be an integer", f"{name}_must_be_an_integer")
        if int(text) < 0:
            return error(f"{name} must be non-negative", f"{name}_must_be_non-negative")
        bounds.append(int(text))
    start, size = bounds
    wanted = [part.strip() for part in ids.split(",") if part.strip()]
    for text in wanted:
        if split_id(text) is None:
            return error(
                f"incorrect id format for {text}", f"incorrect_id_format_for_{text}"
            )  # fmt: skip
    try:
        found = _found(world, query, wanted)
    except _Wrong as wrong:
        return error(f"incorrect query: {wrong}", "incorrect_query")
    order = asked.get("sortBy") or "relevance"
    if order not in ("relevance", "lastUpdatedDate", "submittedDate"):
        return error("sortBy must be in: relevance, lastUpdatedDate, submittedDate", "sortBy")
    found = _sorted(found, order, asked.get("sortOrder") or "descending", query, bool(wanted))
    shown = found[start : start + min(size, _MOST_A_PAGE)]
    said = f"search_query={_said(query)}&id_list={ids}&start={start}&max_results={size}"
    return feed(shown, len(found), start, size, said)


def _said(query: str) -> str:
    return f"all:{query}" if _WORDS.fullmatch(query) else query


def _found(world: World, query: str, wanted: list[str]) -> Found:
    with world.lock:
        if not wanted and not query:
            return []
        if wanted:
            found = []
            for text in wanted:
                bare, number = split_id(text) or ("", None)
                paper = world.get(bare)
                version = paper.version(number) if paper else None
                if paper and version:
                    found.append((paper, version))
        else:
            found = [(paper, paper.latest) for paper in world.papers()]
        if query:
            test = parse(query)
            found = [pair for pair in found if test(pair[0])]
        return found


def _sorted(found: Found, order: str, way: str, query: str, by_ids: bool) -> Found:
    """Ids come as they were asked for; else by date, or by the words that titles share with it."""
    down = way != "ascending"
    if order == "submittedDate":
        return sorted(found, key=lambda pair: pair[0].published, reverse=down)
    if order == "lastUpdatedDate":
        return sorted(found, key=lambda pair: pair[1].updated, reverse=down)
    if by_ids:
        return found
    asked = set(words(query))

    def score(pair: tuple[Paper, Version]) -> float:
        title = words(pair[0].title)
        return len(asked.intersection(title)) / (len(title) + 3)

    return sorted(found, key=score, reverse=down)


def words(text: str) -> list[str]:
    """The words as the index has them: without case and punctuation, parted at hyphens."""
    return [word.casefold() for word in _WORDS.findall(text)]


def parse(query: str) -> Test:
    """What a query says of a paper; words with nothing between them are joined by OR.

    Raises:
        _Wrong: it can't be understood.
    """
    parser = _Parser(query)
    test = parser.any_of("")
    if parser.peek():
        raise _Wrong(f"unexpected {parser.peek()!r}")
    return test


class _Parser:
    """By recursive descent; the operators bind from left to right, as arXiv's do."""

    def __init__(self, query: str) -> None:
        self.tokens: list[re.Match[str]] = []
        at = 0
        while at < len(query.rstrip()):
            match = _TOKEN.match(query, at)
            if match is None or match.end() == at:
                raise _Wrong(query[at : at + 40])
            self.tokens.append(match)
            at = match.end()
        self.at = 0

    def peek(self) -> str:
        """The next token's text; empty at the end."""
        return self.tokens[self.at][0].strip() if self.at < len(self.tokens) else ""

    def any_of(self, field: str) -> Test:
        left = self.one(field)
        while (word := self.peek()) and word != ")":
            operator = word if word in ("AND", "OR", "ANDNOT") else ""
            self.at += bool(operator)
            left = _join(operator, left, self.one(field))
        return left

    def one(self, field: str) -> Test:
        if self.at >= len(self.tokens):
            raise _Wrong("it ends too early")
        token = self.tokens[self.at]
        self.at += 1
        named = token["field"] or field
        if named and named not in _FIELDS:
            raise _Wrong(f"unknown field {named!r}")
        if token["group"] is not None:
            return self.one(named)
        if token["paren"] == "(":
            test = self.any_of(named)
            if self.peek() != ")":
                raise _Wrong("a parenthesis isn't closed")
            self.at += 1
            return test
        if token["paren"] or token[0].strip() in ("AND", "OR", "ANDNOT"):
            raise _Wrong(f"unexpected {token[0].strip()!r}")
        if token["range"] is not None:
            return _dates(named, token["range"])
        return _says(named or "all", token["phrase"] or token["word"] or "")


def _join(operator: str, left: Test, right: Test) -> Test:
    if operator == "AND":
        return lambda paper: left(paper) and right(paper)
    if operator == "ANDNOT":
        return lambda paper: left(paper) and not right(paper)
    return lambda paper: left(paper) or right(paper)


def _dates(field: str, text: str) -> Test:
    match = _RANGE.fullmatch(text.strip())
    if match is None or field not in ("submittedDate", "lastUpdatedDate"):
        raise _Wrong(f"no range of dates: {text!r}")
    low, high = match[1].ljust(12, "0"), match[2] if len(match[2]) == 12 else f"{match[2]}2359"

    def test(paper: Paper) -> bool:
        stated = paper.published if field == "submittedDate" else paper.latest.updated
        return low <= moment(stated).strftime("%Y%m%d%H%M") <= high

    return test


def _says(field: str, text: str) -> Test:
    if field == "cat":
        pattern = re.compile(re.escape(text).replace(r"\*", ".*"), re.IGNORECASE)
        return lambda paper: any(pattern.fullmatch(term) for term in paper.categories)
    if field == "id":
        return lambda paper: paper.arxiv_id == (split_id(text) or (text, None))[0]
    phrase = words(text.replace("_", " "))

    def test(paper: Paper) -> bool:
        fields = {
            "ti": [paper.title],
            "abs": [paper.abstract],
            "au": paper.authors,
            "co": [paper.latest.comment],
        }
        texts = fields.get(field) or [part for parts in fields.values() for part in parts]
        return bool(phrase) and any(_holds(words(shown), phrase) for shown in texts)

    return test


def _holds(shown: list[str], phrase: list[str]) -> bool:
    size = len(phrase)
    return any(shown[at : at + size] == phrase for at in range(len(shown) - size + 1))
