# SPDX-License-Identifier: Apache-2.0
"""Private: what `daulat models pull` asks for. What was typed and a catalogue in; an order, or wrong usage, out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

import click

from daulat.cli._options import nearest
from daulat.cli._output import interruptible
from daulat.models import Catalogue, Order, Use, Weights, broken_clause, parse_source
from daulat.models.sources import HubSource, WebSource
from daulat.nation import NationError, load_nation


def order_of(
    catalogue: Catalogue,
    model: str,
    addresses: tuple[str, ...],
    sha256: str,
    licence: str,
    accepted_by: str,
    use: Use,
) -> Order:
    """Return the order for the weights of a model.

    Raises
    ------
    ModelsError
        If nobody knows the model and no address is given, or an address is none.
    UsageError
        If there is no such licence, or the catalogue has no address and none is given.
    """
    row = catalogue.models.get(model)
    if row is None and not addresses:
        row = catalogue.find(model)  # says that there is none
    if licence and licence not in catalogue.licences:
        near = nearest(licence, catalogue.licences) or sorted(catalogue.licences)
        raise click.BadParameter(f"`{licence}` is not known; it may be {', '.join(near)}.", param_hint="--licence")
    terms = row.licence if row else catalogue.licences.get(licence, catalogue.licences["unverified"])
    if row is not None and not addresses and not row.weights:
        raise click.UsageError(
            f"the catalogue has no address for the weights of {model}; pass --from, "
            f"such as a GGUF file of hf://{row.hub} or of a conversion that you trust"
        )
    from_catalogue = row is not None and not addresses
    return Order(
        model=model,
        sources=row.weights if row and from_catalogue else tuple(parse_source(address) for address in addresses),
        sha256=sha256 or (row.weights_sha256 if row and from_catalogue else ""),
        bytes=row.weights_bytes if row and from_catalogue else None,
        licence=terms.id,
        conditions=terms.obligations if terms.needs_acceptance else (),
        accepted_by=accepted_by,
        purpose=row.purpose if row else "",
        forbidden=broken_clause(terms.limits, use),
    )


def country_here() -> str:
    """Return the country of ./nation.yaml; empty where there is none that can be read."""
    try:
        return load_nation(Path("nation.yaml")).country
    except NationError:
        return ""


def interruptible_pull(order: Order, work: Callable[[], Weights]) -> Weights:
    """Do the work of a pull so that Ctrl-C is heard at once, also while a server that was asked says nothing.

    The network is read by code that hears no signal, so it is read by a thread of its own, which ends with the process.
    """
    with interruptible(what_stays(order)):
        if not _is_from_a_network(order):
            return work()
        ended: Future[Weights] = Future()

        def run() -> None:
            try:
                ended.set_result(work())
            except BaseException as error:  # noqa: BLE001 - told where it is waited for
                ended.set_exception(error)

        Thread(target=run, name="pull", daemon=True).start()
        return ended.result()


def _is_from_a_network(order: Order) -> bool:
    return any(isinstance(source, HubSource | WebSource) for source in order.sources)


def what_stays(order: Order) -> str:
    """Say what an interrupted pull keeps: what came from a web server or a hub, which can be asked for the rest."""
    if _is_from_a_network(order):
        return "what was fetched is kept, and the same command goes on from there"
    return "no weights are half here, and the same command fetches them anew"
