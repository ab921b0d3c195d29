# SPDX-License-Identifier: Apache-2.0
"""A first nation.yaml: for every country, with and without a pack."""

from pathlib import Path

import pycountry
import pytest

from daulat.nation import NationError, bootstrap, check_text, load_nation, pack_at
from daulat.nation.reference import jurisdictions_of, languages_of

EVERY_COUNTRY = sorted(row.alpha_2 for row in pycountry.countries)


def declared(tmp_path: Path, text: str):
    path = tmp_path / "nation.yaml"
    path.write_text(text, encoding="utf-8")
    return load_nation(path)


@pytest.mark.parametrize("letter", sorted({code[0] for code in EVERY_COUNTRY}))
def test_every_country_gets_a_declaration_without_a_fault(letter):
    faults = {code: check_text(bootstrap(code)) for code in EVERY_COUNTRY if code.startswith(letter)}
    assert {code: list(map(str, found)) for code, found in faults.items() if found} == {}


def test_a_country_without_a_pack_has_its_languages_currency_zone_and_counties(tmp_path):
    estonia = declared(tmp_path, bootstrap("EE"))
    assert estonia.languages[0].tag == "et"
    assert estonia.languages[0].role == "official"
    assert estonia.currency == "EUR"
    assert estonia.time_zones == ["Europe/Tallinn"]
    assert estonia.names["et"] == "Eesti"
    # Estonia has 15 maakonnad; their ISO 3166-2 codes are EE-37 (Harju) to EE-87 (Voru).
    assert len(estonia.jurisdictions) == 15
    assert [service.id for service in estonia.services] == ["public-services"]


def test_a_country_of_which_no_language_is_known_says_that_it_starts_with_a_default(tmp_path):
    text = bootstrap("AQ")
    nation = declared(tmp_path, text)
    assert nation.language_tags == ("en",)
    assert "und" not in nation.names
    assert "# CLDR knows no language of this country" in text


def test_personal_data_stay_in_the_country_and_questions_are_not_kept_unless_somebody_decides_so(tmp_path):
    nation = declared(tmp_path, bootstrap("EE"))
    assert nation.residency.personal == ["EE"]
    assert nation.retention.questions_days == 0
    assert nation.models == []


def test_a_country_code_that_yaml_would_read_as_false_stays_a_country(tmp_path):
    assert declared(tmp_path, bootstrap("NO")).country == "NO"


def test_the_three_codes_of_a_country_write_the_same_file():
    assert bootstrap("EE") == bootstrap("EST") == bootstrap("233") == bootstrap("ee")


@pytest.mark.parametrize(("given", "meant"), [("Estonai", "`EE`"), ("UK", "`GB`"), ("IO2", ""), ("", "")])
def test_an_unknown_code_is_refused_with_the_nearest_one(given, meant):
    with pytest.raises(NationError) as refused:
        bootstrap(given)
    assert refused.value.code == "nation.country"
    assert meant in refused.value.fix


def test_each_value_says_where_it_comes_from(tmp_path):
    (tmp_path / "nation.yaml").write_text("population: 7\nservices: [{id: water, names: {en: Water}}]\n")
    text = bootstrap("EE", pack_at(tmp_path, "EE"))
    for key, source in [
        ("population", "pack"),
        ("services", "pack"),
        ("currency", "CLDR"),
        ("jurisdictions", "ISO 3166-2"),
    ]:
        before, _, _ = text.partition(f"\n{key}:")
        assert source in before.splitlines()[-1]


def test_a_pack_is_laid_over_the_reference_data_key_by_key(tmp_path):
    (tmp_path / "nation.yaml").write_text(
        "names: {et: Eesti Vabariik}\nlanguages: [{tag: et, name: eesti, role: official}]\n"
    )
    nation = declared(tmp_path / "..", bootstrap("EE", pack_at(tmp_path, "EE")))
    assert nation.names["et"] == "Eesti Vabariik"
    assert nation.names["en"] == "Estonia"
    assert nation.language_tags == ("et",)


def test_a_pack_whose_declaration_is_a_list_is_refused(tmp_path):
    (tmp_path / "nation.yaml").write_text("- population: 7\n")
    with pytest.raises(NationError, match="mapping"):
        bootstrap("EE", pack_at(tmp_path, "EE"))


def test_parts_of_the_map_that_nobody_governs_give_way_to_their_provinces():
    # ISO lists seven island groups of Indonesia above its 38 provinces.
    codes = [one.code for one in jurisdictions_of("ID")]
    assert len(codes) == 38
    assert "ID-JW" not in codes


def test_official_languages_come_first_and_dead_ones_not_at_all():
    tags = [one.tag for one in languages_of("ID")]
    assert tags[0] == "id"
    assert "kaw" not in tags  # Kawi, which CLDR lists with no living speaker


def test_the_reranker_that_is_shown_can_be_declared_and_none_is_by_default(tmp_path):
    assert declared(tmp_path, bootstrap("EE")).knowledge.reranker is None
    shown = declared(tmp_path, bootstrap("EE").replace("  # reranker:", "  reranker:")).knowledge.reranker
    assert (shown.model, shown.key_from) == ("bge-reranker-v2-m3", "RERANKER_KEY")
