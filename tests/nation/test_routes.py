# SPDX-License-Identifier: Apache-2.0
"""What a nation says of routes, places and queues is read, and what contradicts itself is named with its line."""

import pytest

from daulat.nation import NationFaultsError, bootstrap, check_text, nation_of

TWO = "models: [{id: a, kind: fake}, {id: b, kind: fake, place: EE-37}]\n"


def declared(rest: str, models: str = TWO) -> str:
    return bootstrap("EE").replace("models: []\n", models + rest)


def codes(text: str) -> list[tuple[str, str]]:
    return [(fault.code, str(fault.value or "")) for fault in check_text(text)]


def test_a_route_is_read_with_its_defaults():
    nation = nation_of(declared("routes: [{id: writer, to: [{model: a, weight: 2}, {model: b}]}]\n"))
    (route,) = nation.routes
    assert route.policy == "prefix"
    assert [(target.model, target.weight) for target in route.to] == [("a", 2.0), ("b", 1.0)]
    assert nation.gateway.queue.limit == 1000


def test_a_route_to_a_model_that_is_not_there_is_named_on_its_line():
    text = declared("routes:\n- id: writer\n  to:\n  - model: a\n  - model: c\n")
    (fault,) = check_text(text)
    assert (fault.code, fault.line) == ("nation.route", text[: text.index("- model: c")].count("\n") + 1)
    assert "a, b" in fault.fix


def test_a_route_may_not_take_the_name_of_a_model():
    assert [code for code, _ in codes(declared("routes: [{id: a, to: [{model: b}]}]\n"))] == ["nation.duplicate"]


def test_a_cascade_needs_a_larger_model():
    text = declared("routes: [{id: w, policy: cascade, to: [{model: a}]}]\n")
    assert [code for code, _ in codes(text)] == ["nation.route"]


def test_all_models_have_their_prices_in_one_currency():
    models = (
        "models:\n- {id: a, kind: fake, price: {input: 1, output: 1, currency: %s}}\n"
        "- {id: b, kind: fake, price: {input: 2, output: 2, currency: EUR}}\n- {id: c, kind: fake}\n"
    )
    text = declared("", models % "IDR")
    (fault,) = check_text(text)
    assert (fault.code, fault.line) == ("nation.price", text[: text.index("- {id: b")].count("\n") + 1)
    assert "in EUR, models before it in IDR" in fault.what
    assert check_text(declared("", models % "EUR")) == []


def test_an_engine_where_no_data_may_go_is_a_fault():
    models = "models: [{id: a, kind: remote, url: 'http://h/v1', place: FI}]\n"
    everywhere_closed = declared("", models).replace("public: anywhere", "public: [EE]")
    assert [code for code, _ in codes(everywhere_closed)] == ["nation.residency"]
    assert codes(declared("", models)) == []  # public text may go anywhere


def test_a_part_of_the_country_is_a_place_and_a_word_is_not():
    rule = bootstrap("EE").replace("personal: [EE]", "personal: [EE-37]")
    assert nation_of(rule).residency.personal == ["EE-37"]
    wrong = bootstrap("EE").replace("personal: [EE]", "personal: [EE-Harju]")
    assert "nation.place" in [code for code, _ in codes(wrong)]


READERS = pytest.mark.parametrize("key", ["encoder", "reranker"])


def reading(key: str, more: str = "", residency: str = "personal: [EE]") -> str:
    line = f"knowledge:\n  {key}: {{url: 'https://reads.example/v1', model: bge{more}}}\n"
    return bootstrap("EE").replace("knowledge:\n", line, 1).replace("personal: [EE]", residency)


@READERS
@pytest.mark.parametrize("more", ["", ", place: FI"])
def test_questions_go_to_no_endpoint_where_personal_data_may_not(key, more):
    text = reading(key, more)
    (fault,) = check_text(text)
    assert (fault.code, fault.line) == ("nation.residency", text[: text.index("https://reads")].count("\n") + 1)
    assert "personal data may go to EE only" in fault.what
    with pytest.raises(NationFaultsError):
        nation_of(text)


@READERS
def test_an_endpoint_where_personal_data_may_go_is_no_fault(key):
    assert check_text(reading(key, ", place: EE-37")) == []
    assert check_text(reading(key, residency="personal: anywhere")) == []
    assert check_text(reading(key).replace("https://reads.example", "http://127.0.0.1:8000")) == []


@READERS
def test_an_endpoint_on_a_machine_of_nobody_named_is_a_fault_where_machines_are(key):
    office = "personal: [EE]\n  operators: {personal: [Office]}"
    (fault,) = check_text(reading(key, ", place: EE", office))
    assert "write its `operator`" in fault.fix
    assert check_text(reading(key, ", place: EE, operator: Office", office)) == []
    (fault,) = check_text(reading(key, ", place: EE, operator: Somebody", office))
    assert "with Somebody, and personal data may go to EE with Office only" in fault.what
