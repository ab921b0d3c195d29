# SPDX-License-Identifier: Apache-2.0
"""The form of a key: `daulat_sk_`, 43 characters of randomness, and 6 by which anybody can tell a real one from a typo.

Random bytes in, a token out; a token in, its digest out. The check characters let a secret scanner verify what it found
without asking anybody. The digest is plain SHA-256: a key holds 256 random bits, which nobody can go through, so a slow
or salted hash would only slow each call down. Keeps no key.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from collections.abc import Callable

PREFIX = "daulat_sk_"
# As secret scanners take it; also in docs/guides/give-a-ministry-a-key.md.
PATTERN = r"daulat_sk_[0-9A-Za-z]{43}[0-9A-Za-z]{6}"

_SHAPE = re.compile(PATTERN)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY, _CHECK = 43, 6  # 62^43 > 2^256, 62^6 > 2^32


def mint(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """Make a key of 256 random bits.

    >>> mint(lambda n: bytes(n))
    'daulat_sk_000000000000000000000000000000000000000000024QXu5'
    """
    body = _base62(int.from_bytes(random_bytes(32), "big"), _BODY)
    return f"{PREFIX}{body}{_check(body)}"


def is_well_formed(token: str) -> bool:
    """Say whether a token could be a key: its shape and its check characters; whether it is one, the database knows.

    >>> is_well_formed(mint()), is_well_formed("sk-proj-anything")
    (True, False)
    """
    return _SHAPE.fullmatch(token) is not None and token[-_CHECK:] == _check(token[len(PREFIX) : -_CHECK])


def digest(token: str) -> bytes:
    """Return what is kept of a key, and looked up by."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def shown(token: str) -> str:
    """Return what may be displayed of a key, so that its owner can tell it from others: 24 of its 256 bits.

    >>> shown("daulat_sk_AbcdXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX012345")
    'daulat_sk_Abcd...'
    """
    return f"{token[: len(PREFIX) + 4]}..."


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


def _check(body: str) -> str:
    return _base62(zlib.crc32(f"{PREFIX}{body}".encode()), _CHECK)
