"""The chat: a Gradio page that shows the proof beside each answer."""

import os

# Before Gradio is imported anywhere: nothing is reported home unless the user set it so himself.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
# For a page that isn't served here Gradio keeps the times of the last 10,000 events, and computes
# their percentiles with pandas after each event.
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000000000")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
