"""The encoder that the evidence marker and the entailment checker are trained from.

all-MiniLM-L6-v2 with heads of two layers. Its word embeddings stay as published, so that a trained
model ships its layers alone, as whole numbers of 8 bits with a scale for each row (10 MB).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel

from fmqa.weights.cross_encoder import Window, pack
from fmqa.weights.onnx_graph import save_quantized

PATIENCE_STEPS = 50


class CrossEncoder(nn.Module):
    """Reads a question and a text together and scores the text's segments, and the text as a whole.

    Args:
        folder: of all-MiniLM-L6-v2.
        kinds: of tokens, see `fmqa.weights.cross_encoder`; those beyond two begin as the first two.
    """

    def __init__(self, folder: Path, kinds: int = 2) -> None:
        super().__init__()
        # Dropout makes training on a CPU three times slower, and gained nothing.
        self.bert = BertModel.from_pretrained(
            folder,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            add_pooling_layer=False,
        )
        self.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        table = self.bert.embeddings.token_type_embeddings
        table.weight = nn.Parameter(table.weight.data.repeat(kinds // 2, 1))
        self.segment_head = _head(self.bert.config.hidden_size)
        self.whole_head = _head(self.bert.config.hidden_size)

    def forward(
        self, ids: Tensor, mask: Tensor, types: Tensor, segments: Tensor
    ) -> tuple[Any, Any]:
        """Logits of the segments (batch × segments) and of the whole (batch).

        Args:
            ids: tokens, batch × length.
            mask: 1 where a token stands.
            types: 0 for the question's tokens, 1 for the text's.
            segments: batch × segments × length, each row the weights of a segment's mean.
        """
        hidden = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=types)[0]
        pooled = torch.bmm(segments.to(hidden.dtype), hidden)
        return self.segment_head(pooled).squeeze(-1), self.whole_head(hidden[:, 0]).squeeze(-1)

    def save(self, path: Path) -> None:
        """Write what was trained, quantized."""
        state = {
            name.removeprefix("bert."): tensor.detach().float().numpy()
            for name, tensor in self.state_dict().items()
            if "word_embeddings" not in name and "position_ids" not in name
        }
        save_quantized(state, path)


def _head(size: int) -> nn.Module:
    return nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.Linear(size, 1))


def tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of all-MiniLM-L6-v2, without padding or truncation."""
    found = Tokenizer.from_file(str(folder / "tokenizer.json"))
    found.no_padding()
    found.no_truncation()
    return found


def batches(
    lengths: Sequence[int], size: int, seed: int, groups: Sequence[str] | None = None
) -> Iterator[list[int]]:
    """Places of rows of like length together, in another order each time.

    Rows of one group have the same place in that order, so that most of them share a batch.
    """
    chance = random.Random(seed)
    if groups is None:
        order = list(range(len(lengths)))
        chance.shuffle(order)
    else:
        drawn = {group: chance.random() for group in dict.fromkeys(groups)}
        order = sorted(range(len(lengths)), key=lambda place: drawn[groups[place]])
        longest: dict[str, int] = {}
        for place, group in enumerate(groups):
            longest[group] = max(longest.get(group, 0), lengths[place])
        lengths = [longest[group] for group in groups]
    found = []
    for start in range(0, len(order), size * 16):
        block = sorted(order[start : start + size * 16], key=lengths.__getitem__)
        found += [block[at : at + size] for at in range(0, len(block), size)]
    chance.shuffle(found)
    yield from found


def train(
    model: CrossEncoder,
    windows: Sequence[Window],
    loss_of: Callable[[Any, Any, list[int]], Tensor],
    *,
    epochs: float,
    rate: float,
    size: int = 16,
    seed: int = 0,
    groups: Sequence[str] | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Fit the model. AdamW, the heads ten times as fast, warm-up and linear decay, bfloat16.

    Args:
        model: trained in place.
        windows: what it reads.
        loss_of: the loss of (segment logits, whole logits, places of the batch's windows).
        epochs: times through all windows; may be a fraction.
        rate: learning rate of the encoder.
        size: windows a step.
        seed: of the order.
        groups: of each window, see `batches`.
        say: told of the progress.
    """
    heads = [*model.segment_head.parameters(), *model.whole_head.parameters()]
    body = [p for p in model.bert.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": rate}, {"params": heads, "lr": 10 * rate}], weight_decay=0.01
    )
    lengths = [len(window.ids) for window in windows]
    rounds = math.ceil(epochs)
    order = [b for epoch in range(rounds) for b in batches(lengths, size, seed + epoch, groups)]
    order = order[: int(epochs * len(windows) / size)]
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1.0, (step + 1) / (0.06 * len(order))) * max(0.02, 1 - step / len(order)),
    )
    model.train()
    total = 0.0
    for step, places in enumerate(order, 1):
        inputs = [torch.from_numpy(part) for part in pack([windows[place] for place in places])]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            segment, single = model(*inputs)
        loss = loss_of(segment.float(), single.float(), places)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        total += loss.item()
        if step % PATIENCE_STEPS == 0:
            say(f"{step}/{len(order)} loss {total / PATIENCE_STEPS:.4f}")
            total = 0.0
    model.eval()
