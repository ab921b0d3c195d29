# SPDX-License-Identifier: Apache-2.0
"""`daulat models cluster`: a deployment file of Ray Serve for models, and how to declare them."""

from __future__ import annotations

import click

from daulat.cli._output import emit, emit_json, hint, json_option
from daulat.models.cluster import ClusterModel, Scaling, as_yaml, serve_config


@click.command("cluster")
@click.argument("model")
@click.option("--source", required=True, metavar="PATH", help="Directory of its weights on every machine, or hub name.")
@click.option("--accelerator", default="", metavar="NAME", help="As Ray names it, e.g. H100; default: any.")
@click.option("--tensor-parallel", type=click.IntRange(1), default=1, show_default=True, help="Accelerators a replica.")
@click.option("--context", type=click.IntRange(0), default=0, help="Tokens of prompt and answer; 0: the model's own.")
@click.option("--min-replicas", type=click.IntRange(0), default=1, show_default=True)
@click.option("--max-replicas", type=click.IntRange(1), default=2, show_default=True)
@click.option("--requests", type=click.IntRange(1), default=64, show_default=True, help="At once, for each replica.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the machines listen; Ray asks for no key.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@json_option
def command(
    model: str,
    source: str,
    accelerator: str,
    tensor_parallel: int,
    context: int,
    min_replicas: int,
    max_replicas: int,
    requests: int,
    host: str,
    port: int,
    as_json: bool,
) -> None:
    """Write the file with which Ray Serve runs a model on a cluster.

    \b
    daulat models cluster writer --source /models/writer --accelerator H100 --max-replicas 4 > serve.yaml
    """
    scaling = Scaling(min_replicas, max_replicas, ongoing_requests=requests, queued_requests=requests)
    declared = ClusterModel(model, source, accelerator, tensor_parallel, context, scaling)
    config = serve_config([declared], host=host, port=port)
    if as_json:
        emit_json(config)
        return
    emit(as_yaml(config))
    remote = f"{{id: {model}, kind: remote, url: 'http://{host}:{port}/v1', retries: 3}}"
    hint(f"start it with `serve deploy`, then declare {remote} under `models` in nation.yaml")
