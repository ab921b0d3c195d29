# SPDX-License-Identifier: Apache-2.0
"""The process that holds one model: one line of JSON comes in on stdin, one goes out on stdout, then it serves.

Run by path and isolated (``python -I _child.py``), so that it loads llama.cpp and nothing of the service. It serves the
OpenAI API on a free loopback port, behind a key that only its parent knows. It ends when its parent ends: on Linux by a
signal, everywhere when stdin closes. It never writes a prompt anywhere.
"""

from __future__ import annotations

import ctypes
import http.client
import json
import os
import signal
import sys
from typing import Any

_PR_SET_PDEATHSIG = 1
_PROPS_TIMEOUT_S = 10.0


def main() -> int:
    """Load the model that stdin names, say where it listens, and stay until stdin closes."""
    settings: dict[str, Any] = json.loads(sys.stdin.readline())
    _die_with(settings["parent_pid"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this process.
    try:
        server = _serve(settings)
    except (RuntimeError, ValueError, MemoryError, OSError) as error:
        _say({"error": str(error)[:300]})
        return 1
    address: str = server.listening_address
    _say({"address": address, "takes_tools": _takes_tools(address, settings["api_key"])})
    sys.stdin.read()
    # Not sys.exit: the server's own threads may be deep in a computation that nobody waits for any more.
    os._exit(0)


def _takes_tools(address: str, api_key: str) -> bool:
    """Ask the server that was just started whether the model's chat template has a place for tools."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=_PROPS_TIMEOUT_S)
    try:
        connection.request("GET", "/props", headers={"Authorization": f"Bearer {api_key}"})
        props = json.loads(connection.getresponse().read())
        return bool(props["chat_template_caps"]["supports_tools"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return True  # a server that does not tell is left to judge each request itself
    finally:
        connection.close()


def _say(reply: dict[str, str | bool]) -> None:
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()


def _serve(settings: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["weights"]
    params.model_alias = {settings["model"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["api_key"]]
    params.cors_origins = ""
    params.ui = False
    params.endpoint_slots = False
    params.offline = True
    params.verbosity = -1
    params.n_ctx = settings["context_length"] * settings["slots"]
    params.n_parallel = settings["slots"]
    params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(path, scale) for path, scale in settings["adapters"]]
    params.cont_batching = True  # slots answer together, a token each in turn
    params.cache_prompt = True  # a prompt that begins like the last one is read from where they part
    params.cache_ram_mib = settings["prompt_cache_mib"]  # llama.cpp would take 8 GiB
    params.use_jinja = True  # the model's own template, which tools and schemas need
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    return xllamacpp.Server(params)


def _die_with(parent_pid: int) -> None:
    """Ask Linux to end this process with its parent; stdin alone goes unread while llama.cpp loads a model."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it ended before the request was made
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
