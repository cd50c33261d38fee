"""The search by vectors in PostgreSQL: pgvector's HNSW over half precision, scored exactly.

The index only chooses candidates; their cosines come from the record's own vectors in full
precision, so that passages score the same on either engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from fmqa.errors import RecordBusy
from fmqa.store.engine import Connection, VectorIndex, Vectors, placeholders
from fmqa.store.postgres.full_text import VECTORS_OF_KEY, add_vectors
from fmqa.store.postgres.postgres_database import PostgresDatabase
from fmqa.store.postgres.session import half_vector
from fmqa.store.record import PUT_META

_FILLING = "being filled: "
_BATCH = 500
_PUBLISH_SECONDS = 600.0
_EXACT_UP_TO = 20_000  # passages that are compared one by one, without an index
_SCANNED = 10_000  # up to so many that a filter lets through are compared one by one too
_WIDTH, _DEPTH, _PROBED = 16, 64, 300  # HNSW's m and ef_construction, and ef_search
_BUILD_MB = 1024  # of memory for building the index, at most
_MARGIN = 20  # candidates more than asked for, as half precision may swap neighbours
_INDEX = "searched_by_vectors"


class HnswIndex:
    """All vectors that are searched now."""

    def __init__(self, database: PostgresDatabase, model: str) -> None:
        self.database = database
        self.model = model

    def __len__(self) -> int:
        with self.database.snapshot() as db:
            return int(db.one("SELECT passages FROM searched_totals")["passages"])

    def search(
        self, query: Vectors, limit: int, allowed: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """Up to ``limit`` pairs of passage id and cosine, best first.

        Args:
            query: unit vector, shape (dimension,).
            allowed: ids of the only passages to look at; None for all.
        """
        if limit <= 0 or (allowed is not None and not len(allowed)):
            return []
        with self.database.snapshot() as db:
            nearest = _nearest(db, query, limit + _MARGIN, allowed)
            exact = self._cosines(db, query, nearest)
        return sorted(exact.items(), key=lambda item: (-item[1], item[0]))[:limit]

    def scores(self, query: Vectors, ids: Sequence[int]) -> dict[int, float]:
        """The cosine of each of these passages that the index holds."""
        with self.database.snapshot() as db:
            return self._cosines(db, query, ids)

    def _cosines(self, db: Connection, query: Vectors, ids: Sequence[int]) -> dict[int, float]:
        if not ids:
            return {}
        rows = db.execute(
            """SELECT id, vector FROM passages JOIN embeddings USING (content_hash)
               WHERE model = ? AND id = ANY(?) AND EXISTS
               (SELECT 1 FROM searched_words WHERE searched_words.id = passages.id)""",
            (self.model, list(map(int, ids))),
        ).fetchall()
        if not rows:
            return {}
        flat = np.frombuffer(b"".join(row["vector"] for row in rows), dtype="<f4")
        cosines = flat.reshape(len(rows), -1) @ query.astype(np.float32)
        return dict(zip([row["id"] for row in rows], cosines.tolist(), strict=True))


def _nearest(
    db: Connection, query: Vectors, limit: int, allowed: Sequence[int] | None
) -> list[int]:
    """The candidates, by half precision and the index where there is one."""
    asked, kind = half_vector(query), f"halfvec({len(query)})"
    if allowed is not None and len(allowed) <= _SCANNED:
        # Taken apart from the rest first: the index would have to be gone through for them.
        sql = f"""WITH chosen AS MATERIALIZED (
            SELECT id, vector FROM searched_vectors WHERE id = ANY(?))
            SELECT id FROM chosen ORDER BY vector::{kind} <#> ?::{kind} LIMIT ?"""
        return [row["id"] for row in db.execute(sql, (list(map(int, allowed)), asked, limit))]
    db.execute(
        """SELECT set_config('hnsw.ef_search', ?, true),
                  set_config('hnsw.iterative_scan', 'strict_order', true)""",
        (str(max(_PROBED, limit)),),
    )
    narrowed, values = "", list[object]()
    if allowed is not None:
        narrowed, values = "WHERE id = ANY(?)", [list(map(int, allowed))]
    sql = f"""SELECT id FROM searched_vectors {narrowed}
        ORDER BY vector::{kind} <#> ?::{kind} LIMIT ?"""
    return [row["id"] for row in db.execute(sql, (*values, asked, limit))]


class PostgresVectors:
    """Keeps the vectors that are searched those of the record's model.

    What is committed is searched at once, so that there is little to publish: vectors are written
    with their passages. All are written again when the record is made another model's.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        self.database = database

    def index(self, fingerprint: str) -> VectorIndex:
        """All vectors that are searched; those that are missing are written unless another does."""
        if self._state() != fingerprint:
            try:
                with self.database.lock("writer", 0.0):
                    pass
                self.publish(fingerprint)
            except RecordBusy:
                pass  # whoever writes does it, and there is something to find meanwhile
        return HnswIndex(self.database, fingerprint)

    def publish(self, fingerprint: str) -> None:
        """Write what is missing, and make the index where it is worth having. Can be stopped."""
        with self.database.lock("index", _PUBLISH_SECONDS):
            if self._state() != fingerprint:
                self._fill(fingerprint)
            self._make_index()

    def check(self) -> list[str]:
        """What is missing."""
        with self.database.snapshot() as db:
            row = db.one(
                """SELECT (SELECT count(*) FROM searched_vectors) AS vectors,
                          (SELECT count(*) FROM searched_words) AS passages"""
            )
        if row["vectors"] != row["passages"]:
            return ["The index is behind the record; the next question brings it up to date."]
        return []

    def _state(self) -> str | None:
        with self.database.snapshot() as db:
            row = db.execute("SELECT value FROM meta WHERE key = ?", (VECTORS_OF_KEY,)).fetchone()
        return str(row["value"]) if row else None

    def _fill(self, fingerprint: str) -> None:
        """Write all vectors of a model, a part at a time; goes on where it was stopped."""
        if self._state() != _FILLING + fingerprint:
            with self.database.atomic() as db:
                db.execute(f"DROP INDEX IF EXISTS {_INDEX}")
                db.execute("DELETE FROM searched_vectors")
                db.execute(PUT_META, (VECTORS_OF_KEY, _FILLING + fingerprint))
        for part in self._missing():
            with self.database.atomic() as db:
                sql = f"SELECT id, content_hash FROM passages WHERE id IN ({placeholders(part)})"
                add_vectors(db, fingerprint, [tuple(row) for row in db.execute(sql, part)])
        with self.database.atomic() as db:
            db.execute(PUT_META, (VECTORS_OF_KEY, fingerprint))

    def _missing(self) -> Iterable[list[int]]:
        with self.database.snapshot() as db:
            ids = [
                row["id"]
                for row in db.execute(
                    """SELECT searched_words.id FROM searched_words LEFT JOIN searched_vectors
                       ON searched_vectors.id = searched_words.id
                       WHERE searched_vectors.id IS NULL ORDER BY 1"""
                )
            ]
        return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))

    def _make_index(self) -> None:
        """The HNSW index, once there are so many passages that it is the quicker way."""
        with self.database.snapshot() as db:
            size = db.one(
                """SELECT passages,
                   (SELECT vector_dims(vector) FROM searched_vectors LIMIT 1) AS dimension,
                   (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(?)) AS made
                   FROM searched_totals""",
                (_INDEX,),
            )
        if size["made"] or size["dimension"] is None or size["passages"] <= _EXACT_UP_TO:
            return
        need = size["passages"] * size["dimension"] * 4 // 2**20 + 64
        kind = f"halfvec({size['dimension']})"
        # Not in a transaction, since it takes minutes, in which conversations go on.
        with self.database.alone() as db:
            db.execute(f"DROP INDEX IF EXISTS {_INDEX}")  # of a builder that was killed
            db.execute(
                "SELECT set_config('maintenance_work_mem', ?, false)",
                (f"{min(need, _BUILD_MB)}MB",),
            )
            db.execute(
                f"""CREATE INDEX CONCURRENTLY {_INDEX} ON searched_vectors
                    USING hnsw ((vector::{kind}) halfvec_ip_ops)
                    WITH (m = {_WIDTH}, ef_construction = {_DEPTH})"""
            )
            db.execute("RESET maintenance_work_mem")
            for table in ("searched_words", "searched_vectors", "word_counts", "passages"):
                db.execute(f"ANALYZE {table}")
