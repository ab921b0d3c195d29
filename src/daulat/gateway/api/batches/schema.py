# SPDX-License-Identifier: Apache-2.0
"""The bodies of /v1/batches, and the lines of the files that go in and out, as OpenAI's clients know them. No logic."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from daulat.gateway.api.files.schema import FileId
from daulat.gateway.schema import KeptText

Endpoint = Literal[
    "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/moderations", "/v1/rerank", "/v1/responses"
]
ENDPOINTS: tuple[str, ...] = get_args(Endpoint)

Status = Literal["validating", "failed", "in_progress", "completed", "expired", "cancelling", "cancelled"]


WINDOW = r"^([1-9][0-9]?|1[0-5][0-9]|16[0-8])h$"


class Expiry(Struct):
    """How long the files that come of a batch are kept, from when they are made."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Meta(ge=3_600, le=315_360_000)]


class BatchRequest(Struct):
    """The body of POST /v1/batches. `completion_window` is in whole hours; what is not answered by then is not.

    `output_expires_after` counts where it is shorter than files are kept anyway.
    """

    input_file_id: FileId
    endpoint: Endpoint
    completion_window: Annotated[str, Meta(extra_json_schema={"pattern": WINDOW})]
    metadata: Annotated[dict[KeptText, Annotated[KeptText, Meta(max_length=512)]], Meta(max_length=16)] | None = None
    output_expires_after: Expiry | None = None


class BatchFault(Struct):
    """What is wrong with the input file, and on which line, counted from 1."""

    code: str
    message: str
    line: int | None = None
    param: str | None = None


class BatchFaults(Struct):
    """Why a batch did not begin."""

    data: list[BatchFault]
    object: Literal["list"] = "list"


class RequestCounts(Struct):
    """How far a batch is."""

    total: int
    completed: int
    failed: int


class BatchCard(Struct):
    """A batch. Times in seconds since 1970 UTC."""

    id: str
    endpoint: str
    input_file_id: str
    completion_window: str
    status: Status
    created_at: int
    expires_at: int
    request_counts: RequestCounts
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: BatchFaults | None = None
    in_progress_at: int | None = None
    finalizing_at: int | None = None
    completed_at: int | None = None
    failed_at: int | None = None
    expired_at: int | None = None
    cancelling_at: int | None = None
    cancelled_at: int | None = None
    metadata: dict[str, str] | None = None
    object: Literal["batch"] = "batch"


class BatchList(Struct):
    """The answer to GET /v1/batches."""

    data: list[BatchCard]
    has_more: bool
    first_id: str | None
    last_id: str | None
    object: Literal["list"] = "list"


class InputLine(Struct):
    """One line of an input file."""

    custom_id: Annotated[KeptText, Meta(min_length=1, max_length=512)]
    method: Literal["POST"]
    url: str
    body: msgspec.Raw


class LineResponse(Struct):
    """The answer to one line."""

    status_code: int
    request_id: str
    body: msgspec.Raw


class LineFault(Struct):
    """Why a line has no answer."""

    code: str
    message: str


class OutputLine(Struct):
    """One line of an output file, or of an error file."""

    id: str
    custom_id: str
    response: LineResponse | None
    error: LineFault | None


class Flags(Struct):
    """What a line may not ask for."""

    stream: Any = None
