"""The search by words in PostgreSQL: words as tsvectors, ranked by BM25 as FTS5 has it.

FTS5 itself makes the words, in a table in memory, so that both engines search for the same ones:
another tokenizer and stemmer would agree with it only nearly, and no text search configuration of
the server has a say. BM25 is computed from what FTS5 computes it from: in how many passages each
word is, how often in this one, and how long the passages are. ``ts_rank_cd`` of a single word or
phrase is the sum of the weights of its places, which is that frequency with the title's words
counted twice.

Scoring takes some 5 µs a passage, and a place in a list of the GIN index 0.2 (two cores, a million
passages), so that common words are combined with rare ones before anything is scored.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fmqa.store.engine import Connection, SearchedPassage, SearchScope
from fmqa.store.postgres.session import half_vector
from fmqa.store.record import MODEL_KEY

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
            positions = ",".join(
                f"{place}A" if title else str(place)
                for place, title in places[:_MOST_PLACES]
                if place <= _LAST_PLACE
            )
            parts.append(f"{quoted(word)}:{positions}" if positions else quoted(word))
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


MOST_SCORED = 6_000
_EXPECTED = 1_500  # a quarter, since words that go together are in more passages together
_MOST_LISTED = 100_000
_MOST_COMBINED = 10  # phrases, of which all combinations are weighed
_HAIR = 5e-7  # less than any weight


class Phrase(NamedTuple):
    """A phrase that is looked for: as a tsquery, in how many passages, and its weight."""

    query: str
    held: int
    weight: float


def candidates_query(asked: Sequence[Phrase], passages: int) -> str:
    """The tsquery of the passages to score: all that hold a phrase, while these aren't too many.

    Where they are, a passage is scored when the phrases that it holds weigh enough together, which
    one rare word does, or several that aren't. A passage that is passed over could score more only
    by holding its phrases more often. What weighs enough is drawn where as many passages are
    expected as are to be scored, if phrases stood in passages independently of each other.

    Args:
        asked: the rarest first; one at least.
    """
    if passages > _EXPECTED and sum(one.held for one in asked) > _EXPECTED:
        combined = _combined(asked, passages)
        query = _weighing(combined, _least(combined, passages) - _HAIR)
        if query:
            return query
    return " | ".join(f"({one.query})" for one in asked)


def _combined(asked: Sequence[Phrase], passages: int) -> Sequence[Phrase]:
    """The rarest, as many as can be looked up, and at least as many as few passages hold all of."""
    listed, together = 0, float(passages)
    for count, one in enumerate(asked[:_MOST_COMBINED]):
        listed += one.held
        if count and listed > _MOST_LISTED and together <= _EXPECTED:
            return asked[:count]
        together *= one.held / passages
    return asked[:_MOST_COMBINED]


def _least(combined: Sequence[Phrase], passages: int) -> float:
    """The weight that so many passages are expected to reach as are to be scored."""
    weights, expected = np.zeros(1), np.full(1, float(passages))
    for one in combined:  # of each combination of those so far, without this one and with it
        share = one.held / passages
        weights = np.concatenate([weights, weights + one.weight])
        expected = np.concatenate([expected * (1 - share), expected * share])
    order = np.argsort(-weights, kind="stable")
    fit = int(np.searchsorted(np.cumsum(expected[order]), _EXPECTED, side="right"))
    return float(weights[order[max(fit - 1, 0)]])


def _weighing(asked: Sequence[Phrase], least: float) -> str | None:
    """The tsquery of what holds phrases of a weight in all; None where all don't weigh so much.

    Empty where nothing has to be held.
    """
    if least <= 0:
        return ""
    if not asked:
        return None
    first, others = asked[0], asked[1:]
    with_it, without = _weighing(others, least - first.weight), _weighing(others, least)
    if with_it is None:
        return None
    query = f"(({first.query}) & {with_it})" if with_it else f"({first.query})"
    return f"({query} | {without})" if without else query


VECTORS_OF_KEY = "searched_vectors_of"  # the model whose vectors are searched
_K1, _B = 1.2, 0.75
_LEAST_IDF = 1e-6  # FTS5's, of a word that is in most passages
_WEIGHTS = "{0.5, 0.5, 0.5, 1.0}"  # of D, C, B and A, the title's; halved, as none may be above 1

_ADD_WORDS = """INSERT INTO searched_words (id, length, words)
    SELECT id, length, words::tsvector
    FROM unnest(?::bigint[], ?::int[], ?::text[]) AS t (id, length, words)"""
# In the order of the words, as whoever changes counts takes their rows.
_COUNT_WORDS = """INSERT INTO word_counts (term, held)
    SELECT term, n FROM unnest(?::text[], ?::bigint[]) AS t (term, n) ORDER BY term
    ON CONFLICT (term) DO UPDATE SET held = word_counts.held + excluded.held"""
_COUNT_PASSAGES = "UPDATE searched_totals SET passages = passages + ?, tokens = tokens + ?"
_REMOVE_WORDS = """WITH gone AS (
        DELETE FROM searched_words WHERE id = ANY(?) RETURNING length, words),
    fewer AS (
        UPDATE word_counts SET held = held - n FROM (
            SELECT lexeme, count(*) AS n FROM gone, unnest(gone.words) GROUP BY lexeme) AS counted
        WHERE term = lexeme)
    UPDATE searched_totals SET passages = passages - (SELECT count(*) FROM gone),
        tokens = tokens - (SELECT coalesce(sum(length), 0) FROM gone)"""


class PostgresSearched:
    """The passages that are searched, as rows of ``searched_words`` and ``searched_vectors``."""

    def add(self, db: Connection, passages: Sequence[SearchedPassage]) -> None:
        """Make passages searchable, whose vectors are in the record already."""
        if not passages:
            return
        made = words_of([(one.title, one.section, one.text) for one in passages])
        ids = [one.id for one in passages]
        lengths = [one.length for one in made]
        db.execute(_ADD_WORDS, (ids, lengths, [one.tsvector() for one in made]))
        counts = Counter(word for one in made for word in one.places)
        db.execute(_COUNT_WORDS, (list(counts), list(counts.values())))
        db.execute(_COUNT_PASSAGES, (len(made), sum(lengths)))
        model = db.execute("SELECT value FROM meta WHERE key = ?", (MODEL_KEY,)).fetchone()
        if model is not None:
            add_vectors(db, model["value"], [(one.id, one.content_hash) for one in passages])

    def remove(self, db: Connection, ids: Sequence[int]) -> None:
        """Take passages out of the search."""
        db.execute(_REMOVE_WORDS, (list(ids),))
        db.execute("DELETE FROM searched_vectors WHERE id = ANY(?)", (list(ids),))

    def clear(self, db: Connection) -> None:
        """Take all passages out of the search."""
        for table in ("searched_words", "searched_vectors", "word_counts"):
            db.execute(f"DELETE FROM {table}")
        db.execute("UPDATE searched_totals SET passages = 0, tokens = 0")

    def ids(self, db: Connection) -> list[int]:
        """Ids of all of them, ascending."""
        return [row["id"] for row in db.execute("SELECT id FROM searched_words ORDER BY id")]

    def find(
        self, db: Connection, phrases: Sequence[str], limit: int, within: SearchScope | None
    ) -> list[tuple[int, float]]:
        """The best passages with any of the phrases, by the BM25 of FTS5."""
        totals = db.execute("SELECT passages, tokens FROM searched_totals").fetchone()
        asked = _asked(db, phrases, totals["passages"]) if totals["passages"] else []
        if not asked:
            return []
        average = totals["tokens"] / totals["passages"]
        sql, values = _scored(asked, candidates_query(asked, totals["passages"]), average, within)
        rows = db.execute(f"{sql} ORDER BY score DESC, id LIMIT ?", (*values, limit)).fetchall()
        return [(row["id"], row["score"]) for row in rows]

    def check(self, db: Connection) -> list[str]:
        """What of the statistics isn't what they are made from."""
        searched, active, lexemes, passages, tokens, held = db.execute(
            """SELECT (SELECT count(*) FROM searched_words),
                      (SELECT count(*) FROM passages JOIN versions ON versions.id = version_id
                       WHERE active),
                      (SELECT coalesce(sum(length(words)), 0) FROM searched_words),
                      (SELECT passages FROM searched_totals),
                      (SELECT tokens - (SELECT coalesce(sum(length), 0) FROM searched_words)
                       FROM searched_totals),
                      (SELECT coalesce(sum(held), 0) FROM word_counts)"""
        ).fetchone()
        problems = []
        if searched != active:
            problems.append(f"{active} passages are to be searched, and {searched} are")
        if passages != searched or tokens or held != lexemes:
            problems.append("the counts of the words aren't those of the passages")
        return problems


def add_vectors(db: Connection, model: str, passages: Sequence[tuple[int, bytes]]) -> int:
    """Let passages, by id and hash, be found by the vectors that the record has of them.

    Returns:
        How many of them have one.
    """
    hashes = list({digest for _, digest in passages})
    rows = db.execute(
        "SELECT content_hash, vector FROM embeddings WHERE model = ? AND content_hash = ANY(?)",
        (model, hashes),
    )
    held = {row["content_hash"]: half_vector(np.frombuffer(row["vector"], "<f4")) for row in rows}
    known = [(key, held[digest]) for key, digest in passages if digest in held]
    db.executemany(
        "INSERT INTO searched_vectors (id, vector) VALUES (?, ?::halfvec) ON CONFLICT DO NOTHING",
        known,
    )
    return len(known)


def _asked(db: Connection, phrases: Sequence[str], passages: int) -> list[Phrase]:
    """The phrases that are in any passage, the rarest first."""
    times = Counter(tokens for tokens in phrases_of(phrases) if tokens)
    single = [tokens[0] for tokens in times if len(tokens) == 1]
    rows = db.execute("SELECT term, held FROM word_counts WHERE term = ANY(?)", (single,))
    counts = {(row["term"],): int(row["held"]) for row in rows}
    found = []
    for tokens, often in times.items():
        query = " <-> ".join(map(quoted, tokens))
        held = counts.get(tokens, 0) if len(tokens) == 1 else _count(db, query)
        if held > 0:
            idf = math.log((passages - held + 0.5) / (held + 0.5))
            found.append(Phrase(query, held, often * (idf if idf > 0 else _LEAST_IDF)))
    return sorted(found, key=lambda one: one.held)


def _count(db: Connection, query: str) -> int:
    sql = "SELECT count(*) AS n FROM searched_words WHERE words @@ ?::tsquery"
    return int(db.execute(sql, (query,)).fetchone()["n"])


def _scored(
    asked: Sequence[Phrase], chosen: str, average: float, within: SearchScope | None
) -> tuple[str, list[object]]:
    """SQL of the ids and scores of the passages that a tsquery chooses, and its values."""
    often = ", ".join(
        f"CASE WHEN words @@ ?::tsquery THEN 2 * ts_rank_cd('{_WEIGHTS}', words, ?::tsquery) "
        f"ELSE 0 END AS f{place}"
        for place in range(len(asked))
    )
    score = " + ".join(
        f"?::float8 * f{place} * {_K1 + 1} / (f{place} + norm)" for place in range(len(asked))
    )
    narrowed = f" AND id IN ({within.sql})" if within else ""
    sql = f"""SELECT id, {score} AS score FROM (
        SELECT id, {_K1} * ({1 - _B} + {_B} * length / ?::float8) AS norm, {often}
        FROM searched_words WHERE words @@ ?::tsquery{narrowed}
        LIMIT {MOST_SCORED}) AS held"""
    values: list[object] = [one.weight for one in asked]
    values += [average, *(one.query for one in asked for _ in "12"), chosen]
    values += within.values if within else ()
    return sql, values
