"""What is searched in PostgreSQL: words as tsvectors with BM25's statistics, vectors as halfvecs.

BM25 is computed from what FTS5 computes it from: in how many passages each word is, how often in
this one, and how long the passages are. ``ts_rank_cd`` of a single word or phrase is the sum of the
weights of its places, which is that frequency with the title's words counted twice.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from fmqa.store.engine import Connection, SearchedPassage, Within
from fmqa.store.postgres.candidates import MOST_SCORED, Asked, chosen
from fmqa.store.postgres.session import HalfVector
from fmqa.store.postgres.tokens import phrases_of, quoted, words_of
from fmqa.store.record import MODEL_KEY

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
        self, db: Connection, phrases: Sequence[str], limit: int, within: Within | None
    ) -> list[tuple[int, float]]:
        """The best passages with any of the phrases, by the BM25 of FTS5."""
        totals = db.execute("SELECT passages, tokens FROM searched_totals").fetchone()
        asked = _asked(db, phrases, totals["passages"]) if totals["passages"] else []
        if not asked:
            return []
        average = totals["tokens"] / totals["passages"]
        sql, values = _scored(asked, chosen(asked, totals["passages"]), average, within)
        rows = db.execute(f"{sql} ORDER BY score DESC, id LIMIT ?", (*values, limit)).fetchall()
        return [(row["id"], row["score"]) for row in rows]

    def check(self, db: Connection) -> list[str]:
        """What of the statistics isn't what they are made from, in words."""
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
    held = {row["content_hash"]: HalfVector(np.frombuffer(row["vector"], "<f4")) for row in rows}
    known = [(key, held[digest]) for key, digest in passages if digest in held]
    db.executemany(
        "INSERT INTO searched_vectors (id, vector) VALUES (?, ?) ON CONFLICT DO NOTHING", known
    )
    return len(known)


def _asked(db: Connection, phrases: Sequence[str], passages: int) -> list[Asked]:
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
            found.append(Asked(query, held, often * (idf if idf > 0 else _LEAST_IDF)))
    return sorted(found, key=lambda one: one.held)


def _count(db: Connection, query: str) -> int:
    sql = "SELECT count(*) AS n FROM searched_words WHERE words @@ ?::tsquery"
    return int(db.execute(sql, (query,)).fetchone()["n"])


def _scored(
    asked: Sequence[Asked], chosen: str, average: float, within: Within | None
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
