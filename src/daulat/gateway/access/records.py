# SPDX-License-Identifier: Apache-2.0
"""What a worker knows of one key, and the questions that are asked of it at every call.

Rows of the database in; yes or no, out. Answers to the two questions that take work, about a model's name and about
a network address, are remembered, so that a call costs a look-up. Holds no secret.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Collection
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, TypeVar, get_args

from daulat.gateway.access.errors import AccessError
from daulat.gateway.errors import BadRequest
from daulat.gateway.quota.credit import Slot

DataClass = Literal["public", "internal", "personal"]
Priority = Literal["emergency", "interactive", "batch"]

DATA_CLASSES: tuple[DataClass, ...] = get_args(DataClass)  # each is stricter than the one before it
PRIORITIES: tuple[Priority, ...] = get_args(Priority)  # each waits for the one before it
SERVICE_CLASS: DataClass = "personal"  # who asks a service tells something about themselves, whatever the header says

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

Word = TypeVar("Word", bound=str)

_REMEMBERED = 1_000
# The priority of a call that asks for none, by the highest that its key may have.
_USUAL: dict[Priority, Priority] = {each: max(each, "interactive", key=PRIORITIES.index) for each in PRIORITIES}


@dataclass(slots=True)
class KeyRecord:
    """One key, as every worker holds it.

    Attributes
    ----------
    models, services : tuple of str
        Patterns (``qwen*``) of raw models, and names of services. Both empty: everything; else only what is named.
    networks : tuple
        Where calls may come from; empty: anywhere.
    expires_s : float
        Seconds since 1970 UTC; infinite for a key without end.
    slots : tuple of Slot
        The limits of the key, of its project and of its organisation.
    """

    id: str
    project: str
    organisation: str
    models: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    expires_s: float = math.inf
    is_revoked: bool = False
    data_class: DataClass = "internal"
    highest_priority: Priority = "interactive"
    slots: tuple[Slot, ...] = ()
    _models_seen: dict[tuple[str, str], bool] = field(default_factory=dict, repr=False)
    _networks_seen: dict[str, bool] = field(default_factory=dict, repr=False)

    def allows_model(self, model: str, service: str) -> bool:
        """Say whether the key reaches a model, or a service where `service` is not empty.

        >>> record = KeyRecord("key_1", "moh/portal", "moh", models=("qwen*",))
        >>> record.allows_model("qwen3-4b", ""), record.allows_model("xa/health", "health")
        (True, False)
        """
        if not self.models and not self.services:
            return True
        known = self._models_seen.get((model, service))
        if known is None:
            known = service in self.services if service else any(fnmatchcase(model, pattern) for pattern in self.models)
            _remember(self._models_seen, (model, service), known)
        return known

    def allows_network(self, client: str) -> bool:
        """Say whether the key may be used from an address.

        >>> KeyRecord("k", "a/b", "a", networks=(ipaddress.ip_network("10.0.0.0/8"),)).allows_network("10.9.8.7")
        True
        """
        if not self.networks:
            return True
        known = self._networks_seen.get(client)
        if known is None:
            known = _is_within(client, self.networks)
            _remember(self._networks_seen, client, known)
        return known

    def stricter_class(self, asked: str, service: str = "") -> DataClass:
        """Return the data class of a call: the strictest of the key's own, the one it names, and that of a service.

        Raises
        ------
        BadRequest
            If it names a class that is not there.

        Examples
        --------
        >>> record = KeyRecord("k", "a/b", "a", data_class="internal")
        >>> record.stricter_class("public"), record.stricter_class("Personal"), record.stricter_class("", "health")
        ('internal', 'personal', 'personal')
        """
        if not asked and not service:
            return self.data_class
        named = named_class(asked)
        of_service = SERVICE_CLASS if service else "public"
        return max(self.data_class, named or "public", of_service, key=DATA_CLASSES.index)

    def bounded_priority(self, asked: str) -> Priority:
        """Return the priority of a call: what it asks for, interactive by default, and never above the key's highest.

        Raises
        ------
        BadRequest
            If it asks for a priority that is not there.

        Examples
        --------
        >>> KeyRecord("k", "a/b", "a").bounded_priority("emergency")
        'interactive'
        """
        if not asked:
            return _USUAL[self.highest_priority]
        return max(self.highest_priority, named_priority(asked) or "interactive", key=PRIORITIES.index)


def named_class(word: str) -> DataClass | None:
    """Return the data class that a header names, without regard to case; None where it is empty.

    Raises
    ------
    BadRequest
        If there is no such class: taken at any other, data could go where its owner has not let it.

    Examples
    --------
    >>> named_class(" PERSONAL "), named_class("")
    ('personal', None)
    """
    return _named(word, DATA_CLASSES, "X-Daulat-Data-Class", "unknown_data_class", "Where data may go depends on it.")


def named_priority(word: str) -> Priority | None:
    """Return the priority that a header names, without regard to case; None where it is empty.

    Raises
    ------
    BadRequest
        If there is no such priority.
    """
    return _named(word, PRIORITIES, "X-Daulat-Priority", "unknown_priority", "Who waits for whom depends on it.")


def require_services(services: Collection[str], declared: Collection[str]) -> None:
    """Refuse a key for a service that is not declared.

    Raises
    ------
    AccessError
        Naming those that are.

    Examples
    --------
    >>> require_services(["health"], ["health", "schools"])
    >>> try:
    ...     require_services(["nope"], ["health", "schools"])
    ... except AccessError as error:
    ...     print(error.what)
    there is no service `nope`
    """
    for service in services:
        if service not in declared:
            raise AccessError(
                f"there is no service `{service[:100]}`",
                why="A key for it would reach nothing.",
                fix=f"declared are {', '.join(declared) or 'none'}; or declare it under `services` in nation.yaml.",
                code="access.no_service",
            )


def _named(word: str, among: tuple[Word, ...], header: str, code: str, why: str) -> Word | None:
    plain = word.strip().lower()
    if not plain:
        return None
    for each in among:
        if each == plain:
            return each
    raise BadRequest(
        f"`{header}` is none of {', '.join(among)}",
        why=f"{why} It is not guessed.",
        fix=f"send one of {', '.join(among)}, or leave the header out.",
        code=code,
        param=header,
    )


def _remember(seen: dict, key: object, answer: bool) -> None:  # type: ignore[type-arg]
    if len(seen) >= _REMEMBERED:  # names come from callers; memory must not
        seen.clear()
    seen[key] = answer


def _is_within(client: str, networks: tuple[Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks if network.version == address.version)
