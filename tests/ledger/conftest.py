# SPDX-License-Identifier: Apache-2.0
"""A real database for the ledger, made once and emptied for each test."""

import pytest

from daulat.store import StoreSettings, open_store


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("ledger") / "postgres"


@pytest.fixture
async def store(data_dir):
    async with open_store(StoreSettings(data_dir)) as store:
        await store.execute("TRUNCATE answer_receipt, ledger_event")
        yield store
