"""What the papers are that `benchmarks.facets` measures on, where their notes don't say it.

Training strategies are the notes' free text (`training`) put into the facet's vocabulary by hand,
one by one and without looking at what the extractor finds: the strategy that made the paper's own
model, not what it is evaluated by; nothing for surveys, and where no term fits. The PDFs were read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SEED, SAMPLE = 20261124, 50

TRAINING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: frozenset(terms.split("; "))
        for name, terms in {
            "U-Net": "supervised",
            "Models Genesis (journal version)": "self-supervised",
            "BioViL": "image-text contrastive; generative",
            "HIPT": "self-supervised",
            "Medical prompts for vision-language models (Qin et al.)": (
                "prompt learning; fine-tuning"
            ),
            "MedCLIP": "image-text contrastive",
            "SAM experimental study": "no training",
            "SkinGPT-4": "fine-tuning",
            "SAMAug": "supervised",
            "LVM-Med": "self-supervised",
            "Transfer of vision-language segmentation models (Poudel et al.)": (
                "no training; fine-tuning"
            ),
            "EchoCLIP": "image-text contrastive",
            "MaCo": "self-supervised; image-text contrastive",
            "PathChat": "image-text contrastive; instruction tuning",
            "RadDiag": "supervised",
            "Surgical-DINO": "parameter-efficient fine-tuning",
            "MED-PEFT study": "parameter-efficient fine-tuning",
            "SAM fine-tuning study (Gu et al.)": "fine-tuning",
            "PRISM": "image-text contrastive; generative",
            "VISTA3D": "supervised",
            "BrainSegFounder": "self-supervised",
            "MiniGPT-Med": "fine-tuning",
            "SAM 2": "supervised",
            "Virchow2": "self-supervised; knowledge distillation",
            "UrFound": "self-supervised",
            "SurgSAM2": "fine-tuning",
            "Neidlinger pathology benchmark": "weakly or semi-supervised",
            "MedCLIP-SAMv2": "image-text contrastive; weakly or semi-supervised",
            "BrainMVP": "self-supervised",
            "BiomedCoOp": "prompt learning; knowledge distillation",
            "vesselFM": "supervised",
            "BIOMEDICA": "image-text contrastive",
            "SegAnyPET": "supervised",
            "nnInteractive": "supervised",
            "MedGemma": "instruction tuning",
            "Curia": "self-supervised",
        }.items()
    }
)


@dataclass(frozen=True, slots=True)
class Read:
    """What a PDF says, read by a person. ``sizes`` are all that count as its training data."""

    kind: str
    modality: frozenset[str] = frozenset()
    training: frozenset[str] = frozenset()
    sizes: frozenset[float] = frozenset()


# Four of them are of other fields or of no image, and say nothing of a modality.
PDFS: Mapping[str, Read] = MappingProxyType(
    {
        "1508.05632v2.pdf": Read(""),
        "1602.06541.pdf": Read("survey"),
        "1706.03762.pdf": Read(
            "method", training=frozenset({"supervised"}), sizes=frozenset({4.5e6, 3.6e7})
        ),
        "2110.02751.pdf": Read(""),
        "2203.00130v1.pdf": Read("method"),
        "2205.14135.pdf": Read("method"),
        "TransUNet.pdf": Read(
            "method", frozenset({"CT", "MRI"}), frozenset({"supervised"}), frozenset({2212, 1930})
        ),
        "U-Net.pdf": Read(
            "method", frozenset({"microscopy"}), frozenset({"supervised"}), frozenset({30})
        ),
        "nnU-Net.pdf": Read("method", frozenset({"multi"}), frozenset({"supervised"})),
        "react_paper.pdf": Read("method"),
        "resnet.pdf": Read(
            "method", frozenset({"natural"}), frozenset({"supervised"}), frozenset({1.28e6})
        ),
        "test-uu.pdf": Read(""),
        "vit.pdf": Read(
            "method",
            frozenset({"natural"}),
            frozenset({"supervised"}),
            frozenset({1.3e6, 1.4e7, 3.03e8}),
        ),
    }
)
