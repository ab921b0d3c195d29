# SPDX-License-Identifier: Apache-2.0
"""The plainest of browsers: keeps cookies, follows links, fills in forms; runs in a thread, beside the gateway."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """One person's browser; `history` lists the addresses that it was sent to."""

    def __init__(self) -> None:
        self.jar = CookieJar()
        self.history: list[str] = []
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), NoRedirects)

    async def open(self, address, method="GET", body=None, headers=None, follow=True):
        """Return status, headers and text."""
        return await asyncio.to_thread(self._open, address, method, body, headers or {}, follow)

    async def json(self, address, method="GET", body=None, headers=None):
        """Return status and decoded JSON; a body goes as JSON."""
        data = None if body is None else json.dumps(body).encode()
        sent = {"content-type": "application/json"} | (headers or {})
        status, _, text = await self.open(address, method, data, sent)
        return status, json.loads(text) if text else None

    async def submit(self, address, page, fields):
        """Send the form of a page, its hidden fields with it."""
        action = re.search(r'<form[^>]*action="([^"]+)"', page)[1].replace("&amp;", "&")
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        data = urllib.parse.urlencode(hidden | fields).encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return await self.open(urllib.parse.urljoin(address, action), "POST", data, kind)

    def cookies(self):
        return {cookie.name: cookie for cookie in self.jar}

    def _open(self, address, method, body, headers, follow):
        for _ in range(12):
            self.history.append(address)
            request = urllib.request.Request(address, body, headers, method=method)
            try:
                response = self._opener.open(request, timeout=20)
            except urllib.error.HTTPError as error:
                response = error
            with response:
                text = response.read().decode()
                onward = response.headers.get("location")
                if not onward or not follow:
                    return response.status, response.headers, text
            address, method, body, headers = urllib.parse.urljoin(address, onward), "GET", None, {}
        raise AssertionError("it never arrives")
