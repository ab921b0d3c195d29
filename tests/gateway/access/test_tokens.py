# SPDX-License-Identifier: Apache-2.0
"""A key can be told from a look-alike without asking anybody, and nothing of it is kept."""

import re
import zlib

from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.access.tokens import PATTERN, digest, is_well_formed, mint

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
keys = st.binary(min_size=32, max_size=32).map(lambda data: mint(lambda n: data))


@given(key=keys)
def test_every_key_is_one_for_a_scanner(key):
    assert re.fullmatch(PATTERN, key)
    assert is_well_formed(key)
    # As a scanner that knows only the guide would check it.
    number = zlib.crc32(key[:-6].encode())
    assert [ALPHABET.index(c) for c in key[-6:]] == [number // 62**i % 62 for i in range(5, -1, -1)]


@given(key=keys, place=st.integers(10, 58), letter=st.sampled_from(ALPHABET))
def test_a_mistyped_letter_is_noticed(key, place, letter):
    changed = key[:place] + letter + key[place + 1 :]
    assert is_well_formed(changed) == (changed == key)


@given(data=st.tuples(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32)))
def test_different_randomness_makes_different_keys(data):
    one, other = (mint(lambda n, each=each: each) for each in data)
    assert (one == other) == (data[0] == data[1])


@given(text=st.text(max_size=80))
def test_whatever_is_sent_has_a_digest_and_is_no_key(text):
    assert len(digest(text)) == 32
    assert not is_well_formed(text)
