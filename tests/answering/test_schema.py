"""`docs/answer.schema.json` is what the models say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fmqa.answering.schema import Answer

PUBLISHED = Path(__file__).parents[2] / "docs" / "answer.schema.json"
EXAMPLE = Answer(question="Why?", status="abstained", answer="The papers don't.", model="none")


def test_the_published_schema_is_the_models() -> None:
    """Made anew by: python tests/answering/test_schema.py"""
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == Answer.model_json_schema(
        mode="serialization"
    )


@pytest.mark.parametrize(
    "change", [{"status": "perhaps"}, {"question": None}, {"extra": 1}, {"sentences": [{}]}]
)
def test_what_is_no_answer_is_refused(change: dict[str, Any]) -> None:
    value = json.loads(EXAMPLE.model_dump_json()) | change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, json.loads(PUBLISHED.read_text(encoding="utf-8")))


if __name__ == "__main__":
    schema = Answer.model_json_schema(mode="serialization")
    PUBLISHED.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
