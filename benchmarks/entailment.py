"""How well the check of sentences tells what follows from a quote, on sets of other people's.

    python -m benchmarks.entailment

Pairs of `shared/verification`, and public sets that nothing was trained on: SummEdits (SciTLDR),
ConjNLI's human half, and SciFact's test claims, each against its cited abstract's likeliest
sentence. Beside the verifier stand its checker alone and the share of a sentence's words that the
quote has; then the milliseconds of one sentence and quote, in batches and alone.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.common import data_folder, json_rows, options_parser, print_table, write_results
from fmqa.answering.entailment import Claim
from fmqa.answering.verification import CheckingVerifier, features
from fmqa.apps.workbench import Workbench
from fmqa.evaluation.pairs import Checked, Pair, check, read_pairs
from fmqa.settings import Settings

TIMED, RUNS = 64, 5


def main() -> None:
    """Score all sets and print the figures."""
    options_parser(__doc__).parse_args()
    data = data_folder()
    shared = data.parent
    verifier = CheckingVerifier(Workbench(Settings(llm="none")).verifier.checker)
    pairs = read_pairs(shared / "verification" / "dev.jsonl")
    results: dict[str, Any] = {"verification/dev": check(verifier, pairs).as_dict()}
    public = shared / "training" / "entailment"
    sets = {
        "summedits_scitldr": _public(public / "summedits_scitldr.jsonl.gz"),
        "conjnli_human": _public(public / "conjnli_human.jsonl.gz"),
        "scifact, test": _scifact(data / "retrieval" / "scifact"),
    }
    for name, groups in {"verification/dev": [[pair] for pair in pairs], **sets}.items():
        results.setdefault(name, {}).update(_areas(verifier, groups))
        print_table(name, list(_areas(verifier, groups).items()))
    results["milliseconds"] = _times(verifier, pairs)
    print_table("milliseconds a sentence and quote", list(results["milliseconds"].items()))
    write_results("entailment", results)


def _areas(verifier: CheckingVerifier, groups: Sequence[Sequence[Pair]]) -> dict[str, float]:
    """The area under the curve of each scorer; a group's best pair speaks for it."""
    flat = [pair for group in groups for pair in group]
    log_odds = verifier.checker.log_odds([pair.claim for pair in flat])
    scorers = {
        "verifier": verifier.probabilities([pair.claim for pair in flat]),
        "checker alone": log_odds,
        "share of words": [features(pair.claim, 0.0)["touched"] for pair in flat],
    }
    found = {}
    for name, scores in scorers.items():
        held = iter(scores)
        best = [max(next(held) for _ in group) for group in groups]
        whole = Checked([group[0] for group in groups], best, 0.5)
        found[f"area, {name}"] = round(whole.area_under_curve, 4)
    return found


def _public(path: Path) -> list[list[Pair]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [[_pair(row["quote"], row["sentence"], row["label"] == "entailed")]
                for row in map(json.loads, file)]  # fmt: skip


def _scifact(folder: Path) -> list[list[Pair]]:
    """Each test claim with each abstract that is cited for it, one pair a sentence."""
    claims = {row["_id"]: row for row in json_rows(folder / "queries.jsonl")}
    abstracts = {row["_id"]: row for row in json_rows(folder / "corpus.jsonl")}
    made = []
    for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        claim, document, _ = line.split("\t")
        evidence = claims[claim]["metadata"]["evidence"]
        supports = any(
            one["label"] == "SUPPORT" and str(one["doc"]) == document for one in evidence
        )
        abstract = abstracts[document]
        sentences = [text.strip() for text in abstract["metadata"]["sentences"] if text.strip()]
        made.append([
            _pair(text, claims[claim]["text"], supports, abstract["title"]) for text in sentences
        ])  # fmt: skip
    return made


def _pair(quote: str, sentence: str, follows: bool, title: str = "") -> Pair:
    label = "faithful" if follows else "unfaithful"
    return Pair.model_validate(
        {"id": "pair", "title": title, "quote": quote, "sentence": sentence, "label": label}
    )


def _times(verifier: CheckingVerifier, pairs: Sequence[Pair]) -> dict[str, float]:
    claims = [pair.claim for pair in pairs[:TIMED]]
    verifier.probabilities(claims)  # loads

    def fastest(run: Callable[[Sequence[Claim]], Any], parts: Sequence[Sequence[Claim]]) -> float:
        times = []
        for _ in range(RUNS):
            began = time.perf_counter()
            for part in parts:
                run(part)
            times.append((time.perf_counter() - began) * 1000 / len(claims))
        return round(min(times), 2)

    return {
        "in batches": fastest(verifier.probabilities, [claims]),
        "alone": fastest(verifier.probabilities, [[claim] for claim in claims]),
    }


if __name__ == "__main__":
    main()
