# SPDX-License-Identifier: Apache-2.0
"""What no schema says: which models there are, and how long their vectors. Bodies that schemathesis makes get a name
that answers."""

import schemathesis

THERE = {
    "/v1/chat/completions": "xa/public-services",
    "/v1/responses": "xa/public-services",
    "/v1/moderations": "pack-rules",
    "/v1/embeddings": "tiny-encoder",
    "/v1/rerank": "tiny-encoder",
}
DIMENSIONS = 3


def is_a_name(model) -> bool:
    """Say whether this may be a model's name; one that may not is wrong on purpose, and stays."""
    return isinstance(model, str) and 1 <= len(model) <= 256


def is_a_length(dimensions) -> bool:
    """Say whether this may be the length of a vector, likewise."""
    return type(dimensions) in (int, float) and dimensions in range(1, 65_537)


@schemathesis.hook
def map_body(context, body):
    """Name a model that is there in bodies that are objects."""
    path = context.operation.path
    if path in THERE and isinstance(body, dict) and is_a_name(body.get("model")):
        there = {"model": THERE[path]}
        if path == "/v1/embeddings" and is_a_length(body.get("dimensions")):
            there["dimensions"] = DIMENSIONS
        return body | there
    return body
