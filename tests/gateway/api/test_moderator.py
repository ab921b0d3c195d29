# SPDX-License-Identifier: Apache-2.0
"""The rules find what the pack declares, and say what they did not look at."""

from daulat.gateway.api.moderator import moderator_for
from daulat.nation import find_pack


def flags(text, pack=None):
    [result] = moderator_for(pack, "id").look([text])
    assert result.flagged == any(result.categories.values())
    return {name for name, found in result.categories.items() if found}


def test_what_names_a_person_is_found():
    assert flags("write to ani@example.org") == {"personal-identifier"}
    assert flags("how do I renew a card?") == set()


def test_a_pack_says_who_is_in_danger():
    pack = find_pack("ID")
    assert flags("saya ingin bunuh diri", pack) == {"self-harm", "self-harm/intent"}
    assert flags("bagaimana cara mengurus KTP?", pack) == set()


def test_every_category_is_checked_or_said_not_to_be():
    moderator = moderator_for(None, "en")
    [result] = moderator.look(["hello"])
    said = moderator.method()
    assert set(said.checked) | set(said.not_checked) == set(result.categories)
    assert not set(said.checked) & set(said.not_checked)


def test_who_is_in_danger_is_heard_in_english_without_a_pack():
    assert flags("I want to kill myself") == {"self-harm", "self-harm/intent"}
