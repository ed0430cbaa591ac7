import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demand.cell_grammar import CLIPPED, LARGEST, Entry, EntryError, parse_entry

TABLE = json.loads(Path(__file__).with_name("cell_grammar_cases.json").read_text("utf-8"))
CASES = TABLE["cases"]
QUANTITY = st.floats(min_value=0, max_value=1e6)


def context_of(case: dict) -> dict:
    return {**TABLE["defaults"], **case.get("context", {})}


def shown(case: dict) -> str:
    return repr(case["input"])[:40] + str(case.get("context", ""))


@pytest.mark.parametrize("case", [c for c in CASES if "value" in c], ids=shown)
def test_entry_becomes_its_value(case: dict) -> None:
    entry = parse_entry(case["input"], **context_of(case))
    expected = Entry(case["value"], case.get("reset", False), case.get("note", ""))
    assert entry == expected


@pytest.mark.parametrize("case", [c for c in CASES if "error" in c], ids=shown)
def test_entry_is_refused_in_plain_words(case: dict) -> None:
    with pytest.raises(EntryError) as refused:
        parse_entry(case["input"], **context_of(case))
    assert str(refused.value) == case["error"]


def test_table_covers_every_form_and_gives_one_outcome_each() -> None:
    assert all(("value" in case) != ("error" in case) for case in CASES)
    assert len({(c["input"], str(c.get("context"))) for c in CASES}) == len(CASES)
    typed = [case["input"] for case in CASES if "value" in case]
    for form in ("75", "+15", "-15", "+10%", "-5%", "*1.2", "1.2k", "3m", "=bl", "=ly", ""):
        assert form in typed


def test_a_cell_without_references_still_takes_numbers() -> None:
    assert parse_entry("12", current=0, baseline=0).value == 12


def test_reference_that_is_not_a_number_counts_as_missing() -> None:
    with pytest.raises(EntryError, match="no last year's number"):
        parse_entry("=ly", current=1, baseline=1, last_year=math.nan)


def test_something_that_is_not_text_is_refused() -> None:
    with pytest.raises(EntryError, match="An entry is text"):
        parse_entry(75, current=1, baseline=1)


@pytest.mark.parametrize("decimals", [-1, 7, 0.5])
def test_decimals_outside_the_range_are_the_callers_fault(decimals: int) -> None:
    with pytest.raises(ValueError, match="decimals must be 0 to 6"):
        parse_entry("1", current=1, baseline=1, decimals=decimals)


def test_an_unknown_current_value_is_the_callers_fault() -> None:
    with pytest.raises(ValueError, match="current must be a finite number"):
        parse_entry("+1", current=math.nan, baseline=1)


def test_adding_zero_and_ten_percent_of_nothing_change_nothing() -> None:
    assert parse_entry("+0", current=40, baseline=1).value == 40
    assert parse_entry("+10%", current=0, baseline=1) == Entry(0.0)


@given(text=st.text(max_size=40), current=QUANTITY, decimals=st.integers(0, 6))
def test_whatever_is_typed_gives_a_bounded_number_or_a_sentence(text: str, current: float, decimals: int) -> None:
    try:
        entry = parse_entry(text, current=current, baseline=current, decimals=decimals)
    except EntryError as refused:
        sentence = str(refused)
    else:
        sentence = entry.note or "."
        assert 0 <= entry.value <= LARGEST
    assert sentence.endswith(".")
    assert len(sentence) < 120


@given(
    sign=st.sampled_from("+-"),
    amount=st.integers(0, 10**6),
    suffix=st.sampled_from(["", "%", "k", "m"]),
    current=QUANTITY,
)
def test_a_signed_entry_moves_the_cell_its_way_and_never_below_zero(
    sign: str, amount: int, suffix: str, current: float
) -> None:
    try:
        entry = parse_entry(f"{sign}{amount}{suffix}", current=current, baseline=0, decimals=2)
    except EntryError:
        return
    assert entry.value >= 0
    assert (entry.value >= current - 0.01) if sign == "+" else (entry.value <= current + 0.01)
    if entry.note:
        assert (entry.note, entry.value) == (CLIPPED, 0)


@given(quantity=st.integers(0, LARGEST))
def test_a_plain_whole_number_is_itself(quantity: int) -> None:
    assert parse_entry(str(quantity), current=5, baseline=5).value == quantity
