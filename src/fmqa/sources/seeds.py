"""What the library is grown from: seed papers, followed papers and saved queries."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmqa.errors import UsageError
from fmqa.settings import checkout_root
from fmqa.sources.arxiv_ids import ArxivId, parse_id

_TABLES = {
    "seed": ("arxiv_id", "title", "follow_references"),
    "follow": ("arxiv_id", "title", "follow_references"),
    "query": ("query", "limit"),
}
_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]{2,})?")
_MOST_RESULTS = 2000
_LONGEST_QUERY = 1000


@dataclass(frozen=True, slots=True)
class Seed:
    """A paper that is fetched and kept current, with the papers it cites where so wished."""

    arxiv_id: ArxivId
    title: str = ""
    follow_references: bool = False


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query in the language of arXiv's API, and how many of its newest papers are taken."""

    query: str
    limit: int


@dataclass(frozen=True, slots=True)
class Seeds:
    """All of a seeds file. ``categories`` are the only ones that queries may find, empty for all.

    ``queries`` are as written; `restricted` gives them with the categories.
    """

    papers: tuple[Seed, ...] = ()
    queries: tuple[SavedQuery, ...] = ()
    categories: tuple[str, ...] = ()

    def restricted(self, query: SavedQuery) -> str:
        """The text of ``query`` that finds only papers of the categories."""
        if not self.categories:
            return query.query
        categories = " OR ".join(f"cat:{name}" for name in self.categories)
        return f"({query.query}) AND ({categories})"


def seeds_path(home: Path | None = None) -> Path:
    """The data folder's own ``corpus/seeds.toml``, else the checkout's, else the package's."""
    own = home / "corpus" / "seeds.toml" if home is not None else None
    if own is not None and own.is_file():
        return own
    root = checkout_root()
    if root is not None:
        return root / "corpus" / "seeds.toml"
    return Path(__file__).resolve().parents[1] / "starter" / "seeds.toml"


def read_seeds(path: Path) -> Seeds:
    """The seeds of one file.

    Raises:
        UsageError: it can't be read, or a field doesn't hold; the message names file and field.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise UsageError(
            f"{path.name} is no valid TOML: {str(error).rstrip('.')}.", hint=_hint(path)
        ) from error
    for name in tables:
        if name not in {*_TABLES, "categories"}:
            raise _bad(path, name, "left out: there is no such table (seed, follow, query)")
    papers = [_seed(table) for kind in ("seed", "follow") for table in _tables(path, tables, kind)]
    ids = [paper.arxiv_id.bare for paper in papers]
    for bare in ids:
        if ids.count(bare) > 1:
            raise _bad(path, "arxiv_id", f"given once, and {bare} is there twice")
    return Seeds(
        papers=tuple(papers),
        queries=tuple(_query(table) for table in _tables(path, tables, "query")),
        categories=_categories(path, tables.get("categories", [])),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file; ``place`` names it in messages."""

    path: Path
    place: str
    fields: dict[str, Any]

    def text(self, name: str, *, required: bool = False, longest: int = 500) -> str:
        value = self.fields.get(name, "")
        if not isinstance(value, str) or len(value) > longest:
            raise self.bad(name, f"a text in quotes of up to {longest} characters")
        if required and not value.strip():
            raise self.bad(name, "there")
        return " ".join(value.split())

    def bad(self, name: str, wanted: str) -> UsageError:
        return _bad(self.path, f"{name} of {self.place}", wanted)


def _tables(path: Path, tables: dict[str, Any], kind: str) -> list[_Table]:
    rows = tables.get(kind, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _bad(path, kind, f"tables, each under a line [[{kind}]]")
    found = []
    for number, fields in enumerate(rows, 1):
        table = _Table(path, f"[[{kind}]] number {number}", fields)
        for name in fields:
            if name not in _TABLES[kind]:
                raise table.bad(name, "left out: there is no such field")
        found.append(table)
    return found


def _seed(table: _Table) -> Seed:
    arxiv_id = parse_id(table.text("arxiv_id", required=True))
    if arxiv_id is None:
        raise table.bad("arxiv_id", 'an arXiv id in quotes, such as "2304.12306"')
    follow = table.fields.get("follow_references", False)
    if not isinstance(follow, bool):
        raise table.bad("follow_references", "true or false")
    return Seed(arxiv_id, table.text("title"), follow)


def _query(table: _Table) -> SavedQuery:
    limit = table.fields.get("limit")
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= _MOST_RESULTS:
        raise table.bad("limit", f"a whole number from 1 to {_MOST_RESULTS}")
    return SavedQuery(table.text("query", required=True, longest=_LONGEST_QUERY), limit)


def _categories(path: Path, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(name, str) and _CATEGORY.fullmatch(name) for name in value
    ):
        raise _bad(path, "categories", 'a list of arXiv categories such as ["cs.CV", "eess.IV"]')
    return tuple(value)


def _bad(path: Path, field: str, wanted: str) -> UsageError:
    return UsageError(f"{path.name}: {field} must be {wanted}.", hint=_hint(path))


def _hint(path: Path) -> str:
    return f"{path} is the file; its comments say what each part does."
