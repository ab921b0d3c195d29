# SPDX-License-Identifier: Apache-2.0
"""What we add to `usage` is passed through by the official client, and added up by LangChain without a warning."""

import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import openai
import pytest

PEERS = Path(__file__).parents[3] / ".peers" / "bin" / "python"
DRAWN = {"energy_uwh": 5, "energy_low_uwh": 3, "energy_high_uwh": 9, "carbon_ug": 2, "by_meter": 0, "by_ecologits": 1}
BODY = json.dumps(
    {
        "id": "1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "daulat": DRAWN},
    }
).encode()  # fmt: skip
SCRIPT = """
import json, os, warnings
warnings.simplefilter("error")
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI
model = ChatOpenAI(model="m", base_url=os.environ["BASE_URL"], api_key="x")
answers = model.generate([[HumanMessage("a")], [HumanMessage("b")]])
print(json.dumps(answers.llm_output["token_usage"]["daulat"]))
"""


class Answers(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


@pytest.fixture
def base_url():
    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_the_official_client_passes_it_through(base_url):
    with openai.OpenAI(base_url=base_url, api_key="x", max_retries=0) as client:
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "a"}])
    assert answer.usage.model_dump()["daulat"] == DRAWN


@pytest.mark.skipif(not PEERS.is_file(), reason="LangChain is not installed: `make .peers/.installed`")
def test_langchain_adds_it_up(base_url, tmp_path):
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "BASE_URL": base_url}
    done = subprocess.run([str(PEERS), "-c", SCRIPT], capture_output=True, text=True, timeout=120, env=environ)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {name: 2 * value for name, value in DRAWN.items()}
