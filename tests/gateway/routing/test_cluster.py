# SPDX-License-Identifier: Apache-2.0
"""A real Ray Serve cluster, from our deployment file as it is shipped: it grows and shrinks with the load, and loses no
request. Ray's own builder, ingress and servers run; a tiny engine stands in vLLM's place behind the seam of theirs.
"""

import asyncio
import os
import shutil
import signal
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import ray_engine
from gateway_process import running_gateway
from ray_engine import write_shapes
from routing_calls import ANYWHERE
from tests.ports import free_port

from daulat.gateway.routing import Declared, ModelRouter, Post, Route
from daulat.models import RemoteEngine
from daulat.models.cluster import ClusterModel, Scaling, as_yaml, serve_config

RAY = Path(__file__).parents[3] / ".peers" / "bin" / "python"
SCALING = Scaling(1, 2, ongoing_requests=2, queued_requests=50, up_s=0.5, down_s=2.0)


class Cluster:
    def __init__(self, process, url: str) -> None:
        self.process, self.url = process, url

    async def replicas(self) -> int:
        self.process.stdin.write(b"replicas\n")
        async with asyncio.timeout(90):
            while not (line := await self.process.stdout.readline()).startswith(b"replicas "):
                assert line, "the cluster has ended"  # what else it prints is Ray's own talk
            return int(line.split()[1])

    async def until(self, count: int) -> None:
        async with asyncio.timeout(150):
            while await self.replicas() != count:
                await asyncio.sleep(0.2)


@asynccontextmanager
async def running_cluster():
    place = Path(tempfile.mkdtemp(prefix="ray"))  # short, for the paths of sockets are bounded
    port = free_port()
    model = ClusterModel("tiny", "/models/tiny", "H100", context_length=4096, scaling=SCALING)
    (place / "serve.yaml").write_text(as_yaml(serve_config([model], port=port)))
    write_shapes(place)
    shutil.copy(ray_engine.__file__, place)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": str(place),
        "RAYLLM_VLLM_ENGINE_CLS": "ray_engine.TinyEngine",  # the one thing that is not what an operator runs
    }
    process = await asyncio.create_subprocess_exec(
        str(RAY), str(Path(__file__).with_name("ray_cluster.py")), str(place / "serve.yaml"), str(place),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=environ,
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(180):
            while (line := await process.stdout.readline()) != b"ready\n":
                assert line, "the cluster did not start"
        yield Cluster(process, f"http://127.0.0.1:{port}/v1")
    finally:
        process.stdin.write(b"stop\n")
        try:
            await asyncio.wait_for(process.wait(), 30)
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
            shutil.rmtree(place, ignore_errors=True)


class Load:
    """Callers that ask without a pause, half of them for streams; what became of each call."""

    def __init__(self, gateway, count: int) -> None:
        self.gateway, self.pids, self.lost, self.cut = gateway, [], [], 0
        self._ending = False
        self._tasks = [asyncio.create_task(self._ask(number)) for number in range(count)]

    async def _ask(self, number: int) -> None:
        stream = number % 2 == 0
        while not self._ending:
            body = {
                "model": "writer",
                "max_tokens": 10,
                "stream": stream,
                "messages": [{"role": "user", "content": "x"}],
            }
            code, raw = await self.gateway.ask(body)
            if code != 200:
                self.lost.append((code, raw[:300]))
            elif b'"error"' in raw:  # it had its first token: it could not be begun again unseen
                self.cut += 1
            else:
                self.pids.append(int(raw.partition(b'"id":')[2].partition(b",")[0].strip(b' "')))

    async def until(self, condition) -> None:
        async with asyncio.timeout(150):
            while not condition():
                assert not self.lost, self.lost[:3]
                await asyncio.sleep(0.05)

    async def end(self) -> None:
        self._ending = True
        await asyncio.gather(*self._tasks)


@pytest.mark.timeout(900)  # of its waits, each of which has a limit of its own
@pytest.mark.skipif(not RAY.is_file(), reason="Ray is not installed: `make .peers/.installed`")
async def test_a_cluster_grows_loses_a_replica_under_load_and_shrinks_and_no_caller_is_turned_away():
    async with running_cluster() as cluster:
        post = Post(Declared("writer", RemoteEngine(cluster.url, names={"writer": "tiny"}), retries=5))
        router = ModelRouter([post], [Route("writer", ((post, 1.0),))], ANYWHERE)
        async with running_gateway(router) as gateway:
            load = Load(gateway, 8)
            await cluster.until(2)
            await load.until(lambda: len(set(load.pids)) == 2)
            victim = load.pids[-1]
            before = len(load.pids)
            os.kill(victim, signal.SIGKILL)
            await load.until(lambda: len(load.pids) > before + 100)
            await cluster.until(2)  # Serve has started another
            await load.until(lambda: len(set(load.pids) - {victim}) == 2)
            await load.end()
            assert load.lost == []
            assert load.cut <= 4  # streams that had begun where the replica died: a caller has one at a time
            assert post.in_flight == 0
            await cluster.until(1)
            code, _ = await gateway.ask({"model": "writer", "max_tokens": 1, "messages": []})
            assert code == 200
        await post.declared.engine.close()


def test_the_file_names_models_accelerators_and_how_many_replicas():
    large = ClusterModel("writer", "/models/writer", "H100", tensor_parallel=2, context_length=32768, scaling=SCALING)
    (application,) = serve_config([large])["applications"]
    (config,) = application["args"]["llm_configs"]
    assert application["import_path"] == "ray.serve.llm:build_openai_app"
    assert config["accelerator_type"] == "H100"
    assert config["engine_kwargs"]["tensor_parallel_size"] == 2
    assert config["deployment_config"]["autoscaling_config"]["max_replicas"] == 2
    assert "model_id: writer" in as_yaml(serve_config([large]))
