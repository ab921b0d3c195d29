# SPDX-License-Identifier: Apache-2.0
"""The process comes up, stops and dies without leaving a mess."""

import http.client
import json
import signal

import pytest
from tests.ports import free_port

from daulat.gateway import ListenError, reserve


def test_a_port_in_use_is_named_with_a_way_out(live):
    with pytest.raises(ListenError) as caught:
        reserve("127.0.0.1", live.port)
    assert caught.value.code == "up.port_in_use"
    assert str(live.port + 1) in caught.value.fix


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(ListenError) as caught:
        reserve("192.0.2.1", 0)  # TEST-NET-1, nobody's
    assert caught.value.code == "up.cannot_listen"


def test_an_asked_stop_ends_streams_with_a_word_and_exits_with_zero(own_live, stream, events):
    response = stream(model="slow", to=own_live)  # by itself it would speak for ten seconds
    response.readline()
    code, talk = own_live.stop(signal.SIGTERM)
    assert (code, talk) == (0, "")
    assert json.loads(events(response)[-1][1])["error"]["code"] == "stopping"


def test_an_answer_that_is_nearly_done_is_finished_before_the_end(own_live, stream, events):
    response = stream("hello", to=own_live)
    own_live.stop(signal.SIGTERM)
    assert events(response)[-1][1] == "[DONE]"


def test_after_a_kill_the_client_sees_a_broken_stream_and_the_next_start_takes_the_port(start_live, stream):
    own_live = start_live(free_port())
    response = stream("slowly", to=own_live)
    response.readline()
    own_live.stop(signal.SIGKILL)
    received = b""
    try:
        while piece := response.read1():
            received += piece
    except (OSError, http.client.IncompleteRead):
        pass  # either way the connection ended, and never with [DONE]
    assert b"[DONE]" not in received
    assert start_live(own_live.port).ask("again")[0] == 200
