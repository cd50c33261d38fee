"""How the page looks and what its browser does: the files beside this one, and the theme."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

_HERE = Path(__file__).parent
_SYSTEM_FONTS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Noto Sans")
_MONO_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "monospace")


def styles() -> list[Path]:
    """The page's style sheet and those of its tabs, in the order that they count."""
    return [_HERE / "style.css", *sorted((_HERE / "tabs").glob("*.css"))]


def script() -> str:
    """One function that runs, once the page is there, that of each script."""
    parts = sorted((_HERE / "tabs").glob("*.js"))
    calls = "".join(f"({part.read_text(encoding='utf-8').strip()})();\n" for part in parts)
    return f"() => {{\n{calls}}}"


def theme() -> gr.themes.Base:
    """Colours and fonts; the fonts are the machine's own, nothing is fetched."""
    fonts = gr.themes.utils.fonts
    return gr.themes.Base(
        primary_hue="teal",
        neutral_hue="stone",
        font=[fonts.Font(name) for name in (*_SYSTEM_FONTS, "sans-serif")],
        font_mono=[fonts.Font(name) for name in _MONO_FONTS],
        radius_size="md",
    )
