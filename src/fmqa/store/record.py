"""The record, as it is read: papers, versions, pages, passages, embeddings, journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np

from fmqa.errors import ForeignIndex
from fmqa.store.engine import (
    Connection,
    RecordRow,
    SearchScope,
    Tables,
    Vectors,
    placeholders,
    upsert,
)
from fmqa.store.mappers import (
    PAGE_COLUMNS,
    FacetCounts,
    PaperRow,
    count_facets,
    gaps_of,
    index_text,
    page_of,
    paper_row,
    stored_passage,
    where,
)
from fmqa.types import Filters, Gap, Outcome, Page, ReadResult, Source, StoredPassage

_JOINED = """FROM passages JOIN versions ON versions.id = passages.version_id
    JOIN papers ON papers.paper_id = versions.paper_id"""
_PASSAGES = f"""SELECT papers.*, passages.id AS passage_id, passages.ordinal, passages.section,
    passages.kind AS passage_kind, passages.text, passages.spans, versions.version,
    versions.source, versions.active, versions.withdrawn, versions.labels,
    versions.gaps {_JOINED}"""
_BLOCK_OF_VECTORS = """SELECT vector FROM passages
    JOIN versions ON versions.id = version_id AND versions.active
    LEFT JOIN embeddings ON embeddings.content_hash = passages.content_hash AND model = ?
    WHERE passages.id BETWEEN ? AND ? ORDER BY passages.id"""
_BLOCK = 4096  # vectors that are in memory at once: 6 MiB of 384 dimensions
_SQL_VARIABLES = 500
MODEL_KEY = "embedding_model"
COPYING_KEY = "copying_from"  # where the record comes from that this one is to become a copy of
PUT_META = upsert("meta", ("key", "value"), ("key",))


@dataclass(frozen=True, slots=True)
class ActiveVectors:
    """The vectors of all searched passages as of one moment; gone through a block at a time.

    Each block has shape (up to 4096, dimension), in the order of the ids.

    Raises:
        ForeignIndex: a passage has no vector of this model.
    """

    db: Connection
    model: str
    generation: int
    ids: Sequence[int]
    """Of the passages, ascending."""

    def __iter__(self) -> Iterator[Vectors]:
        for start in range(0, len(self.ids), _BLOCK):
            part = self.ids[start : start + _BLOCK]
            rows = self.db.execute(_BLOCK_OF_VECTORS, (self.model, part[0], part[-1])).fetchall()
            if any(row["vector"] is None for row in rows):
                raise ForeignIndex(
                    "Some passages have no vector of the embedding model that is set."
                )
            yield _stacked([row["vector"] for row in rows])


class Record(Tables):
    """Reads the record file. All methods see committed transactions only."""

    @property
    def model(self) -> str | None:
        """Fingerprint of the embedding model whose vectors are searched."""
        return self.meta(MODEL_KEY)

    @property
    def generation(self) -> int:
        """Counts the transactions that changed what is searched."""
        return int(self.meta("generation") or 0)

    def papers(self, filters: Filters | None = None) -> list[PaperRow]:
        """The papers with their active version, by title."""
        narrowing, values = where(filters)
        rows = self.rows(
            f"""SELECT papers.*, versions.version, versions.source, versions.withdrawn,
                      versions.file, versions.hidden, versions.gaps, versions.read_at,
                      versions.sha256,
                      (SELECT count(*) FROM pages WHERE version_id = versions.id) AS n_pages,
                      (SELECT count(*) FROM passages WHERE version_id = versions.id) AS n_passages
               FROM papers JOIN versions
               ON versions.paper_id = papers.paper_id AND versions.active{narrowing}
               ORDER BY lower(papers.title), papers.paper_id""",
            *values,
        )
        return [paper_row(row) for row in rows]

    def count_papers(self) -> int:
        """How many papers there are."""
        return int(self.rows("SELECT count(*) AS n FROM versions WHERE active")[0]["n"])

    def versions(self, paper_id: str) -> list[tuple[int, Source, bool]]:
        """The versions held of a paper: number, source, and whether it is the one searched."""
        rows = self.rows(
            "SELECT version, source, active FROM versions WHERE paper_id = ? ORDER BY id", paper_id
        )
        return [(row["version"], Source(row["source"]), bool(row["active"])) for row in rows]

    def held_pdfs(self) -> dict[tuple[str, int], str]:
        """The SHA-256 of each version that was read from a PDF, by paper and version."""
        rows = self.rows("SELECT paper_id, version, sha256 FROM versions WHERE source = 'pdf'")
        return {(row["paper_id"], row["version"]): row["sha256"] for row in rows}

    def arxiv_ids(self) -> list[str]:
        """All papers of the library that are on arXiv, those that only a note is on too."""
        rows = self.rows(
            "SELECT DISTINCT arxiv_id FROM papers WHERE arxiv_id IS NOT NULL ORDER BY arxiv_id"
        )
        return [row["arxiv_id"] for row in rows]

    def notes(self) -> dict[str, str]:
        """The SHA-256 of the note that is held on each paper."""
        rows = self.rows("SELECT paper_id, sha256 FROM versions WHERE source = 'note'")
        return {row["paper_id"]: row["sha256"] for row in rows}

    def pages(self, paper_id: str, version: int, source: Source) -> list[Page]:
        """A version's pages, in order; empty when it isn't held."""
        rows = self.rows(
            f"""SELECT {PAGE_COLUMNS} FROM pages JOIN versions ON versions.id = version_id
               WHERE paper_id = ? AND version = ? AND source = ? ORDER BY number""",
            paper_id,
            version,
            source.value,
        )
        return [page_of(row) for row in rows]

    def passages(self, ids: Sequence[int]) -> dict[int, StoredPassage]:
        """The passages of these ids that (still) exist."""
        rows = self._all_of(f"{_PASSAGES} WHERE passages.id", ids)
        return {row["passage_id"]: stored_passage(row) for row in rows}

    def papers_of(self, ids: Sequence[int]) -> dict[int, str]:
        """The papers that the passages of these ids are of; of those that (still) exist."""
        # One after the other, where a join might read all versions.
        sql = """SELECT id, (SELECT paper_id FROM versions WHERE versions.id = version_id)
            AS paper_id FROM passages WHERE id"""
        return {row["id"]: row["paper_id"] for row in self._all_of(sql, ids)}

    def passages_of(self, paper_id: str) -> list[StoredPassage]:
        """All passages of a paper's active version, in reading order."""
        rows = self.rows(
            f"{_PASSAGES} WHERE versions.active AND papers.paper_id = ? ORDER BY ordinal", paper_id
        )
        return [stored_passage(row) for row in rows]

    def earlier_passages(self, paper_id: str) -> list[StoredPassage]:
        """The passages of a paper's own versions that a later one replaced, the oldest first."""
        rows = self.rows(
            f"""{_PASSAGES} WHERE NOT versions.active AND versions.source = 'pdf'
                AND papers.paper_id = ? AND versions.version < (SELECT version FROM versions
                WHERE paper_id = ? AND active) ORDER BY versions.version, ordinal""",
            paper_id,
            paper_id,
        )
        return [stored_passage(row) for row in rows]

    def siblings(self, paper_id: str) -> list[str]:
        """Ids of the other papers that are the same work."""
        rows = self.rows(
            """SELECT paper_id FROM papers WHERE paper_id != ?
               AND coalesce(nullif(work, ''), paper_id) = (SELECT
               coalesce(nullif(work, ''), paper_id) FROM papers WHERE paper_id = ?)
               ORDER BY paper_id""",
            paper_id,
            paper_id,
        )
        return [row["paper_id"] for row in rows]

    def revised(self) -> list[str]:
        """The papers of whose own versions both the one that is searched and an older are held."""
        rows = self.rows(
            """SELECT DISTINCT old.paper_id FROM versions AS old JOIN versions AS new
               ON new.paper_id = old.paper_id AND new.active AND new.version > old.version
               WHERE NOT old.active AND old.source = 'pdf' AND new.source = 'pdf'
               ORDER BY old.paper_id"""
        )
        return [row["paper_id"] for row in rows]

    def active_ids(self, filters: Filters | None = None) -> list[int]:
        """Ids of the passages that are searched, ascending, restricted by ``filters``."""
        narrowing, values = where(filters)
        sql = f"SELECT passages.id {_JOINED} WHERE versions.active{narrowing} ORDER BY passages.id"
        return [row["id"] for row in self.rows(sql, *values)]

    def lexical(
        self, phrases: Sequence[str], limit: int, filters: Filters | None = None
    ) -> list[tuple[int, float]]:
        """The best passages by BM25 (k1 = 1.2, b = 0.75); higher is better.

        Args:
            phrases: words to look for, any of them, see `fmqa.store.lexical.terms`; what is
                several words counts where they follow each other. None finds nothing.
        """
        narrowing, values = where(filters)
        within = None
        if narrowing:
            sql = f"SELECT passages.id {_JOINED} WHERE versions.active{narrowing}"
            within = SearchScope(sql, values)
        with self.database.snapshot() as db:
            return self.database.searched.find(db, phrases, limit, within)

    def embeddings(self, model: str, hashes: Iterable[bytes]) -> dict[bytes, Vectors]:
        """The vectors that are kept for these hashes."""
        sql = "SELECT content_hash, vector FROM embeddings WHERE model = ? AND content_hash"
        rows = self._all_of(sql, list(dict.fromkeys(hashes)), model)
        return {row[0]: np.frombuffer(row[1], dtype="<f4") for row in rows}

    @contextmanager
    def active_vectors(self, model: str) -> Iterator[ActiveVectors]:
        """The vectors of all searched passages, which can be read inside of the block."""
        with self.database.snapshot() as db:
            yield ActiveVectors(db, model, self.generation, self.active_ids())

    def paper_vectors(self, model: str) -> tuple[list[str], Vectors]:
        """The papers with a vector, by id, and the mean of each one's passages.

        Returns:
            Ids, and an array of shape (papers, dimension), whose rows aren't normalised.
        """
        sql = """SELECT versions.paper_id, vector FROM passages
            JOIN versions ON versions.id = version_id AND versions.active
            JOIN embeddings ON embeddings.content_hash = passages.content_hash AND model = ?
            ORDER BY versions.paper_id, passages.id"""
        papers, means = list[str](), list[Vectors]()
        with self.database.snapshot() as db:
            for paper_id, rows in groupby(db.execute(sql, (model,)), itemgetter("paper_id")):
                papers.append(paper_id)
                means.append(_stacked([row["vector"] for row in rows]).mean(axis=0))
        return papers, np.stack(means) if means else np.zeros((0, 0), np.float32)

    def without_vector(self, model: str) -> list[int]:
        """Ids of the passages that ``model`` hasn't embedded yet."""
        rows = self.rows(
            """SELECT id FROM passages WHERE NOT EXISTS (SELECT 1 FROM embeddings
               WHERE embeddings.content_hash = passages.content_hash AND model = ?) ORDER BY id""",
            model,
        )
        return [row["id"] for row in rows]

    def texts_to_embed(self, ids: Sequence[int]) -> list[tuple[bytes, str]]:
        """Hash and text to embed of each of these passages."""
        sql = f"""SELECT passages.content_hash, versions.title, passages.section, passages.text
            {_JOINED} WHERE passages.id"""
        return [(row[0], index_text(row[1], row[2], row[3])) for row in self._all_of(sql, ids)]

    def facets(self, filters: Filters | None = None) -> FacetCounts:
        """The values that filters can have, with how many papers each would let through."""
        with self.database.snapshot() as db:
            return count_facets(db, filters or Filters())

    def journal(self) -> list[ReadResult]:
        """What became of each file, by path; of a file read twice, its last reading."""
        rows = self.rows("SELECT * FROM journal ORDER BY path")
        return [
            ReadResult(
                Path(row["path"]),
                Outcome(row["outcome"]),
                row["detail"],
                seconds=row["seconds"],
                sha256=row["sha256"],
            )
            for row in rows
        ]

    def gaps(self, papers: Sequence[str]) -> list[tuple[str, str, tuple[Gap, ...]]]:
        """What the searched versions of these papers lack: id, title and gaps, where any are."""
        sql = """SELECT papers.paper_id, papers.title, gaps FROM papers JOIN versions
            ON versions.paper_id = papers.paper_id AND versions.active AND gaps != '[]'
            WHERE papers.paper_id"""
        return [(row[0], row[1], gaps_of(row[2])) for row in self._all_of(sql, papers)]

    def remarks(self, paper_id: str) -> str:
        """What was said of the file that a paper was read from, such as pages without text."""
        rows = self.rows("SELECT detail FROM journal WHERE paper_id = ? ORDER BY at", paper_id)
        return str(rows[-1]["detail"]) if rows else ""

    def _all_of(self, sql: str, keys: Sequence[object], *values: object) -> Iterator[RecordRow]:
        """The rows in which what the statement ends with is one of the keys, of which may be many.

        Args:
            sql: a SELECT that ends with the column of the keys.
        """
        for start in range(0, len(keys), _SQL_VARIABLES):
            part = keys[start : start + _SQL_VARIABLES]
            yield from self.rows(f"{sql} IN ({placeholders(part)})", *values, *part)


def _stacked(packed: Sequence[bytes]) -> Vectors:
    """Vectors as they are kept, as the rows of an array."""
    return np.frombuffer(b"".join(packed), dtype="<f4").reshape(len(packed), -1)
