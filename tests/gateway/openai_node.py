# SPDX-License-Identifier: Apache-2.0
"""Where the official Node client is: fetched once and kept in the user's cache."""

from __future__ import annotations

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
    if not (cache / "node_modules" / "openai" / "package.json").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(cache), f"openai@{VERSION}"]
        done = subprocess.run(install, capture_output=True, text=True, timeout=120)
        if done.returncode:
            pytest.skip(f"the Node client could not be fetched: {done.stderr.strip()[-200:]}")
    return cache
