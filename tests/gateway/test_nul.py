# SPDX-License-Identifier: Apache-2.0
"""A NUL, which no database keeps, is the caller's fault wherever it stands, and never ours."""

import pytest

NUL = "\0"
ADMIN = "/v1/admin"
BATCH = {"input_file_id": "file-a", "endpoint": "/v1/embeddings", "completion_window": "24h"}
ASKED = [
    ("GET", "/v1/files?after=%00", None),
    ("GET", "/v1/files?purpose=%00", None),
    ("GET", "/v1/batches?after=a%00b", None),
    ("GET", "/v1/files/%00", None),
    ("GET", "/v1/files/a%00b/content", None),
    ("DELETE", "/v1/files/%00", None),
    ("GET", "/v1/batches/%00", None),
    ("POST", "/v1/batches/%00/cancel", None),
    ("POST", "/v1/batches", BATCH | {"input_file_id": NUL}),
    ("POST", "/v1/batches", BATCH | {"metadata": {"a": NUL}}),
    ("POST", "/v1/batches", BATCH | {"metadata": {NUL: "a"}}),
    ("GET", "/v1/vector_stores/%00", None),
    ("GET", "/v1/passages/%00", None),
    ("GET", "/v1/models/%00", None),
    ("GET", "/v1/plans/%00", None),
    ("POST", "/v1/embeddings", {"model": NUL, "input": "a"}),
    ("POST", "/v1/embeddings", {"model": "tiny-encoder", "input": NUL}),
    ("GET", f"{ADMIN}/projects?within=%00", None),
    ("GET", f"{ADMIN}/keys?within=%00", None),
    ("GET", f"{ADMIN}/usage?project=%00", None),
    ("GET", f"{ADMIN}/usage?month=%00", None),
    ("DELETE", f"{ADMIN}/organisations/%00", None),
    ("DELETE", f"{ADMIN}/projects/a/%00", None),
    ("DELETE", f"{ADMIN}/keys/%00", None),
    ("POST", f"{ADMIN}/keys/%00/rotate", {}),
    ("DELETE", f"{ADMIN}/roles/%00", None),
    ("POST", f"{ADMIN}/organisations", {"id": "nul-one", "name": NUL}),
    ("POST", f"{ADMIN}/projects", {"id": "nul-one/a", "name": NUL}),
    ("POST", f"{ADMIN}/projects", {"id": f"nul-one/{NUL}"}),
    ("POST", f"{ADMIN}/keys", {"project": f"health/{NUL}"}),
    ("POST", f"{ADMIN}/keys", {"project": "health/app", "name": NUL}),
    ("POST", f"{ADMIN}/keys", {"project": "health/app", "services": [NUL]}),
    ("PUT", f"{ADMIN}/limits", {"scope": "key", "of": NUL, "metric": "requests", "period": "day", "amount": "1"}),
    ("POST", f"{ADMIN}/roles", {"principal": f"subject:{NUL}", "role": "owner"}),
    ("POST", f"{ADMIN}/roles", {"principal": "subject:a", "role": "member", "organisation": NUL}),
    ("GET", "/auth/sign-in?return_to=%00", None),
    ("GET", "/auth/callback?state=%00&code=%00", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_a_nul_is_never_our_fault(stored_live, method, path, body):
    secrets = stored_live.secrets
    headers = {"Authorization": f"Bearer {secrets['key']}", "Cookie": f"daulat={secrets['session']}"}
    headers["Origin"] = stored_live.base_url
    status, _, answer = stored_live.request(method, path, body, headers)
    assert status < 500, answer
