"""What papers were found to be and to have, each value with the quote that shows it.

Values that were extracted belong to a version, are written once for each extractor, and go with the
version. What a user corrected belongs to the paper, and outlives both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from typing import Self

from pydantic import TypeAdapter

from fmqa.store.arxiv_catalog import now
from fmqa.store.engine import Connection, RecordRow, Tables, upsert
from fmqa.types import Quote, Source, Span

_REVISION = "facets_revision"
BUILDS_ON = " + "  # between an extractor's name and that of one that goes on from its facets


class FacetName(StrEnum):
    """What is asked of a paper."""

    KIND = "kind"
    MODALITY = "modality"
    ARCHITECTURE = "architecture"
    TRAINING = "training"
    TASK = "task"
    DATA = "data"
    PARAMETERS = "parameters"
    YEAR = "year"
    CHALLENGE = "challenge"
    SOLUTION = "solution"


class Origin(StrEnum):
    """Who says that the quote shows the value."""

    RULE = "rule"
    MODEL = "model"
    USER = "user"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of a paper, with the sentence that shows it.

    ``value`` is a term of the facet's vocabulary where it has one. ``size`` and ``unit`` ("images",
    "parameters") are set where the value is an amount. ``quote`` stands at ``span`` of that
    version's page. ``confidence`` is 0 to 1, the more the surer, and 1 for what a user says.
    """

    paper_id: str
    version: int
    source: Source
    name: FacetName
    value: str
    quote: str
    span: Span
    confidence: float
    origin: Origin = Origin.RULE
    size: float | None = None
    unit: str = ""

    @classmethod
    def shown_by(cls, quote: Quote, name: FacetName, value: str, confidence: float) -> Self:
        """The value of the quote's paper and version that a quote of it shows."""
        paper = quote.passage.paper
        return cls(
            paper_id=paper.paper_id,
            version=paper.version,
            source=quote.passage.source,
            name=name,
            value=value,
            quote=quote.text,
            span=quote.span,
            confidence=confidence,
        )


_FACETS = TypeAdapter(list[Facet])


@dataclass(frozen=True, slots=True)
class PendingVersion:
    """A version in the record, as facets are written for it."""

    id: int
    paper_id: str
    version: int
    source: Source


class FacetStore(Tables):
    """Reads and writes facets. Usable from several threads."""

    @property
    def revision(self) -> int:
        """Counts the transactions that changed a facet."""
        return int(self.meta(_REVISION) or 0)

    def pending(self, extractor: str) -> list[PendingVersion]:
        """The versions that are searched and that this extractor hasn't read yet.

        One that builds on it, "rules + model" on "rules", has read them for it too.
        """
        built_on = extractor + BUILDS_ON
        rows = self.rows(
            """SELECT id, paper_id, version, source FROM versions
               LEFT JOIN facet_runs ON version_id = id
                    AND (extractor = ? OR substr(extractor, 1, ?) = ?)
               WHERE active AND version_id IS NULL ORDER BY id""",
            extractor,
            len(built_on),
            built_on,
        )
        return [
            PendingVersion(row["id"], row["paper_id"], row["version"], Source(row["source"]))
            for row in rows
        ]

    def put(self, extractor: str, found: Iterable[tuple[PendingVersion, Sequence[Facet]]]) -> None:
        """Keep what an extractor found in versions, in place of what an earlier one did.

        A version that has gone from the record meanwhile is passed over.
        """
        with self.database.atomic() as db:
            for version, facets in found:
                held = db.execute("SELECT 1 FROM versions WHERE id = ?", (version.id,)).fetchone()
                if held is None:
                    continue
                db.execute("DELETE FROM facets WHERE version_id = ?", (version.id,))
                db.execute(
                    upsert("facet_runs", ("version_id", "extractor", "at"), ("version_id",)),
                    (version.id, extractor, now()),
                )
                db.executemany(
                    "INSERT INTO facets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [(version.id, place, *_row(facet)) for place, facet in enumerate(facets)],
                )
            _count(db)

    def of_paper(self, paper_id: str) -> list[Facet]:
        """A paper's facets as they hold now: the user's, and for the rest the searched version's.

        Each facet's values come with the surest first.
        """
        return self.all([paper_id]).get(paper_id, [])

    def all(
        self, papers: Iterable[str] | None = None, names: Iterable[FacetName] | None = None
    ) -> dict[str, list[Facet]]:
        """The facets that hold now, by paper; those of these papers and names, or all."""
        wanted = None if papers is None else set(papers)
        kinds = set(FacetName) if names is None else set(names)
        with self.database.snapshot() as db:
            among = "" if wanted is None else "WHERE paper_id IN (SELECT value FROM json_each(?))"
            rows = db.execute(
                f"""SELECT facets.*, paper_id, version, source FROM facets
                   JOIN versions ON versions.id = version_id AND active {among}
                   ORDER BY paper_id, place""",
                () if wanted is None else (json.dumps(sorted(wanted)),),
            ).fetchall()
            corrected = db.execute(
                """SELECT paper_id, facet, found FROM facet_corrections
                   WHERE paper_id IN (SELECT paper_id FROM papers)"""
            ).fetchall()
        held: dict[str, list[Facet]] = {}
        said = {(row["paper_id"], row["facet"]) for row in corrected}
        for row in rows:
            if row["facet"] in kinds and (row["paper_id"], row["facet"]) not in said:
                held.setdefault(row["paper_id"], []).append(_facet(row))
        for row in corrected:
            if row["facet"] in kinds and (wanted is None or row["paper_id"] in wanted):
                held.setdefault(row["paper_id"], []).extend(_FACETS.validate_json(row["found"]))
        return {
            paper: sorted(facets, key=lambda one: (_ORDER[one.name], -one.confidence))
            for paper, facets in held.items()
        }

    def correct(self, paper_id: str, name: FacetName, facets: Sequence[Facet]) -> None:
        """Let a facet of a paper have these values and no others; none: it isn't stated.

        Holds for every version of the paper, those too that are still to come.
        """
        kept = [replace(facet, origin=Origin.USER, confidence=1.0) for facet in facets]
        with self.database.atomic() as db:
            columns = ("paper_id", "facet", "found", "at")
            found = _FACETS.dump_json(kept).decode()
            sql = upsert("facet_corrections", columns, ("paper_id", "facet"))
            db.execute(sql, (paper_id, name.value, found, now()))
            _count(db)

    def restore(self, paper_id: str, name: FacetName) -> bool:
        """Take a correction back; whether there was one."""
        with self.database.atomic() as db:
            gone = db.execute(
                "DELETE FROM facet_corrections WHERE paper_id = ? AND facet = ?",
                (paper_id, name.value),
            ).rowcount
            _count(db)
        return bool(gone)

    def corrected(self, paper_id: str) -> list[FacetName]:
        """The facets of a paper that a user corrected."""
        sql = "SELECT facet FROM facet_corrections WHERE paper_id = ? ORDER BY facet"
        return [FacetName(row["facet"]) for row in self.rows(sql, paper_id)]


_ORDER = {name: place for place, name in enumerate(FacetName)}


def _count(db: Connection) -> None:
    db.execute(
        """INSERT INTO meta VALUES (?, '1')
           ON CONFLICT (key) DO UPDATE
           SET value = CAST(CAST(meta.value AS INTEGER) + 1 AS TEXT)""",
        (_REVISION,),
    )


def _row(facet: Facet) -> tuple[object, ...]:
    amount = facet.size, facet.unit
    sure = facet.confidence, facet.origin.value
    return (facet.name.value, facet.value, *amount, facet.quote, *astuple(facet.span), *sure)


def _facet(row: RecordRow) -> Facet:
    span = {name: row[name] for name in ("page", "start", "end")}
    held = dict(zip(row.keys(), row, strict=True)) | {"name": row["facet"], "span": span}
    return _FACETS.validate_python([held])[0]
