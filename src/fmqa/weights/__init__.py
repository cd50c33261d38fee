"""Model files: what they are, where they come from, and their graphs."""

from pathlib import Path

TRAINED = Path(__file__).resolve().parent / "trained"
"""The models and regressions that we trained ourselves, see `training/`."""
