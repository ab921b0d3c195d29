# SPDX-License-Identifier: Apache-2.0
"""Signing in with a real provider, in a browser that keeps cookies; and what a link, a copy or a delay cannot do."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from browser import Browser
from tests.ports import free_port

from daulat.errors import DaulatError
from daulat.gateway.access.limits import grant_role
from daulat.gateway.access.oidc import Provider, ProviderSettings
from daulat.gateway.access.sessions import Sessions

VERSION = "8.8.1"
SECRET = "a-secret-of/this+test:only"


@pytest.fixture(scope="session")
def provider_folder():
    """Return a folder in which Node finds the provider, fetched once and kept in the user's cache."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed: `apt-get install npm` lets a real provider sign people in")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "daulat-tests" / f"oidc-provider-{VERSION}"
    if not (cache / "node_modules" / "oidc-provider" / "package.json").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(cache)]
        done = subprocess.run([*install, f"oidc-provider@{VERSION}"], capture_output=True, text=True, timeout=120)
        if done.returncode:
            pytest.skip(f"the provider could not be fetched: {done.stderr.strip()[-200:]}")
    return cache


@pytest.fixture(params=["conform"])
def provider(request, provider_folder, tmp_path):
    """Run the provider; give its settings for a gateway on a port that is free."""
    port, own = free_port(), free_port()
    callback = f"http://127.0.0.1:{own}/auth/callback"
    script = tmp_path / "provider.mjs"  # beside the packages, of which others may be reading too
    (tmp_path / "node_modules").symlink_to(provider_folder / "node_modules")
    script.write_text(Path(__file__).with_name("provider.mjs").read_text(encoding="utf-8"), encoding="utf-8")
    process = subprocess.Popen(
        ["node", str(script), str(port), callback, request.param], stdout=subprocess.PIPE, text=True
    )
    line = ""
    while line != "ready\n":
        line = process.stdout.readline()
        assert line, "the provider did not start"
    yield ProviderSettings(f"http://127.0.0.1:{port}", "daulat", SECRET, callback), own
    process.kill()
    process.communicate()


async def sign_in(browser, base, who, return_to="/staff"):
    """Go the way that a person goes; return the last page."""
    begin = f"{base}/auth/sign-in?{urlencode({'return_to': return_to})}"
    _, _, page = await browser.open(begin)
    _, _, page = await browser.submit(browser.history[-1], page, {"login": who, "password": "any"})
    return await browser.submit(browser.history[-1], page, {})


@pytest.mark.parametrize("provider", ["conform", "all in the token"], indirect=True)
async def test_a_person_signs_in_acts_with_their_role_and_signs_out(live_app, provider, office):
    settings, port = provider
    await grant_role(office.registry, "email:ani@example.org", "owner", "")
    async with live_app(port, sign_in=settings) as base:
        browser = Browser()
        status, _, page = await sign_in(browser, base, "ani")
        assert status == 200
        assert 'href="/staff"' in page
        status, who = await browser.json(f"{base}/auth/session")
        assert (status, who["subject"], who["email"]) == (200, "ani", "ani@example.org")
        assert [each["role"] for each in who["roles"]] == ["owner"]
        assert (await browser.json(f"{base}/v1/admin/roles"))[0] == 200
        kept = {cookie.name: cookie.value for cookie in browser.jar}["daulat"]
        assert (await browser.json(f"{base}/auth/sign-out", "POST"))[0] == 200
        # Not only the browser has forgotten it: a copy of the cookie opens nothing either.
        status, said = await Browser().json(f"{base}/v1/admin/roles", headers={"cookie": f"daulat={kept}"})
        assert (status, said["error"]["code"]) == (401, "sign_in_required")


async def test_an_address_that_the_provider_has_not_verified_gives_no_role(live_app, provider, office):
    settings, port = provider
    await grant_role(office.registry, "email:unverified-bo@example.org", "owner", "")
    async with live_app(port, sign_in=settings) as base:
        browser = Browser()
        await sign_in(browser, base, "unverified-bo")
        _, who = await browser.json(f"{base}/auth/session")
        assert (who["email"], who["roles"]) == ("", [])


async def test_the_request_carries_what_protects_it_and_the_cookie_what_hides_it(live_app, provider):
    settings, port = provider
    async with live_app(port, sign_in=settings) as base:
        status, headers, _ = await Browser().open(f"{base}/auth/sign-in", follow=False)
        asked = parse_qs(urlsplit(headers["location"]).query)
        assert status == 302
        assert asked["code_challenge_method"] == ["S256"]
        assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 43
        assert "HttpOnly; SameSite=Lax" in headers["set-cookie"]
    async with live_app(0, sign_in=settings, is_secure=True) as base:
        _, headers, _ = await Browser().open(f"{base}/auth/sign-in", follow=False)
        assert headers["set-cookie"].startswith("__Host-daulat-state=")
        assert headers["set-cookie"].endswith("; Secure")


async def test_a_sign_in_that_another_browser_began_is_refused(live_app, provider):
    settings, port = provider
    async with live_app(port, sign_in=settings) as base:
        attacker, victim = Browser(), Browser()
        _, _, page = await attacker.open(f"{base}/auth/sign-in")
        _, _, page = await attacker.submit(attacker.history[-1], page, {"login": "mallory", "password": "x"})
        # The attacker stops before the last step, and sends the link to somebody else.
        action = attacker.history[-1]
        status, headers, _ = await finish_without_callback(attacker, action, page)
        assert status == 303
        link = headers["location"]
        while "/auth/callback" not in link:
            _, headers, _ = await attacker.open(link, follow=False)
            link = headers["location"]
        status, _, text = await victim.open(link)
        assert status == 401
        assert "sign_in_failed" in text
        assert "daulat" not in victim.cookies()


async def finish_without_callback(browser, address, page):
    import re
    from urllib.parse import urljoin

    action = re.search(r'<form[^>]*action="([^"]+)"', page)[1]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return await browser.open(urljoin(address, action), "POST", urlencode(hidden).encode(), kind, follow=False)


async def test_a_callback_serves_once(live_app, provider):
    settings, port = provider
    async with live_app(port, sign_in=settings) as base:
        browser = Browser()
        await sign_in(browser, base, "ani")
        again = next(address for address in browser.history if "/auth/callback" in address)
        status, _, text = await browser.open(again)
        assert (status, "sign_in_failed" in text) == (401, True)


async def test_nobody_is_sent_elsewhere_after_signing_in(live_app, provider):
    settings, port = provider
    async with live_app(port, sign_in=settings) as base:
        _, _, page = await sign_in(Browser(), base, "ani", return_to="https://elsewhere.example/")
        assert 'href="/"' in page


async def test_a_code_is_not_taken_with_another_verifier_or_nonce(provider, store):
    settings, _ = provider
    real = Provider(settings)
    browser = Browser()
    address = await real.sign_in_address("s" * 43, "n" * 43, "v" * 43)
    _, _, page = await browser.open(address)
    _, _, page = await browser.submit(browser.history[-1], page, {"login": "ani", "password": "any"})
    _, headers, _ = await finish_without_callback(browser, browser.history[-1], page)
    link = headers["location"]
    while "/auth/callback" not in link:
        _, headers, _ = await browser.open(link, follow=False)
        link = headers["location"]
    code = parse_qs(urlsplit(link).query)["code"][0]
    with pytest.raises(DaulatError, match="did not take the code"):
        await real.identify(code, "w" * 43, "n" * 43)


async def test_a_session_ends_by_itself(store):
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    value = await Sessions(store, now=lambda: now).create("ani", "")
    assert (await Sessions(store, now=lambda: now + timedelta(hours=7, minutes=59)).find(value)).subject == "ani"
    assert await Sessions(store, now=lambda: now + timedelta(hours=8)).find(value) is None


async def test_all_sessions_of_a_person_can_be_ended_at_once(store):
    sessions = Sessions(store)
    values = [await sessions.create("ani", "") for _ in range(3)]
    other = await sessions.create("bo", "")
    assert await sessions.end_all("ani") == 3
    assert [await sessions.find(value) for value in values] == [None] * 3
    assert (await sessions.find(other)).subject == "bo"


async def test_without_a_provider_there_is_nothing_to_sign_in_with(live_app):
    async with live_app() as base:
        status, said = await Browser().json(f"{base}/auth/sign-in")
        assert (status, said["error"]["code"]) == (404, "no_sign_in")
