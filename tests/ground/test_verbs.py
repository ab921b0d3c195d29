# SPDX-License-Identifier: Apache-2.0
"""The verbs of the Makefile, and the scripts behind them, on machines that lack something."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from daulat.nation import bootstrap


def run(root: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command at the top of the checkout."""
    return subprocess.run(
        words, cwd=root, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """Return a folder to be the whole PATH: the shell's own tools, and nothing else."""
    for tool in ("sh", "grep", "cat"):
        found = next(place for place in (Path("/bin"), Path("/usr/bin")) if (place / tool).exists()) / tool
        (tmp_path / tool).symlink_to(found)
    return tmp_path


def command(folder: Path, name: str, body: str) -> None:
    """Put a small command on that PATH."""
    (folder / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def test_help_names_every_verb(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    [line] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    shown = run(root, "make", "-s", "help").stdout
    assert {verb for verb in line.split() if not re.search(rf"^  {verb} ", shown, re.MULTILINE)} == {"packages"}


def start(root: Path, folder: Path, asked: str) -> subprocess.CompletedProcess[str]:
    """Do what `make up` does in a folder, where no service can start: its address is no address of this machine."""
    path = {"PYTHONPATH": str(root / "src")}
    return subprocess.run(
        [sys.executable, root / "tools" / "up.py", *asked.split()],
        cwd=folder, env={**os.environ, **path}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_make_up_for_another_country_than_the_declared_one_stops_and_says_so(root: Path, tmp_path: Path) -> None:
    declared = bootstrap("ID", None).replace("listen: 127.0.0.1:8080", "listen: 192.0.2.1:8080")
    (tmp_path / "nation.yaml").write_text(declared, encoding="utf-8")
    for asked in ("EE", "est"):
        done = start(root, tmp_path, asked)
        assert done.returncode == 2
        assert "nation.yaml declares ID, and EE was asked for" in done.stderr
    for asked in ("", "ID", "idn"):  # what comes then is the service's own business
        assert "error[nation.other]" not in start(root, tmp_path, asked).stderr


@pytest.mark.parametrize(("given", "asked"), [([], ""), (["COUNTRY=EE"], " EE")])
def test_make_asks_for_a_country_only_where_one_was_named(root: Path, given: list[str], asked: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "COUNTRY"}
    done = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "up", *given], cwd=root, env=environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.rstrip("\n").splitlines()[-1].rstrip() == f"exec .venv/bin/python tools/up.py{asked}"


def test_the_last_thing_that_make_test_does_is_pytest(root: Path) -> None:
    steps = run(root, "make", "--no-print-directory", "--dry-run", "test").stdout.rstrip().splitlines()
    assert steps[-1] == (
        "OPENBLAS_NUM_THREADS=1 "
        ".venv/bin/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder"
    )


def test_ci_calls_the_verb_that_the_readme_names(root: Path) -> None:
    assert (root / ".ci/run").read_text(encoding="utf-8").rstrip().endswith("exec make test")
    assert "make test" in (root / "README.md").read_text(encoding="utf-8")
    assert os.access(root / ".ci/run", os.X_OK)


def test_a_machine_without_a_fit_python_is_told_what_to_install(root: Path, bare_path: Path) -> None:
    command(bare_path, "python3", "exit 1")  # too old, or without venv
    done = run(root, "/bin/sh", "tools/find_python.sh", PATH=str(bare_path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "error[ground.python]" in done.stderr
    assert "hint:" in done.stderr


def test_who_is_not_root_is_told_which_packages_the_tests_miss(root: Path, bare_path: Path) -> None:
    command(bare_path, "id", "echo 1000")
    command(bare_path, "tesseract", "echo eng")
    done = run(root, "/bin/sh", "tools/system_packages.sh", PATH=str(bare_path))
    assert done.returncode == 0
    assert "apt-get install chromium openssl jq tesseract-ocr-ind npm" in done.stderr


def test_root_has_the_missing_packages_installed_and_only_those(root: Path, bare_path: Path, tmp_path: Path) -> None:
    command(bare_path, "id", "echo 0")
    for there in ("chromium", "npm", "openssl", "jq"):
        command(bare_path, there, "")
    command(bare_path, "apt-get", f'echo "$*" >> {tmp_path}/asked')
    done = run(root, "/bin/sh", "tools/system_packages.sh", PATH=str(bare_path))
    assert done.returncode == 0
    assert (tmp_path / "asked").read_text(encoding="utf-8") == (
        "install -qq -y --no-install-recommends tesseract-ocr tesseract-ocr-ind\n"
    )


def test_a_machine_that_has_everything_is_asked_for_nothing(root: Path, bare_path: Path) -> None:
    for there in ("chromium", "npm", "openssl", "jq"):
        command(bare_path, there, "")
    command(bare_path, "tesseract", "echo eng; echo ind")
    done = run(root, "/bin/sh", "tools/system_packages.sh", PATH=str(bare_path))
    assert (done.returncode, done.stderr) == (0, "")
