# SPDX-License-Identifier: Apache-2.0
"""Of which class a call's data is, and how urgent: what a key, a header and a service say, and what nobody knows."""

import pytest
from access_calls import call, refusal, usage

from daulat.gateway.errors import envelope, status_of


@pytest.mark.parametrize(
    ("own", "asked", "service", "counts_as"),
    [
        ("public", "", "", "public"),
        ("public", "Personal", "", "personal"),
        ("public", " PERSONAL ", "", "personal"),
        ("personal", "public", "", "personal"),
        ("public", "", "health", "personal"),
        ("internal", "public", "health", "personal"),
    ],
)
async def test_a_call_has_the_strictest_class_of_its_key_its_header_and_its_service(
    office, open_access, own, asked, service, counts_as
):
    key = await office.key(data_class=own)
    async with open_access() as access:
        grant = await access.admit(call(key, data_class=asked, service=service))
        grant.settle(usage())
    assert grant.data_class == counts_as


WRONG_HEADERS = [
    ({"data_class": "secret"}, "unknown_data_class", "X-Daulat-Data-Class", "public, internal, personal"),
    ({"data_class": "personal, public"}, "unknown_data_class", "X-Daulat-Data-Class", "public, internal, personal"),
    ({"priority": "soon"}, "unknown_priority", "X-Daulat-Priority", "emergency, interactive, batch"),
]


@pytest.mark.parametrize(("fields", "code", "param", "known"), WRONG_HEADERS)
async def test_an_unknown_word_in_a_header_is_refused_with_a_key_without_and_in_a_batch(
    office, open_access, fields, code, param, known
):
    async with open_access(is_private=True) as access:
        errors = [
            await refusal(access, **fields),
            await refusal(access, model="xa/health", service="health", **fields),
        ]
    key = await office.key()
    async with open_access() as access:
        errors += [
            await refusal(access, key, **fields),
            await refusal(access, on_behalf_of=key.key.id, **fields),
        ]
    for error in errors:
        told = envelope(error)["error"]
        assert (status_of(error), told["code"], told["param"]) == (400, code, param)
        assert known in told["message"]


async def test_a_call_that_is_refused_for_its_header_keeps_nothing_reserved(office, open_access):
    key = await office.key()
    await office.limit("key", key.key.id, "concurrent", "", 1)
    async with open_access() as access:
        for _ in range(2):
            assert (await refusal(access, key, data_class="secret")).code == "unknown_data_class"
        (await access.admit(call(key))).settle(usage())


async def test_who_has_no_key_learns_nothing_from_a_header(office, open_access):
    await office.key()
    async with open_access() as access:
        assert (await refusal(access, "daulat_sk_wrong", data_class="secret")).code == "invalid_api_key"


@pytest.mark.parametrize(("asked", "counts_as"), [("", "internal"), ("Public", "public"), ("personal", "personal")])
async def test_on_ones_own_machine_a_call_without_a_key_has_the_class_that_it_names(open_access, asked, counts_as):
    async with open_access(is_private=True) as access:
        grant = await access.admit(call(data_class=asked, priority="Batch"))
        grant.settle(usage())
    assert (grant.data_class, grant.priority) == (counts_as, "batch")
