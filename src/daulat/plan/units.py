# SPDX-License-Identifier: Apache-2.0
"""Units: the ones that the plan uses, and which other unit a value out of range was most likely meant in.

Comes in: a unit's name and a value. Goes out: whether we know it, and the likely slip. Names carry their unit and the
schema carries it again; nothing is converted in silence. Why not a library of units: docs/design/plan.md
"""

from __future__ import annotations

from daulat.plan.note import Note, note

# unit -> {unit that an author may have meant: factor from that unit to ours}
SLIPS: dict[str, dict[str, float]] = {
    "MW": {"kW": 1e-3, "W": 1e-6, "GW": 1e3},
    "MWh": {"kWh": 1e-3, "GWh": 1e3, "TWh": 1e6},
    "kW": {"W": 1e-3, "MW": 1e3},
    "W": {"kW": 1e3, "MW": 1e6},
    "USD": {"million USD": 1e6, "billion USD": 1e9, "thousand USD": 1e3},
    "USD/MWh": {"USD/kWh": 1e3, "US cents/kWh": 10.0, "USD/GWh": 1e-3},
    "USD/MW": {"USD/kW": 1e3, "million USD/MW": 1e6, "USD/W": 1e6},
    "USD/hour": {"USD/day": 1 / 24, "USD/month": 1 / 730, "USD/year": 1 / 8760},
    "USD/year": {"USD/month": 12.0, "thousand USD/year": 1e3},
    "USD/person/year": {"USD/person/month": 12.0, "thousand USD/person/year": 1e3},
    "share": {"percent": 0.01, "per mille": 0.001},
    "share/year": {"percent/year": 0.01},
    "people": {"thousand people": 1e3, "million people": 1e6},
    "tokens": {"thousand tokens": 1e3, "million tokens": 1e6, "billion tokens": 1e9},
    "tokens/year": {"million tokens/year": 1e6, "billion tokens/year": 1e9},
    "requests/person/month": {"requests/person/day": 30.4, "requests/person/year": 1 / 12},
    "gCO2e/kWh": {"kgCO2e/kWh": 1e3, "tCO2e/kWh": 1e6},
    "L/kWh": {"m3/MWh": 1.0, "L/MWh": 1e-3, "m3/kWh": 1e3},
    "years": {"months": 1 / 12, "days": 1 / 365.25},
    "hours": {"minutes": 1 / 60, "days": 24.0},
    "days": {"weeks": 7.0, "hours": 1 / 24},
    "s": {"ms": 1e-3, "minutes": 60.0},
    "degC": {},
    "degC-1": {},
    "ratio": {"percent": 0.01},
    "count": {},
    "people/MW": {},
    "people/MUSD": {},
    "local/USD": {"thousand local/USD": 1e3},
    "local": {},
    "local/Mtok": {},
    "requests/hour": {},
    "Wh/1000 tokens": {},
    "accelerators": {},
    "requests/year": {},
    "requests/s": {},
    "tokens/s": {},
    "tCO2e": {},
    "m3": {},
    "USD/t": {"USD/kg": 1e3},
    "USD/Mtok": {},
    "FLOP": {},
    "accelerator-hours": {},
    "USD/accelerator": {"thousand USD/accelerator": 1e3},
    "EUR/kW": {"EUR/MW": 1e-3, "million EUR/MW": 1e3},
    "EUR/kWh": {},
    "USD/EUR": {},
    "people/year": {},
    "job-years": {},
    "tokens/person/year": {},
    "documents/person/year": {},
}


def plainly(value: float) -> str:
    """Write a number with its thousands apart, and no exponent where it is whole and short.

    >>> plainly(1_000_000), plainly(0.02), plainly(1e13), plainly(2_000_000_000)
    ('1,000,000', '0.02', '1e+13', '2,000,000,000')
    """
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e12 else f"{value:,.6g}"


def likely_meant(value: float, unit: str, low: float, high: float) -> str:
    """Name the unit in which `value` would lie in the allowed range, with what it would be; empty where none would.

    Examples
    --------
    >>> likely_meant(1_000.0, "MW", 0.01, 200.0)
    '1,000 kW, which is 1 MW?'
    >>> likely_meant(74.0, "share", 0.0, 1.0)
    '74 percent, which is 0.74 share?'
    >>> likely_meant(-3.0, "people", 0.0, 1e10)
    ''
    """
    found = _slip(value, unit, low, high)
    return f"{plainly(value)} {found[0]}, which is {plainly(found[1])} {unit}?" if found else ""


def unit_question(value: float, unit: str, low: float, high: float) -> Note | str:
    """Ask in a note for the unit that was likely meant, as `likely_meant`; empty where none would fit.

    Examples
    --------
    >>> str(unit_question(1_000.0, "MW", 0.01, 200.0))
    '; did you mean 1,000 kW, which is 1 MW?'
    """
    found = _slip(value, unit, low, high)
    if found is None:
        return ""
    return note("did_you_mean", value=_short(value), other=found[0], converted=_short(found[1]), unit=unit)


def _slip(value: float, unit: str, low: float, high: float) -> tuple[str, float] | None:
    """Return the unit in which a value would lie in the range, and what it would be."""
    for other, factor in SLIPS.get(unit, {}).items():
        if factor and low <= value * factor <= high and value > 0:
            return other, value * factor
    return None


def _short(value: float) -> float:
    """Return a whole number as it is, another in six digits."""
    return int(value) if value == round(value) else float(f"{value:.6g}")
