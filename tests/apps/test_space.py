"""`app.py` as a Hugging Face Space runs it: interface and port from Gradio's own environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ports import free_port

pytestmark = pytest.mark.slow

APP = Path(__file__).resolve().parents[2] / "app.py"


def test_a_space_is_served_as_it_stands(tmp_path: Path) -> None:
    port = free_port()
    space = {
        "SPACE_ID": "somebody/fmqa",
        "GRADIO_SERVER_NAME": "0.0.0.0",  # as a Space's container says
        "GRADIO_SERVER_PORT": str(port),
        "FMQA_HOME": str(tmp_path),
        "FMQA_LLM": "none",
    }
    process = subprocess.Popen(
        [sys.executable, str(APP)],
        env={**os.environ, **space},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert process.stdout is not None
        assert "fmqa is at" in process.stdout.readline()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            shown = client.get("/", headers={"host": "somebody-fmqa.hf.space"})
            assert shown.status_code == 200
            assert "Ask the papers" in shown.text
            # The hub shows a Space within a page of its own; nobody may change its library.
            assert "x-frame-options" not in shown.headers
            assert "Upload PDFs" not in shown.text
            assert client.get("/healthz").status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
