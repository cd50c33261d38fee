"""Questions that the starter library answers, by topic: what an empty page offers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading and its questions."""

    name: str
    questions: tuple[str, ...]


TOPICS = (
    Topic(
        "Segmentation",
        (
            "How was MedSAM obtained from SAM, and on how much data?",
            "What is nnU-Net?",
        ),
    ),
    Topic(
        "Vision and language",
        (
            "What data was BiomedCLIP trained on?",
            "How does LLaVA-Med learn to talk about images?",
        ),
    ),
    Topic(
        "Pathology and retina",
        (
            "On how many slides was UNI trained?",
            "How was RETFound pre-trained?",
        ),
    ),
    Topic(
        "Open challenges",
        (
            "How can a foundation model be fine-tuned with few parameters?",
            "How is the computing cost of foundation models reduced?",
        ),
    ),
)
