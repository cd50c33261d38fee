"""The chat as a Hugging Face Space runs it, or `python app.py` in a checkout.

On a Space, interface and port come from Gradio's own environment; elsewhere it is 127.0.0.1.
`fmqa serve` starts the same page.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("fmqa") is None:  # a Space that didn't install the package
    sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from fmqa.apps.web.app import HOST, run
from fmqa.apps.workbench import Workbench
from fmqa.settings import load_settings

if __name__ == "__main__":
    run(Workbench(load_settings()), None if "SPACE_ID" in os.environ else HOST)
