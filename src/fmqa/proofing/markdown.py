"""Drafts in Markdown: pandoc's ``[@key]``, numbers with a list of references, links to arXiv."""

from __future__ import annotations

import re

from fmqa.proofing.draft import (
    NUMBERS,
    PRINTED,
    Manuscript,
    Marked,
    Replacement,
    linked,
    numbered,
    printed,
    work_of,
)
from fmqa.types import Reference

_FRONT = re.compile(r"\A---\s*\n.*?\n(?:---|\.\.\.)\s*(?:\n|\Z)", re.DOTALL)
_BIBLIOGRAPHY = re.compile(r"^bibliography:[ \t]*(.*(?:\n[ \t]+.*|\n- .*)*)", re.MULTILINE)
_BIB_NAME = re.compile(r"[^\s\"'\[\],]+\.bib\b")
_ASIDE = re.compile(
    r"^(?P<fence>```|~~~).*?^(?P=fence)[^\n]*$|<!--.*?-->|\$\$.*?\$\$|!\[[^\]]*\]\([^)]*\)",
    re.DOTALL | re.MULTILINE,
)
_TABLE_ROW = re.compile(r"^[ \t]*\|.*$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t].*$|^[^\n]+\n(?:=+|-{3,})[ \t]*$", re.MULTILINE)
_LIST_HEAD = re.compile(
    r"^(?:#{1,6}[ \t]*|\*\*)?(?:\d+\.?[ \t]*)?(?:References|Bibliography|Literature|Works cited)"
    r"(?:\*\*)?:?[ \t]*(?:\n[=-]+)?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_ENTRY = re.compile(r"^[ \t]*(?:\[(?P<a>\d{1,4})\][:.]?|(?P<b>\d{1,4})[.)])[ \t]+", re.MULTILINE)
_NOTE = re.compile(r"^\[\^(?P<key>[^\]\s]+)\]:[ \t]*(?P<text>.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_GROUP = re.compile(r"[ \t]*\[(?P<inner>[^\[\]]*@[^\[\]]*)\]")
_KEY = re.compile(r"(?<![\w.])-?@\{?(?P<key>[\w][\w:.#$%&+?<>~/-]*\w|\w)\}?")
_MARK = re.compile(r"[ \t]*\[\^(?P<key>[^\]\s]+)\]")
_LINK = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?P<url>[^()\s]+)(?:\s+\"[^\"]*\")?\)")
_STRESS = re.compile(r"\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|`")
_ITEM = re.compile(r"^[ \t]*(?:[-+*]|\d{1,3}[.)]|>)[ \t]+", re.MULTILINE)


def read_markdown(text: str) -> Manuscript:
    """The draft of a Markdown text."""
    front = _FRONT.match(text)
    named = _BIBLIOGRAPHY.search(front[0]) if front else None
    works: dict[str, Reference] = {}
    made = Marked(text)
    made.replace(_FRONT, "")
    made.replace(_ASIDE, "")
    made.replace(_TABLE_ROW, "")
    for match in _NOTE.finditer(made.text):
        works[f"^{match['key']}"] = work_of(match["key"], " ".join(match["text"].split()))
    made.replace(_NOTE, "")
    heads = list(_LIST_HEAD.finditer(made.text))
    if heads:
        works |= listed_works(made.text[heads[-1].end() :])
        _cut(made, heads[-1].start())
    made.replace(_HEADING, "\n\n")
    made.replace(_LINK, lambda match: linked(match["text"], match["url"], works))
    made.replace(PRINTED, lambda match: printed(match, works))
    made.replace(_GROUP, _group)
    made.replace(_KEY, lambda match: ("The authors", [match["key"]]))
    made.replace(_MARK, lambda match: ("", [f"^{match['key']}"]))
    made.replace(NUMBERS, lambda match: numbered(match, works))
    made.replace(_ITEM, "\n\n")
    made.replace(_STRESS, "")
    names = tuple(_BIB_NAME.findall(named[1])) if named else ()
    return Manuscript(made.sentences(text), works, names)


def listed_works(text: str) -> dict[str, Reference]:
    """The entries of a numbered reference list, by number."""
    heads = list(_ENTRY.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    found = {}
    for head, end in zip(heads, ends, strict=True):
        number = head["a"] or head["b"]
        entry = _STRESS.sub("", " ".join(text[head.end() : end].split()))
        found[number] = work_of(number, entry, int(number))
    return found


def _cut(made: Marked, at: int) -> None:
    made.text, made.origin = made.text[:at], made.origin[:at]


def _group(match: re.Match[str]) -> Replacement:
    keys = [key["key"] for key in _KEY.finditer(match["inner"])]
    return ("", keys) if keys else match[0]
