# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema that editors read says what the checks say."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from daulat.nation import bootstrap, json_schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "nation.schema.json"


def test_the_published_schema_is_that_of_the_code():
    assert json.loads(PUBLISHED.read_text()) == json_schema(), (
        "run `daulat nation schema > docs/reference/nation.schema.json`"
    )


@pytest.mark.parametrize("country", ["EE", "NO", "CH", "AQ"])
def test_an_editor_accepts_what_init_writes(country):
    jsonschema_rs.validator_for(json_schema()).validate(yaml.safe_load(bootstrap(country)))


def test_an_editor_marks_a_key_that_has_no_meaning():
    declaration = yaml.safe_load(bootstrap("EE")) | {"langauges": []}
    assert not jsonschema_rs.validator_for(json_schema()).is_valid(declaration)


def test_every_key_of_the_declaration_is_explained():
    schema = json_schema()
    for model in [schema, *schema["$defs"].values()]:
        unexplained = [key for key, field in model.get("properties", {}).items() if "description" not in field]
        assert unexplained == []
