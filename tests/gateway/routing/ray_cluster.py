# SPDX-License-Identifier: Apache-2.0
"""Ray Serve in a process of its own, from a deployment file of ours with a tiny engine in vLLM's place.

Run by the interpreter that holds Ray, as `ray_cluster.py CONFIG`. Prints `ready`; then each line of its input is a
command: `replicas` prints how many are running, `stop` ends it. The tiny engine is a small OpenAI-compatible server
that says which process answered, and takes as long for a word as it is told to.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

import ray
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from ray import serve
from ray.serve.schema import ServeDeploySchema

api = FastAPI()
WORD_S = 0.02


@serve.deployment
@serve.ingress(api)
class TinyEngine:
    def __init__(self, models: list[str]) -> None:
        self.models = models

    @api.get("/v1/models")
    async def list_models(self):
        return {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]}

    @api.post("/v1/chat/completions")
    async def complete(self, request: Request):
        asked = await request.json()
        words = asked.get("max_tokens", 10)
        who = {"id": str(os.getpid()), "created": 1, "model": asked["model"]}
        if asked.get("stream"):
            return StreamingResponse(self.events(who, words), media_type="text/event-stream")
        await asyncio.sleep(WORD_S * words)
        choice = {"index": 0, "message": {"role": "assistant", "content": "word " * words}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": words, "total_tokens": words + 1}
        return JSONResponse({**who, "object": "chat.completion", "choices": [choice], "usage": usage})

    async def events(self, who, words):
        await asyncio.sleep(WORD_S * 5)  # the prompt is read: a while without a first token
        for number in range(words):
            finish = "stop" if number == words - 1 else None
            choice = {"index": 0, "delta": {"content": "word "}, "finish_reason": finish}
            yield f"data: {json.dumps({**who, 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n"
            await asyncio.sleep(WORD_S)
        yield "data: [DONE]\n\n"


def running() -> int:
    status = serve.status().applications["daulat"].deployments["TinyEngine"]
    return status.replica_states.get("RUNNING", 0)


def main() -> None:
    config = json.loads(Path(sys.argv[1]).read_text())
    ServeDeploySchema(**config)  # what Ray itself says of the file
    (application,) = config["applications"]
    models = application["args"]["llm_configs"]
    deployment = dict(models[0]["deployment_config"])
    options = config["http_options"]
    ray.init(num_cpus=4, include_dashboard=False, object_store_memory=100 << 20, log_to_driver=False,
             _node_ip_address="127.0.0.1", _temp_dir=sys.argv[2])  # fmt: skip
    serve.start(http_options={**options, "location": "HeadOnly"})
    names = [model["model_loading_config"]["model_id"] for model in models]
    tiny = TinyEngine.options(**deployment, ray_actor_options={"num_cpus": 0.1}, graceful_shutdown_timeout_s=2)
    serve.run(tiny.bind(names), name="daulat", route_prefix="/")
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "replicas":
            print("replicas", running(), flush=True)
        elif line.strip() == "stop":
            break
    serve.shutdown()
    ray.shutdown()


if __name__ == "__main__":
    main()
