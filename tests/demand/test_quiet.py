"""Lines past their usual interval, worked out by hand."""

import numpy as np
import pytest

from demand.quiet import quiet_lines


def months(count: int, **orders: float) -> np.ndarray:
    """One line of `count` months; `m3=40` = 40 units in column 3."""
    row = np.zeros(count)
    for name, quantity in orders.items():
        row[int(name[1:])] = quantity
    return row


def test_a_line_that_ordered_every_third_month_is_late_after_four_and_a_half() -> None:
    """Orders in columns 0, 3, 6, 9; 14 months known: the last is 5 months ago (5 > 1.5 x 3), 13 known: 4 months."""
    row = months(14, m0=30, m3=50, m6=40, m9=40)
    late, in_time = quiet_lines(row[np.newaxis]), quiet_lines(row[np.newaxis, :13])
    assert (late.late[0], late.since[0], late.interval[0], late.usual[0]) == (True, 5, 3, 40)
    assert (in_time.late[0], in_time.since[0]) == (False, 4)


def test_three_orders_are_no_rhythm_and_a_year_of_silence_has_ended() -> None:
    three = months(24, m0=9, m2=9, m4=9)
    ended = months(24, m0=9, m2=9, m4=9, m6=9, m8=9, m11=9)
    silent = months(24, m0=9, m2=9, m4=9, m6=9, m8=9, m12=9)
    found = quiet_lines(np.stack([three, ended, silent]))
    assert found.late.tolist() == [False, False, True]
    assert found.since[1:].tolist() == [13, 12]


def test_returns_are_no_order_and_the_usual_order_is_of_the_last_two_years() -> None:
    row = months(30, m0=1000, m2=1000, m10=20, m14=30, m18=40, m20=-5)
    found = quiet_lines(row[np.newaxis])
    assert found.usual[0] == pytest.approx(30)
    assert found.since[0] == 12


def test_no_lines() -> None:
    assert quiet_lines(np.zeros((0, 24))).late.tolist() == []
