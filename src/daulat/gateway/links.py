# SPDX-License-Identifier: Apache-2.0
"""Where links of an answer lead: a request and the declared public address in; what stands before their paths out.

The declared address, where there is one. Else the name by which a program just reached this service, told to that
program alone: an answer is given to whoever asked, is marked as not to be stored, and nothing here keeps the name. A
page, and whoever comes through a proxy, may know this service by another name; they get paths, as before.
"""

from __future__ import annotations

import re

from daulat.gateway._asgi import Request

_HOST = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_OF_PAGES = (b"origin", b"sec-fetch-site")
_OF_PROXIES = (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip")


def links_base(request: Request, public_url: str) -> str:
    """Return what stands before the path of a link; empty where only the path is certain.

    Examples
    --------
    >>> async def nothing(): ...
    >>> def asked(**headers):
    ...     named = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    ...     return Request("POST", "/v1/chat/completions", "", named, nothing, "r1")
    >>> links_base(asked(host="10.0.0.5:8080"), ""), links_base(asked(host="a.example"), "https://tanya.example")
    ('http://10.0.0.5:8080', 'https://tanya.example')
    >>> links_base(asked(host="a.example", x_forwarded_for="1.1.1.1"), ""), links_base(asked(host="a@b/c"), "")
    ('', '')
    """
    # A batch is answered later, into a file: no name that one request had belongs there.
    if public_url or request.on_behalf_of:
        return public_url
    if any(name in request.headers for name in (*_OF_PAGES, *_OF_PROXIES)):
        return ""
    host = request.header(b"host")
    return f"http://{host}" if _HOST.fullmatch(host) else ""
