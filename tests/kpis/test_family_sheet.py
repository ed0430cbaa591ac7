import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kpis.family_sheet import Flows, family_sheet

months = arrays(float, (6,), elements=st.integers(-20, 500))
flows = st.builds(Flows, months, months, months)
starts = st.integers(0, 1000)


def test_five_blocks_in_their_order() -> None:
    plan = Flows([10.0, 10.0], [8.0, 9.0], [12.0, 0.0])
    came = Flows([12.0, np.nan], [7.0, np.nan], [12.0, np.nan])
    blocks = {b.name: b for b in family_sheet(plan, came, plan, backlog=5, inventory=20)}
    assert list(blocks) == ["Bookings", "Shipments", "Backlog", "Supply", "Inventory"]
    assert blocks["Backlog"].old_plan.tolist() == [7, 8]
    assert blocks["Inventory"].old_plan.tolist() == [24, 15]
    assert blocks["Backlog"].actual[0] == 10
    assert np.isnan(blocks["Backlog"].actual[1]), "an open month is unknown, not 0"
    assert blocks["Bookings"].variance[0] == 2


@given(flows, flows, flows, starts, starts)
def test_identities_hold_exactly_in_every_row(old: Flows, came: Flows, new: Flows, backlog: int, stock: int) -> None:
    blocks = {b.name: b for b in family_sheet(old, came, new, backlog=backlog, inventory=stock)}
    for row in ("old_plan", "actual", "new_plan", "variance"):
        bookings, shipments, owed, supply, kept = (
            getattr(blocks[name], row) for name in ("Bookings", "Shipments", "Backlog", "Supply", "Inventory")
        )
        first = (0, 0) if row == "variance" else (backlog, stock)
        assert (owed == np.concatenate([[first[0]], owed[:-1]]) + bookings - shipments).all()
        assert (kept == np.concatenate([[first[1]], kept[:-1]]) + supply - shipments).all()


@given(st.lists(st.tuples(flows, starts, starts), min_size=1, max_size=4))
def test_families_add_up(families: list[tuple[Flows, int, int]]) -> None:
    each = [family_sheet(f, f, f, backlog=b, inventory=i) for f, b, i in families]
    total = Flows(
        *(sum(np.asarray(getattr(f, part)) for f, _, _ in families) for part in ("bookings", "shipments", "supply"))
    )
    whole = family_sheet(
        total, total, total, backlog=sum(b for _, b, _ in families), inventory=sum(i for _, _, i in families)
    )
    for number, block in enumerate(whole):
        assert (block.new_plan == sum(sheet[number].new_plan for sheet in each)).all()


def test_flows_of_different_length_are_refused() -> None:
    good = Flows([1.0], [1.0], [1.0])
    with pytest.raises(ValueError, match="differ in length"):
        family_sheet(good, Flows([1.0, 2.0], [1.0], [1.0]), good, backlog=0, inventory=0)
