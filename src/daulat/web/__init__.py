# SPDX-License-Identifier: Apache-2.0
"""The pages that people meet: requests for HTML come in, whole pages go out; in the browser, the conversation.

`create_web(WebParts(...))` builds an ASGI application for every path that is not the API's. The page in the browser
speaks to the public API and to nothing else. Nothing here stores a question, sets a cookie, or asks another host.
"""

from daulat.web.app import create_web
from daulat.web.errors import ComeBackError, LoadingError, MessagesError, NoTextError, WebError
from daulat.web.messages import Messages, Texts, load_messages
from daulat.web.parts import Library, Site, Standing, WebParts

__all__ = [
    "ComeBackError",
    "Library",
    "LoadingError",
    "Messages",
    "MessagesError",
    "NoTextError",
    "Site",
    "Standing",
    "Texts",
    "WebError",
    "WebParts",
    "create_web",
    "load_messages",
]
