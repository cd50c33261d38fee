"""Windows to train the evidence marker on, from public sets and from questions over papers.

python -m training.windows public FOLDER OUT          # FOLDER holds <set>.jsonl.gz
python -m training.windows questions HOME OUT QUESTIONS…  # HOME: a data folder with the papers
python -m training.windows gathered HOME OUT QUESTIONS…   # the likeliest sentences together
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fmqa.answering.analysis import QueryAnalysis
from fmqa.answering.evidence import EvidenceSelector, ranked_sentences, scored_sentences
from fmqa.answering.marking import context_of, said
from fmqa.answering.quotes import units_of
from fmqa.answering.rows import is_row
from fmqa.apps.workbench import Workbench
from fmqa.settings import Settings
from fmqa.types import Hit, Quote

# Windows of each public set with and without an answer; README.md here names their licences.
PUBLIC = {
    "evidence_inference": (2200, 400),
    "qasper_pieces": (1700, 700),
    "covid_qa": (1300, 500),
    "check_covid_claims": (500, 0),
    "squadshifts_new_wiki": (1000, 0),
    "squadshifts_new_wiki_noanswer": (0, 400),
    "qed_nq_dev": (500, 0),
    "selqa_dev_test": (600, 200),
}
POSITIVE, NEGATIVE = 8, 5  # windows of one question at most
LOOKED_AT = 40  # passages of the search that negatives are drawn from
GATHERED, DRAWN_FROM = 7, 14  # sentences of a gathered window, and of how many some are drawn
_SHORTEST = 20
_LONGEST_GATHERED = 360  # characters


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("public", "questions", "gathered"))
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("questions", type=Path, nargs="*")
    parser.add_argument("--seed", type=int, default=0, help="of which passages are drawn")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    if given.kind == "public":
        rows = public(given.source, chance)
    else:
        make = of_questions if given.kind == "questions" else gathered
        rows = [*make(given.source, given.questions, chance)]
    chance.shuffle(rows)
    with given.out.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    positive = sum(any(row["labels"]) for row in rows)
    print(f"{len(rows)} windows, {positive} with an answer")


def public(folder: Path, chance: random.Random) -> list[dict[str, Any]]:
    """Windows of the public sets, at most as many of each as `PUBLIC` says."""
    found = []
    for name, (most, most_without) in PUBLIC.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        chance.shuffle(rows)
        holding = [row for row in rows if any(row["labels"])][:most]
        without = [row for row in rows if not any(row["labels"])][:most_without]
        found += [
            {
                "question": row["question"],
                "context": row["title"] + ".",
                "sentences": [text[:600] for text in row["sentences"][:16]],
                "labels": row["labels"][:16],
            }
            for row in holding + without
        ]
    return found


def of_questions(
    home: Path, files: Sequence[Path], chance: random.Random
) -> Iterator[dict[str, Any]]:
    """Windows of the passages that answer each question, and of some that the search brings."""
    bench = Workbench(Settings(home=home, llm="none"))
    searcher = bench.searcher
    record = bench.library.record
    every = record.passages(record.active_ids())
    hits = [Hit(passage, 0.0) for passage in every.values()]
    plain = [squeezed(hit.passage.passage.text) for hit in hits]
    for line in (line for path in files for line in path.open(encoding="utf-8")):
        asked = json.loads(line)
        evidence = [(squeezed(item["quote"]), item["role"]) for item in asked["evidence"]]
        holding = [
            hit
            for hit, text in zip(hits, plain, strict=True)
            if any(quote[:60] in text or quote[-60:] in text for quote, _ in evidence)
        ]
        rows = []
        for hit in holding:
            labels = [label_of(unit.text, evidence) for unit in units_of(hit)]
            if any(labels):
                rows.append((hit, labels))
        chance.shuffle(rows)
        ids = {hit.passage.id for hit in holding}
        others = [
            h for h in searcher.search(asked["question"], LOOKED_AT) if h.passage.id not in ids
        ]
        # The nearest are the hardest; some from further down keep the scale.
        near = chance.sample(others[:16], min(NEGATIVE - 1, len(others[:16])))
        far = chance.sample(others[16:], min(1, len(others[16:])))
        rows = rows[:POSITIVE] + [(hit, [0.0] * len(units_of(hit))) for hit in near + far]
        for hit, labels in rows:
            units = units_of(hit)
            if units:
                yield {
                    "question": asked["question"],
                    "context": context_of(hit, units),
                    "sentences": [said(unit)[:600] for unit in units],
                    "labels": labels,
                }


def gathered(home: Path, files: Sequence[Path], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Windows of the sentences that the marker at hand finds likeliest, of all papers together.

    The likeliest; some drawn from the likeliest; and, of a question that can be answered, the
    likeliest without those that answer: a near miss in the very same words.
    """
    bench = Workbench(Settings(home=home, llm="none"))
    selector = EvidenceSelector(bench.marker)
    for line in (line for path in files for line in path.open(encoding="utf-8")):
        asked = json.loads(line)
        evidence = [(squeezed(item["quote"]), item["role"]) for item in asked["evidence"]]
        query = QueryAnalysis.of(asked["question"], bench.searcher)
        marked = selector.marker.mark(query.question, bench.searcher.search(query.question, 32))
        ranked = ranked_sentences(scored_sentences(query, marked), selector.is_evidence)
        quotes = [one.quote for one in ranked[:24]]
        labels = [label_of(quote.text, evidence) for quote in quotes]
        found = list(zip(quotes, labels, strict=True))
        likely = range(min(DRAWN_FROM, len(found)))
        drawn = sorted(chance.sample(likely, min(GATHERED, len(likely))))
        without = [pair for pair in found if not pair[1]] if asked["answerable"] else []
        for pairs in (found, [found[place] for place in drawn], without):
            if pairs:
                yield {
                    "question": asked["question"],
                    "context": "",
                    "sentences": [_named(quote) for quote, _ in pairs[:GATHERED]],
                    "labels": [label for _, label in pairs[:GATHERED]],
                }


def _named(quote: Quote) -> str:
    """A sentence behind its paper's name, a row behind its table's caption and heads as well."""
    paper = quote.passage.paper
    name = paper.name or " ".join(paper.title.split()[:5])
    text = f"{quote.context} {quote.text}" if is_row(quote) else quote.text
    return f"{name}: {' '.join(text.split())}"[:_LONGEST_GATHERED]


def label_of(text: str, evidence: Sequence[tuple[str, str]]) -> float:
    """1 for a sentence of the answer's evidence, 0.5 for one that helps, else 0."""
    plain = squeezed(text)
    if len(plain) < _SHORTEST:
        return 0.0
    best = 0.0
    for quote, role in evidence:
        ends = len(quote) > 60 and (quote[:60] in plain or quote[-60:] in plain)
        if plain in quote or quote in plain or ends:
            best = max(best, 1.0 if role == "core" else 0.5)
    return best


def squeezed(text: str) -> str:
    """Letters and digits alone, in lower case."""
    return re.sub(r"[\W_]+", "", text.replace("\ufffe", "")).lower()


if __name__ == "__main__":
    main()
