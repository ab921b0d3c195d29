# SPDX-License-Identifier: Apache-2.0
"""Calls as the routes describe them to admission, and what they came to."""

from daulat.gateway.ports import Call, CallUsage


def call(key=None, model="tiny", **fields):
    token = key if isinstance(key, str) else key.token if key else ""
    chosen = {"prompt_tokens": 10, "max_tokens": 20, "client": "192.0.2.1", "route": "chat/completions"}
    return Call(model=model, credential=token, **(chosen | fields))


def usage(prompt=10, completion=20, **fields):
    return CallUsage(prompt_tokens=prompt, completion_tokens=completion, engine="e", model="tiny", **fields)
