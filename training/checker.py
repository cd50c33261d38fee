"""Trains the entailment checker: `python -m training.checker OUT PAIRS… --public FOLDER`.

Files of pairs are JSON lines with ``title``, ``before``, ``quote``, ``sentence``, ``label``
(faithful or unfaithful) and ``paper``. FOLDER holds public sets, see `PUBLIC`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import torch
from torch import Tensor, nn

from fmqa.settings import Settings
from fmqa.weights.catalog import MINILM
from fmqa.weights.cross_encoder import paired
from training.encoder import CrossEncoder, tokenizer, train

# Pairs of each public set; README.md here names their licences.
PUBLIC = {
    "wice": 4200,
    "attributionbench": 1600,
    "check_covid": 1501,
    "negation_nli": 4000,
    "hans_generated": 2000,
    "scone_negation": 1500,
    "mnli_dev": 6000,
    "conjnli_auto": 3000,
    "breaking_nli": 2000,
    "fever_symmetric": 1416,
    "entailment_bank": 1500,
    "med_monotonicity": 1500,
    "factcheck_gpt": 1200,
}
_LONGEST = 1200  # characters of a public quote; longer ones are left out
CONTRAST = 0.5  # weight of telling the sentences of one quote apart


@dataclass(frozen=True, slots=True)
class Pair:
    """A quote, read behind its title and the sentence before it, and a sentence to check."""

    before: str
    quote: str
    sentence: str
    follows: bool
    fault: str = ""
    paper: str = ""

    @classmethod
    def of(cls, row: dict[str, Any]) -> Pair:
        """From a line of a file of pairs."""
        before = " ".join(part for part in (row["title"], row.get("before", "")) if part)
        follows = row["label"] == "faithful"
        return cls(before, row["quote"], row["sentence"], follows, row["fault"], row["paper"])


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="checkpoint to write (.pt)")
    parser.add_argument("pairs", type=Path, nargs="*", help="files of pairs")
    parser.add_argument("--public", type=Path, help="folder of public sets")
    parser.add_argument("--start", type=Path, help="checkpoint to go on from")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hold", action="store_true", help="leave out a fifth of the papers")
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    folder = MINILM.folder(Settings().models_dir)
    model = CrossEncoder(folder, kinds=4)
    if given.start:
        model.load_state_dict(torch.load(given.start, weights_only=True))
    pairs = [pair for path in given.pairs for pair in read_pairs(path)]
    if given.hold:
        pairs = [pair for pair in pairs if not held_out(pair.paper)]
    if given.public:
        pairs += public(given.public, random.Random(given.seed))
    cut = tokenizer(folder)
    read = [paired(cut, pair.before, pair.quote, pair.sentence) for pair in pairs]
    print(f"{len(read)} pairs", flush=True)

    def loss_of(segment: Tensor, whole: Tensor, places: list[int]) -> Tensor:
        return checking_loss(segment[:, 0] + whole, [pairs[place] for place in places])

    train(
        model, read, loss_of, epochs=given.epochs, rate=given.rate, seed=given.seed,
        groups=[pair.quote for pair in pairs], say=lambda text: print(text, flush=True),
    )  # fmt: skip
    torch.save(model.state_dict(), given.out)
    model.save(given.out.with_suffix(".safetensors"))


def read_pairs(path: Path) -> Iterator[Pair]:
    """The pairs of a file."""
    with path.open(encoding="utf-8") as file:
        yield from (Pair.of(json.loads(line)) for line in file)


def held_out(paper: str) -> bool:
    """Whether a paper's pairs are of the fifth that thresholds are chosen on."""
    return crc32(paper.encode()) % 5 == 0


def public(folder: Path, chance: random.Random) -> list[Pair]:
    """Pairs of the public sets, at most as many of each as `PUBLIC` says."""
    found = []
    for name, most in PUBLIC.items():
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            rows = [row for line in file if len((row := json.loads(line))["quote"]) < _LONGEST]
        chance.shuffle(rows)
        found += [
            Pair("", row["quote"], row["sentence"], row["label"] == "entailed")
            for row in rows[:most]
        ]
    return found


def checking_loss(logits: Tensor, pairs: Sequence[Pair]) -> Tensor:
    """Cross-entropy of each pair, and of which of one quote's sentences follows from it."""
    wanted = torch.tensor([float(pair.follows) for pair in pairs])
    single = nn.functional.binary_cross_entropy_with_logits(logits, wanted)
    both = [
        (one, other)
        for one, faithful in enumerate(pairs)
        for other, unfaithful in enumerate(pairs)
        if faithful.follows and not unfaithful.follows and faithful.quote == unfaithful.quote
    ]
    if not both:
        return single
    better, worse = (torch.tensor(side) for side in zip(*both, strict=True))
    apart = nn.functional.softplus(logits[worse] - logits[better]).mean()
    return single + CONTRAST * apart


if __name__ == "__main__":
    main()
