import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demand.flags import CAP, COLUMNS, FLAG_COLUMNS, RULES, Thresholds, flag_lines

NAN = np.nan
QUIET = {
    "rep": "linda",
    "price": 10.0,
    "baseline": 100.0,
    "last_number": 100.0,
    "due_qty": 0.0,
    "pushes": 0,
    "pushed_qty": 0.0,
    "promotion_qty": 0.0,
    "promotion": "",
    "short_qty": 0.0,
    "months_since_order": 2.0,
    "usual_interval": 3.0,
    "last_forecast": 30.0,
    "last_actual": 30.0,
    "months_known": 24,
}


def lines(*changes):
    return pd.DataFrame([QUIET | change for change in changes], index=range(1, len(changes) + 1))


def flagged(*changes, **limits):
    return flag_lines(lines(*changes), Thresholds(**limits))


@pytest.mark.parametrize(
    ("change", "code", "sentence", "value"),
    [
        (
            {"baseline": 180},
            "far",
            "The baseline for the next three months is 180 units, well above the last number of 100 units.",
            800,
        ),
        (
            {"baseline": 60},
            "far",
            "The baseline for the next three months is 60 units, well below the last number of 100 units.",
            400,
        ),
        ({"due_qty": 25}, "due", "Orders and quotes for 25 units fall in the lead time.", 250),
        ({"pushes": 3, "pushed_qty": 40}, "pushed", "Orders for 40 units were put off 3 times.", 400),
        ({"promotion_qty": 12}, "promotion", "A promotion should move 12 units; is it in your number?", 120),
        (
            {"promotion_qty": 12, "promotion": "Winter sale"},
            "promotion",
            "Winter sale should move 12 units; is it in your number?",
            120,
        ),
        ({"promotion_qty": -12}, "promotion", "A promotion should move 12 units; is it in your number?", 120),
        ({"short_qty": 1200}, "short", "Supply is short by 1,200 units.", 12_000),
        (
            {"months_since_order": 6},
            "overdue",
            "The customer usually orders every 3 months; the last order was 6 months ago.",
            1000,
        ),
        (
            {"months_since_order": 2, "usual_interval": 1},
            "overdue",
            "The customer usually orders every month; the last order was 2 months ago.",
            1000,
        ),
        ({"last_actual": 80}, "missed", "Last month 80 units came; 30 units was forecast.", 500),
        ({"last_actual": 0}, "missed", "Last month 0 units came; 30 units was forecast.", 300),
        ({"months_known": 2}, "new", "New: there are only 2 months of sales to go by.", 1000),
        ({"months_known": 1}, "new", "New: there are only 1 month of sales to go by.", 1000),
        ({"months_known": NAN, "baseline": NAN}, "new", "New: there are no sales yet.", 1000),
    ],
)
def test_each_reason_speaks_in_one_plain_sentence(change, code, sentence, value) -> None:
    flag = flagged(change).iloc[0]
    assert (flag["code"], flag["sentence"], flag["value"]) == (code, sentence, value)
    assert flag["label"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"baseline": 125},
        {"baseline": 75},
        {"pushes": 1, "pushed_qty": 500},
        {"months_since_order": 4},
        {"last_actual": 24},
        {"months_known": 3},
        {"last_number": NAN},
        {"last_forecast": NAN, "last_actual": 900},
        {"months_since_order": 9, "usual_interval": NAN},
        {"due_qty": NAN, "pushed_qty": NAN, "promotion_qty": NAN, "short_qty": NAN},
        {"due_qty": 9},
        {"short_qty": 500, "price": NAN},
        {"short_qty": 500, "rep": None},
        {"short_qty": 500, "rep": ""},
    ],
)
def test_what_is_usual_small_unknown_or_nobody_s_is_not_flagged(change) -> None:
    assert flagged(change).empty


def test_a_line_gets_its_dearest_reason_only() -> None:
    flags = flagged({"due_qty": 20, "short_qty": 90, "last_actual": 80})
    assert flags["code"].tolist() == ["short"]
    assert flags["sentence"].tolist() == ["Supply is short by 90 units."]


def test_the_other_reasons_are_kept_dearest_first_and_none_under_the_least() -> None:
    due, missed = (
        "Orders and quotes for 20 units fall in the lead time.",
        "Last month 80 units came; 30 units was forecast.",
    )
    flags = flagged({"due_qty": 20, "short_qty": 90, "last_actual": 80}, {"due_qty": 9, "short_qty": 90})
    assert flags["also"].tolist() == [[missed, due], []]


def test_the_dearest_come_first_and_the_cap_holds_per_rep() -> None:
    many = [{"due_qty": 20 + i} for i in range(20)]
    other = [{"due_qty": 30, "rep": "shu"}]
    flags = flagged(*many, *other)
    assert flags[flags["rep"] == "linda"]["line"].tolist() == list(range(20, 20 - CAP, -1))
    assert flags[flags["rep"] == "linda"]["rank"].tolist() == list(range(1, CAP + 1))
    assert flags[flags["rep"] == "shu"]["rank"].tolist() == [1]


def test_equal_values_keep_the_order_of_lines() -> None:
    assert flagged({"due_qty": 20}, {"due_qty": 20}, cap=1)["line"].tolist() == [1]


def test_thresholds_can_be_set() -> None:
    assert flagged({"baseline": 125}, far=0.1)["code"].tolist() == ["far"]
    assert flagged({"due_qty": 9}, least_value=50)["code"].tolist() == ["due"]
    assert flagged({"baseline": 180}, least_value=10_000).empty


def test_there_is_a_rule_for_each_of_the_eight_reasons() -> None:
    assert len({rule.code for rule in RULES}) == 8


def test_nothing_to_flag_still_has_its_columns() -> None:
    assert flag_lines(lines()[0:0].reindex(columns=list(COLUMNS))).columns.tolist() == FLAG_COLUMNS
    assert flagged({}).columns.tolist() == FLAG_COLUMNS


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="lack the column 'short_qty'"):
        flag_lines(lines({}).drop(columns="short_qty"))


QUANTITY = st.one_of(st.none(), st.floats(0, 1e6))
LINE = st.fixed_dictionaries(
    {column: QUANTITY for column in COLUMNS if column not in ("rep", "promotion")}
    | {"rep": st.sampled_from(["a", "b", ""]), "promotion": st.sampled_from(["", "Winter sale"])}
)


@settings(max_examples=40)
@given(st.lists(LINE, min_size=1, max_size=15), st.integers(1, 5))
def test_flags_are_few_ranked_and_each_line_has_one(rows, cap) -> None:
    frame = pd.DataFrame(rows).astype({column: float for column in COLUMNS if column not in ("rep", "promotion")})
    flags = flag_lines(frame, Thresholds(cap=cap))
    assert flags["line"].is_unique
    assert (flags.groupby("rep").size() <= cap).all()
    assert (flags["value"] >= Thresholds().least_value).all()
    for _, own in flags.groupby("rep"):
        assert own["value"].is_monotonic_decreasing
    assert all(sentence.endswith((".", "?")) for sentence in flags["sentence"])
