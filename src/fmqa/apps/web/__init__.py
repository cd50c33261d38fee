"""The chat: a Gradio page that shows the proof beside each answer."""

import os

# Before Gradio is imported anywhere: nothing is reported home unless the user set it so himself.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
