# SPDX-License-Identifier: Apache-2.0
"""`daulat doctor` finds what is missing, and says why and what to do."""

import json
import socket
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "models"))
sys.path.insert(0, str(Path(__file__).parents[1] / "knowledge" / "reranker"))

from stand_in import standing_in
from tiny_model import STRING, pair, text, write_gguf

from daulat.cli import _checks
from daulat.cli._address import take_address
from daulat.cli.doctor import command
from daulat.gateway import ListenError
from daulat.models import Fetcher, Order, WeightsStore, parse_source, pull
from daulat.nation import bootstrap, load_nation


@pytest.fixture
def declaration(tmp_path):
    path = tmp_path / "nation.yaml"
    path.write_text(bootstrap("EE").replace("127.0.0.1:8080", "127.0.0.1:0"))
    return path


def found(declaration, check, environ=None):
    [finding] = [each for each in _checks.examine(declaration, environ or {}) if each.check == check]
    return finding


def test_every_finding_that_is_not_well_says_why_and_what_to_do(declaration):
    for finding in _checks.examine(declaration, {}):
        assert finding.what
        assert finding.state == "ok" or (finding.why and finding.fix)


def test_a_fit_machine_is_exit_code_zero_and_the_findings_are_data(declaration):
    result = CliRunner().invoke(command, ["--file", str(declaration), "--json"], standalone_mode=False)
    report = json.loads(result.stdout)
    assert result.return_value == 0
    assert report["ok"]
    assert {each["check"] for each in report["findings"]} >= {"python", "memory", "database", "port", "release"}


def test_a_missing_declaration_is_found_and_the_machine_is_looked_at_all_the_same(tmp_path):
    result = CliRunner().invoke(command, ["--file", str(tmp_path / "nation.yaml")], standalone_mode=False)
    assert result.return_value == 1
    assert "daulat init" in result.output
    assert "Python 3" in result.output


def test_a_port_in_use_is_found(declaration):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        declaration.write_text(declaration.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        assert found(declaration, "port").state == "fail"


def test_the_service_of_this_nation_at_its_port_is_well(declaration, answering):
    address = answering(json.dumps({"level": "green", "country": "EE"}).encode())
    declaration.write_text(declaration.read_text().replace("127.0.0.1:0", address.removeprefix("http://")))
    finding = found(declaration, "port")
    assert (finding.state, "the service of EE runs there" in finding.what) == ("ok", True)
    with pytest.raises(ListenError, match="runs at http://") as caught:
        take_address(load_nation(declaration))
    assert caught.value.code == "up.running"


@pytest.mark.parametrize("body", [b'{"level": "green", "country": "FI"}', b"<html>"])
def test_another_program_at_its_port_is_in_the_way(declaration, answering, body):
    declaration.write_text(declaration.read_text().replace("127.0.0.1:0", answering(body).removeprefix("http://")))
    assert found(declaration, "port").state == "fail"


def test_the_service_of_this_folder_at_another_port_is_well(declaration, answering):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        declaration.write_text(declaration.read_text().replace("127.0.0.1:0", f"127.0.0.1:{taken.getsockname()[1]}"))
        note = declaration.parent / ".daulat" / "address"
        note.parent.mkdir(exist_ok=True)
        for country, state in (("FI", "fail"), ("EE", "ok")):
            address = answering(json.dumps({"level": "green", "country": country}).encode())
            note.write_text(address)
            finding = found(declaration, "port")
            assert (finding.state, address in finding.what) == (state, state == "ok")


def test_a_folder_that_cannot_be_written_to_is_found(declaration, monkeypatch):
    assert found(declaration, "disk").state == "ok"
    # As root every folder of a test can be written to, so the system's word is replaced.
    monkeypatch.setattr(_checks.os, "access", lambda _place, _mode: False)
    assert found(declaration, "disk").state == "fail"


def test_an_address_of_a_database_that_is_none_is_found_and_not_repeated(declaration):
    finding = found(declaration, "database", {"DATABASE_URL": "secret"})
    assert finding.state == "fail"
    assert "secret" not in finding.what + finding.why + finding.fix
    assert "db:5432/d" in found(declaration, "database", {"DATABASE_URL": "postgresql://u:secret@db/d"}).what


def test_every_fault_of_the_declaration_is_found(declaration):
    declaration.write_text(declaration.read_text().replace("EUR", "EURO").replace("tag: ru", "tag: jawa"))
    assert [each.state for each in _checks.examine(declaration, {}) if each.check == "declaration"] == ["fail"] * 2


def test_a_country_without_a_pack_is_told_what_that_means(declaration):
    assert found(declaration, "pack").state == "warn"


def test_little_memory_is_found(tmp_path):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 999999 kB\nMemAvailable: 100000 kB\n")
    assert _checks.memory(meminfo).state == "fail"  # 100,000 kB are 97 MiB, under the 512 that are needed


def test_an_old_processor_is_slow_and_not_unfit(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags : fpu sse sse2\n")
    assert _checks.processor(cpuinfo).state == "warn"


def test_faults_of_sources_are_found(declaration):
    assert found(declaration, "sources").state == "warn"
    (declaration.parent / "sources.yaml").write_text("format: 9")
    finding = found(declaration, "sources")
    assert finding.state == "fail"
    assert "sources.yaml" in finding.what


def test_a_release_that_holds_the_nation_s_own_relations_is_not_due(site, quick):
    (site.folder / "relations.yaml").write_text(
        "format: 1\nacts:\n  - {act: EE-NEW, title: New Act, source: Gazette, revokes: [EE-ACT]}\n"
    )
    site.daulat("search", "births")
    assert found(site.folder / "nation.yaml", "sources").state == "ok"


def test_a_build_that_is_due_is_found(site, quick):
    site.daulat("search", "births")
    declaration = site.folder / "nation.yaml"
    assert found(declaration, "sources").state == "ok"
    (site.folder / "guide/new.md").write_text("# New")
    finding = found(declaration, "sources")
    assert (finding.state, "daulat knowledge build" in finding.fix) == ("warn", True)


def test_where_a_person_in_danger_is_told_of_nobody_it_is_found(declaration):
    assert found(declaration, "contacts").state == "warn"
    others = ("medical", "fire", "accident", "crime", "violence", "custody", "missing", "disaster")
    kinds = ", ".join(f"{kind}: [desk]" for kind in others)
    told = f"offices: {{desk: {{name: Desk}}}}, default: [desk], emergencies: {{self_harm: [desk], {kinds}}}"
    (declaration.parent / "contacts.yaml").write_text(f"{{{told}}}")
    assert found(declaration, "contacts").state == "ok"
    (declaration.parent / "contacts.yaml").write_text(f"{{{told.replace('self_harm', 'selfharm')}}}")
    faults = [each for each in _checks.examine(declaration, {}) if each.check == "contacts"]
    assert [(each.state, each.what, each.fix.partition(" ")[0]) for each in faults] == [
        ("fail", "contacts.yaml line 1: `selfharm` is no kind of danger", "did"),
        ("fail", "contacts.yaml line 1: nobody is named for `self_harm`", "Add"),
    ]
    (declaration.parent / "contacts.yaml").write_text("{default: [nobody]}")
    faults = [each for each in _checks.examine(declaration, {}) if each.check == "contacts"]
    assert {each.state for each in faults} == {"fail"}


def test_a_damaged_release_is_found(declaration):
    nation = load_nation(declaration)
    releases = nation.path(nation.knowledge.releases)
    (releases / "r1").mkdir(parents=True)
    (releases / "r1" / "manifest.json").write_text("{}")
    (releases / "current").write_text("r1\n")
    assert found(declaration, "release").state == "fail"


def test_a_missing_key_of_an_engine_is_found(declaration):
    models = "models:\n- id: big\n  kind: remote\n  url: https://engine.example/v1\n  key_from: ENGINE_KEY\n"
    declaration.write_text(declaration.read_text().replace("models: []\n", models))
    assert found(declaration, "models").state == "fail"
    with_key = found(declaration, "models", {"ENGINE_KEY": "x"})
    assert (with_key.state, "`daulat status`" in with_key.what) == ("ok", True)


def test_missing_weights_are_found_with_the_command_that_brings_them(declaration):
    models = "models:\n- id: small\n  kind: embedded\n  weights: smollm2-135m-instruct\n"
    declaration.write_text(declaration.read_text().replace("models: []\n", models))
    finding = found(declaration, "models")
    assert finding.state == "warn"
    assert "`daulat models pull smollm2-135m-instruct`" in finding.fix


def test_every_model_that_cannot_run_is_found_and_altered_weights_are_a_failure(declaration, tmp_path):
    source = tmp_path / "source.gguf"
    write_gguf(source, [pair("general.architecture", STRING, text("llama"))], {"a": np.ones(1)})
    order = Order("tiny", (parse_source(f"file://{source}"),))
    weights = pull(order, WeightsStore(tmp_path / ".daulat/models"), fetcher=Fetcher()).path
    models = [
        "{id: a, kind: embedded, weights: none}",
        "{id: b, kind: embedded, weights: tiny}",
        "{id: c, kind: remote, url: 'http://h/v1', key_from: NO_KEY}",
        "{id: d, kind: fake}",
    ]
    declared = declaration.read_text().replace("models: []\n", "models:\n" + "".join(f"- {row}\n" for row in models))
    declaration.write_text(declared)

    def states():
        return [(each.state, each.what[:3]) for each in _checks.examine(declaration, {}) if each.check == "models"]

    assert states() == [("warn", "`a`"), ("fail", "`c`"), ("ok", "b, ")]
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    assert states() == [("warn", "`a`"), ("fail", "`b`"), ("fail", "`c`"), ("ok", "d")]


def test_a_public_address_without_a_declared_proxy_is_found(declaration):
    assert not [each for each in _checks.examine(declaration, {}) if each.check == "proxies"]
    declared = declaration.read_text()
    public = declared.replace("listen: 127.0.0.1:0", "listen: 127.0.0.1:0\n  public_url: https://tanya.example")
    declaration.write_text(public)
    assert found(declaration, "proxies").state == "warn"
    assert "trusted_proxies" in found(declaration, "proxies").fix
    declaration.write_text(public.replace("\n  public_url", "\n  trusted_proxies: [127.0.0.0/8]\n  public_url"))
    assert found(declaration, "proxies").state == "ok"


def with_endpoint(declaration, key, endpoint):
    declaration.write_text(declaration.read_text().replace("knowledge:\n", f"knowledge:\n  {key}: {endpoint}\n", 1))


def test_the_encoder_that_is_declared_is_the_one_that_is_tried(declaration):
    with standing_in() as server:
        with_endpoint(declaration, "encoder", f"{{url: '{server.base_url}', model: bge-m3}}")
        finding = found(declaration, "encoder")
    assert (finding.state, finding.what) == ("ok", "bge-m3, 64 dimensions")


def test_a_declared_encoder_that_cannot_be_reached_is_found(declaration):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with_endpoint(declaration, "encoder", f"{{url: 'http://127.0.0.1:{port}/v1', model: bge-m3}}")
    finding = found(declaration, "encoder")
    assert (finding.state, "was not reached" in finding.what) == ("fail", True)


def test_a_reranker_that_is_declared_is_tried_and_none_is_nothing_to_say(declaration):
    assert [each for each in _checks.examine(declaration, {}) if each.check == "reranker"] == []
    with standing_in() as server:
        with_endpoint(declaration, "reranker", f"{{url: '{server.base_url}', model: bge-reranker-v2-m3}}")
        assert found(declaration, "reranker") == _checks.Finding(
            "reranker", "ok", "`bge-reranker-v2-m3` at http://127.0.0.1"
        )
        server.reply = lambda _: (404, b"")
        finding = found(declaration, "reranker")
    assert (finding.state, "answered with status 404" in finding.what) == ("warn", True)


def test_a_reranker_whose_key_is_missing_is_found(declaration):
    with_endpoint(declaration, "reranker", "{url: 'http://127.0.0.1:1/v1', model: m, key_from: RERANKER_KEY}")
    finding = found(declaration, "reranker")
    assert (finding.state, "RERANKER_KEY is empty" in finding.what) == ("fail", True)
