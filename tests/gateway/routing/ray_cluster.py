# SPDX-License-Identifier: Apache-2.0
"""Ray Serve in a process of its own, which runs a deployment file of ours as `serve run` does, with a tiny engine.

Run by the interpreter that holds Ray, as `ray_cluster.py FILE PLACE`. The file is what `daulat models cluster` writes,
unchanged: Ray reads it, calls the builder that it names, and starts that application's own servers and replicas. Only
the engine inside a replica is another (`ray_engine`), and the accelerators are counted and not there. Prints `ready`;
then each line of its input is a command: `replicas` prints how many are running, `stop` ends it.
"""

import sys
from pathlib import Path

import ray
import yaml
from ray import serve
from ray.serve._private.api import serve_start
from ray.serve.schema import ServeDeploySchema


def running() -> int:
    deployments = serve.status().applications["daulat"].deployments
    return next(each for name, each in deployments.items() if name.startswith("LLMServer")).replica_states.get(
        "RUNNING", 0
    )


def main() -> None:
    config = ServeDeploySchema(**yaml.safe_load(Path(sys.argv[1]).read_text()))
    ray.init(num_cpus=16, num_gpus=2, resources={"accelerator_type:H100": 2}, include_dashboard=False,
             object_store_memory=100 << 20, log_to_driver=False, _node_ip_address="127.0.0.1",
             _temp_dir=sys.argv[2])  # fmt: skip
    client = serve_start(http_options=config.http_options.model_dump(), proxy_location=config.proxy_location)
    client.deploy_apps(config, _blocking=True)
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
