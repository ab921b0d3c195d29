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


def passage_of(live, **headers):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    status, _, body = live.request("GET", PATH.replace("/p/", "/v1/passages/"), None, sent)
    assert status == 200
    return body


def test_a_passage_leads_where_the_citation_of_it_does(live):
    read = passage_of(live, Host="10.0.0.5")
    assert (read["url"], read["successor_url"], read["next"]) == (f"http://10.0.0.5{PATH}", "", None)
    assert read["previous"]["url"] == "http://10.0.0.5/p/XA-1-2001%3Apasal-27%236"
    assert read["document"]["url"] == "https://law.example/1-2001"  # its publisher's, as it is
    assert passage_of(live, Host="10.0.0.5", Sec_Fetch_Site="same-origin")["url"] == PATH
