# SPDX-License-Identifier: Apache-2.0
"""A database that hangs is told as one that does not answer, and is used again when it goes on."""

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from servers import frozen

from daulat.store import PatientThreadConnection, StoreUnreachableError, open_store
from daulat.store.patience import STATEMENT_S, patient_conninfo

pytestmark = pytest.mark.timeout(120)


async def test_a_database_that_hangs_is_not_ready_and_is_again_when_it_goes_on(settings, data_dir):
    async with open_store(settings) as store:
        with frozen(data_dir):
            assert not await store.is_ready()
            assert not await store.is_ready()  # over a new connection, which hangs too
        async with store.connection():  # the pool waits for what it had asked for
            assert await store.is_ready()


async def test_a_query_to_a_database_that_hangs_ends_as_an_error_of_the_store(settings, data_dir):
    async with open_store(settings) as store:
        assert await store.fetch("SELECT 1") == [(1,)]
        with frozen(data_dir), pytest.raises(StoreUnreachableError, match=r"it said nothing for 0\.5 s"):
            await store.fetch("SELECT 1", limit_s=0.5)


async def test_every_statement_has_a_limit_unless_nobody_waits_for_it(settings):
    async with open_store(settings) as store:
        async with store.connection(limit_s=None) as connection:
            assert connection.limit_s is None
        async with store.connection() as connection:  # the same one, lent again
            assert connection.limit_s == STATEMENT_S


async def test_a_statement_that_takes_its_time_is_let_be_where_that_is_asked_for(settings):
    async with open_store(settings) as store:
        assert await store.fetch("SELECT pg_sleep(0.3)", limit_s=None) == [("",)]
        with pytest.raises(StoreUnreachableError):
            await store.fetch("SELECT pg_sleep(60)", limit_s=0.3)
        assert await store.fetch("SELECT 1") == [(1,)]


async def test_a_thread_does_not_wait_for_ever_either(settings, data_dir):
    async with open_store(settings) as store:
        with PatientThreadConnection.connect(store.conninfo, autocommit=True) as connection:
            connection.limit_s = 0.5
            assert connection.execute("SELECT 1").fetchone() == (1,)
            with frozen(data_dir), pytest.raises(psycopg.OperationalError, match="said nothing"):
                connection.execute("SELECT 1")


def test_a_silent_machine_is_given_up_by_tcp_unless_the_url_says_when():
    ours = conninfo_to_dict(patient_conninfo("postgresql://u:p%40w@db:6543/moh?tcp_user_timeout=9"))
    assert (ours["host"], ours["password"], ours["dbname"], ours["tcp_user_timeout"]) == ("db", "p@w", "moh", "9")
    assert {"keepalives_idle", "keepalives_interval", "keepalives_count"} <= set(ours)
