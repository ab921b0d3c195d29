# SPDX-License-Identifier: Apache-2.0
"""The cluster engine: models with their weights and accelerators in; a deployment file of Ray Serve LLM out.

Ray Serve runs vLLM on as many machines as there are, behind one OpenAI-compatible address, which a nation declares as a
remote model. What is written here is the file that `serve deploy` takes: who runs, on what, and how many replicas at
which load. It starts nothing and imports nothing of Ray.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from daulat.models.errors import ModelsError

APPLICATION = "ray.serve.llm:build_openai_app"


@dataclass(frozen=True, slots=True)
class Scaling:
    """How many replicas of a model run.

    Attributes
    ----------
    min_replicas, max_replicas : int
        At least and at most; with 0 the first request after a pause waits for the weights to load.
    ongoing_requests : int
        Requests that one replica should hold; more of them add replicas, fewer take some away.
    queued_requests : int
        Requests beyond those that a replica still takes before the next one is told to wait.
    up_s, down_s : float
        How long the load has to last before replicas are added, or taken away, in seconds.
    """

    min_replicas: int = 1
    max_replicas: int = 2
    ongoing_requests: int = 64
    queued_requests: int = 64
    up_s: float = 10.0
    down_s: float = 600.0

    def __post_init__(self) -> None:
        if not 0 <= self.min_replicas <= self.max_replicas or self.max_replicas < 1:
            raise ModelsError(
                f"from {self.min_replicas} to {self.max_replicas} replicas is no range",
                why="The cluster would not know how many to run.",
                fix="give a least number of 0 or more, and a greatest that is not smaller.",
                code="models.cluster.scaling",
            )

    def deployment(self) -> dict[str, Any]:
        """Return the settings of a Serve deployment.

        Examples
        --------
        >>> Scaling(1, 4, ongoing_requests=32, queued_requests=16).deployment()["max_ongoing_requests"]
        48
        """
        return {
            "max_ongoing_requests": self.ongoing_requests + self.queued_requests,
            "autoscaling_config": {
                "min_replicas": self.min_replicas,
                "max_replicas": self.max_replicas,
                "initial_replicas": max(1, self.min_replicas),
                "target_ongoing_requests": self.ongoing_requests,
                "upscale_delay_s": self.up_s,
                "downscale_delay_s": self.down_s,
            },
            "health_check_period_s": 5,
            "health_check_timeout_s": 30,
        }


@dataclass(frozen=True, slots=True)
class ClusterModel:
    """One model of a cluster.

    Attributes
    ----------
    id : str
        The name by which it is asked for.
    source : str
        Where its weights are: a directory that every machine sees, or a repository of the hub.
    accelerator : str
        As Ray names it, e.g. ``H100``; empty takes any.
    tensor_parallel : int
        Accelerators that one replica is spread over.
    context_length : int
        Tokens of prompt and answer together; 0 takes the model's own.
    scaling : Scaling
        How many replicas run.
    """

    id: str
    source: str
    accelerator: str = ""
    tensor_parallel: int = 1
    context_length: int = 0
    scaling: Scaling = Scaling()

    def config(self) -> dict[str, Any]:
        """Return its entry among the ``llm_configs``."""
        engine: dict[str, Any] = {"tensor_parallel_size": self.tensor_parallel, "enable_prefix_caching": True}
        if self.context_length:
            engine["max_model_len"] = self.context_length
        config: dict[str, Any] = {
            "model_loading_config": {"model_id": self.id, "model_source": self.source},
            "engine_kwargs": engine,
            "deployment_config": self.scaling.deployment(),
        }
        if self.accelerator:
            config["accelerator_type"] = self.accelerator
        return config


def serve_config(models: Sequence[ClusterModel], *, host: str = "127.0.0.1", port: int = 8000) -> dict[str, Any]:
    """Return the deployment file of a cluster, as data.

    Parameters
    ----------
    models : sequence of ClusterModel
        What it runs; at least one.
    host, port : str, int
        Where every machine of it listens. Ray asks callers for no key: let only the gateway reach it.

    Raises
    ------
    ModelsError
        If there is no model, or one stands twice.
    """
    ids = [model.id for model in models]
    if not ids or len(set(ids)) < len(ids):
        raise ModelsError(
            "a cluster needs models, each under a name of its own",
            why="Requests name the model that they are for.",
            fix="give each model once.",
            code="models.cluster.models",
        )
    return {
        "proxy_location": "EveryNode",
        "http_options": {"host": host, "port": port},
        "applications": [
            {
                "name": "daulat",
                "route_prefix": "/",
                "import_path": APPLICATION,
                "args": {"llm_configs": [model.config() for model in models]},
            }
        ],
    }


def as_yaml(config: dict[str, Any]) -> str:
    """Return a deployment file as text.

    Examples
    --------
    >>> print(as_yaml(serve_config([ClusterModel("writer", "/models/writer")])).splitlines()[0])
    proxy_location: EveryNode
    """
    return yaml.safe_dump(config, sort_keys=False)
