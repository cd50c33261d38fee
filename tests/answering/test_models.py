import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from fmqa.answering.models import (
    LocalServer,
    check_model,
    local_server,
    make_chat_model,
    model_errors,
    name_of_model,
    runs_here,
    writes,
)
from fmqa.errors import ModelMissing, ModelUnavailable
from fmqa.settings import Settings
from fmqa.weights.catalog import QWEN_CODER

GGUF = QWEN_CODER.path(Settings().models_dir)


def settings(llm: str, **others) -> Settings:
    return Settings(llm=llm, **others)


def test_none_is_no_model():
    assert "own words" in check_model(settings("none")).detail


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "langchain_anthropic", None)
    with pytest.raises(ModelMissing) as error:
        make_chat_model(settings("anthropic:claude", llm_api_key="k"))
    assert error.value.hint == "Run: pip install langchain-anthropic"


def test_a_missing_key_is_named(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelUnavailable) as error:
        make_chat_model(settings("openai:gpt-5"))
    assert "OPENAI_API_KEY" in error.value.hint


def test_an_unknown_provider():
    with pytest.raises(ModelUnavailable, match="nosuch"):
        make_chat_model(settings("nosuch:model"))


def test_a_provider_that_is_not_there():
    gone = settings("openai:some", llm_base_url="http://127.0.0.1:9/v1", llm_api_key="k")
    with pytest.raises(ModelUnavailable, match="can't be reached"):
        check_model(gone)


def test_a_bare_name_at_an_address_is_openai_compatible(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = make_chat_model(settings("qwen3", llm_base_url="http://127.0.0.1:9/v1"))
    assert model.model_name == "qwen3"


def test_our_own_errors_pass_through():
    with pytest.raises(ModelMissing), model_errors(settings("none")):
        raise ModelMissing("x")


def test_the_local_model_must_be_there(tmp_path):
    with pytest.raises(ModelMissing):
        make_chat_model(settings("local", models_dir=tmp_path))


def test_llama_cpp_must_be_there(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelMissing) as error:
        local_server(settings("local"))
    assert "pip install xllamacpp" in error.value.hint


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", "folder"])
def test_a_model_of_the_user_s_must_be_a_gguf_file(tmp_path, content):
    file = tmp_path / "mine.gguf"
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"mine\.gguf") as error:
        check_model(settings(f"gguf:{file}"))
    assert "FMQA_LLM=none" in error.value.hint


@pytest.mark.parametrize("tier", ["auto", "strong"])
def test_a_model_of_the_user_s_is_served_by_our_own_server(tmp_path, tier):
    file = tmp_path / "mine.gguf"
    file.write_bytes(b"GGUF and more")
    chosen = settings(f"gguf:{file}", llm_tier=tier, evidence_tokens=9000)
    server = local_server(chosen)
    assert (server.model, runs_here(chosen.llm)) == (file, True)
    assert name_of_model(chosen.llm) == "gguf:mine.gguf"  # not where it lies
    assert (server.slots == 1) == writes(chosen) == (tier == "strong")


def test_a_server_that_does_not_come_up_says_so(tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF but no more")
    with LocalServer(broken) as server, pytest.raises(ModelUnavailable, match="ended while"):
        server.wait_ready(60)


def test_stopping_at_once(tmp_path):
    server = LocalServer(tmp_path / "none.gguf").start()
    server.stop()
    server.stop()
    with pytest.raises(ModelUnavailable, match="was stopped"):
        server.wait_ready()


needs_model = [
    pytest.mark.slow,
    pytest.mark.model,
    pytest.mark.skipif(not GGUF.is_file(), reason="the 1.1 GB model isn't on this disk"),
]


@pytest.fixture(scope="module")
def server():
    with local_server(settings("local")) as server:
        yield server


@pytest.fixture(scope="module")
def model(server):
    return make_chat_model(settings("local", llm_timeout=300), server)


class TestLocal:
    pytestmark = needs_model

    def test_it_answers_and_streams(self, model):
        from langchain_core.messages import HumanMessage, SystemMessage

        messages = [
            SystemMessage("Answer with one word."),
            HumanMessage("What is the capital of France?"),
        ]
        assert "Paris" in "".join(chunk.content for chunk in model.stream(messages))
        answers = model.batch([messages] * 2, config={"max_concurrency": 2}, max_tokens=8)
        assert all("Paris" in answer.content for answer in answers)

    def test_strangers_are_refused(self, server):
        import httpx

        address, _ = server.wait_ready()
        body = {"messages": [{"role": "user", "content": "x"}]}
        with httpx.Client(trust_env=False) as client:
            assert client.post(f"{address}/v1/chat/completions", json=body).status_code == 401
            cors = client.get(f"{address}/health", headers={"Origin": "http://evil.example"})
        assert "evil" not in cors.headers.get("Access-Control-Allow-Origin", "")
        assert cors.headers.get("Access-Control-Allow-Origin", "") != "*"

    def test_a_crash_does_not_last(self, model, server):
        os.kill(server._child._process.pid, 9)
        assert model.invoke("Say yes.", max_tokens=3).content

    def test_it_dies_with_its_parent(self):
        code = (
            "from fmqa.settings import Settings\n"
            "from fmqa.answering.models import local_server\n"
            "server = local_server(Settings(llm='local')).start()\n"
            "print(server._child._process.pid, flush=True)\n"
            "server.wait_ready()\n"
            "import os; os.kill(os.getpid(), 9)\n"
        )
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        pid = int(run.stdout.split()[0])
        deadline = time.monotonic() + 10
        while psutil.pid_exists(pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not psutil.pid_exists(pid)
        assert run.stderr == ""


def test_the_child_needs_nothing_of_fmqa():
    import fmqa.weights.llama as parent

    assert "fmqa" not in Path(parent._CHILD).read_text().split('"""', 2)[2]
