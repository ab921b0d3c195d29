# SPDX-License-Identifier: Apache-2.0
"""Give uv the package registries that pip is told to use, so that a nation's own mirror is declared once.

Comes in: pip's configuration (files and `PIP_*` variables, through `pip config list`) and the environment. Goes out:
shell `export` lines on stdout. Never prints what uv is already told by a `UV_*` variable, and never reads a registry.
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping

# What pip calls it, what uv calls it, and how uv separates several values.
SETTINGS = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "cert": ("SSL_CERT_FILE", " "),
}


def parse_settings(listing: str) -> dict[str, str]:
    """Read the lines of `pip config list`; a later source (the environment) wins over an earlier one.

    Examples
    --------
    >>> parse_settings("global.index-url='https://mirror.example/simple'\\n:env:.cert='/etc/ca.pem'\\n")
    {'index-url': 'https://mirror.example/simple', 'cert': '/etc/ca.pem'}
    """
    found: dict[str, str] = {}
    for line in listing.splitlines():
        name, equals, value = line.partition("=")
        if equals and name.startswith(("global.", "install.", ":env:.")):
            found[name.rpartition(".")[2]] = str(ast.literal_eval(value))
    return found


def export_lines(pip_settings: Mapping[str, str], environment: Mapping[str, str]) -> list[str]:
    """Return the shell lines that tell uv what pip knows.

    Examples
    --------
    >>> export_lines({"extra-index-url": "file:///a file:///b"}, {})
    ["export UV_INDEX='file:///a file:///b'", 'export UV_INDEX_STRATEGY=unsafe-best-match']
    >>> export_lines({"index-url": "https://mirror.example/simple"}, {"UV_DEFAULT_INDEX": "https://own.example/simple"})
    []
    """
    lines = [
        f"export {variable}={shlex.quote(separator.join(pip_settings[name].split()))}"
        for name, (variable, separator) in SETTINGS.items()
        if name in pip_settings and variable not in environment
    ]
    if any("UV_INDEX=" in line for line in lines):
        # pip looks for a package in all its registries. So may uv here, for every file has to match its locked hash.
        lines.append("export UV_INDEX_STRATEGY=unsafe-best-match")
    return lines


def main() -> None:
    """Print the lines for the pip of the interpreter that runs this."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    print("\n".join(export_lines(parse_settings(listing), os.environ)))


if __name__ == "__main__":
    main()
