"""A compound sentence as sentences of its own, where each of them can stand alone.

Cut at semicolons, and at ", and", ", while", ", whereas", ", but" where both sides have a verb. A
side without a subject is given the first one's when that is short enough to be a name.
"""

from __future__ import annotations

import re

_CUT = re.compile(r";\s+|,?\s+(?:while|whereas|but|and)\s+(?=[\w-])")
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|can|does|did|needs?|uses?|reach(?:es|ed)?|achieves?d?|"
    r"trained|outperforms?|covers?|holds?|contains?|requires?|performs?|shows?|takes?|keeps?|"
    r"improves?|reduces?|adds?|learns?|gives?|works?|fails?|scores?|exceeds?|beats?)\b"
)
_SUBJECT = re.compile(
    r"^(?P<subject>(?:The |A |An )?[A-Z][\w-]*(?: [A-Z0-9][\w-]*){0,2}) (?=[a-z])"
)
_SHORTEST = 4


def parts_of(sentence: str) -> list[str]:
    """The sentences that a compound one is made of; the sentence itself when it is none."""
    end = sentence[-1] if sentence[-1:] in {".", "!"} else "."
    body = sentence.rstrip(".! ")
    pieces: list[str] = []
    start = 0
    for cut in _CUT.finditer(body):
        one, rest = body[start : cut.start()], body[cut.end() :]
        if _is_whole(one) and _is_whole(rest):
            pieces.append(one)
            start = cut.end()
    pieces.append(body[start:])
    if len(pieces) == 1:
        return [sentence]
    subject = _SUBJECT.match(pieces[0])
    return [_stood_up(piece, subject["subject"] if subject else "") + end for piece in pieces]


def _is_whole(piece: str) -> bool:
    return len(piece.split()) >= _SHORTEST and bool(_VERB.search(piece))


def _stood_up(piece: str, subject: str) -> str:
    """With a capital, and with the subject where the piece begins with its verb."""
    verb = _VERB.match(piece)
    if verb and subject:
        return f"{subject} {piece}"
    return piece[:1].upper() + piece[1:]
