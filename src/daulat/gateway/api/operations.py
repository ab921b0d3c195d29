# SPDX-License-Identifier: Apache-2.0
"""What the OpenAPI document says of the routes of this folder: one row each. Data, no logic."""

from __future__ import annotations

from daulat.gateway._operation import (
    BODY_ERRORS,
    KEY,
    KEY_UNLESS_PUBLIC,
    LANGUAGE,
    NAME,
    Operation,
    path_parameter,
    query,
)
from daulat.gateway.api import (
    moderation_schema,
    passed_schema,
    rerank_schema,
    vector_schema,
)
from daulat.gateway.api.batches import schema as batches
from daulat.gateway.api.files import schema as files
from daulat.gateway.api.responses import schema as responses
from daulat.gateway.schema import EmbeddingList, EmbeddingRequest

_CALL_ERRORS = (*BODY_ERRORS, 401, 403, 404, 429, 502, 503)
_OWN_ERRORS = (401, 403, 503)

_AFTER = query("after", "The last id of the page before.", {"type": "string"})
_LIMIT = query("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": 10_000})
_PURPOSE = query("purpose", "Of one purpose only.", {"type": "string", "enum": ["batch", "batch_output"]})
_FILE_ID = path_parameter("file_id", "From `POST /v1/files` or a batch.", NAME)
_BATCH_ID = path_parameter("batch_id", "From `POST /v1/batches`.", NAME)
_STORE_ID = path_parameter("vector_store_id", "From `GET /v1/vector_stores`.", NAME)
_RESPONSE_ID = path_parameter("response_id", "Any; none is kept.")

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "post", "/v1/completions", "createCompletion", "Continue a text; the model's engine answers.",
        passed_schema.Completion, _CALL_ERRORS, body=passed_schema.CompletionRequest, streams=True, needs=KEY,
    ),
    Operation(
        "post", "/v1/responses", "createResponse", "Answer in the shape of OpenAI's Responses API, whole or as events.",
        responses.Response, _CALL_ERRORS, body=responses.ResponseRequest, parameters=(LANGUAGE,), streams=True,
        needs=KEY_UNLESS_PUBLIC,
    ),
    Operation(
        "get", "/v1/responses/{response_id}", "showResponse", "Say that responses are not kept.", responses.Response,
        (404,), parameters=(_RESPONSE_ID,),
    ),
    Operation(
        "delete", "/v1/responses/{response_id}", "deleteResponse", "Say that responses are not kept.",
        responses.Response, (404,), parameters=(_RESPONSE_ID,),
    ),
    Operation(
        "post", "/v1/embeddings", "createEmbedding", "Turn texts into vectors.", EmbeddingList, _CALL_ERRORS,
        body=EmbeddingRequest, needs=KEY,
    ),
    Operation(
        "post", "/v1/rerank", "createRerank", "Put documents into the order of their bearing on a question.",
        rerank_schema.RerankResponse, _CALL_ERRORS, body=rerank_schema.RerankRequest, needs=KEY,
    ),
    Operation(
        "post", "/v1/moderations", "createModeration", "Say which categories texts fall under, by rules or by a model.",
        moderation_schema.ModerationResponse, _CALL_ERRORS, body=moderation_schema.ModerationRequest, needs=KEY,
    ),
    Operation(
        "post", "/v1/audio/transcriptions", "createTranscription", "Write down what a recording says; an engine hears.",
        passed_schema.Transcription, _CALL_ERRORS, form=passed_schema.TRANSCRIPTION_SCHEMA, needs=KEY,
    ),
    Operation(
        "post", "/v1/audio/speech", "createSpeech", "Read a text aloud; the model's engine speaks.", bytes,
        _CALL_ERRORS, body=passed_schema.SpeechRequest, needs=KEY,
    ),
    Operation(
        "post", "/v1/files", "createFile", "Hand in a file of requests.", files.FileCard,
        (*BODY_ERRORS, *_OWN_ERRORS), form=files.UPLOAD_SCHEMA, needs=KEY,
    ),
    Operation(
        "get", "/v1/files", "listFiles", "List the project's files, the newest first.", files.FileList,
        (400, 404, *_OWN_ERRORS), parameters=(_AFTER, _LIMIT, _PURPOSE), needs=KEY,
    ),
    Operation(
        "get", "/v1/files/{file_id}", "showFile", "Show a file.", files.FileCard, (404, *_OWN_ERRORS),
        parameters=(_FILE_ID,), needs=KEY,
    ),
    Operation(
        "get", "/v1/files/{file_id}/content", "readFile", "Read a file.", bytes, (404, *_OWN_ERRORS),
        parameters=(_FILE_ID,), needs=KEY,
    ),
    Operation(
        "delete", "/v1/files/{file_id}", "deleteFile", "Delete a file.", files.FileDeleted, (404, *_OWN_ERRORS),
        parameters=(_FILE_ID,), needs=KEY,
    ),
    Operation(
        "post", "/v1/batches", "createBatch", "Hand in a batch: its file's requests are answered when there is room.",
        batches.BatchCard, (*BODY_ERRORS, 404, 429, *_OWN_ERRORS), body=batches.BatchRequest, needs=KEY,
    ),
    Operation(
        "get", "/v1/batches", "listBatches", "List the project's batches, the newest first.", batches.BatchList,
        (400, 404, *_OWN_ERRORS), parameters=(_AFTER, _LIMIT), needs=KEY,
    ),
    Operation(
        "get", "/v1/batches/{batch_id}", "showBatch", "Show a batch.", batches.BatchCard, (404, *_OWN_ERRORS),
        parameters=(_BATCH_ID,), needs=KEY,
    ),
    Operation(
        "post", "/v1/batches/{batch_id}/cancel", "cancelBatch", "Cancel a batch; what is answered stays.",
        batches.BatchCard, (404, *_OWN_ERRORS), parameters=(_BATCH_ID,), needs=KEY,
    ),
    Operation(
        "get", "/v1/vector_stores", "listVectorStores", "List what the services answer from.",
        vector_schema.VectorStoreList, (),
    ),
    Operation(
        "get", "/v1/vector_stores/{vector_store_id}", "showVectorStore", "Show what a service answers from.",
        vector_schema.VectorStoreCard, (404, 503), parameters=(_STORE_ID,),
    ),
    Operation(
        "post", "/v1/vector_stores/{vector_store_id}/search", "searchVectorStore",
        "Search published official text: passages with article, legal status and address.",
        vector_schema.SearchPage, (*BODY_ERRORS, 401, 403, 404, 429, 503), body=vector_schema.SearchRequest,
        parameters=(_STORE_ID,), needs=KEY_UNLESS_PUBLIC,
    ),
)  # fmt: skip
