"""Third-party test material: the folder `shared` beside the checkout, or what FMQA_SHARED names."""

from __future__ import annotations

import os
from pathlib import Path

# Asked for at import: no FMQA_* variable reaches a test.
SHARED = Path(os.environ.get("FMQA_SHARED") or Path(__file__).resolve().parents[2] / "shared")
