# SPDX-License-Identifier: Apache-2.0
"""Scales keep order and ends, ticks are round, and a chart's table says what its drawing says."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daulat.plan.report.charts import BandChart, Bar, BarChart, Dot, DotMap, Line, StackChart
from daulat.plan.report.charts.places import project
from daulat.plan.report.scale import linear, logarithmic, nice_step
from daulat.plan.report.svg import tree

SVG = "{http://www.w3.org/2000/svg}"
amounts = st.floats(-1e12, 1e12, allow_nan=False)
positive = st.floats(1e-6, 1e15, allow_nan=False)


def shown(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def titles(drawing: str) -> list[str]:
    """What stands under the pointer at each mark; the first title is the drawing's own."""
    return [str(one.text) for one in fromstring(drawing).iter(f"{SVG}title")][1:]


def texts(drawing: str) -> list[str]:
    return [str(one.text) for one in fromstring(drawing).iter(f"{SVG}text")]


@given(st.lists(amounts, min_size=1, max_size=20))
def test_a_linear_scale_holds_its_values_and_zero_between_round_ticks(values: list[float]) -> None:
    scale = linear(values, 0.0, 100.0)
    hair = (scale.ticks[-1] - scale.ticks[0]) * 1e-8  # what lies nearer to a tick than this lies on it
    assert scale.ticks[0] - hair <= min(*values, 0.0)
    assert max(*values, 0.0) <= scale.ticks[-1] + hair
    assert all(-1e-6 <= scale(value) <= 100 + 1e-6 for value in values)
    gaps = [later - earlier for earlier, later in zip(scale.ticks, scale.ticks[1:], strict=False)]
    assert all(math.isclose(gap, gaps[0], rel_tol=1e-6) for gap in gaps)
    assert len(scale.ticks) <= 8


@given(amounts, amounts)
def test_a_linear_scale_keeps_order(one: float, other: float) -> None:
    scale = linear([one, other], 0.0, 100.0)
    assert (one <= other) == (scale(one) <= scale(other)) or math.isclose(scale(one), scale(other), abs_tol=1e-9)


@given(st.lists(positive, min_size=1, max_size=20))
def test_a_logarithmic_scale_holds_its_values_between_powers_of_ten(values: list[float]) -> None:
    scale = logarithmic(values, 0.0, 100.0)
    assert math.log10(scale.low) == pytest.approx(round(math.log10(scale.low)))
    assert all(-1e-6 <= scale(value) <= 100 + 1e-6 for value in values)
    assert list(scale.ticks) == sorted(scale.ticks)
    assert len(scale.ticks) <= 8


@given(st.floats(1e-9, 1e15), st.integers(1, 10))
def test_a_step_is_one_two_two_and_a_half_or_five_times_a_power_of_ten(span: float, most: int) -> None:
    step = nice_step(span, most)
    lead = step / 10 ** math.floor(math.log10(step) + 1e-9)
    assert min(abs(lead - nice) for nice in (1, 2, 2.5, 5, 10)) < 1e-6
    assert span / step <= most * (1 + 1e-6)


def test_flat_data_still_makes_a_scale() -> None:
    assert linear([0.0, 0.0], 0, 10).ticks[-1] == 1.0
    assert linear([7.0], 0, 10)(7.0) == pytest.approx(7 / 8 * 10)  # 0 to 8 in steps of 2


def test_columns_say_at_each_part_what_the_table_says() -> None:
    chart = StackChart(["2027", "2028"], [("north", [3.0, 4.0]), ("south", [1.0, 6.0])], shown)
    assert titles(chart.draw("c", "Title", "About", 700)) == [
        "2027, north: 3", "2027, south: 1", "2028, north: 4", "2028, south: 6",
    ]  # fmt: skip
    assert chart.rows() == [["2027", "3", "1", "4"], ["2028", "4", "6", "10"]]


def test_columns_stand_on_one_another_and_reach_their_sum() -> None:
    # Largest column 4 + 6 = 10, so that the axis is 0 to 10 over 300 - 26 - 14 = 260 units: 26 units for each 1.
    chart = StackChart(["2027", "2028"], [("north", [3.0, 4.0]), ("south", [1.0, 6.0])], shown)
    heights = [float(one.attrib["height"]) for one in fromstring(chart.draw("c", "T", "A", 700)).iter(f"{SVG}rect")]
    assert heights == pytest.approx([78.0, 26.0, 26.0, 104.0, 156.0, 156.0])  # the second part's pattern lies on it


def test_lines_say_at_each_mark_what_the_table_says() -> None:
    chart = BandChart([Line("load", [1.0, None], [2.0, None], [3.0, None])], [2027.0, 2028.0], shown)
    assert titles(chart.draw("c", "Title", "About", 700)) == ["load: 2 (1–3)"]
    assert chart.rows(["2027", "2028"], ("p10", "p50", "p90")) == [["2027", "1", "2", "3"], ["2028", "–", "–", "–"]]


@pytest.mark.parametrize("width", [350, 720])
def test_long_labels_are_cut_in_the_drawing_only(width: int) -> None:
    label = (
        "A very long name of an input that nobody could ever put on one line of a small telephone, or of a large one"
    )
    chart = BarChart([Bar(label, 0.0, 5.0, 0, "5")], shown)
    drawing = chart.draw("c", "Title", "About", width)
    assert titles(drawing) == [f"{label}: 5"]
    [cut] = [text for text in texts(drawing) if text.startswith("A very")]
    assert cut.endswith("…")
    assert len(cut) * 6.6 < width


def test_a_map_puts_east_to_the_right_and_north_up_and_sites_on_top() -> None:
    dots = [Dot("west", 0.0, 100.0, 4.0, "west: 4"), Dot("north-east", 10.0, 110.0, 1.0, "north-east: 1")]
    drawing = fromstring(DotMap(dots, [Dot("site", 5.0, 105.0, 0.0, "site", 1)]).draw("m", "T", "A", 700))
    west, east = ({key: float(one.attrib[key]) for key in ("cx", "cy", "r")} for one in drawing.iter(f"{SVG}circle"))
    assert west["cx"] < east["cx"]
    assert west["cy"] > east["cy"]
    assert west["r"] == pytest.approx(2 * east["r"])  # four times the people: twice the radius
    last = list(drawing)[-1]
    assert [one.tag for one in last] == [f"{SVG}title", f"{SVG}rect", f"{SVG}text"]


def test_islands_on_both_sides_of_the_date_line_lie_together() -> None:
    spots = project([(-17.7, 178.0), (-16.8, -180.0), (-18.0, -178.5)])
    assert max(x for x, _ in spots) - min(x for x, _ in spots) < 4


def test_every_drawing_says_what_it_is_and_names_what_says_so() -> None:
    root: Element = fromstring(StackChart(["a"], [("x", [1.0])], shown).draw("one", "Cost <b>", "By & year", 700))
    assert root.attrib["role"] == "img"
    named = {one.attrib["id"]: one.text for one in root if "id" in one.attrib}
    assert [named[name] for name in root.attrib["aria-labelledby"].split()] == ["Cost <b>", "By & year"]


def test_a_drawing_as_a_tree_is_the_same_drawing() -> None:
    drawing = StackChart(["a & b"], [("x", [1.0]), ("y", [2.0])], shown).draw("one", "T", "A", 700)

    def count(node: list[object]) -> int:
        return 1 + sum(count(one) for one in node[2:] if isinstance(one, list))

    assert count(tree(drawing)) == len(list(fromstring(drawing).iter()))
    assert "a & b, x: 1" in str(tree(drawing))
