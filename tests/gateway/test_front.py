# SPDX-License-Identifier: Apache-2.0
"""What is accounted for waits for a database that can be used, not merely for one that was opened."""

from contextlib import asynccontextmanager

import pytest

from daulat.gateway.front import WaitingReceipts, _keep_store
from daulat.ledger import Receipt
from daulat.store import StoreSettings, StoreUnreachableError, open_store

RECEIPT = Receipt("public-services", "id", "quotation", answered=True)
COUNT = "SELECT count(*) FROM answer_receipt"


class StoppingError(Exception):
    pass


class Access:
    """Stands where `access.Access` does, with a database that goes away behind the first calls; then one that stays."""

    def __init__(self):
        self.times_let_in = 0

    @asynccontextmanager
    async def open(self, _store):
        self.times_let_in += 1
        if self.times_let_in == 1:
            raise StoreUnreachableError("it went away", why="-", fix="-", code="store.unreachable")
        yield


async def test_receipts_are_kept_when_the_database_goes_away_right_after_it_was_opened(fakes, tmp_path, monkeypatch):
    settings, receipts, access = StoreSettings(tmp_path / "postgres"), WaitingReceipts(), Access()

    async def stop(*_about):
        receipts.put(RECEIPT)
        raise StoppingError

    monkeypatch.setattr("daulat.gateway.front.watch_database", stop)  # else it would be watched for ever
    for ended_by in (StoreUnreachableError, StoppingError):
        receipts.put(RECEIPT)
        with pytest.raises(ended_by):
            await _keep_store(fakes.make_parts(), settings, receipts, access, 3600)
        if ended_by is StoreUnreachableError:
            receipts.put(RECEIPT)  # an answer that was given meanwhile
    async with open_store(settings) as store:
        assert await store.fetch(COUNT) == [(4,)]
