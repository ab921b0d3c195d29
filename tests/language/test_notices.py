# SPDX-License-Identifier: Apache-2.0
"""Notices and contacts: a person in need is heard and sent somewhere, a person with a question is not alarmed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.language import LanguageError, Notices, PackFiles, contact_faults, contacts_for, notices_for, wording_for
from daulat.nation import pack_at

COURTESIES = ("greeting", "thanks", "goodbye", "identity", "maker", "complaint")
NOTICES = Notices(
    {
        "courtesies": {"greeting": "hello | good day", "thanks": "thanks", "fillers": "sir"},
        "groups": {"near": "my wife | my son", "hit": "hits | beats"},
        "exceptions": "dying to | fire up",
        "emergencies": {
            "self_harm": {"alone": "want to die"},
            "fire": {"alone": "house on fire", "short": "smoke", "urgent": "fire"},
            "violence": {"always": "has a knife", "beside": "{hit} me"},
        },
        "urgent_words": "help | now",
        "near_words": "{near}",
        "question_words": "law | fine",
        "asking_words": "can i report | my rights",
        "past_words": "last year",
    },
    wording_for(None),
)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Help, a fire!", "fire"),
        ("My house on fire", "fire"),
        ("What does a fire permit need?", None),
        ("smoke in my kitchen", "fire"),
        ("What does the law say of smoke?", None),
        ("My neighbour makes smoke every evening and it comes into my kitchen", None),
        ("Which law says so, help: house on fire?", "fire"),
        ("I want to die, what does the law say?", "self_harm"),
        ("", None),
    ],
)
def test_danger_is_told_from_a_question_about_it(text: str, category: str | None) -> None:
    assert NOTICES.emergency(text, "en") == category


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("house on fire, what does the law say?", ("fire", False)),
        ("help, smoke, my son, is there a fine?", ("fire", True)),
        ("smoke, is there a fine?", None),
        ("smoke last year, my son saw it", None),
        ("she beats me, what does the law say?", ("violence", True)),
        ("help, she beats me", ("violence", False)),
        ("help, she beats me, what are my rights?", ("violence", True)),
        ("he has a knife", ("violence", False)),
        ("he has a knife, what does the law say?", ("violence", False)),
        ("he has a knife, can I report it?", ("violence", True)),
        ("help, he has a knife, can I report it?", ("violence", True)),
        ("house on fire, he has a knife, can I report it?", ("fire", False)),
        ("smoke, what are my rights?", None),
        ("fire up the stove now", None),
    ],
)
def test_who_asks_and_may_be_in_danger_is_answered_behind_the_number(text: str, found: tuple[str, bool] | None) -> None:
    assert NOTICES.danger(text, "en") == found


@pytest.mark.parametrize(
    ("notices", "said"),
    [
        ("emergencies: {fire: {allways: fire}}", "`allways`.*always"),
        ("asking_word: law", "`asking_word`.*asking_words"),
        ("emergency: {fire: {always: fire}}", "`emergency`.*emergencies"),
        ("emergencies: [fire]", "`emergencies` is not a mapping"),
        ("emergencies: {fire: {always: [fire]}}", "`always` is not text"),
        ("groups: {off: off}", "`False`.*Quote it"),
        ("emergencies: {fire: {always: '{burn} house'}}", "the group `burn`, which there is not"),
    ],
)
def test_notices_that_would_hear_nothing_are_refused_with_what_to_do(
    notices: str, said: str, pack_of: Callable[[dict[str, str]], PackFiles]
) -> None:
    with pytest.raises(LanguageError, match=f"(?s){said}"):
        notices_for(pack_of({"assistant/notices.yaml": notices}))


def test_a_pack_adds_words_to_a_group_of_the_core(pack_of: Callable[[dict[str, str]], PackFiles]) -> None:
    notices = notices_for(pack_of({"assistant/notices.yaml": "{groups: {self: mi mem}}"}))
    assert notices.emergency("kill mi mem", "xo") == "self_harm"
    assert notices_for(None).emergency("kill mi mem", "xo") is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hello sir!", "greeting"),
        ("thanks :)", "thanks"),
        ("Hello, where do I vote?", None),
        ("sir", None),
        ("!!", None),
    ],
)
def test_a_courtesy_is_a_message_that_is_nothing_else(text: str, kind: str | None) -> None:
    assert NOTICES.courtesy(text, "en") == kind


@given(st.text(max_size=200))
def test_any_text_can_be_listened_to(text: str) -> None:
    assert NOTICES.emergency(text, "en") in (None, "fire", "self_harm", "violence")
    assert notices_for(None).courtesy(text, "en") in (None, *COURTESIES)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("I want to kill myself", "self_harm"),
        ("i don’t want to live anymore", "self_harm"),
        ("What does the law say? I want to die", "self_harm"),
        ("My house is on fire, help!", "fire"),
        ("he is not breathing", "medical"),
        ("Which insurance pays after a fire?", None),
        ("How do I register a birth?", None),
    ],
)
def test_who_is_in_danger_is_heard_in_english_where_no_pack_says_more(text: str, category: str | None) -> None:
    assert notices_for(None).emergency(text, "en") == category


def test_a_pack_adds_its_own_languages_to_the_english_of_the_core(
    pack_of: Callable[[dict[str, str]], PackFiles],
) -> None:
    more = "{courtesies: {thanks: dankon}, emergencies: {self_harm: {always: mi volas morti}}}"
    notices = notices_for(pack_of({"assistant/notices.yaml": more}))
    heard = [notices.emergency(text, "xo") for text in ("mi volas morti", "I want to die", "My house is on fire")]
    assert heard == ["self_harm", "self_harm", "fire"]
    assert [notices.courtesy(text, "xo") for text in ("Dankon!", "Thank you!")] == ["thanks", "thanks"]


CONTACTS = """
offices:
  fire: {name: Fire brigade, phone: "9", url: "", source: decree 1, as_of: 2026-01-01, about: {xo: Fuego, en: Fire}}
  desk: {name: Front desk, phone: "1", source: decree 2, as_of: 2026-01-01}
emergencies: {fire: [fire]}
topics: {papers: [desk, fire]}
matters:
  land: {offices: [fire], words: deed | title of land | plot}
  tax: {offices: [desk], documents: [ACT-1, ACT-2], words: tax}
beside_answers: [land]
default: [desk]
"""


def test_an_emergency_has_its_number_in_the_asker_s_words(pack_of: Callable[[dict[str, str]], PackFiles]) -> None:
    (office,) = contacts_for(pack_of({"contacts.yaml": CONTACTS})).for_emergency("fire", "en-GB")
    assert (office.phone, office.about, office.as_of) == ("9", "Fire", "2026-01-01")


def test_where_no_topic_is_known_the_default_office_is_named(pack_of: Callable[[dict[str, str]], PackFiles]) -> None:
    contacts = contacts_for(pack_of({"contacts.yaml": CONTACTS}))
    assert [office.id for office in contacts.for_topics(["stars"], "xo")] == ["desk"]
    assert [office.id for office in contacts.for_topics(["stars", "papers"], "xo")] == ["desk", "fire"]


def test_the_words_of_a_question_tell_its_matter_before_its_nearest_texts(
    pack_of: Callable[[dict[str, str]], PackFiles],
) -> None:
    contacts = contacts_for(pack_of({"contacts.yaml": CONTACTS}))
    assert contacts.matters("Lost my DEED, must I pay tax on the plot?", []) == ["land", "tax"]
    assert contacts.matters("Lost my deed", ["ACT-1", "ACT-2"]) == ["land", "tax"]
    assert contacts.matters("Lost my deeds", ["ACT-1", "ACT-2", "ACT-1"]) == ["tax"]
    assert contacts.matters("Lost my deeds", ["ACT-1", "ACT-2", "ACT-3"]) == []
    assert contacts.matters("", []) == []
    assert [office.id for office in contacts.for_topics(["land"], "xo")] == ["fire"]


def test_a_word_with_an_ending_that_is_declared_is_heard_as_the_word(
    pack_of: Callable[[dict[str, str]], PackFiles],
) -> None:
    contacts = contacts_for(pack_of({"contacts.yaml": CONTACTS + "endings: [s, ful]\n"}))
    assert contacts.matters("Lost my deeds", []) == ["land"]
    assert contacts.matters("Taxful titles of lands", []) == ["land", "tax"]
    assert contacts.matters("Lost my deedling", []) == []


def test_of_two_matters_the_one_goes_first_of_which_a_question_says_more_words(
    pack_of: Callable[[dict[str, str]], PackFiles],
) -> None:
    words = {"power": "power bill", "roads": "bike | power bike", "hurt": "hits_me | hits"}
    matters = "".join(f"\n  {matter}: {{offices: [desk], words: {said}}}" for matter, said in words.items())
    contacts = contacts_for(pack_of({"contacts.yaml": f"offices: {{desk: {{name: Desk}}}}\nmatters: {matters}"}))
    assert contacts.matters("A bike at the door, and my bill for power?", []) == ["power", "roads"]
    assert contacts.matters("May a power bike go there?", []) == ["roads"]
    assert contacts.matters("Does power go there?", []) == []
    assert contacts.matters("He hits me, my power bill", []) == ["hurt", "power"]
    assert contacts.matters("My power bill hits not only me", []) == ["power", "hurt"]


def test_a_contact_list_that_leads_nowhere_is_refused(pack_of: Callable[[dict[str, str]], PackFiles]) -> None:
    with pytest.raises(LanguageError, match="no office is called `desk`"):
        contacts_for(pack_of({"contacts.yaml": "topics: {papers: [desk]}"}))
    with pytest.raises(LanguageError, match="no office for `stars`"):
        contacts_for(pack_of({"contacts.yaml": "matters: {stars: {words: star}}"}))
    with pytest.raises(LanguageError, match="no office is called `moon`"):
        contacts_for(pack_of({"contacts.yaml": "matters: {stars: {offices: [moon], words: star}}"}))


def test_some_matters_name_their_office_beside_an_answer_and_others_do_not(
    pack_of: Callable[[dict[str, str]], PackFiles],
) -> None:
    contacts = contacts_for(pack_of({"contacts.yaml": CONTACTS}))
    assert [office.id for office in contacts.beside_answer("I lost the deed", "xo")] == ["fire"]
    assert contacts.beside_answer("my tax", "xo") == ()
    assert contacts_for(None).beside_answer("I lost the deed", "xo") == ()


def test_a_matter_beside_answers_that_does_not_exist_is_refused(pack_of: Callable[[dict[str, str]], PackFiles]) -> None:
    with pytest.raises(LanguageError, match="`beside_answers` names `lnad`"):
        contacts_for(pack_of({"contacts.yaml": CONTACTS.replace("[land]", "[lnad]")}))


def test_what_a_nation_declares_itself_goes_before_its_pack(
    pack_of: Callable[[dict[str, str]], PackFiles], tmp_path_factory: pytest.TempPathFactory
) -> None:
    nation = tmp_path_factory.mktemp("nation")
    pack = pack_of({"contacts.yaml": CONTACTS})
    assert contacts_for(pack).names_an_office
    own = pack_at(nation, "XA")
    assert contacts_for(pack, own).for_emergency("fire", "en")[0].phone == "9"
    (nation / "contacts.yaml").write_text(CONTACTS.replace('"9"', '"112"'))
    assert contacts_for(pack, own).for_emergency("fire", "en")[0].phone == "112"
    assert not contacts_for(None).names_an_office


@pytest.mark.parametrize(
    "faulty",
    ["[fire]", "offices: [fire]", "offices: {fire: {phone: '9'}}", "matters: land", "endings: s", "joins: and"],
)
def test_contacts_of_another_form_are_refused_in_words(
    faulty: str, pack_of: Callable[[dict[str, str]], PackFiles]
) -> None:
    with pytest.raises(LanguageError, match=r"contacts\.yaml"):
        contacts_for(pack_of({"contacts.yaml": faulty}))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "town.example", "https://", "tel:112"])
def test_an_address_that_is_no_page_is_a_fault_of_its_office(
    url: str, pack_of: Callable[[dict[str, str]], PackFiles]
) -> None:
    faulty = CONTACTS.replace('url: ""', f'url: "{url}"')
    with pytest.raises(LanguageError, match=r"`url` of `fire` is .*, no address of a page"):
        contacts_for(pack_of({"contacts.yaml": faulty}))


@pytest.mark.parametrize(
    ("phone", "is_one"), [("119 ext. 8", True), ("+1 (21) 392-52#", True), ("tel:9", False), ("x", False)]
)
def test_a_phone_is_a_number(phone: str, is_one: bool, pack_of: Callable[[dict[str, str]], PackFiles]) -> None:
    faults = contact_faults(pack_of({"contacts.yaml": CONTACTS.replace('phone: "9"', f'phone: "{phone}"')}))
    assert ("`phone` of `fire`" not in str(faults)) is is_one


def test_own_contacts_take_nobody_of_the_packs_away(
    pack_of: Callable[[dict[str, str]], PackFiles], tmp_path_factory: pytest.TempPathFactory
) -> None:
    nation = tmp_path_factory.mktemp("nation")
    own = "offices: {town: {name: Town hall}}\nemergencies: {crime: [town]}\ntopics: {dogs: [town, desk]}\n"
    own += "default: [town]"
    (nation / "contacts.yaml").write_text(own)
    contacts = contacts_for(pack_of({"contacts.yaml": CONTACTS}), pack_at(nation, "XA"))
    assert [office.id for office in contacts.for_emergency("fire", "en")] == ["fire"]
    assert [office.id for office in contacts.for_emergency("crime", "en")] == ["town"]
    assert [office.id for office in contacts.for_topics(["dogs"], "en")] == ["town", "desk"]
    assert [office.id for office in contacts.for_topics(["stars"], "en")] == ["town"]


def test_every_fault_of_contacts_is_told_at_once(
    pack_of: Callable[[dict[str, str]], PackFiles], tmp_path_factory: pytest.TempPathFactory
) -> None:
    nation = tmp_path_factory.mktemp("nation")
    kinds = ("medical", "accident", "crime", "violence", "disaster")
    own = "\n".join(("offices: {town: {}}", "defualt: [town]", "emergencies:", "  selfharm: [town]", "  fire: []"))
    (nation / "contacts.yaml").write_text(own + "".join(f"\n  {kind}: [moon]" for kind in kinds))
    faults = contact_faults(pack_of({"contacts.yaml": CONTACTS}), pack_at(nation, "XA"))
    told = [str(fault.what).removeprefix("contacts.yaml ") for fault in faults]
    assert told[:2] == ["line 1: no `name` for `town`", "line 2: `defualt` is no key of ours"]
    assert "line 4: `selfharm` is no kind of danger" in told
    assert "line 5: nobody is named for `fire`" in told
    assert any("nobody is named for `self_harm`" in each for each in told)
    assert [each for each in told if "moon" in each] == [
        f"line {line}: no office is called `moon`" for line in range(6, 11)
    ]
    assert contact_faults(None) == []
