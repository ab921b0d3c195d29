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

# Operations with a rule that no JSON schema can say; every other check of them runs. Each with that rule.
BEYOND_SHAPE = {
    "createPlan": "a scenario that the nation's pack has, and a section and changes that its planner takes",
    "createChatCompletion": "the last of the messages is a question; a schema speaks of the first of a list, or of all",
    "createResponse": "the same, of the last item",
    "createCompletion": "at most 1,024 answers, prompts times `n`; a schema does not multiply",
    "createKey": "networks without bits beyond their prefix; a schema does not reckon with addresses",
}
CONFIG = """
request-timeout = 60
hooks = "{hooks}"
# A body that is too large is refused as that, whatever else it breaks.
checks.negative_data_rejection.expected-statuses = ["4xx"]
[generation]
deterministic = true

[[operations]]
include-operation-id = {beyond_shape}
checks.positive_data_acceptance.enabled = false

[auth.openapi.session]
api_key = "{session}"

[auth.openapi.key]
bearer = "{key}"
"""
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
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


# What takes away what the others are asked with comes after them, and the session last.
TAKING = ("closeOrganisation", "closeProject", "revokeKey", "rotateKey", "removeRole")
RUNS = {
    "what gives and shows": [word for name in (*TAKING, "signOut") for word in ("--exclude-operation-id", name)],
    "what takes away": [word for name in TAKING for word in ("--include-operation-id", name)],
    "what ends the session": ["--include-operation-id", "signOut"],
}


def test_what_schemathesis_is_told_of_by_name_is_there():
    assert {*TAKING, *BEYOND_SHAPE, "signOut"} <= {operation.operation_id for operation in OPERATIONS}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("chosen", RUNS.values(), ids=RUNS)
def test_schemathesis_finds_no_difference(stored_live, tmp_path, chosen):
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(beyond_shape=json.dumps(list(BEYOND_SHAPE)), hooks=HOOKS, **stored_live.secrets))
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run",
        f"{stored_live.base_url}/openapi.json", "--max-examples", "10", "--phases", "examples,coverage,fuzzing",
        "--generation-database", "none", "--no-color", *chosen,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=580, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-16000:]
