# SPDX-License-Identifier: Apache-2.0
"""LangChain's and LlamaIndex's adapters and the `llm` command, unmodified, in an interpreter of their own."""

import json
import subprocess
from pathlib import Path

import pytest

SAID = "One two three four five six"

LANGCHAIN = """
import json, os
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from pydantic import BaseModel

url = os.environ["BASE_URL"]
chat = ChatOpenAI(model="writer", base_url=url, api_key="none", max_retries=0, stream_usage=True)

@tool
def weather(city: str) -> str:
    "Say how the weather is."
    return "rain"

class City(BaseModel):
    city: str
    people: int

out = {}
answer = chat.invoke("Hello")
out["said"], out["usage"] = answer.content, answer.usage_metadata
pieces = list(chat.stream("Hello"))
out["streamed"] = "".join(piece.content for piece in pieces)
out["streamed_tokens"] = sum((piece.usage_metadata or {}).get("output_tokens", 0) for piece in pieces)
called = chat.bind_tools([weather], tool_choice="weather").invoke("Weather in Bandung?")
out["called"] = [(call["name"], call["args"]) for call in called.tool_calls]
for method in ("json_schema", "function_calling"):
    try:
        out[method] = chat.with_structured_output(City, method=method).invoke("Bandung").model_dump()
    except Exception as error:
        out[method] = type(error).__name__
response = ChatOpenAI(model="writer", base_url=url, api_key="none", use_responses_api=True)
out["response"] = response.invoke("Hello").text
out["response_streamed"] = "".join(piece.text for piece in response.stream("Hello"))
out["response_called"] = response.bind_tools([weather]).invoke("Weather?").tool_calls[0]["args"]
out["completed"] = OpenAI(model="writer", base_url=url, api_key="none").invoke("Once")
encoder = OpenAIEmbeddings(model="encoder", base_url=url, api_key="none", check_embedding_ctx_length=False)
out["embedded"] = encoder.embed_documents(["ab", "abc"])
try:
    ChatOpenAI(model="none", base_url=url, api_key="none").invoke("Hello")
except Exception as error:
    out["error"] = (type(error).__name__, error.code)
print(json.dumps(out))
"""

LANGCHAIN_CITATIONS = """
import json, os
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI

chat = ChatOpenAI(
    model="xa/public-services", base_url=os.environ["BASE_URL"], api_key="none", max_retries=0, use_responses_api=True
)
question = HumanMessage("When must a birth be reported?")

def cited(message):
    return [note for block in message.content_blocks for note in block.get("annotations", [])]

out = {"whole": cited(answer := chat.invoke([question]))}
pieces = list(chat.stream([question]))
streamed = pieces[0]
for piece in pieces[1:]:
    streamed += piece
out["streamed"] = cited(streamed)
out["again"] = cited(chat.invoke([question, answer, question]))
print(json.dumps(out))
"""

LLAMA_INDEX = """
import json, os
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike

url = os.environ["BASE_URL"]
common = {"model": "writer", "api_base": url, "api_key": "none", "max_retries": 0}
chat = OpenAILike(**common, is_chat_model=True, is_function_calling_model=True, context_window=4096)

def weather(city: str) -> str:
    "Say how the weather is."
    return "rain"

out = {}
messages = [ChatMessage(role="user", content="Hello")]
out["said"] = chat.chat(messages).message.content
out["streamed"] = "".join(piece.delta or "" for piece in chat.stream_chat(messages))
answer = chat.chat_with_tools([FunctionTool.from_defaults(fn=weather)], user_msg="Weather in Bandung?")
out["called"] = [(call.tool_name, call.tool_kwargs) for call in chat.get_tool_calls_from_response(answer)]
out["completed"] = OpenAILike(**common, is_chat_model=False).complete("Once").text
encoder = OpenAILikeEmbedding(model_name="encoder", api_base=url, api_key="none")
out["embedded"] = encoder.get_text_embedding_batch(["ab", "abc"])
out["asked"] = encoder.get_query_embedding("ab")
try:
    OpenAILike(**{**common, "model": "none"}, is_chat_model=True).chat(messages)
except Exception as error:
    out["error"] = (type(error).__name__, error.code)
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def langchain(run_peer):
    return run_peer(LANGCHAIN)


@pytest.fixture(scope="module")
def llama_index(run_peer):
    return run_peer(LLAMA_INDEX)


def test_langchain_is_answered_whole_and_streamed(langchain):
    assert langchain["said"] == langchain["streamed"] == SAID
    assert (langchain["usage"]["input_tokens"], langchain["usage"]["output_tokens"]) == (11, 6)
    assert langchain["streamed_tokens"] == 6


def test_langchain_calls_tools_and_fills_schemas(langchain):
    assert langchain["called"] == [["weather", {"city": "Bandung"}]]
    assert langchain["json_schema"] == {"city": "Bandung", "people": 2_500_000}


def test_langchain_speaks_the_responses_api(langchain):
    assert langchain["response"] == langchain["response_streamed"] == SAID
    assert langchain["response_called"] == {"city": "Bandung"}


def test_langchain_hands_on_citations_through_the_responses_api(run_peer, live):
    out = run_peer(LANGCHAIN_CITATIONS, live.base_url)
    [note] = out["whole"]
    assert note["title"]
    assert note["url"].startswith(live.base_url)
    assert (note["extras"]["article"], note["extras"]["status"]) == ("Pasal 28", "in_force")
    assert out["streamed"] == out["again"] == out["whole"]


def test_langchain_completes_and_embeds(langchain):
    assert langchain["completed"] == " and more"
    assert langchain["embedded"] == [[1.0, 0.5, 2.0], [1.0, 0.5, 3.0]]


def test_langchain_hears_of_an_unknown_model(langchain):
    assert langchain["error"] == ["OpenAIModelNotFoundError", "model_not_found"]


def test_llama_index_is_answered_whole_and_streamed(llama_index):
    assert llama_index["said"] == llama_index["streamed"] == SAID


def test_llama_index_calls_tools_completes_and_embeds(llama_index):
    assert llama_index["called"] == [["weather", {"city": "Bandung"}]]
    assert llama_index["completed"] == " and more"
    assert llama_index["embedded"] == [[1.0, 0.5, 2.0], [1.0, 0.5, 3.0]]
    assert llama_index["asked"] == [1.0, 0.5, 2.0]


def test_llama_index_hears_of_an_unknown_model(llama_index):
    assert llama_index["error"] == ["NotFoundError", "model_not_found"]


@pytest.fixture(scope="module")
def llm(run_peer, gateway):
    """Return a function that runs the `llm` command with the gateway's models declared to it."""
    folder = gateway.folder / "llm"
    folder.mkdir(exist_ok=True)
    models = [
        {"model_id": f"ours-{name}", "model_name": name, "api_base": f"{gateway.url}/v1", "supports_tools": True,
         "supports_schema": True}
        for name in ("writer", "tiny", "none")
    ]  # fmt: skip
    (folder / "extra-openai-models.yaml").write_text(json.dumps(models))
    (folder / "keys.json").write_text(json.dumps({"openai": "none"}))
    command = Path(__file__).parents[3] / ".peers" / "bin" / "llm"

    def run(*words):
        return subprocess.run(
            [str(command), *words], capture_output=True, text=True, timeout=240,
            env={"LLM_USER_PATH": str(folder), "HOME": str(gateway.folder), "PATH": ""},
        )  # fmt: skip

    return run


def test_the_llm_command_is_answered_whole_and_streamed(llm):
    for words in (["--no-stream"], []):
        done = llm("-m", "ours-writer", *words, "Hello")
        assert (done.returncode, done.stdout.strip()) == (0, SAID), done.stderr


def test_the_llm_command_fills_a_schema(llm):
    done = llm("-m", "ours-writer", "--schema", "city, people int", "Bandung")
    assert json.loads(done.stdout) == {"city": "Bandung", "people": 2_500_000}, done.stderr


def test_the_llm_command_calls_a_function(llm):
    code = 'def weather(city: str) -> str:\n    "Say how the weather is."\n    return "rain in " + city\n'
    done = llm("-m", "ours-writer", "--functions", code, "Weather in Bandung?")
    assert done.stdout.strip() == "It is rain in Bandung", done.stderr


def test_the_llm_command_hears_a_real_engine_and_of_an_unknown_model(llm):
    assert llm("-m", "ours-tiny", "-o", "max_tokens", "5", "a").stdout.strip()
    assert "no engine runs `none`" in llm("-m", "ours-none", "Hello").stderr
