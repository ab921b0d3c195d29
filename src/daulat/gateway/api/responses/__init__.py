# SPDX-License-Identifier: Apache-2.0
"""OpenAI's Responses API over chat completions, which every engine has.

    request ── to_chat ── the chat route ── ResponseWriter ── response, or its events

In: the body of POST /v1/responses. Out: a response, whole or as a stream of typed events. It is translated here for
every engine, also for one that has the route, so that thinking is told apart, tools are called and usage is counted in
the same way everywhere. Nothing is kept, so an earlier response cannot be referred to.
"""

from daulat.gateway.api.responses.route import ResponsesRoute

__all__ = ["ResponsesRoute"]
