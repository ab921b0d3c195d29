# SPDX-License-Identifier: Apache-2.0
"""A call that ended leaves the line that its row would."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from daulat.gateway.access.booked import Booked
from daulat.gateway.ports import CallUsage
from daulat.ledger import UsageRow

COUNTS = st.tuples(*[st.integers(0, 10**9)] * 4)
FIGURES = st.floats(0, 1e6) | st.none()


@given(counts=COUNTS, quanta=st.integers(0, 10**15), ttft=FIGURES, energy=FIGURES, name=st.text(max_size=210))
def test_a_booked_call_is_written_as_its_row(counts, quanta, ttft, energy, name):
    told = {
        "engine": "north", "place": "XA-1", "reason": "only", "status": 200, "time_to_first_token_s": ttft,
        "duration_s": 0.5, "energy_wh": energy, "energy_low_wh": 0.1, "energy_high_wh": 9.0, "energy_method": "meter",
        "carbon_g": ttft, "embodied_g": energy, "estimated": True, "discarded": "lost",
    }  # fmt: skip
    booked = Booked(
        1.25, ("org", "p", "key", "internal"), name, "chat", True, CallUsage(**told), counts, (quanta, "XTS")
    )
    prompt, completion, reasoning, cached = counts
    row = UsageRow(
        1.25, "org", "p", "key", name[:200], "chat", data_class="internal", prompt_tokens=prompt,
        completion_tokens=completion, reasoning_tokens=reasoning, cached_tokens=cached, currency="XTS", stream=True,
        cost=Decimal(quanta).scaleb(-8), **told,
    )  # fmt: skip
    ours, theirs = booked.line().split("\t"), row.line().split("\t")
    amount = theirs.index(str(row.cost))
    assert Decimal(ours[amount]) == row.cost
    assert ours[:amount] + ours[amount + 1 :] == theirs[:amount] + theirs[amount + 1 :]
