"""How well passages are found: nDCG@10 and recall@10 on SciFact and MED.

    python -m benchmarks.retrieval [--only scifact] [--limit 50]

Each abstract is a paper of one passage in a library of the product's own, and each query goes
through the product's `Searcher`. The rankings that it is held against (BM25 alone, dense alone,
reciprocal rank fusion, z-scores of each leg's own best 100) are made from the scores that its two
legs gave. Weights are looked through on SciFact train; SciFact test and MED are only reported.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from benchmarks.abstracts import abstracts_library, paper_id
from benchmarks.common import data_folder, json_rows, options_parser, print_table, write_results
from fmqa.retrieval.search import Searcher, clean_question, fuse, standardised
from fmqa.settings import Settings
from fmqa.store.embedding import make_embedder

WEIGHTS = (0.0, 0.25, 0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5, 2.0)
TITLE_WEIGHTS = (0.5, 1.0, 2.0, 3.0, 5.0)
DEPTH = 10
_LEG = 100
_RRF = 60  # Cormack, Clarke and Büttcher's constant (SIGIR 2009)

Scores = Mapping[int, float]
Qrels = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Searched:
    """One query: what is relevant to it, the legs' scores, and what the product ranked."""

    relevant: dict[str, int]
    dense: dict[int, float]
    lexical: dict[int, float]
    ranked: list[str]


def main() -> None:
    """Measure both collections and print what came of it."""
    parser = options_parser(__doc__)
    parser.add_argument("--only", choices=("scifact", "med"))
    parser.add_argument("--limit", type=int, help="queries a split, for a quick look")
    options = parser.parse_args()
    data = data_folder()
    results: dict[str, dict[str, object]] = {}
    for name, splits in (("scifact", ("train", "test")), ("med", ("test",))):
        if options.only in (None, name):
            results[name] = collection(data / "retrieval" / name, splits, options.limit)
    if options.only is None and options.limit is None:
        write_results("retrieval", results)


def collection(folder: Path, splits: Sequence[str], limit: int | None) -> dict[str, object]:
    """The figures of one collection's splits."""
    embedder = make_embedder(Settings())
    queries = {row["_id"]: row["text"] for row in json_rows(folder / "queries.jsonl")}
    with (
        tempfile.TemporaryDirectory() as home,
        closing(abstracts_library(folder, embedder, Path(home))) as library,
    ):
        searcher = Searcher(library, embedder)
        names = paper_ids(searcher)
        figures: dict[str, object] = {"documents": len(names)}
        for split in splits:
            judged = qrels(folder / "qrels" / f"{split}.tsv", folder.name)
            asked = [(queries[key], relevant) for key, relevant in judged.items()][:limit]
            done = search_all(searcher, names, asked)
            figures[split] = compare(done, names, f"{folder.name} {split}")
            if split == "train":
                figures["tuning on train"] = tune(searcher, names, asked, done)
    return figures


def paper_ids(searcher: Searcher) -> dict[int, str]:
    """The paper of each passage in the library."""
    record = searcher.library.record
    held = record.passages(record.active_ids())
    return {key: passage.paper.paper_id for key, passage in held.items()}


def search_all(
    searcher: Searcher, names: Mapping[int, str], asked: Iterable[tuple[str, dict[str, int]]]
) -> list[Searched]:
    """Put every query to the product's search, and keep the scores that it fused."""
    done = []
    legs: list[tuple[dict[int, float], dict[int, float]]] = []

    def watched(dense: dict[int, float], lexical: dict[int, float]) -> dict[int, float]:
        legs.append((dense, lexical))
        return fuse(dense, lexical)

    with patch("fmqa.retrieval.search.fuse", watched):
        for text, relevant in asked:
            hits = searcher.search(clean_question(text, 100_000), DEPTH)
            ranked = [hit.passage.paper.paper_id for hit in hits]
            dense, lexical = legs.pop()
            if ranked != best(fuse(dense, lexical), names):
                raise AssertionError(f"the spread over papers changed the ranking of {text!r}")
            done.append(Searched(relevant, dense, lexical, ranked))
    return done


def compare(done: Sequence[Searched], names: Mapping[int, str], title: str) -> dict[str, object]:
    """nDCG@10 and recall@10 of the product and of the rankings that it is held against."""
    ways: dict[str, Callable[[Searched], list[str]]] = {
        "BM25 alone": lambda s: best(s.lexical, names),
        "dense alone": lambda s: best(s.dense, names),
        "RRF": lambda s: best(reciprocal_ranks(s.dense, s.lexical), names),
        "z-scores of own top 100": lambda s: best(own_tops(s.dense, s.lexical), names),
        "fmqa": lambda s: s.ranked,
    }
    figures: dict[str, object] = {"queries": len(done)}
    for way, rank in ways.items():
        rankings = [(rank(searched), searched.relevant) for searched in done]
        figures[way] = {
            f"nDCG@{DEPTH}": _mean(ndcg(ranking, relevant) for ranking, relevant in rankings),
            f"recall@{DEPTH}": _mean(recall(ranking, relevant) for ranking, relevant in rankings),
        }
    rows = [(name, _shown(value)) for name, value in figures.items()]
    print_table(f"{title}: nDCG@{DEPTH}, recall@{DEPTH}", rows)
    return figures


def tune(
    searcher: Searcher,
    names: Mapping[int, str],
    asked: Sequence[tuple[str, dict[str, int]]],
    done: Sequence[Searched],
) -> dict[str, dict[str, float]]:
    """nDCG@10 on train by the weight of the lexical leg, and by that of a title's word."""
    by_weight = {
        str(weight): _mean(
            ndcg(best(fuse(s.dense, s.lexical, weight), names), s.relevant) for s in done
        )
        for weight in WEIGHTS
    }
    by_title = {}
    for weight in TITLE_WEIGHTS:
        with patch("fmqa.store.sqlite.sqlite_database.TITLE_WEIGHT", weight):
            by_title[str(weight)] = _mean(
                ndcg(s.ranked, s.relevant) for s in search_all(searcher, names, asked)
            )
    for name, by in (("lexical", by_weight), ("title", by_title)):
        shown = [(weight, f"{score:.4f}") for weight, score in by.items()]
        print_table(f"train, nDCG@{DEPTH} by {name} weight", shown)
    return {"lexical weight": by_weight, "title weight": by_title}


def best(scores: Scores, names: Mapping[int, str], limit: int = DEPTH) -> list[str]:
    """The papers of the best passages, best first."""
    return [names[key] for key in sorted(scores, key=scores.__getitem__, reverse=True)[:limit]]


def top(scores: Scores, count: int = _LEG) -> dict[int, float]:
    """The best of a leg, best first."""
    ranked = sorted(scores.items(), key=lambda item: item[1], reverse=True)
    return dict(ranked[:count])


def reciprocal_ranks(dense: Scores, lexical: Scores) -> dict[int, float]:
    """Reciprocal rank fusion of each leg's best 100."""
    fused: dict[int, float] = {}
    for leg in (dense, lexical):
        for rank, key in enumerate(top(leg), start=1):
            fused[key] = fused.get(key, 0.0) + 1 / (_RRF + rank)
    return fused


def own_tops(dense: Scores, lexical: Scores) -> dict[int, float]:
    """Z-scores of each leg's own best 100, added; what a leg lacks gets that leg's lowest."""
    legs = [standardised(top(leg)) for leg in (dense, lexical)]
    lowest = [min(leg.values(), default=0.0) for leg in legs]
    keys = {key: None for leg in legs for key in leg}
    return {
        key: sum(leg.get(key, low) for leg, low in zip(legs, lowest, strict=True)) for key in keys
    }


def ndcg(ranking: Sequence[str], relevant: Mapping[str, int], depth: int = DEPTH) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), gain 2^grade - 1."""
    ideal = sorted(relevant.values(), reverse=True)
    return _gain([relevant.get(key, 0) for key in ranking[:depth]]) / _gain(ideal[:depth])


def _gain(grades: Iterable[int]) -> float:
    return sum((2.0**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades))


def recall(ranking: Sequence[str], relevant: Mapping[str, int], depth: int = DEPTH) -> float:
    """Which share of the relevant is among the first ones."""
    return sum(key in relevant for key in ranking[:depth]) / len(relevant)


def qrels(path: Path, collection_name: str) -> Qrels:
    """The judgements of a split: query → paper → grade, those above 0."""
    judged: Qrels = {}
    for line in _lines(path)[1:]:
        query, document, grade = line.split("\t")
        if int(grade) > 0:
            judged.setdefault(query, {})[paper_id(collection_name, document)] = int(grade)
    return judged


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _mean(values: Iterable[float]) -> float:
    held = list(values)
    return round(sum(held) / len(held), 4)


def _shown(value: object) -> object:
    return "  ".join(f"{v:.4f}" for v in value.values()) if isinstance(value, dict) else value


if __name__ == "__main__":
    main()
