# SPDX-License-Identifier: Apache-2.0
"""The document describes what is served: every route, and nothing that schemathesis can find otherwise."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from daulat.gateway import create_app
from daulat.gateway.access.service import Access, AccessSettings
from daulat.gateway.openapi import OPERATIONS, openapi_document

CONFIG = """
request-timeout = 60
[generation]
deterministic = true

# What a planner or a register takes is more than a shape: a scenario that exists, an id that is free.
[[operations]]
include-path-regex = "^/v1/(plans|admin/)"
checks.positive_data_acceptance.enabled = false

[auth.openapi.session]
api_key = "{session}"

[auth.openapi.key]
bearer = "{key}"
"""
COPY = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


def test_every_route_is_described_and_every_description_is_served(fakes):
    access = Access(AccessSettings(ZoneInfo("UTC"), is_private=True))
    app = create_app(fakes.make_parts(routes=fakes.wider_routes(access)))
    described = {(each.method.upper(), re.sub(r"\{[^}]*\}", "*", each.path)) for each in OPERATIONS}
    assert fakes.mounted(app) == described


def test_the_copy_in_the_docs_is_current():
    document = json.dumps(openapi_document(version("daulat")), indent=1) + "\n"
    if os.environ.get("DAULAT_WRITE_DOCS"):  # how the copy is made again after a change of the API
        COPY.write_text(document)
    assert COPY.read_text() == document


@pytest.mark.timeout(600)
def test_schemathesis_finds_no_difference(stored_live, tmp_path):
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(**stored_live.secrets))
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run",
        f"{stored_live.base_url}/openapi.json", "--max-examples", "10", "--phases", "examples,coverage,fuzzing",
        "--generation-database", "none", "--no-color",
        "--exclude-operation-id", "signOut",  # it would end the session that the others are asked with
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:]
