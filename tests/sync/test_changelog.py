"""The changelog as text, Markdown, JSON and Atom, with titles that try to break out of each."""

from __future__ import annotations

import errno
import json
import os
import unicodedata
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from fmqa.errors import DiskFull, UsageError
from fmqa.files import write_whole
from fmqa.store.arxiv_catalog import Change
from fmqa.sync.changelog import KINDS, as_atom, as_json, as_markdown, as_text

FEED = "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"
TAG = "tag:localhost,2026:urn%3Auuid%3A1225c695-cfb8-4ebb-aaaa-80da344efa6a"
UPDATED = "2026-11-24T03:00:00+00:00"
ATOM = "{http://www.w3.org/2005/Atom}"
EVIL = [
    "<script>alert(1)</script> & <b>bold</b> &lt;",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "`code` **bold** _it_ ~~gone~~ $x$ | table |",
    "line one\nline two\r\n\r\n# heading\n\n- item",
    "\x1b[31mred\x1b]0;title\x07 \x00null \x85 \x9b31m",
    "]]> <![CDATA[ --> <!-- <?xml ?>",
    "right \u202egnp.exe\u202c left",
    "half \ud800 and \ufffe \uffff",
    "1. one",
    "1) one",
    "- one",
    "+ one",
    "# one",
    "=====",
    "\\] \\",
    "see https://evil.example and www.evil.example, mail a@evil.example",
    "[ ] task",
    "3D U-Net: a model (v2.0) - with 50% less, isn't it?",
    "医学影像 𝔘-Net",
]

CHANGE = Change(
    id=1,
    at="2026-11-24T02:15:00+00:00",
    what="added",
    detail="cited by 2510.16973",
    paper_id="2304.12306",
    version=3,
    title="Segment Anything in Medical Images",
    run=7,
)


def plain(text: str) -> str:
    """What a reader may see of a text: one line, no controls, nothing that turns the order."""
    seen = ""
    for character in text:
        if unicodedata.category(character) == "Cc":
            seen += " "
        elif "\ud800" <= character <= "\udfff":
            seen += "\ufffd"
        elif (
            unicodedata.bidirectional(character)
            not in {*("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")}
            and character not in "\u061c\u200e\u200f\ufffe\uffff"
        ):
            seen += character
    return " ".join(seen.split())


def words(tokens: list[Token]) -> str:
    return "".join(token.content for token in tokens if token.type in {"text", "text_special"})


def items(markdown: str) -> list[list[Token]]:
    """The inline parts of each list item, as GitHub's rules for addresses and tables see them."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens, found, inside = parser.parse(markdown), [], 0
    for token in tokens:
        inside += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if inside and token.type not in {"list_item_open", "list_item_close"}:
            assert token.type in {"paragraph_open", "paragraph_close", "inline"}, token
        if inside and token.type == "inline":
            found.append(token.children or [])
    return found


def test_text_has_a_line_for_each_change() -> None:
    withdrawn = replace(CHANGE, id=2, what="withdrawn", detail="", at="2026-11-24T02:16:00Z")
    run = Change(3, "2026-11-24T02:17:00", "run", "2 papers", "", None, "", 7)
    assert as_text([CHANGE, withdrawn, run]) == (
        "2026-11-24 02:15  added      2304.12306v3  Segment Anything in Medical Images: "
        "cited by 2510.16973\n"
        "2026-11-24 02:16  withdrawn  2304.12306v3  Segment Anything in Medical Images\n"
        "2026-11-24 02:17  run        2 papers\n"
    )


def test_markdown_groups_by_day_and_kind() -> None:
    older = replace(CHANGE, id=2, at="2026-11-23T23:59:00+00:00", title="An older one")
    first = replace(CHANGE, id=3, what="new_version", version=4, detail="")
    local = replace(CHANGE, id=4, paper_id="local:0123456789abcdef", version=1, title="A file")
    assert as_markdown([first, older, local, CHANGE]) == (
        "# Changes\n"
        "\n## 2026-11-24\n"
        "\n### Added\n\n"
        "- [Segment Anything in Medical Images](https://arxiv.org/abs/2304.12306v3) "
        "(2304.12306v3): cited by 2510.16973\n"
        "- A file (local:0123456789abcdef): cited by 2510.16973\n"
        "\n### New versions\n\n"
        "- [Segment Anything in Medical Images](https://arxiv.org/abs/2304.12306v4) "
        "(2304.12306v4)\n"
        "\n## 2026-11-23\n"
        "\n### Added\n\n"
        "- [An older one](https://arxiv.org/abs/2304.12306v3) (2304.12306v3): "
        "cited by 2510.16973\n"
    )


@pytest.mark.parametrize("title", EVIL)
def test_titles_stay_titles_in_markdown(title: str) -> None:
    link_and_rest, detail = items(
        as_markdown([replace(CHANGE, title=title), replace(CHANGE, id=2, title="", detail=title)])
    )
    opened = [token for token in link_and_rest if token.type == "link_open"]
    assert [token.attrs["href"] for token in opened] == ["https://arxiv.org/abs/2304.12306v3"]
    assert {token.type for token in (*link_and_rest, *detail)} <= {
        *("link_open", "link_close", "text", "text_special")
    }
    closing = next(i for i, token in enumerate(link_and_rest) if token.type == "link_close")
    assert words(link_and_rest[:closing]) == plain(title)
    assert words(detail) == f"2304.12306v3: {plain(title)}"


@given(st.text(st.characters(), max_size=60))
def test_any_title_is_shown_as_it_is(title: str) -> None:
    without_paper = replace(CHANGE, title=title, paper_id="", detail="")
    markdown = as_markdown([without_paper])
    shown = items(markdown)
    assert [words(tokens) for tokens in shown] == ([plain(title)] if plain(title) else [])
    assert as_text([without_paper]) == f"2026-11-24 02:15  added  {plain(title)}".rstrip() + "\n"
    feed = ET.fromstring(as_atom([without_paper], feed_id=FEED, updated=UPDATED))
    found = feed.findtext(f"{ATOM}entry/{ATOM}title")
    assert found == f"Added: {plain(title)}".rstrip(": ")


def test_addresses_in_titles_do_not_become_links() -> None:
    # GitHub turns bare addresses into links unless these characters are escaped in the source.
    markdown = as_markdown([replace(CHANGE, paper_id="", title=EVIL[15])])
    assert r"https\://evil" in markdown
    assert r"www\.evil" in markdown
    assert r"a\@evil" in markdown


@pytest.mark.parametrize("title", EVIL)
def test_nothing_in_text_reaches_the_terminal(title: str) -> None:
    line = as_text([replace(CHANGE, title=title, detail=title, what="failed")])
    assert line.count("\n") == 1
    assert line.isprintable() is False  # the newline at the end alone
    assert line[:-1].isprintable()


def test_json_keeps_what_is_recorded() -> None:
    changes = [replace(CHANGE, title=title, id=n) for n, title in enumerate(EVIL)]
    found = json.loads(json.dumps(as_json(changes)))
    assert [change["title"] for change in found] == EVIL
    assert found[0] == {
        "id": 0,
        "at": "2026-11-24T02:15:00+00:00",
        "what": "added",
        "detail": "cited by 2510.16973",
        "paper_id": "2304.12306",
        "version": 3,
        "title": EVIL[0],
        "run": 7,
        "link": "https://arxiv.org/abs/2304.12306v3",
    }


@pytest.mark.parametrize(
    ("paper_id", "version", "expected"),
    [
        ("2304.12306", 0, "https://arxiv.org/abs/2304.12306"),
        ("2304.12306", None, "https://arxiv.org/abs/2304.12306"),
        ("cs/0701001", 2, "https://arxiv.org/abs/cs/0701001v2"),
        ("local:0123456789abcdef", 1, None),
        ("topic:adaptation", 0, None),
        ("2304.12306) [x](https://evil.example", 1, None),
        ("", None, None),
    ],
)
def test_links_go_to_arxiv_alone(paper_id: str, version: int | None, expected: str | None) -> None:
    change = replace(CHANGE, paper_id=paper_id, version=version)
    assert as_json([change])[0]["link"] == expected
    opened = [t.attrs["href"] for t in items(as_markdown([change]))[0] if t.type == "link_open"]
    assert opened == ([expected] if expected else [])


def required(feed: ET.Element) -> None:
    """What RFC 4287 demands of a feed and its entries (4.1.1 and 4.1.2)."""
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            found = element.findall(f"{ATOM}{name}")
            assert len(found) == 1, name
            assert found[0].text
        at = element.findtext(f"{ATOM}updated") or ""
        assert at.endswith("Z")
        assert datetime.fromisoformat(at).tzinfo is not None
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    for entry in feed.iter(f"{ATOM}entry"):
        alternate = [link for link in entry.iter(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert len(alternate) <= 1
        assert entry.findtext(f"{ATOM}content")
        for name in ("title", "content"):
            assert [found.get("type") for found in entry.iter(f"{ATOM}{name}")] == ["text"]
        assert all(category.get("term") for category in entry.iter(f"{ATOM}category"))
    ids = [found.text or "" for found in feed.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids)
    assert all(found.startswith("tag:") for found in ids[1:])


def test_a_feed_has_what_atom_demands() -> None:
    changes = [
        replace(CHANGE, id=n, what=what, title=title, detail=title if n % 2 else "")
        for n, (what, title) in enumerate(zip([*KINDS] * 2, EVIL, strict=False))
    ]
    changes.append(Change(90, "2026-11-24T02:17:00", "run", "", "", None, "", 7))
    changes.append(Change(91, "2026-11-24T02:18:00", "of_a_later_fmqa", "", "", None, "", 7))
    assert as_markdown(changes[-1:]).count("### Of a later fmqa") == 1
    feed = ET.fromstring(as_atom(changes, feed_id=FEED, updated=UPDATED).encode())
    required(feed)
    newest = next(feed.iter(f"{ATOM}entry"))
    assert newest.findtext(f"{ATOM}id") == f"{TAG}/change/91"
    assert newest.findtext(f"{ATOM}title") == "Of a later fmqa"
    assert len(list(feed.iter(f"{ATOM}entry"))) == len(changes)


def test_an_entry_keeps_its_id_and_says_what_changed() -> None:
    before = ET.fromstring(as_atom([CHANGE], feed_id=FEED, updated=UPDATED))
    later = [replace(CHANGE, title="Another title", detail="", version=4), replace(CHANGE, id=2)]
    after = ET.fromstring(as_atom(later, feed_id=FEED, updated="2026-12-01"))
    ids = [[found.text for found in feed.iter(f"{ATOM}id")] for feed in (before, after)]
    assert ids[0] == [FEED, f"{TAG}/change/1"]
    assert ids[1] == [FEED, f"{TAG}/change/2", f"{TAG}/change/1"]
    entry = before.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == (
        "Added: Segment Anything in Medical Images (2304.12306v3)"
    )
    assert entry.findtext(f"{ATOM}content") == "cited by 2510.16973"
    assert entry.findtext(f"{ATOM}updated") == "2026-11-24T02:15:00Z"
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == "https://arxiv.org/abs/2304.12306v3"


def test_an_empty_changelog() -> None:
    assert as_text([]) == "Nothing has changed.\n"
    assert as_markdown([]) == "# Changes\n\nNothing has changed.\n"
    assert as_json([]) == []
    feed = ET.fromstring(as_atom([], feed_id=FEED, updated=UPDATED))
    required(feed)
    assert feed.findtext(f"{ATOM}updated") == "2026-11-24T03:00:00Z"
    assert not list(feed.iter(f"{ATOM}entry"))


def test_a_feed_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "changes.atom"
    text = as_atom([replace(CHANGE, title="医学 𝔘")], feed_id=FEED, updated=UPDATED)
    write_whole(path, "old")
    write_whole(path, text)
    assert path.read_text("utf-8") == text
    assert [found.name for found in path.parent.iterdir()] == ["changes.atom"]


@pytest.mark.parametrize(("code", "kind"), [(errno.ENOSPC, DiskFull), (errno.EIO, UsageError)])
def test_a_feed_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[Exception]
) -> None:
    path = tmp_path / "changes.atom"
    write_whole(path, "old")

    def fails(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(kind, match=r"changes\.atom"):
        write_whole(path, "new")
    assert path.read_text("utf-8") == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["changes.atom"]


def test_a_folder_is_no_place_for_a_feed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be written"):
        write_whole(tmp_path, "text")
    assert not list(tmp_path.iterdir())
    assert [found.name for found in tmp_path.parent.glob(".*.tmp")] == []
