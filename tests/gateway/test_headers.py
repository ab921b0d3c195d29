# SPDX-License-Identifier: Apache-2.0
"""A header that decides something says one thing: sent twice with two values it is refused, and never half heeded."""

import http.client
import json

import pytest

from daulat.gateway._headers import DECIDING, read_headers
from daulat.gateway.errors import BadRequest

CHAT = "/v1/chat/completions"
BODY = json.dumps({"model": "slow", "messages": [{"role": "user", "content": "x"}]}).encode()


def ask(live, *headers, method="GET", path="/v1/status", body=b""):
    """Send headers as they are listed, a name as often as it stands there."""
    connection = http.client.HTTPConnection("127.0.0.1", live.port, timeout=20)
    connection.putrequest(method, path)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


@pytest.mark.parametrize("name", sorted(DECIDING - {b"host", b"content-length", b"transfer-encoding"}))
def test_a_deciding_header_with_two_values_is_refused_by_name_and_without_either_value(live, name):
    status, body = ask(live, (name.decode(), "first-secret"), (name.decode().title(), "second-secret"))
    error = json.loads(body)["error"]
    assert (status, error["code"], error["param"]) == (400, "header_sent_twice", name.decode().title())
    assert all(error[part] for part in ("what", "why", "fix"))
    assert b"secret" not in body


def test_the_same_value_twice_and_two_values_that_decide_nothing_are_taken(live):
    same = [("Authorization", "Bearer x"), ("authorization", " Bearer x")]
    others = [("Accept", "text/html"), ("Accept", "application/json"), ("Via", "1.1 a"), ("Via", "1.1 b")]
    assert ask(live, *same, *others)[0] == 200


def test_two_keys_reach_no_route(live):
    twice = [("Authorization", "Bearer a"), ("Authorization", "Bearer b"), ("Content-Type", "application/json")]
    status, body = ask(live, *twice, ("Content-Length", str(len(BODY))), method="POST", path=CHAT, body=BODY)
    assert (status, json.loads(body)["error"]["code"]) == (400, "header_sent_twice")
    assert live.request("GET", "/v1/status")[2]["pulse"]["in_progress"] == 0


@pytest.mark.parametrize("name", ["Host", "Content-Length"])
def test_two_hosts_or_lengths_reach_no_route(live, name):
    value = {"Host": "x", "Content-Length": str(len(BODY))}[name]
    with live.connect() as raw:
        head = f"POST {CHAT} HTTP/1.1\r\nHost: {live.port}\r\nContent-Length: 1\r\n{name}: {value}\r\n\r\n"
        raw.sendall(head.encode() + BODY)
        assert raw.recv(4096).startswith(b"HTTP/1.1 400")


def test_three_values_of_which_two_are_equal_are_still_two():
    pairs = [(b"x-daulat-data-class", value) for value in (b"personal", b"public", b"personal")]
    with pytest.raises(BadRequest):
        read_headers(pairs)


@pytest.mark.parametrize("path", ["/v1/status", "/"])
@pytest.mark.parametrize("hosts", ["", "Host: x\r\nHost: x\r\n"])
def test_a_request_that_does_not_name_one_host_is_refused(live, path, hosts):
    with live.connect() as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
        head, _, body = raw.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["error"]["code"] == "host_not_named_once"


def test_a_request_of_http_1_0_need_not_name_its_host(live):
    with live.connect() as raw:
        raw.sendall(b"GET /v1/status HTTP/1.0\r\n\r\n")
        assert raw.makefile("rb").read().startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("codings", [["gzip, chunked"], ["Chunked"], ["gzip", "chunked"]])
def test_a_body_in_a_coding_that_is_not_read_here_is_refused(live, codings):
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY.replace(b"slow", b"none"))
    headers = [("Content-Type", "application/json"), *(("Transfer-Encoding", coding) for coding in codings)]
    status, body = ask(live, *headers, method="POST", path=CHAT, body=chunks)
    told = {1: (501, "unsupported_transfer_encoding"), 2: (400, "header_sent_twice")}[len(codings)]
    assert (status, json.loads(body)["error"]["code"]) == (told if codings != ["Chunked"] else (404, "model_not_found"))
