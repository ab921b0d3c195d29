# SPDX-License-Identifier: Apache-2.0
"""A service that others can reach does not start with a secret to be guessed; foreign pages stay out."""

import pytest
from browser import Browser

from daulat.gateway.access.errors import WeakSecretError
from daulat.gateway.access.settings import access_settings, weakness
from daulat.nation import bootstrap, load_nation

STRONG = "3vU9xkqZr1mW8sYp0LdQ2Tn7"


@pytest.fixture
def nation(tmp_path):
    """Load a declaration with other lines for its gateway."""

    def loading(listen="0.0.0.0:8080", more=""):
        text = bootstrap("EE").replace("listen: 127.0.0.1:8080", f"listen: {listen}{more}")
        path = tmp_path / "nation.yaml"
        path.write_text(text, encoding="utf-8")
        return load_nation(path)

    return loading


SIGN_IN = "\n  sign_in: {issuer: https://login.example, client_id: daulat, client_secret_from: CLIENT_SECRET}"
HTTPS = "\n  public_url: https://ai.example"


@pytest.mark.parametrize(
    "environ",
    [
        {"DATABASE_URL": "postgresql://daulat:postgres@db/daulat"},
        {"DATABASE_URL": "postgresql://daulat:k9-Lz@db/daulat"},
        {"DATABASE_URL": "host=db password=aaaaaaaaaaaaaaaaaaaaaaaa dbname=daulat"},
        {"VALKEY_URL": "valkey://cache:6379/0"},
        {"VALKEY_URL": "valkey://:changeme123@cache:6379/0"},
    ],
)
def test_a_weak_secret_keeps_an_open_address_from_starting(nation, environ):
    with pytest.raises(WeakSecretError) as refused:
        access_settings(nation(), environ)
    for secret in ("postgres@", "k9-Lz", "aaaa", "changeme123"):
        assert secret not in str(refused.value)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"DATABASE_URL": f"postgresql://daulat:{STRONG}@db/daulat"},
        {"DATABASE_URL": "postgresql://daulat@db/daulat?sslmode=verify-full"},
        {"VALKEY_URL": "valkey://127.0.0.1:6379/0"},
        {"VALKEY_URL": f"valkey://:{STRONG}@cache:6379/0"},
    ],
)
def test_a_strong_secret_or_none_starts(nation, environ):
    assert not access_settings(nation(), environ).is_private


def test_on_loopback_a_tutorial_starts_with_any_secret(nation):
    environ = {"DATABASE_URL": "postgresql://postgres:postgres@localhost/postgres"}
    assert access_settings(nation("127.0.0.1:8080"), environ).is_private


def test_a_public_address_makes_loopback_open(nation):
    assert not access_settings(nation("127.0.0.1:8080", HTTPS), {}).is_private


@pytest.mark.parametrize("environ", [{}, {"CLIENT_SECRET": "secret"}])
def test_a_sign_in_without_a_strong_secret_does_not_start(nation, environ):
    with pytest.raises(WeakSecretError, match="CLIENT_SECRET"):
        access_settings(nation(more=HTTPS + SIGN_IN), environ)


def test_a_sign_in_without_tls_does_not_start(nation):
    with pytest.raises(WeakSecretError, match="https"):
        access_settings(nation(more=SIGN_IN), {"CLIENT_SECRET": STRONG})
    settings = access_settings(nation(more=HTTPS + SIGN_IN), {"CLIENT_SECRET": STRONG})
    assert settings.is_secure
    assert settings.sign_in.redirect_uri == "https://ai.example/auth/callback"
    assert STRONG not in repr(settings)


def test_a_generated_secret_is_not_weak():
    import base64
    import secrets

    assert weakness(base64.b64encode(secrets.token_bytes(24)).decode()) == ""


ELSEWHERE = {"origin": "https://app.example"}


async def test_no_other_origin_may_call_unless_it_is_declared(live_app):
    async with live_app() as base:
        _, headers, _ = await Browser().open(f"{base}/v1/models", headers=ELSEWHERE)
        assert "access-control-allow-origin" not in headers
        status, headers, _ = await Browser().open(f"{base}/v1/chat/completions", "OPTIONS", headers=ELSEWHERE)
        assert (status, headers["access-control-allow-origin"]) == (405, None)


async def test_a_declared_origin_may_call_the_api_and_not_administration(live_app):
    async with live_app(origins=["https://app.example"]) as base:
        status, headers, _ = await Browser().open(f"{base}/v1/chat/completions", "OPTIONS", headers=ELSEWHERE)
        assert (status, headers["access-control-allow-origin"]) == (204, "https://app.example")
        assert "authorization" in headers["access-control-allow-headers"]
        assert headers["access-control-allow-credentials"] is None
        _, headers, _ = await Browser().open(f"{base}/v1/models", headers=ELSEWHERE)
        assert headers["access-control-allow-origin"] == "https://app.example"
        for path, origin in [("/v1/admin/keys", "https://app.example"), ("/v1/models", "https://other.example")]:
            _, headers, _ = await Browser().open(base + path, headers={"origin": origin})
            assert headers["access-control-allow-origin"] is None
