# SPDX-License-Identifier: Apache-2.0
"""Packs: found by their entry point, read as data, and never run."""

import os
import sys
from pathlib import Path

import pytest

from daulat.nation import NationError, bootstrap, check_text, find_pack, installed_packs, load_nation, pack_at, pack_of


def install(site: Path, distribution: str, country: str, module: str, *, code: str = "") -> None:
    """Write what an installed wheel leaves behind."""
    info = site / f"{distribution.replace('-', '_')}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[daulat.packs]\n{country} = {module}\n")
    (site / module).mkdir(exist_ok=True)
    (site / module / "__init__.py").write_text(code)
    (site / module / "nation.yaml").write_text("capital: Examplopolis\n")


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_an_installed_pack_is_found_and_its_code_is_not_run(site):
    install(site, "daulat-xa", "XA", "daulat_xa", code="raise SystemExit('a pack was run')")
    pack = find_pack("xa")
    assert str(pack) == "daulat-xa 1.2"
    assert pack.yaml("nation.yaml") == {"capital": "Examplopolis"}
    assert "daulat_xa" not in sys.modules


def test_a_country_without_a_pack_has_none():
    assert find_pack("XB") is None


def test_two_packs_for_one_country_are_refused(site):
    install(site, "daulat-xa", "XA", "daulat_xa")
    install(site, "other-xa", "XA", "other_xa")
    with pytest.raises(NationError, match="daulat-xa, other-xa"):
        find_pack("XA")


def test_a_pack_whose_directory_is_gone_is_named(site):
    install(site, "daulat-xa", "XA", "daulat_xa_gone")
    for file in (site / "daulat_xa_gone").iterdir():
        file.unlink()
    (site / "daulat_xa_gone").rmdir()
    with pytest.raises(NationError, match="daulat-xa"):
        find_pack("XA")


def test_a_nation_may_keep_its_pack_in_a_folder_of_its_own(site, tmp_path):
    install(site, "daulat-xa", "EE", "daulat_xa")
    file = tmp_path / "nation.yaml"
    file.write_text(bootstrap("EE") + "\npack: ours\n")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "questions.yaml").write_text("en: [Who pays?]\n")
    pack = pack_of(load_nation(file))
    assert (pack.country, str(pack), pack.yaml("questions.yaml")) == ("EE", "ours (directory)", {"en": ["Who pays?"]})
    file.write_text(bootstrap("EE"))
    assert str(pack_of(load_nation(file))) == "daulat-xa 1.2"


def test_a_folder_that_is_not_there_is_named_with_the_line_that_names_it(tmp_path):
    file = tmp_path / "nation.yaml"
    file.write_text(bootstrap("EE") + "\npack: ours\n")
    with pytest.raises(NationError, match="`pack: ours`"):
        pack_of(load_nation(file))


@pytest.mark.parametrize("parts", [("..", "secret"), ("/etc/passwd",), ("languages", "..", "..", "x")])
def test_a_pack_names_files_below_itself_only(tmp_path, parts):
    with pytest.raises(NationError, match="outside"):
        pack_at(tmp_path, "XA").path(*parts)


def test_a_pipe_in_a_pack_is_named_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "identifiers.yaml")
    with pytest.raises(NationError, match=r"identifiers\.yaml` of the pack \S+ is a pipe"):
        pack_at(tmp_path, "XA").yaml("identifiers.yaml")


def test_a_fault_in_a_pack_names_pack_file_and_line(tmp_path):
    (tmp_path / "glossary.yaml").write_text("KK: kartu keluarga\nKK: kartu kredit\n")
    with pytest.raises(NationError) as raised:
        pack_at(tmp_path, "XA").yaml("glossary.yaml")
    assert raised.value.line == 2
    assert raised.value.file.endswith("/glossary.yaml")


def test_yaml_is_read_as_its_author_meant(tmp_path):
    (tmp_path / "x.yaml").write_text("[NO, 0123, +62, 112, 2024-01-31, 12:30, yes, true, ~, 1.5]")
    read = pack_at(tmp_path, "XA").yaml("x.yaml")
    assert read == ["NO", "0123", "+62", 112, "2024-01-31", "12:30", "yes", True, None, 1.5]


def test_every_installed_pack_gives_a_declaration_without_a_fault():
    packs = installed_packs()
    assert packs
    for pack in packs:
        assert list(map(str, check_text(bootstrap(pack.country, pack)))) == []
