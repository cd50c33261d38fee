"""Words as SQLite's FTS5 makes them of a text, so that both engines search for the same ones.

FTS5 itself makes them, in a table in memory: another tokenizer and stemmer would agree with it only
nearly, and no text search configuration of the server has a say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

TOKENIZER = "porter unicode61 remove_diacritics 2"
_MOST_PLACES, _LAST_PLACE, _LONGEST = 255, 16383, 2046  # what a tsvector holds, in its own units


class Words(NamedTuple):
    """The words of a passage.

    ``places`` has for each word where it stands, from 1, and whether that is in the title. Between
    title, section and text a place stays empty, so that no phrase goes over it. ``length`` counts
    all words, those too that a tsvector has no room for.
    """

    places: dict[str, list[tuple[int, bool]]]
    length: int

    def tsvector(self) -> str:
        """As PostgreSQL reads a tsvector; words of the title have the weight A."""
        parts = []
        for word, places in self.places.items():
            if len(word.encode()) > _LONGEST:
                continue
            told = ",".join(
                f"{place}A" if title else str(place)
                for place, title in places[:_MOST_PLACES]
                if place <= _LAST_PLACE
            )
            parts.append(f"{quoted(word)}:{told}" if told else quoted(word))
        return " ".join(parts)


def words_of(passages: Sequence[tuple[str, str, str]]) -> list[Words]:
    """The words of passages, each given by its title, section and text."""
    lists = _tokens([text for passage in passages for text in passage])
    made = []
    for start in range(0, len(lists), 3):
        places: dict[str, list[tuple[int, bool]]] = {}
        at = 1
        for column, tokens in enumerate(lists[start : start + 3]):
            for place, token in enumerate(tokens, start=at):
                places.setdefault(token, []).append((place, column == 0))
            at += len(tokens) + 1
        made.append(Words(places, sum(map(len, lists[start : start + 3]))))
    return made


def phrases_of(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """The words of each phrase that is asked for; none of a text without any."""
    return [tuple(tokens) for tokens in _tokens(texts)]


def quoted(word: str) -> str:
    """A word in a tsvector's or a tsquery's text, where it can mean nothing else."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _tokens(texts: Sequence[str]) -> list[list[str]]:
    """The words of each text, in order."""
    db = sqlite3.connect(":memory:")
    try:
        db.execute(f"CREATE VIRTUAL TABLE t USING fts5 (a, content='', tokenize='{TOKENIZER}')")
        db.execute("CREATE VIRTUAL TABLE v USING fts5vocab (t, instance)")
        db.executemany("INSERT INTO t (rowid, a) VALUES (?, ?)", enumerate(texts))
        found: list[list[tuple[int, str]]] = [[] for _ in texts]
        for term, row, place in db.execute('SELECT term, doc, "offset" FROM v'):
            found[row].append((place, term))
    finally:
        db.close()
    return [[term for _, term in sorted(tokens)] for tokens in found]
