"""Trains the evidence marker: `python -m training.marker OUT WINDOWS… --epochs 1`.

The file of windows is made by `training.windows`: JSON lines with ``question``, ``context``,
``sentences`` and ``labels`` (1 answers, 0.5 helps, 0 neither).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import torch
from torch import Tensor, nn

from fmqa.settings import Settings
from fmqa.weights.catalog import MINILM
from fmqa.weights.cross_encoder import windows
from training.encoder import CrossEncoder, tokenizer, train

WHOLE = 0.3  # weight of the loss on the passage as a whole
RANKING = 0.2  # weight of telling apart the sentences that one question was asked of


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="checkpoint to write (.pt)")
    parser.add_argument("windows", type=Path, nargs="+", help="files of `training.windows`")
    parser.add_argument("--start", type=Path, help="checkpoint to go on from")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hold", action="store_true", help="leave out a fifth of the questions")
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    folder = MINILM.folder(Settings().models_dir)
    model = CrossEncoder(folder, kinds=4)
    if given.start:
        model.load_state_dict(torch.load(given.start, weights_only=True))
    cut = tokenizer(folder)
    read, labels, asked = [], [], []
    for line in (line for path in given.windows for line in path.open(encoding="utf-8")):
        row = json.loads(line)
        if given.hold and held_out(row["question"]):
            continue
        for window, first in windows(cut, row["question"], row["context"], row["sentences"]):
            read.append(window)
            labels.append(row["labels"][first : first + len(window.segments)])
            asked.append(row["question"])
    print(f"{len(read)} windows", flush=True)

    def loss_of(segment: Tensor, whole: Tensor, places: list[int]) -> Tensor:
        held = [labels[place] for place in places]
        return marking_loss(segment, whole, held, [asked[place] for place in places])

    train(
        model, read, loss_of, epochs=given.epochs, rate=given.rate, seed=given.seed, groups=asked,
        say=lambda text: print(text, flush=True),
    )  # fmt: skip
    torch.save(model.state_dict(), given.out)
    model.save(given.out.with_suffix(".safetensors"))


def held_out(question: str) -> bool:
    """Whether a question is of the fifth that thresholds are chosen on."""
    return crc32(question.encode()) % 5 == 0


def marking_loss(
    segment: Tensor, whole: Tensor, labels: Sequence[Sequence[float]], asked: Sequence[str]
) -> Tensor:
    """Cross-entropy of each sentence and each passage, and of which ones answer a question best.

    Args:
        segment: logits of the sentences, windows × the most sentences.
        whole: logits of the windows.
        labels: of each window's sentences.
        asked: question of each window; those of one question are ranked together.
    """
    wanted, there = torch.zeros_like(segment), torch.zeros_like(segment, dtype=torch.bool)
    for line, row in enumerate(labels):
        wanted[line, : len(row)] = torch.tensor(row)
        there[line, : len(row)] = True
    single = nn.functional.binary_cross_entropy_with_logits(
        segment[there], wanted[there], pos_weight=torch.tensor(2.0)
    )
    holds = wanted.max(dim=1).values
    passage = nn.functional.binary_cross_entropy_with_logits(whole, holds)
    ranks = []
    for question in dict.fromkeys(asked):
        lines = [line for line, other in enumerate(asked) if other == question]
        kept = there[lines]
        ranks.append(ranking_loss(segment[lines][kept], wanted[lines][kept]))
        ranks.append(WHOLE * ranking_loss(whole[lines], holds[lines]))
    return single + WHOLE * passage + RANKING * torch.stack(ranks).sum() / len(set(asked))


def ranking_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of a softmax over all of a list against its labels (ListNet); 0 without any."""
    if not labels.any():
        return logits.sum() * 0.0
    return -(nn.functional.log_softmax(logits, 0) * labels).sum() / labels.sum()


if __name__ == "__main__":
    main()
