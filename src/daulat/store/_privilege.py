# SPDX-License-Identifier: Apache-2.0
"""Private: run PostgreSQL as somebody else when we are root, because PostgreSQL refuses root.

Nothing on the machine is changed for it: no user is added and no directory is opened to others. Where the chosen user
could not reach the files (a clone below /root), the server keeps one capability, CAP_DAC_OVERRIDE, and nothing else of
root's.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from daulat.store.errors import StoreError

_CANDIDATES = ("daulat", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server: the words to put before its command, and the owner of its files. None: ourselves."""

    prefix: tuple[str, ...] = ()
    owner: tuple[int, int] | None = None

    def give(self, path: Path) -> None:
        """Make the account the owner of a file or directory that we have just made."""
        if self.owner is not None:
            os.chown(path, *self.owner)


def account_for(data_dir: Path, binaries: Path) -> Account:
    """Return the account that runs the server of a data directory.

    Raises
    ------
    StoreError
        If we are root and cannot become anybody else.
    """
    if os.geteuid() != 0:
        return Account()
    user = _owner_of(data_dir) or _first_known_user()
    setpriv = shutil.which("setpriv")
    if user is None or setpriv is None:
        raise StoreError(
            "the embedded PostgreSQL cannot run as root, and there is no way to run it as somebody else here",
            why="PostgreSQL refuses root, so that a hole in it never opens the whole machine.",
            fix="Start Daulat as an ordinary user, install `setpriv` (package util-linux), or set DATABASE_URL.",
            code="store.root",
        )
    owner = (user.pw_uid, user.pw_gid)
    drop = (setpriv, f"--reuid={owner[0]}", f"--regid={owner[1]}", "--clear-groups", "--no-new-privs")
    plain = (*drop, "--inh-caps=-all", "--")
    if _reaches(plain, binaries / "postgres", data_dir.parent):
        return Account(plain, owner)
    # access(2) ignores capabilities unless no_setuid_fixup is set, and PostgreSQL asks access(2) about its own files.
    keep = ("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override", "--securebits=+no_setuid_fixup", "--")
    return Account((*drop, *keep), owner)


def _owner_of(data_dir: Path) -> pwd.struct_passwd | None:
    try:
        uid = data_dir.stat().st_uid
        return pwd.getpwuid(uid) if uid else None
    except (FileNotFoundError, KeyError):
        return None


def _first_known_user() -> pwd.struct_passwd | None:
    for name in _CANDIDATES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _reaches(prefix: tuple[str, ...], binary: Path, directory: Path) -> bool:
    test = (*prefix, "test", "-x", str(binary), "-a", "-x", str(directory))
    return subprocess.run(test, check=False, stderr=subprocess.DEVNULL).returncode == 0  # noqa: S603  # fixed words
