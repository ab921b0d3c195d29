# SPDX-License-Identifier: Apache-2.0
"""What somebody writes about themselves is not where they come from; what our own proxy writes is."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.access.proxies import origin_of, with_trusted_proxies

OURS = [ip_network("10.0.0.0/24"), ip_network("fd00::/8")]
outside = st.ip_addresses(v=4).filter(lambda address: address not in OURS[0]).map(str)


@given(written=st.text("0123456789., :abcdef", max_size=60), caller=outside)
def test_whatever_a_caller_writes_the_proxys_word_stands(written, caller):
    header = f"{written}, {caller}" if written else caller
    assert origin_of("10.0.0.1", header, OURS) == caller


@given(written=st.text("0123456789., :abcdef", max_size=60), caller=outside)
def test_who_comes_without_our_proxy_is_where_they_are(written, caller):
    assert origin_of(caller, written, OURS) == caller


@pytest.mark.parametrize(
    ("peer", "header", "origin"),
    [
        ("10.0.0.1", "192.0.2.1, 10.0.0.9", "192.0.2.1"),  # two of our proxies in a row
        ("::ffff:10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.1, evil", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "192.0.2.1", ""),
    ],
)
def test_the_last_address_that_is_certain_counts(peer, header, origin):
    assert origin_of(peer, header, OURS) == origin


async def test_the_app_sees_the_caller_behind_the_proxy():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["client"][0])

    scope = {"type": "http", "client": ("10.0.0.1", 5), "headers": [(b"x-forwarded-for", b"203.0.113.5, 192.0.2.1")]}
    await with_trusted_proxies(app, ["10.0.0.0/24"])(scope, None, None)
    assert with_trusted_proxies(app, []) is app
    await with_trusted_proxies(app, ["10.9.0.0/24"])(scope, None, None)
    assert seen == ["192.0.2.1", "10.0.0.1"]
