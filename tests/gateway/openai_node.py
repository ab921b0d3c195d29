# SPDX-License-Identifier: Apache-2.0
"""Where the official Node client is: fetched once and kept in the user's cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

VERSION = "7.57.0"


def fetch_client() -> Path:
    """Return a folder in which Node finds the client; skip the test that asks, saying why, where it cannot be had."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed: `apt-get install npm` lets the Node client judge the API too")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "daulat-tests" / f"openai-node-{VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two files of tests ask for it, in processes of their own
        if not (cache / "node_modules" / "openai" / "package.json").is_file():
            install = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(cache)]
            done = subprocess.run([*install, f"openai@{VERSION}"], capture_output=True, text=True, timeout=120)
            if done.returncode:
                pytest.skip(f"the Node client could not be fetched: {done.stderr.strip()[-200:]}")
    return cache
