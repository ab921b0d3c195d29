# SPDX-License-Identifier: Apache-2.0
"""What slimming takes away is only what the table names, and what is left still works."""

from __future__ import annotations

import csv
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
import slim

LIBRARY = "xllamacpp/xllamacpp.abi3.so"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a place with one installed distribution: two files, one of them in a folder of its own."""
    for name, content in {"thing/kept.py": "x = 1\n", "thing/extra/big.json": "[]" * 500}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    info = tmp_path / "thing-1.0.dist-info"
    info.mkdir()
    rows = ["thing/kept.py,sha256=aaaa,6", "thing/extra/big.json,sha256=bbbb,1000", "thing-1.0.dist-info/RECORD,,"]
    (info / "RECORD").write_text("\n".join(rows), encoding="utf-8")
    return tmp_path


def test_a_library_without_its_debug_symbols_still_loads(tmp_path: Path) -> None:
    library = Path(str(distribution("xllamacpp").locate_file(LIBRARY)))
    bare = tmp_path / library.name
    bare.write_bytes(slim.without_debug_symbols(library.read_bytes()))
    assert bare.stat().st_size < 40e6  # with symbols it has 106 MB
    # In a process of its own: a broken library would take the tests with it.
    code = f"import ctypes; print(hasattr(ctypes.CDLL({str(bare)!r}), 'PyInit_xllamacpp'))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"


def test_bytes_that_are_no_library_stay_as_they_are() -> None:
    assert slim.without_debug_symbols(b"\xcf\xfa\xed\xfe mach-o") == b"\xcf\xfa\xed\xfe mach-o"


def test_only_what_matches_is_removed_and_an_empty_folder_goes_with_it(site: Path) -> None:
    assert slim.remove_files(site, ["thing/extra/**/*", "thing/extra"]) == 1000
    assert sorted(path.name for path in (site / "thing").iterdir()) == ["kept.py"]
    assert slim.remove_files(site, ["thing/extra/**/*"]) == 0


def test_the_record_of_a_slimmed_distribution_is_true(site: Path) -> None:
    record = site / "thing-1.0.dist-info/RECORD"
    (site / "thing/kept.py").write_text("x = 10\n", encoding="utf-8")
    slim.remove_files(site, ["thing/extra/*"])
    slim.rewrite_record(site, record)
    rows = {row[0]: row[1:] for row in csv.reader(record.read_text(encoding="utf-8").splitlines())}
    # printf 'x = 10\n' | sha256sum, as unpadded URL-safe base64
    assert rows == {
        "thing/kept.py": ["sha256=kKwZ1kANPE8MuMZ6HmlBxXU7Qsz1ftvCLJahQGWYK4E", "7"],
        "thing-1.0.dist-info/RECORD": ["", ""],
    }


def test_a_changed_file_leaves_the_bytes_that_others_share_alone(tmp_path: Path) -> None:
    shared, linked = tmp_path / "cache.so", tmp_path / "installed.so"
    shared.write_bytes(b"whole")
    shared.chmod(0o755)
    linked.hardlink_to(shared)
    slim.replace_file(linked, b"part")
    assert (shared.read_bytes(), linked.read_bytes()) == (b"whole", b"part")
    assert linked.stat().st_mode == shared.stat().st_mode


def test_an_environment_that_is_not_our_own_is_refused(root: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    done = subprocess.run([base, root / "tools/slim.py", "unused.toml"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "environment of its own" in done.stderr
