"""Bulk rules: which open lines they fit, and their words."""

import pandas as pd
import pytest

from demand.bulk_rules import BulkRule, rule_fits, rule_sentence

LINES = pd.DataFrame(
    {
        "family": ["BIKES", "BIKES", "PARTS", "PARTS", "BIKES", "PARTS"],
        "reason": ["", "promotion", "", "customer_told", "", ""],
        "baseline": [100.0, 100.0, 100.0, 0.0, 100.0, 100.0],
        "events": [104.0, 150.0, 95.0, 40.0, 100.0, 104.0],
        "proposal": [104.0, 140.0, 95.0, 40.0, 100.0, 104.0],
        "plan": [104.0, 140.0, 95.0, 40.0, 100.0, 104.0],
        "stake": [400.0, 5000.0, 50.0, 400.0, 0.0, 40.0],
        "settled_by": ["", "", "", "", "", "Dora"],
    }
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (BulkRule("baseline", under_share=0.05), [0]),
        (BulkRule("baseline", under_share=0.06), [0, 2]),
        (BulkRule("baseline", under_share=0.06, reason="none"), [0, 2]),
        (BulkRule("proposal", reason="promotion"), [1]),
        (BulkRule("proposal", family="BIKES"), [0, 1]),
        (BulkRule("proposal", under_value=400.0), [2]),
        (BulkRule("proposal", under_value=401.0, family="PARTS"), [2, 3]),
        (BulkRule("proposal", under_share=10.0), [0, 1, 2]),
    ],
)
def test_all_conditions_hold_together_and_settled_lines_stay(rule: BulkRule, expected: list[int]) -> None:
    assert rule_fits(LINES, rule).nonzero()[0].tolist() == expected


def test_a_rule_says_whether_it_is_bounded_and_speaks() -> None:
    assert not BulkRule("baseline").is_bounded
    rule = BulkRule("baseline", under_share=0.075, under_value=5000, family="B", reason="none")
    assert rule.is_bounded
    assert rule.under_percent == "7.5"
    words = rule_sentence(rule, source="the baseline", family="Bikes", reason="", currency="EUR")
    assert words == (
        "Take the baseline where the change is under 7.5 % and less than EUR 5,000 is at stake and the family is Bikes "
        "and no reason is given"
    )
    told = rule_sentence(BulkRule("sales", reason="x"), source="sales", family="", reason="Price change", currency="")
    assert told == "Take sales where the reason is “Price change”"


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="'stake'"):
        rule_fits(LINES.drop(columns="stake"), BulkRule("baseline", under_share=0.1))
