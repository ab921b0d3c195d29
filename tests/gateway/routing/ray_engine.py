# SPDX-License-Identifier: Apache-2.0
"""A tiny engine in vLLM's place, behind the seam that Ray Serve LLM has for engines, and the names that Ray imports of
vLLM, which needs accelerators and gigabytes.

Ray's builder takes its shapes of requests and answers from vLLM; here they are open ones that keep every field. The
engine says which process answered, and takes as long for a word as it is told to.
"""

import asyncio
import json
import os
from pathlib import Path

WORD_S = 0.02

# What `ray.serve.llm` 2.60 imports of vLLM before it has built an application: module, and names of models.
SHAPES = {
    "entrypoints.openai.chat_completion.protocol":
        "ChatCompletionRequest ChatCompletionResponse ChatCompletionStreamResponse",
    "entrypoints.openai.completion.protocol": "CompletionRequest CompletionResponse CompletionStreamResponse",
    "entrypoints.pooling.embed.protocol": "EmbeddingChatRequest EmbeddingCompletionRequest EmbeddingResponse",
    "entrypoints.pooling.scoring.protocol": "ScoreResponse ScoreTextRequest",
    "entrypoints.serve.engine.protocol": "ErrorInfo ErrorResponse",
    "entrypoints.serve.tokenize.protocol":
        "DetokenizeRequest DetokenizeResponse TokenizeChatRequest TokenizeCompletionRequest TokenizeResponse",
    "entrypoints.speech_to_text.transcription.protocol":
        "TranscriptionRequest TranscriptionResponse TranscriptionStreamResponse",
}  # fmt: skip
# And the arguments that it takes for an engine: of vLLM's many those that our deployment files use.
ARGUMENTS = {
    "engine.arg_utils": """class AsyncEngineArgs:
    tensor_parallel_size: int = 1
    enable_prefix_caching: bool = True
    max_model_len: int = 0
""",
    "entrypoints.launchers.cli_args": "class FrontendArgs:\n    pass\n",
}
OPEN = "class {}(BaseModel):\n    model_config = ConfigDict(extra='allow')\n"


def write_shapes(place: Path) -> None:
    """Write a package `vllm` that holds these names and no engine."""
    shapes = {module: "".join(map(OPEN.format, names.split())) for module, names in SHAPES.items()}
    texts = {module: f"from pydantic import BaseModel, ConfigDict\n{text}" for module, text in shapes.items()}
    texts |= {module: f"from dataclasses import dataclass\n@dataclass\n{text}" for module, text in ARGUMENTS.items()}
    for module, text in texts.items():
        path = place.joinpath("vllm", *module.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for folder in [place / "vllm", *(place / "vllm").rglob("*/")]:
        (folder / "__init__.py").touch()


def tiny_engine() -> type:
    """Return the engine; it is made where Ray is."""
    from ray.llm._internal.serve.core.configs.openai_api_models import ChatCompletionResponse
    from ray.llm._internal.serve.core.engine.protocol import LLMEngine

    class TinyEngine(LLMEngine):
        def __init__(self, llm_config):
            self.config = llm_config

        async def start(self):
            pass

        async def check_health(self):
            pass

        async def reset_prefix_cache(self):
            pass

        def routing_stats(self):
            return {}

        async def resolve_lora(self, lora_model):
            raise NotImplementedError

        completions = embeddings = transcriptions = resolve_lora

        async def chat(self, request, raw_request_info=None):
            words = getattr(request, "max_tokens", 10)
            who = {"id": str(os.getpid()), "created": 1, "model": request.model}
            if getattr(request, "stream", False):
                await asyncio.sleep(WORD_S * 5)  # the prompt is read: a while without a first token
                for number in range(words):
                    finish = "stop" if number == words - 1 else None
                    choice = {"index": 0, "delta": {"content": "word "}, "finish_reason": finish}
                    yield f"data: {json.dumps({**who, 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n"
                    await asyncio.sleep(WORD_S)
                yield "data: [DONE]\n\n"
                return
            await asyncio.sleep(WORD_S * words)
            message = {"role": "assistant", "content": "word " * words}
            yield ChatCompletionResponse(
                **who,
                object="chat.completion",
                choices=[{"index": 0, "message": message, "finish_reason": "stop"}],
                usage={"prompt_tokens": 1, "completion_tokens": words, "total_tokens": words + 1},
            )

    return TinyEngine


def __getattr__(name: str) -> type:
    if name == "TinyEngine":
        return tiny_engine()
    raise AttributeError(name)
