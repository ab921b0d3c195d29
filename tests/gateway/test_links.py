# SPDX-License-Identifier: Apache-2.0
"""A link of an answer leads to the name by which whoever asked reached the service, and to no other."""

import pytest

PATH = "/p/XA-1-2001%3Apasal-28%237"
QUESTION = {"model": "xa/public-services", "messages": [{"role": "user", "content": "When must a birth be reported?"}]}


def url_of(live, **headers):
    """Ask as one who sends these headers; return where the first citation leads."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    status, _, body = live.request("POST", "/v1/chat/completions", QUESTION, sent)
    assert status == 200
    return body["choices"][0]["message"]["annotations"][0]["url_citation"]["url"]


@pytest.mark.parametrize("host", ["localhost:8080", "10.0.0.5", "[::1]:8080", "tanya.example"])
def test_a_program_gets_the_name_that_it_used(live, host):
    assert url_of(live, Host=host) == f"http://{host}{PATH}"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://a.example", "Host": "a.example"},
        {"Sec_Fetch_Site": "same-origin"},
        {"X_Forwarded_For": "192.0.2.7"},
        {"X_Forwarded_Proto": "https"},
        {"Forwarded": "for=192.0.2.7"},
        {"Via": "1.1 a.example"},
        {"Host": "a.example/..;x"},
        {"Host": "u@a.example"},
        {"Host": "a.example:80:80"},
    ],
)
def test_a_page_a_proxy_and_a_name_that_is_none_get_the_path_alone(live, headers):
    assert url_of(live, **headers) == PATH
