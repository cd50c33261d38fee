"""The words by which questions ask for figures, data or limits, and sentences give them."""

from __future__ import annotations

import re

from fmqa.answering.claims import METRICS

FIGURE_ASKED = re.compile(
    r"\bhow (?:many|much|large|big|long|fast|accurate)\b|"
    r"\b(?:size|number|amount|share|percentage) of\b|\b(?:more|fewer|less|larger|smaller) \w+",
    re.IGNORECASE,
)
"""A number is asked for."""
MEASURE_ASKED = re.compile(
    rf"\b(?:{'|'.join(sorted(METRICS))}|scores?|results?|rates?|performance|dsc|hd95?|top-[15]|"
    r"parameters|params|speed-?up|throughput|layers|heads)\b",
    re.IGNORECASE,
)
"""A measured value is."""
LIMITS_ASKED = re.compile(
    r"\b(?:limits?|limitations?|weakness(?:es)?|drawbacks?|shortcomings?|fails?|failures?|"
    r"disadvantages?|criticis\w+)\b",
    re.IGNORECASE,
)
"""What a model does badly is."""
LIMITED = re.compile(
    r"\b(?:limit\w*|weak\w*|fail\w*|lacks?|still|cannot|difficult\w*|struggl\w*|misses|missed|"
    r"worse|below|behind|not|costs?|expensive|errors?|needs? (?:\w+ ){0,2}(?:validation|review))\b"
    r"|n't\b",
    re.IGNORECASE,
)
"""A sentence says what a model does badly."""
DATA_ASKED = re.compile(
    r"\bhow (?:much|many)\b[^?]*\b(?:data|images?|scans?|slides?|samples?|pairs?|clips?|volumes?)\b"
    r"|\bwh(?:at|ich) data\b|\bdata(?:set)?s?\b[^?]*\btrain|\btrain\w*[ -](?:data|sets?)\b",
    re.IGNORECASE,
)
"""Data to train on are asked for."""
TRAINED = re.compile(
    r"train\w*\b[^.;]{0,25}\b(?:on|from|over)\b|\btraining (?:data|sets?|images)\b"
    r"|\bdata\b[^.;]{0,25}\btrain",
    re.IGNORECASE,
)
"""A sentence says what a model was trained on."""
