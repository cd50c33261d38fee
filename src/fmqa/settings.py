"""All settings in one tree.

From weak to strong: defaults, files in the folder ``FMQA_SECRETS_DIR``, ``FMQA_*`` variables,
``fmqa.toml``, flags of the command line.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, ClassVar, Literal

import platformdirs
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from fmqa.errors import SettingsError

_SECRETS_DIR = "FMQA_SECRETS_DIR"
"""Names a folder of files, each of which holds one setting, such as ``fmqa_database_url``."""
Tier = Literal["auto", "small", "strong"]


def checkout_root() -> Path | None:
    """The checkout this package runs from, or None when it is installed elsewhere."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "pyproject.toml").is_file() and (root / "corpus").is_dir() else None


def _default_home() -> Path:
    return checkout_root() or Path(platformdirs.user_data_dir("fmqa", appauthor=False))


def _default_models_dir() -> Path:
    return Path(platformdirs.user_cache_dir("fmqa", appauthor=False)) / "models"


class Settings(BaseSettings):
    """Every setting, its default and its meaning; `docs/configuration.md` is made from this."""

    model_config = SettingsConfigDict(
        env_prefix="FMQA_", env_ignore_empty=True, extra="forbid", frozen=True
    )
    toml_files: ClassVar[tuple[str, ...]] = ("fmqa.toml",)

    home: Path = Field(
        default_factory=_default_home,
        description="Folder that holds `corpus/papers` and `index`. "
        "The checkout when run in one, else the user's data directory.",
    )
    database_url: str = Field(
        default="",
        repr=False,
        description="Address of a PostgreSQL database with pgvector that keeps the record, shared "
        "by all that name it: `postgresql://USER:PASSWORD@HOST/DATABASE`. Empty: SQLite in the "
        "data folder. Needs `pip install 'fmqa[postgres]'`.",
    )
    models_dir: Path = Field(
        default_factory=_default_models_dir,
        description="Folder of the models' files, shared by all data folders of the user.",
    )
    embedding_model: str = Field(
        default="all-MiniLM-L6-v2",
        description="Embedding model: `all-MiniLM-L6-v2` runs without torch; any other "
        "name or path is loaded by sentence-transformers.",
    )
    embedding_device: str = Field(
        default="cpu", description="`cpu`, or `cuda`, `mps` for sentence-transformers."
    )
    llm: str = Field(
        default="local",
        description="`local` (a llama.cpp server of our own), `gguf:/path/model.gguf` (the same "
        "with a file of yours), `none` (the papers' own words), or a LangChain chat model such as "
        "`openai:gpt-5`, `anthropic:…`, `ollama:…`.",
    )
    llm_base_url: str | None = Field(
        default=None, description="Address of an OpenAI-compatible server."
    )
    llm_api_key: str | None = Field(
        default=None, description="Key for it; each provider's own variable works too.", repr=False
    )
    llm_tier: Tier = Field(
        default="auto",
        description="What the model does: `strong` reads passages, writes answers and judges them; "
        "`small` only translates questions and answers, which are then the papers' own words. "
        "`auto`: small for `local` and `ollama:`, strong for the rest.",
    )
    llm_timeout: float = Field(
        default=60.0, gt=0, description="Seconds to wait for one answer of the model."
    )
    threads: int = Field(
        default=0, ge=0, description="CPU threads for models; 0 means all that the process may use."
    )
    read_seconds: float = Field(
        default=60.0, gt=0, description="Time limit for reading one file, in seconds."
    )
    read_memory_mb: int = Field(
        default=1024, ge=256, description="Memory limit of a reading worker, in MiB."
    )
    read_max_mb: int = Field(default=100, gt=0, description="Largest file that is read, in MiB.")
    read_max_pages: int = Field(default=2000, gt=0, description="Most pages a file may have.")
    ocr: bool = Field(
        default=False,
        description="Whether pages without text are read by optical recognition, which takes "
        "seconds a page: each file then gets ten times `read_seconds`, and 3 GiB more. Needs "
        "`pip install 'fmqa[ocr]'`.",
    )
    marker: str = Field(
        default="local",
        description="What marks the sentences that answer: `local` (weights that come with fmqa), "
        "`none` (cosines alone), or a cross-encoder of sentence-transformers by its name.",
    )
    checker: str = Field(
        default="auto",
        description="What checks that sentences follow from their quotes: `local` (weights that "
        "come with fmqa), `llm` (the language model as judge), or a cross-encoder of the hub that "
        "was trained on entailment, by its name. `auto`: `llm` for strong models, else `local`.",
    )
    passages: int = Field(default=24, ge=1, le=100, description="Passages a question retrieves.")
    quotes: int = Field(
        default=10, ge=1, le=20, description="Most quotes an answer is written from."
    )
    evidence_tokens: int = Field(
        default=12_000,
        ge=500,
        description="Tokens of passages that a strong model is given; fewer than its context "
        "holds, since prompt and answer need some too.",
    )
    max_question_chars: int = Field(
        default=4000, ge=100, description="Longest question that is taken."
    )
    arxiv_api_url: str = Field(
        default="https://export.arxiv.org/api/query", description="Address of the arXiv API."
    )
    arxiv_pdf_url: str = Field(
        default="https://arxiv.org/pdf", description="Where arXiv's PDFs are fetched and linked."
    )
    arxiv_html: bool = Field(
        default=True,
        description="Whether a paper's HTML is fetched from arXiv with its PDF, one request more a "
        "paper, to know the rows and columns of its tables. It is looked for beside the PDFs, "
        "where the address of these ends in `/pdf`.",
    )
    semantic_scholar_url: str = Field(
        default="https://api.semanticscholar.org/graph/v1",
        description="Address of the Semantic Scholar Graph API.",
    )
    crossref_url: str = Field(
        default="https://api.crossref.org",
        description="Address of Crossref's API, which a sync asks about retractions.",
    )
    zotero_url: str = Field(
        default="http://127.0.0.1:23119", description="Address of the running Zotero's local API."
    )
    contact: str = Field(
        default="",
        description="E-mail address for the User-Agent of requests to arXiv and Crossref.",
    )

    arxiv_pace: float = Field(
        default=3.0,
        gt=0,
        description="Seconds between two requests, over all processes of the machine. arXiv asks "
        "for 3; less is refused for its hosts.",
    )
    pace_dir: Path = Field(
        default_factory=lambda: Path(tempfile.gettempdir()) / "fmqa-pace",
        description="Folder of the lock files that keep that pace.",
    )
    fetch_timeout: float = Field(
        default=60.0, gt=0, description="Seconds without a byte before a request is given up."
    )
    fetch_tries: int = Field(
        default=6, ge=1, description="Tries of one request before its service counts as down."
    )
    fetch_max_mb: int = Field(default=100, gt=0, description="Largest PDF that is fetched, in MiB.")

    cluster: str = Field(
        default="",
        description="Address of a Dask scheduler, such as `127.0.0.1:8786`, whose workers read and "
        "embed papers; this machine does when empty.",
    )
    cluster_ca: Path | None = Field(
        default=None, description="Certificate of the authority that the cluster's parts trust."
    )
    cluster_cert: Path | None = Field(
        default=None, description="This machine's certificate to the cluster, in PEM."
    )
    cluster_key: Path | None = Field(default=None, description="Its key, in PEM.")

    sync_every: str = Field(
        default="",
        description="How often the served chat brings its library up to date from arXiv, such as "
        "`12h` or `1d`; never when empty.",
    )

    users_file: Path | None = Field(
        default=None,
        description="File of the names and hashed passwords that `fmqa users add` writes. When it "
        "is set, whoever opens the served chat has to log in.",
    )
    questions_at_once: int = Field(
        default=4, ge=1, le=64, description="Questions that are answered at the same time."
    )
    questions_waiting: int = Field(
        default=32, ge=0, le=512, description="Questions that may wait for their turn."
    )
    questions_per_person: int = Field(
        default=3,
        ge=1,
        description="Questions of one person that may be answered or wait at the same time.",
    )
    keep_conversations: bool = Field(
        default=False,
        description="Whether the served page's conversations are kept in the record, so that they "
        "go on after a reload, a restart, or at another replica. Each is forgotten after a week.",
    )
    request_max_kb: int = Field(
        default=1024, ge=16, description="Largest request that is taken, uploads aside, in KiB."
    )
    closing_seconds: float = Field(
        default=30.0,
        ge=0,
        description="Seconds that running answers are given to end when the served chat is told "
        "to end.",
    )
    web_edit: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Whether the served page may change the library (add, remove, sync). `auto`: "
        "only where it is served to this machine alone, without a login; `on`: whoever is let in "
        "may.",
    )
    root_path: str = Field(
        default="",
        pattern=r"^(/[\w.~-]+)*/?$",
        description="The path that a proxy serves the page under, such as `/fmqa`; empty where it "
        "is the whole site.",
    )
    upload_max_mb: int = Field(
        default=50, gt=0, le=2048, description="Largest PDF that the page takes, in MiB."
    )

    review: str = Field(
        default="2510.16973",
        pattern=r"^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})$",
        description="arXiv id of the review that trends and changes are told against.",
    )
    digest_file: Path | None = Field(
        default=None,
        description="Markdown file that each sync writes: what changed since the review.",
    )

    @field_validator(
        "home", "models_dir", "pace_dir", "digest_file", "users_file",
        "cluster_ca", "cluster_cert", "cluster_key",
    )  # fmt: skip
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value and value.expanduser().resolve()

    @property
    def papers_dir(self) -> Path:
        """Where fetched and uploaded PDFs are kept."""
        return self.home / "corpus" / "papers"

    @property
    def index_dir(self) -> Path:
        """Where the record and its derived indexes are kept."""
        return self.home / "index"

    @property
    def record_path(self) -> Path:
        """The SQLite file."""
        return self.index_dir / "record.sqlite3"

    @property
    def users_path(self) -> Path:
        """Where the users and their hashed passwords are kept."""
        return self.users_file or self.home / "users"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags over ``fmqa.toml`` over the environment over files of secrets; no .env file."""
        files = [Path(name) for name in cls.toml_files if Path(name).is_file()]
        secrets = os.environ.get(_SECRETS_DIR)
        return (
            init_settings,
            TomlConfigSettingsSource(settings_cls, files),
            env_settings,
            SecretsSettingsSource(settings_cls, secrets_dir=secrets),
        )


def load_settings(**flags: Any) -> Settings:
    """Settings from the environment, ``fmqa.toml`` and ``flags`` (those that aren't None).

    Raises:
        SettingsError: a value doesn't hold, or a name in ``fmqa.toml`` is unknown.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "fmqa.toml"
        raise SettingsError(f"The setting {name!r} doesn't hold: {first['msg']}.") from error
    except ValueError as error:
        raise SettingsError(f"fmqa.toml can't be read: {error}.") from error
