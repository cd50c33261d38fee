"""The running Zotero, by its local API (`zotero.org/support/dev/web_api/v3/local_api`).

It answers on loopback without a key, has no limits of pace, and gives lists in pages where it is
asked for pages; versions up to 7.0 don't know them and send lists whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit
from urllib.request import url2pathname

from fmqa.errors import SourceRefused, SourceUnreachable
from fmqa.sources.service import user_agent
from fmqa.sources.zotero import Collection, Item, Json, make_items

if TYPE_CHECKING:
    import httpx

_VERSION = "3"
_OWN = "users/0"  # whoever is logged in
_PAGE = 100
_MOST_PAGES = 10_000
_SECONDS = 60.0  # a large library takes Zotero a while
_SWITCHED_OFF = (
    "In Zotero: Settings, Advanced, “Allow other applications on this computer to communicate with "
    "Zotero”. Or name its data folder: --zotero-data ~/Zotero."
)


class ZoteroApi:
    """A library in the running Zotero; use it as a context manager.

    Args:
        url: scheme, host and port.
        group: the number of a group, whose library it is; the user's own without one.

    Raises, from all methods:
        SourceUnreachable: Zotero isn't running.
        SourceRefused: its local API is switched off, or what answers isn't Zotero.
    """

    def __init__(self, url: str, group: str = "") -> None:
        import httpx

        self.url = url.rstrip("/")
        self._library = f"groups/{group}" if group else _OWN
        self._client = httpx.Client(
            base_url=f"{self.url}/api/",
            headers={"Zotero-API-Version": _VERSION, "User-Agent": user_agent("")},
            timeout=_SECONDS,
            trust_env=False,  # no proxy leads to this machine
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self._client.close()

    def groups(self) -> list[Collection]:
        """As `ZoteroLibrary.groups`."""
        found = self._list(f"{_OWN}/groups")
        return [Collection(str(one["id"]), str(one.get("name", ""))) for one in found]

    def collections(self) -> list[Collection]:
        """As `ZoteroLibrary.collections`."""
        return [
            Collection(
                str(one["key"]), str(one.get("name", "")), str(one["parentCollection"] or "")
            )
            for one in self._list(f"{self._library}/collections")
        ]

    def items(self, collections: Iterable[str] | None = None) -> list[Item]:
        """As `ZoteroLibrary.items`."""
        paths = [f"{self._library}/items/top"]
        if collections is not None:
            paths = [f"{self._library}/collections/{key}/items/top" for key in collections]
        works = {str(one["key"]): one for path in paths for one in self._list(path)}
        attachments = self._list(f"{self._library}/items", itemType="attachment")
        return make_items(works.values(), attachments, self._file)

    def _file(self, attachment: Json) -> Path | str:
        key = attachment["key"]
        answer = self._get(f"{self._library}/items/{key}/file/view/url")
        where = "" if answer is None else answer.text.strip()
        parts = urlsplit(where)
        if parts.scheme == "file":
            path = Path(url2pathname(parts.path))
            return path if path.is_file() else f"there is no file {path}"
        named = attachment.get("path") or attachment.get("filename") or key
        return f"Zotero has no file {named} on this machine"

    def _list(self, path: str, **asked: str) -> list[dict[str, Any]]:
        """The ``data`` of all objects of a list."""
        found: list[dict[str, Any]] = []
        start = 0
        for _ in range(_MOST_PAGES):
            answer = self._get(path, **asked, limit=str(_PAGE), start=str(start))
            if answer is None:
                break
            found += self._objects(answer)
            following = _next_start(answer)
            if following is None or following <= start:
                break
            start = following
        return found

    def _objects(self, answer: httpx.Response) -> list[dict[str, Any]]:
        try:
            objects = json.loads(answer.content)
            return [
                {"key": one.get("key") or one["id"], "parentCollection": "", **one["data"]}
                for one in objects
            ]
        except (ValueError, RecursionError, KeyError, TypeError) as error:
            raise self._stranger() from error

    def _get(self, path: str, **asked: str) -> httpx.Response | None:
        """The answer; None where there is no such thing."""
        import httpx

        try:
            answer = self._client.get(path, params=asked or None)
        except httpx.ConnectError as error:
            raise SourceUnreachable(
                f"Zotero isn't running: nothing answers at {self.url}.",
                hint="Start Zotero, or name its data folder: --zotero-data ~/Zotero.",
            ) from error
        except httpx.HTTPError as error:
            raise SourceUnreachable(
                f"Zotero at {self.url} doesn't answer: {error or type(error).__name__}.",
                hint="Look whether Zotero waits for you, and run the same command again.",
            ) from error
        if answer.status_code == httpx.codes.FORBIDDEN:
            raise SourceRefused("Zotero's local API is switched off.", hint=_SWITCHED_OFF)
        if answer.status_code == httpx.codes.NOT_IMPLEMENTED:
            raise SourceRefused(
                f"This Zotero's local API doesn't speak version {_VERSION}: {answer.text[:200]}.",
                hint="Upgrade Zotero or fmqa, or name its data folder: --zotero-data ~/Zotero.",
            )
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if not answer.is_success:
            raise self._stranger()
        return answer

    def _stranger(self) -> SourceRefused:
        return SourceRefused(
            f"What answers at {self.url} isn't Zotero's local API.",
            hint="Set FMQA_ZOTERO_URL to the address of Zotero, which has port 23119 at first.",
        )


def _next_start(answer: httpx.Response) -> int | None:
    """Where the next page of a list starts; None on the last, or where the list came whole."""
    link = answer.links.get("next", {}).get("url", "")
    start = parse_qs(urlsplit(link).query).get("start", [""])[0]
    return int(start) if start.isdecimal() else None
