# SPDX-License-Identifier: Apache-2.0
"""The bodies of chat, embeddings and errors, as OpenAI's clients send and read them: JSON in, checked structs out, and
back.

These structs are also the source of the OpenAPI document. They hold no logic; what we add to OpenAI's shapes stands in
`daulat` objects and in further fields of a citation, which clients that do not know them pass over.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

ModelId = Annotated[str, Meta(min_length=1, max_length=256)]
Text = Annotated[str, Meta(max_length=1_000_000)]
# A text that is kept: the database keeps any but one with a NUL in it.
KeptText = Annotated[str, Meta(pattern=r"^[^\u0000]*$")]
# A text to encode: more than white space, as Python and as ECMAScript know it; too long is said in our own words.
ENCODED_LIMIT_CHARS = 100_000
_ENCODED = {"maxLength": ENCODED_LIMIT_CHARS, "pattern": r"[^\s\u001c-\u001f\u0085\ufeff]"}
EncodedText = Annotated[str, Meta(max_length=1_000_000, extra_json_schema=_ENCODED)]


class ContentPart(Struct, tag_field="type", tag="text"):
    """A part of a message's content. Text only: no model here reads images or sound."""

    text: Text


class RefusalPart(Struct, tag_field="type", tag="refusal"):
    """A part of an earlier answer, in which a model said that it would not answer; read as the text that it is."""

    refusal: Text

    @property
    def text(self) -> str:
        """Its words."""
        return self.refusal


class ChatMessage(Struct):
    """One turn of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Text | Annotated[list[ContentPart | RefusalPart], Meta(max_length=64)] | None = None

    def text(self) -> str:
        """Return the content as one string.

        Examples
        --------
        >>> ChatMessage("user", [ContentPart("KK saya "), ContentPart("hilang")]).text()
        'KK saya hilang'
        """
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(Struct):
    """What a stream carries beside the answer."""

    include_usage: bool | None = None


class ChatCompletionRequest(Struct):
    """The body of POST /v1/chat/completions. Fields not named here travel on to a raw model's engine as they are.

    A service refuses what its answer could not honour: `n` above 1, `tools`, a `tool_choice` that asks for one, a
    `response_format` other than text, `store`.
    """

    model: ModelId
    messages: Annotated[list[ChatMessage], Meta(min_length=1, max_length=512)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: str | Annotated[list[str], Meta(max_length=16)] | None = None
    n: Annotated[int, Meta(ge=1, le=1_024)] | None = None
    metadata: dict[str, str] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    store: bool | None = None


class EmbeddingRequest(Struct):
    """The body of POST /v1/embeddings. Text only: token numbers of other vendors mean nothing to our encoder."""

    model: ModelId
    input: EncodedText | Annotated[list[EncodedText], Meta(min_length=1, max_length=2_048)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Meta(ge=1, le=65_536)] | None = None


class UrlCitation(Struct):
    """A citation in OpenAI's shape; what follows `end_index` is ours. Indices count the answer's characters.

    `standing`: ``current`` may be stated, ``caution`` was changed somewhere, ``history`` is no longer the law.
    `jurisdiction`: where the text holds, by ISO 3166-1 or 3166-2; a part of the country has a hyphen.
    `successor_url`: the page of what replaced or changed it, where that is here.
    `quote_start`: the characters of its passage before `quote`.
    """

    url: str
    title: str
    start_index: int
    end_index: int
    passage_id: str
    article: str
    quote: str
    status: str
    answer_start: int
    answer_end: int
    as_of: str = ""
    successor: str = ""
    publisher: str = ""
    licence: str = ""
    retrieved: str = ""
    language: str = ""
    standing: Literal["current", "caution", "history"] = "current"
    jurisdiction: str = ""
    successor_url: str = ""
    quote_start: int = 0


class Annotation(Struct):
    """An annotation of a message."""

    url_citation: UrlCitation
    type: Literal["url_citation"] = "url_citation"


class AnnotationDelta(Struct):
    """An annotation that a stream brings; by `index`, its place, clients put the pieces together."""

    index: int
    url_citation: UrlCitation
    type: Literal["url_citation"] = "url_citation"


class Contact(Struct):
    """An office that a person can ask."""

    name: str
    about: str = ""
    phone: str = ""
    url: str = ""


class Spoken(Struct):
    """A stretch of an answer, in characters, and the language that it is in (BCP 47)."""

    start_index: int
    end_index: int
    language: str


class Stretch(Struct):
    """A stretch of an answer, in characters."""

    start_index: int
    end_index: int


class AnswerDetails(Struct, omit_defaults=True):
    """What a service adds to its last event: how the answer came about.

    `text`, where present, replaces everything that was streamed before, and the same event's annotations are then the
    complete list. `as_of_told`: the words tell that day themselves. `spoken` are the service's own sentences that are
    in another language than `language`, `notice_language` that of the notice. `is_urgent`: somebody may be in danger,
    and `call` are those to call now, where any is known. `listed` are the stretches of the answer that list `call` and
    `contacts`.
    """

    mode: Literal["quotation", "written", "declined", "notice", ""] = ""
    answered: bool | None = None
    as_of: str = ""
    as_of_told: bool = False
    language: str = ""
    notice: str = ""
    notice_language: str = ""
    spoken: list[Spoken] = field(default_factory=list)
    confidence: float | None = None
    related: list[UrlCitation] = field(default_factory=list)
    is_urgent: bool = False
    call: list[Contact] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    listed: list[Stretch] = field(default_factory=list)
    release: str = ""
    model: str = ""
    text: str | None = None


class CompletionUsage(Struct):
    """Token counts as the engine reports them; zero where no language model took part.

    `daulat` says what the answer took: times, cost, energy (`by_meter` or `by_ecologits`) and carbon, in whole numbers.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    daulat: dict[str, int] | UnsetType = UNSET


class ChoiceDelta(Struct, omit_defaults=True):
    """What is new in this event."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    reasoning_content: str | None = None
    annotations: list[AnnotationDelta] | None = None


class ChunkChoice(Struct):
    """The one choice of a stream."""

    delta: ChoiceDelta
    finish_reason: str | None = None
    index: int = 0


class ChatCompletionChunk(Struct):
    """One event of a streamed answer."""

    id: str
    created: int
    model: str
    choices: list[ChunkChoice]
    usage: CompletionUsage | UnsetType = UNSET
    daulat: AnswerDetails | UnsetType = UNSET
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"


class AssistantMessage(Struct):
    """The whole answer."""

    content: str
    annotations: list[Annotation]
    role: Literal["assistant"] = "assistant"
    reasoning_content: str | UnsetType = UNSET
    refusal: None = None


class Choice(Struct):
    """The one choice of a completion."""

    message: AssistantMessage
    finish_reason: str
    index: int = 0
    logprobs: None = None


class ChatCompletion(Struct):
    """The answer to POST /v1/chat/completions without `stream`."""

    id: str
    created: int
    model: str
    choices: list[Choice]
    usage: CompletionUsage
    daulat: AnswerDetails | UnsetType = UNSET
    object: Literal["chat.completion"] = "chat.completion"


class Embedding(Struct):
    """One vector: numbers, or float32 little-endian in base64."""

    embedding: list[float] | str
    index: int
    object: Literal["embedding"] = "embedding"


class EmbeddingUsage(Struct):
    """Token counts of a request for embeddings."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingList(Struct):
    """The answer to POST /v1/embeddings."""

    data: list[Embedding]
    model: str
    usage: EmbeddingUsage
    object: Literal["list"] = "list"


class ErrorBody(Struct):
    """OpenAI's four fields of an error, and the three sentences of ours."""

    message: str
    type: Literal["invalid_request_error", "rate_limit_error", "server_error"]
    param: str | None
    code: str
    what: str
    why: str
    fix: str


class ErrorEnvelope(Struct):
    """The body of every response that is not a success."""

    error: ErrorBody


class Deleted(Struct):
    """The answer to DELETE /v1/streams/{stream_id}."""

    id: str
    deleted: bool = True
    object: Literal["stream.deleted"] = "stream.deleted"
