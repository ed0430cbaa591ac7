"""Calls against what came, worked out by hand."""

from datetime import date

import pytest

from demand.call_outcomes import CallCase, brier_by, calibration, outcome

SEP, OCT, NOV, DEC, JAN = (date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1))


@pytest.mark.parametrize(
    ("came", "right"),
    [(SEP, True), (OCT, True), (NOV, False), (None, False)],
)
@pytest.mark.parametrize("call", ["firm", "likely", "even", "doubtful", "lost"])
def test_a_call_came_in_or_before_its_month(call: str, came: date | None, right: bool) -> None:
    assert outcome(CallCase(call, OCT, came=came), until=NOV) is right


@pytest.mark.parametrize(
    ("came", "right"),
    [
        (OCT, False),  # in its old month after all
        (NOV, True),  # later than its old month, before the one it slipped to
        (DEC, True),
        (JAN, False),  # slipped further
        (None, False),
    ],
)
def test_a_slip_is_right_between_its_months(came: date | None, right: bool) -> None:
    assert outcome(CallCase("slips", OCT, slips_to=DEC, came=came), until=JAN) is right


def test_open_months_are_not_counted() -> None:
    assert outcome(CallCase("firm", NOV, came=NOV), until=NOV) is None
    assert outcome(CallCase("slips", OCT, slips_to=DEC, came=OCT), until=DEC) is None
    rows = calibration([CallCase("firm", NOV, came=NOV)], until=NOV)
    assert [row.n for row in rows] == [0, 0, 0, 0, 0, 0]


def cases() -> list[CallCase]:
    """Firm 2 of 2, likely 3 of 5, lost 1 of 1, a slip that held; BIKES but for the firm ones."""
    likely = [CallCase("likely", OCT, came=came, family="BIKES") for came in (OCT, OCT, SEP, None, NOV)]
    firm = [CallCase("firm", OCT, came=OCT, family="PARTS")] * 2
    others = [
        CallCase("lost", OCT, came=OCT, family="BIKES"),
        CallCase("slips", SEP, slips_to=OCT, came=OCT, family="BIKES"),
    ]
    return likely + firm + others


def test_calibration_by_call() -> None:
    rows = {row.call: row for row in calibration(cases(), until=NOV)}
    assert list(rows) == ["firm", "likely", "even", "doubtful", "lost", "slips"]
    assert {call: (row.chance, row.n, row.came) for call, row in rows.items()} == {
        "firm": (0.9, 2, 2),
        "likely": (0.7, 5, 3),
        "even": (0.5, 0, 0),
        "doubtful": (0.3, 0, 0),
        "lost": (0.0, 1, 1),
        "slips": (None, 1, 1),
    }
    assert rows["likely"].is_known
    assert rows["likely"].share == 0.6
    assert not rows["firm"].is_known


def test_brier_by_family_only_from_enough_cases() -> None:
    """BIKES: likely 3 x 0.3² + 2 x 0.7² = 1.25, lost 1² = 1; 2.25 / 6 = 0.375. The slip has no chance."""
    found = brier_by(cases(), lambda case: case.family, until=NOV)
    assert (found["BIKES"].value, found["BIKES"].n) == (pytest.approx(0.375), 6)
    assert (found["PARTS"].value != found["PARTS"].value, found["PARTS"].n) == (True, 2)
    assert brier_by(cases(), lambda case: case.family, until=NOV, fewest=2)["PARTS"].value == pytest.approx(0.01)
