# SPDX-License-Identifier: Apache-2.0
"""GET /v1/usage: what the caller's own key may still use, from the rows that refuse, and what its project has used.

A request with a key in; its limits, and the sums of this month or of the one that is asked for, out. Shows nothing of
any other project.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from daulat.gateway._asgi import Request, Send, send_json
from daulat.gateway.access.admission import KeyAdmission
from daulat.gateway.access.errors import require_known
from daulat.gateway.access.limits import reading_as_data
from daulat.gateway.errors import BadRequest, NotReady
from daulat.gateway.ports import Call
from daulat.gateway.quota.counters import CountersUnavailableError
from daulat.gateway.quota.leases import Leases
from daulat.ledger.errors import LedgerError
from daulat.ledger.usage_report import as_data, sum_usage
from daulat.store import Store

ROUTE = "usage"


class OwnUsageRoute:
    """The route for the holder of a key.

    Parameters
    ----------
    opened : coroutine function
        Gives the store, who knows keys, and the leases, once the database is there.
    zone : ZoneInfo
        Whose months count.
    now : callable
        The time, with its zone.
    """

    def __init__(
        self,
        opened: Callable[[], Awaitable[tuple[Store, KeyAdmission, Leases]]],
        zone: ZoneInfo,
        now: Callable[[], datetime],
    ) -> None:
        self._opened, self._zone, self._now = opened, zone, now

    async def show(self, request: Request, send: Send) -> None:
        """Show limits and sums."""
        store, admission, leases = await self._opened()
        record = admission.holder(Call("", ROUTE, client=request.client, credential=request.credential))
        asked = parse_qs(request.query, keep_blank_values=True)
        require_known(asked, "month")
        month = asked["month"][0] if asked else self._now().astimezone(self._zone).strftime("%Y-%m")
        try:
            readings = await leases.read([slot.limit for slot in record.slots]) if record.slots else []
        except CountersUnavailableError:
            raise NotReady(
                "limits cannot be read at present",
                why="The counters do not answer.",
                fix="try again in a few seconds.",
                code="quota_unavailable",
            ) from None
        try:
            sums = await sum_usage(store, month, self._zone, by="model", project=record.project)
        except LedgerError as error:
            raise BadRequest(error.what, why=error.why, fix=error.fix, code=error.code, param="month") from None
        payload = {
            "organisation": record.organisation,
            "project": record.project,
            "key": record.id,
            "time_zone": self._zone.key,
            "limits": [reading_as_data(reading) for reading in readings],
            "month": month,
            "used": as_data(sums),
        }
        await send_json(send, payload, request.request_id)
