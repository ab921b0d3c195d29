# SPDX-License-Identifier: Apache-2.0
"""An engine's server that answers from a script: a real HTTP server that speaks the OpenAI API and notes what it heard.

What a request asks for decides what comes: tools are called, a schema is filled, `n` choices are made. The last word of
the conversation is the script, where more is needed: `think`, `slow`, `wait` until `let_go`, `fail`, `busy`.
"""

from __future__ import annotations

import base64
import json
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SAID = "One two three four five six"
MODELS = ["writer", "encoder", "reranker", "guard", "ear", "mouth"]


def vector(text: str) -> list[float]:
    return [1.0, 0.5, float(len(text))]


class Upstream(ThreadingHTTPServer):
    """The server; `heard` holds (path, body or form) of each request, in order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard: list[tuple[str, Any]] = []
        self.busy_for = 0
        self.let_go = threading.Event()
        self.let_go.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def last(self, path: str) -> Any:
        return next(body for heard, body in reversed(self.heard) if heard == path)

    def count(self, path: str) -> int:
        return sum(heard == path for heard, _ in self.heard)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.reply({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        path = self.path.removeprefix("/v1/")
        if self.headers["content-type"].startswith("application/json"):
            asked = json.loads(body)
        else:
            asked = {"content_type": self.headers["content-type"], "body": body}
        self.server.heard.append((path, asked))
        answer = getattr(self, path.replace("/", "_"), None)
        if answer is None:
            self.reply({"error": {"message": "Not Found", "type": "NotFoundError", "code": 404}}, 404)
        else:
            answer(asked)

    def reply(self, body: object, status: int = 200, content_type: str = "application/json") -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, events: list[dict[str, Any]]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for event in events:
            self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
            self.wfile.flush()
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    # what each path answers

    def chat_completions(self, asked: dict[str, Any]) -> None:
        last = asked["messages"][-1]
        words = str(last.get("content") or "").split() or [""]
        if words[-1] == "busy" and self.server.busy_for > 0:
            self.server.busy_for -= 1
            self.reply({"error": {"message": "too much", "type": "overloaded"}}, 429)
            return
        if words[-1] == "fail":
            self.reply({"error": {"message": "no such parameter", "type": "BadRequestError", "code": 400}}, 400)
            return
        if words[-1] == "slow":
            time.sleep(0.3)
        if words[-1] == "wait":
            self.server.let_go.wait(120)
        messages = [chat_message(asked, words[-1])] * (asked.get("n") or 1)
        tokens = 6
        usage = {"prompt_tokens": 11, "completion_tokens": tokens, "total_tokens": 11 + tokens}
        if words[-1] == "think":
            usage["completion_tokens_details"] = {"reasoning_tokens": 4}
        common = {"id": "chatcmpl-up", "created": 1, "model": asked["model"]}
        choices = [
            {"index": index, "message": message, "finish_reason": finish, "logprobs": logprobs_of(asked, message)}
            for index, (message, finish) in enumerate(messages)
        ]
        if not asked.get("stream"):
            self.reply({**common, "object": "chat.completion", "choices": choices, "usage": usage})
            return
        common["object"] = "chat.completion.chunk"
        events = [{**common, "choices": [choice]} for each in choices for choice in pieces_of(each)]
        if (asked.get("stream_options") or {}).get("include_usage"):
            events.append({**common, "choices": [], "usage": usage})
        self.stream(events)

    def completions(self, asked: dict[str, Any]) -> None:
        common = {"id": "cmpl-up", "object": "text_completion", "created": 1, "model": asked["model"]}
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        if not asked.get("stream"):
            choice = {"index": 0, "text": " and more", "finish_reason": "length", "logprobs": None}
            self.reply({**common, "choices": [choice], "usage": usage})
            return
        texts = [(" and", None), (" more", "length")]
        events = [
            {**common, "choices": [{"index": 0, "text": text, "finish_reason": finish, "logprobs": None}]}
            for text, finish in texts
        ]
        self.stream([*events, {**common, "choices": [], "usage": usage}])

    def embeddings(self, asked: dict[str, Any]) -> None:
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        rows: list[Any] = [vector(text) for text in texts]
        if asked.get("encoding_format") == "base64":
            rows = [base64.b64encode(struct.pack("<3f", *row)).decode() for row in rows]
        data = [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)]
        usage = {"prompt_tokens": 4, "total_tokens": 4}
        self.reply({"object": "list", "data": data, "model": asked["model"], "usage": usage})

    def rerank(self, asked: dict[str, Any]) -> None:
        # By length alone, the longest first.
        sizes = sorted(((len(text) / 100, index) for index, text in enumerate(asked["documents"])), reverse=True)
        results = [{"index": index, "relevance_score": size} for size, index in sizes[: asked.get("top_n")]]
        self.reply({"id": "rerank-up", "model": asked["model"], "results": results, "usage": {"total_tokens": 9}})

    def moderations(self, asked: dict[str, Any]) -> None:
        result = {"flagged": True, "categories": {"violence": True}, "category_scores": {"violence": 0.9}}
        self.reply({"id": "modr-up", "model": asked["model"], "results": [result]})

    def audio_transcriptions(self, asked: dict[str, Any]) -> None:
        usage = {"type": "tokens", "input_tokens": 14, "output_tokens": 3, "total_tokens": 17}
        self.reply({"text": "Selamat pagi.", "usage": usage})

    def audio_speech(self, asked: dict[str, Any]) -> None:
        self.reply(b"ID3\x00\xff\xfbsound", content_type="audio/mpeg")


def chat_message(asked: dict[str, Any], script: str) -> tuple[dict[str, Any], str]:
    """Return the message that a request asks for, and how it ends."""
    tools, choice = asked.get("tools"), asked.get("tool_choice", "auto")
    form = (asked.get("response_format") or {}).get("type")
    if tools and choice != "none" and asked["messages"][-1]["role"] != "tool":
        name = choice["function"]["name"] if isinstance(choice, dict) else tools[0]["function"]["name"]
        call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": '{"city": "Bandung"}'}}
        return {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    if form in ("json_schema", "json_object"):
        return {"role": "assistant", "content": '{"city": "Bandung", "people": 2500000}'}, "stop"
    text = SAID
    if script == "think":
        text = "<think>2+2 is four</think>Four."
    for stop in [asked["stop"]] if isinstance(asked.get("stop"), str) else asked.get("stop") or []:
        text = text.partition(stop)[0]
    if asked["messages"][-1]["role"] == "tool":
        text = "It is " + asked["messages"][-1]["content"]
    if asked.get("seed") is not None:
        text = f"seed {asked['seed']}"
    return {"role": "assistant", "content": text}, "stop"


def logprobs_of(asked: dict[str, Any], message: dict[str, Any]) -> dict[str, Any] | None:
    if not asked.get("logprobs"):
        return None
    top = [{"token": "One", "logprob": -0.25, "bytes": [79, 110, 101]}] * (asked.get("top_logprobs") or 0)
    return {"content": [{"token": "One", "logprob": -0.25, "bytes": [79, 110, 101], "top_logprobs": top}]}


def pieces_of(choice: dict[str, Any]) -> list[dict[str, Any]]:
    """Cut one choice as a server streams it: the role, the words, the end."""
    index, message, logprobs = choice["index"], choice["message"], choice["logprobs"]

    def piece(delta: dict[str, Any], finish: str | None = None, probs: Any = None) -> dict[str, Any]:
        return {"index": index, "delta": delta, "finish_reason": finish, "logprobs": probs}

    pieces = [piece({"role": "assistant", "content": ""})]
    if message.get("tool_calls"):
        [call] = message["tool_calls"]
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        pieces.append(piece({"tool_calls": [{**call, "index": 0, "function": {"name": name, "arguments": ""}}]}))
        for half in (arguments[:7], arguments[7:]):
            pieces.append(piece({"tool_calls": [{"index": 0, "function": {"arguments": half}}]}))
    else:
        words = message["content"].split(" ")
        texts = [word if place == 0 else " " + word for place, word in enumerate(words)]
        pieces += [piece({"content": text}, None, logprobs if place == 0 else None) for place, text in enumerate(texts)]
    return [*pieces, piece({}, choice["finish_reason"])]
