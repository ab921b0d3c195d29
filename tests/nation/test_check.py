# SPDX-License-Identifier: Apache-2.0
"""Every fault at once, each with its line and what to write instead."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from daulat.nation import NationError, NationFaultsError, bootstrap, check_nation, check_text, load_nation, read_yaml

GOOD = bootstrap("EE")
PLAIN = {"country": "EE"}


def edited(*changes: tuple[str, str]) -> str:
    text = GOOD
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


ONE_FAULT = [
    ("language", "tag: ru", "tag: jawa", "nation.language", "jv"),
    ("currency", "currency: EUR", "currency: EURO", "nation.currency", "EUR"),
    ("time zone", "Europe/Tallinn", "Europe/Talin", "nation.time_zone", "Europe/Tallinn"),
    ("role", "eesti, role: official", "eesti, role: offical", "nation.value", "official"),
    ("key", "retention:", "retentoin:", "nation.key", "retention"),
    ("key inside", "receipts_days", "reciepts_days", "nation.key", "receipts_days"),
    ("too few", "population: 1320884", "population: -5", "nation.value", "Write 0 or more."),
    ("too many", "speakers_percent: 71.0", "speakers_percent: 171", "nation.value", "Write 100 or less."),
    ("minutes", "receipts_days: 365", "receipts_days: 1:30", "nation.value", "digits alone"),
    ("words", "speakers_percent: 71.0", "speakers_percent: many", "nation.value", "`0.5`"),
    ("no list", "[Europe/Tallinn]", "Europe/Tallinn", "nation.value", "`[Europe/Tallinn]`"),
    ("no value", "country: EE", "country:", "nation.value", "one text"),
    ("residency", "personal: [EE]", "personal: [Estonia]", "nation.country", "EE"),
    ("lower case country", "personal: [EE]", "personal: [ee]", "nation.country", "EE"),
    ("jurisdiction", "code: EE-37", "code: FI-37", "nation.jurisdiction", "EE-"),
    ("unknown jurisdiction", "code: EE-39", "code: EE-99", "nation.jurisdiction", "`EE-39`"),
    ("unknown place", "personal: [EE]", "personal: [EE-99]", "nation.place", "nation jurisdictions EE"),
    ("country in a list", "internal: [EE]", "internal: [EX]", "nation.country", "two capital letters"),
    ("place without a list", "internal: [EE]", "internal: EE", "nation.residency", "in brackets"),
    ("no language", "tag: ru", "tag: und", "nation.language", "nation languages"),
    ("address", "127.0.0.1:8080", "localhost:8080", "nation.listen", "127.0.0.1:8080"),
    (
        "host of pictures",
        "listen: 127.0.0.1:8080",
        "media: {fetch_from: [https://a.example]}",
        "nation.host",
        "https://",
    ),
    (
        "host by number",
        "listen: 127.0.0.1:8080",
        "media: {fetch_from: [10.0.0.1]}",
        "nation.host",
        "images.example.org",
    ),
    ("any host", "listen: 127.0.0.1:8080", "media: {fetch_from: ['*.example']}", "nation.host", "images.example.org"),
    ("release key", "releases: .daulat", "trusted_keys: [abcd]\n  releases: .daulat", "nation.release_key", "verify"),
    ("share", "speakers_percent: 71.0", "speakers_percent: 710", "nation.value", "schema"),
    ("kept questions", "questions_days: 0", "questions_days: 30", "nation.retention", "Write 0"),
    ("gone", "questions_days: 0", "audit_days: 3650\n  questions_days: 0", "nation.key", "Delete the line"),
    ("days", "receipts_days: 365", "receipts_days: a year", "nation.value", "schema"),
    ("duplicate", "code: EE-39, name: H", "code: EE-37, name: Hi", "nation.duplicate", "Keep one"),
    ("service language", "names: {en: Public services}", "names: {en: X}, languages: [lv]", "nation.service", "et"),
    ("missing", "currency: EUR\n", "", "nation.missing", "currency"),
    ("no weights", "models: []", "models: [{id: writer, kind: embedded}]", "nation.model", "models pull"),
    ("no url", "models: []", "models: [{id: writer, kind: remote}]", "nation.model", "/v1"),
    ("secret", "models: []", "models: [{id: w, kind: remote, url: 'http://u:p@h/v1'}]", "nation.url", "key_from"),
]


@pytest.mark.parametrize(
    ("before", "after", "code", "fix"), [row[1:] for row in ONE_FAULT], ids=[r[0] for r in ONE_FAULT]
)
def test_a_fault_names_its_line_and_the_way_out(before, after, code, fix):
    text = edited((before, after))
    (fault, *others) = [fault for fault in check_text(text) if after or fault.code == code]
    assert fault.code == code
    assert fix in fault.fix
    assert fault.why
    if after:
        assert fault.line == line_of(text, after)
        assert f"nation.yaml line {fault.line}: " in fault.what
    assert others == []


def test_a_value_of_another_kind_is_met_with_what_belongs_there():
    [fault] = check_text(edited(("population: 1320884", "population: 13 million")))
    assert "`population` is `13 million`, where a whole number belongs" in fault.what


def test_a_misspelt_key_that_has_to_be_there_is_told_once():
    [fault] = check_text(edited(("currency:", "curency:")))
    assert "did you mean `currency`?" in fault.fix


def test_a_key_that_is_like_no_other_is_not_taken_for_one():
    [fault] = check_text(edited(("currency: EUR", "currency: EUR\ndeal: {}")))
    assert "`deal`" in fault.what
    assert "did you mean" not in fault.what + fault.fix


def test_the_guide_shows_what_is_told_of_a_new_declaration():
    guide = (Path(__file__).parents[2] / "docs/guides/declare-a-nation.md").read_text()
    shown = guide.partition("$ daulat nation check\n")[2].partition("```")[0]
    [fault] = check_text(edited(("tag: ru", "tag: jawa")))
    assert shown == f"{fault}\n\n1 fault in nation.yaml\n"


def test_another_country_is_one_fault_and_not_one_for_each_of_its_parts():
    [fault] = check_text(changed := edited(("country: EE", "country: FI")))
    assert (fault.code, fault.line) == ("nation.jurisdiction", line_of(changed, "country: FI"))
    assert "country is `FI`, and 15 jurisdictions, from `EE-37` on, are parts of `EE`" in fault.what  # Estonia has 15
    assert "write `country: EE`" in fault.fix
    assert "`daulat nation jurisdictions FI`" in fault.fix


def test_a_few_parts_of_another_country_are_told_where_they_begin():
    text = edited(("code: EE-39", "code: FI-01"), ("code: EE-45", "code: FI-02"))
    [fault] = check_text(text)
    assert "2 jurisdictions, from `FI-01` on, are parts of `FI`" in fault.what
    assert fault.line == line_of(text, "FI-01")


def test_all_faults_are_told_at_once_in_the_order_of_the_file():
    text = edited(("EUR", "EURO"), ("tag: ru", "tag: jawa"), ("code: EE-39", "code: EE-37"), ("8080", "port"))
    found = check_text(text)
    assert [fault.code for fault in found] == [
        "nation.currency",
        "nation.language",
        "nation.duplicate",
        "nation.listen",
    ]
    assert [fault.line for fault in found] == sorted(fault.line for fault in found)


def test_a_place_of_a_list_over_several_lines_is_told_on_its_own_line():
    text = edited(("internal: [EE]", "internal:\n    - EE\n    - EE-99"))
    [fault] = check_text(text)
    assert fault.line == line_of(text, "EE-99")


@pytest.mark.parametrize(
    ("before", "after"),
    [("country: EE\n", "country: EX\n"), ("languages:\n", "languages: []\ntongues:\n")],
)
def test_what_cannot_be_judged_because_of_a_fault_elsewhere_is_no_fault_of_its_own(before, after):
    text = edited((before, after), ("names: {en: Public services}", "names: {en: X}, languages: [et]"))
    assert {fault.line for fault in check_text(text)} <= {line_of(text, line) for line in after.splitlines()}


def test_every_key_that_stands_twice_is_told_at_once():
    found = check_text("country: EE\ncountry: FI\nnames: {en: A, en: B}\n")
    assert [(fault.code, fault.line) for fault in found] == [("nation.duplicate", 2), ("nation.duplicate", 3)]


def test_loading_a_faulty_file_raises_with_all_of_them(tmp_path):
    path = tmp_path / "nation.yaml"
    path.write_text(edited(("EUR", "EURO"), ("tag: ru", "tag: jawa")))
    with pytest.raises(NationFaultsError) as raised:
        load_nation(path)
    assert len(raised.value.faults) == 2
    assert str(raised.value).count("hint:") == 2


def test_the_paths_of_a_nation_start_at_its_file(tmp_path):
    path = tmp_path / "nation.yaml"
    path.write_text(GOOD)
    nation = load_nation(path)
    assert nation.path(nation.store.directory) == tmp_path.resolve() / ".daulat/postgres"


def test_a_declaration_cannot_be_changed_after_loading(tmp_path):
    path = tmp_path / "nation.yaml"
    path.write_text(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        load_nation(path).country = "FI"


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "[::1]:0", "192.0.2.7:65535"])
def test_an_address_is_an_ip_and_a_port(listen):
    assert check_text(edited(("listen: 127.0.0.1:8080", f"listen: '{listen}'"))) == []


SYNTAX = {
    "twice": (b"country: EE\ncountry: FI\n", "nation.duplicate", 2),
    "open": (b"country: [EE\n", "nation.syntax", 2),
    "latin": ("country: EE\nname: Põlva".encode("latin-1"), "nation.encoding", 2),
    "alias": (b"a: &a [x]\nb: [*a, *a]\n", "nation.syntax", 2),
    "deep": (b"[" * 500, "nation.syntax", 1),
    "object": (b"a: !!python/object/apply:os.system [id]\n", "nation.syntax", 1),
    "date by tag": (b"a: 1\nb: !!timestamp 2024-99-99\n", "nation.syntax", 2),
    "number by tag": (b"a: !!int ''\n", "nation.syntax", 1),
    "truth by tag": (b"a: !!bool maybe\n", "nation.syntax", 1),
    "bytes by tag": (b"a: !!binary eA==\n", "nation.syntax", 1),
    "tag on a list": (b"a: !!omap [b: 1]\n", "nation.syntax", 1),
    "digits": (b"a: 1\nb: -" + b"9" * 5_000, "nation.syntax", 2),
    "endless": (b"a: 1.5e999\n", "nation.syntax", 1),
    "itself": (b"a: &a [*a]\n", "nation.syntax", 1),
    "escape": (b'a: "\\e[8m"\n', "nation.syntax", 1),
    "escape in a key": (b'"\\0": 1\n', "nation.syntax", 1),
    "list": (b"- EE\n", "nation.syntax", 1),
    "empty": (b"", "nation.syntax", 1),
    "binary": (bytes(range(256)), "nation.encoding", 2),
}


@pytest.mark.parametrize(("raw", "code", "line"), SYNTAX.values(), ids=SYNTAX.keys())
def test_what_is_not_a_declaration_is_refused_with_its_line(tmp_path, raw, code, line):
    path = tmp_path / "nation.yaml"
    path.write_bytes(raw)
    (fault,) = check_nation(path)
    assert (fault.code, fault.line) == (code, line)


def test_a_number_of_any_length_is_text_between_quotes(tmp_path):
    path = tmp_path / "any.yaml"
    path.write_text(f"a: !!str 12\nb: '{'9' * 5_000}'\nc: 999999999999999999\n")
    assert read_yaml(path).data == {"a": "12", "b": "9" * 5_000, "c": 10**18 - 1}


def test_a_pipe_in_the_place_of_the_declaration_is_a_fault_and_not_waited_for(tmp_path):
    path = tmp_path / "nation.yaml"
    os.mkfifo(path)
    (fault,) = check_nation(path)
    assert "it is a pipe and no file" in fault.what
    assert "not a pipe" in fault.fix


def test_a_missing_file_says_how_to_write_one(tmp_path):
    (fault,) = check_nation(tmp_path / "nation.yaml")
    assert "daulat init" in fault.fix


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=60)
@given(key=st.sampled_from(list(yaml.safe_load(GOOD))), value=values)
def test_any_value_under_any_key_gives_faults_and_never_a_trace(key, value):
    declaration = yaml.safe_load(GOOD) | {key: value}
    for fault in check_text(yaml.safe_dump(declaration, allow_unicode=True)):
        assert isinstance(fault, NationError)
        assert fault.what
        assert fault.why
        assert fault.fix
        assert fault.code


@settings(deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_gives_faults_and_never_a_trace(text):
    assert check_text(text)


KEYED = "models:\n- {{id: m, kind: remote, url: 'https://m.example/v1', {}: {}}}\n"


@pytest.mark.parametrize("key", ["key_from", "key", "api_key"])
@pytest.mark.parametrize("secret", ["sk-live-12345", "[sk-live-12345]"])
def test_a_secret_in_a_declaration_is_not_shown_and_its_place_is_taught(key: str, secret: str) -> None:
    [fault] = check_text(edited(("models: []\n", KEYED.format(key, secret))))
    assert "sk-live" not in "".join(map(str, fault.as_dict().values()))
    assert key != "key_from" or "name of an environment variable" in fault.what


@pytest.mark.parametrize(
    ("directory", "releases", "is_fault"),
    [
        (".daulat/releases", ".daulat/releases", True),
        ("./data/", "data/releases", True),
        (".daulat", "releases", True),
        (".", "/srv/releases", True),
        (".daulat/postgres", ".daulat/releases", False),
        ("data/postgres", "data", False),
    ],
)
def test_the_database_has_a_directory_of_its_own(directory: str, releases: str, is_fault: bool) -> None:
    declared = yaml.safe_load(GOOD) | {"store": {"directory": directory}, "knowledge": {"releases": releases}}
    faults = check_text(yaml.safe_dump(declared))
    assert [fault.code for fault in faults] == ["nation.directory"] * is_fault
