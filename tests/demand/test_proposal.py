"""The rules as pure functions: what each takes, by lag, and what it says."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.calibration import CASE_COLUMNS, LARGEST_WEIGHT
from demand.proposal import RULES, Calls, Proposal, Stages, propose, rule_name

BASE = np.full((3, 2), 100.0)
LINES = pd.DataFrame({"line": [11, 12, 13], "rep": [1, 2, 0], "reason": "", "family": [5, 5, 6]})
COLUMNS = [*CASE_COLUMNS, "family"]
NO_CASES = pd.DataFrame(columns=COLUMNS)
STAGE = arrays.arrays(float, (3, 2), elements=st.floats(0, 1e5))
EVERY_RULE = pytest.mark.parametrize("rule", RULES)


def cases(*rows, line=11, lag=0, reason="", family=5) -> pd.DataFrame:
    """Past changes: rep, before, after, actual."""
    return pd.DataFrame(
        [(rep, line, lag, reason, before, after, actual, family) for rep, before, after, actual in rows],
        columns=COLUMNS,
    )


def proposed(rule, *, sales=BASE, team=None, events=None, past=NO_CASES, lines=LINES, calls=None) -> Proposal:
    team = sales if team is None else team
    events = team if events is None else events
    return propose(rule, stages=Stages(BASE, sales, team, events), lines=lines, cases=past, calls=calls)


def raised(row, to, start=BASE):
    changed = start.copy()
    changed[row] = to
    return changed


@EVERY_RULE
def test_where_nothing_was_changed_every_rule_gives_the_baseline(rule) -> None:
    proposal = proposed(rule, past=cases(*[(1, 10, 20, 12)] * 30))
    assert proposal.matrix.tolist() == BASE.tolist()
    assert proposal.rule == RULES[rule]
    assert proposal.by_line == []


@EVERY_RULE
@given(added=arrays.arrays(float, (3, 2), elements=st.floats(0, 1e4)))
def test_events_come_on_top_under_every_rule(rule, added) -> None:
    np.testing.assert_allclose(proposed(rule, events=BASE + added).matrix, BASE + added)


def test_rules_take_all_nothing_or_half() -> None:
    sales = raised(0, 160.0)
    assert proposed("take_sales", sales=sales).matrix[0].tolist() == [160, 160]
    assert proposed("take_baseline", sales=sales).matrix[0].tolist() == [100, 100]
    assert proposed("half_way", sales=sales).matrix[0].tolist() == [130, 130]


@pytest.mark.parametrize("rule", ["calibrated", "accuracy_weighted"])
def test_without_past_cases_a_change_is_taken_whole(rule) -> None:
    assert proposed(rule, sales=raised(0, 160.0)).matrix[0].tolist() == [160, 160]


@pytest.mark.parametrize("rule", ["calibrated", "accuracy_weighted"])
def test_a_number_set_by_a_manager_stands_and_is_not_corrected_again(rule) -> None:
    past = cases(*[(1, 100, 200, 150)] * 200)
    proposal = proposed(rule, sales=raised(0, 200.0), team=raised(0, 130.0), past=past)
    assert proposal.matrix[0].tolist() == [130, 130]
    assert proposal.by_line == []


def test_a_rise_and_an_event_in_the_same_month_count_once() -> None:
    sales = raised(0, 130.0)
    assert proposed("calibrated", sales=sales, events=sales + 20).matrix[:, 0].tolist() == [130, 120, 120]
    assert proposed("calibrated", sales=sales, events=sales + 50).matrix[0, 0] == pytest.approx(150)
    assert proposed("take_sales", sales=sales, events=sales + 20).matrix[0, 0] == 150


def test_a_rule_can_be_chosen_for_every_lag() -> None:
    proposal = proposed(["take_sales", "half_way"], sales=raised(0, 160.0))
    assert proposal.matrix[0].tolist() == [160, 130]
    assert proposal.rule == "By lag: sales 0–0, half-way 1–1"
    assert proposal.sentences[0] == "Take sales, v1: Every change is taken as it was entered."


def test_the_name_of_rules_by_lag_fits_where_it_is_stored() -> None:
    longest = ["accuracy_weighted"] * 3 + ["calibrated"] * 9 + ["take_baseline"] * 12
    assert rule_name(longest) == "By lag: by accuracy 0–2, calibrated 3–11, baseline 12–23"
    assert len(rule_name(longest)) <= 60
    assert rule_name(["calibrated"] * 24) == "Calibrated, v4"


def test_a_call_counts_only_where_nobody_typed() -> None:
    spoken = pd.DataFrame(
        [(0, 0, "firm", -1, 500.0, False), (1, 0, "firm", -1, 500.0, False)],
        columns=["position", "lag", "call", "slips_to", "qty", "is_line"],
    )
    proposal = proposed("calibrated", sales=raised(0, 130.0), calls=Calls(spoken, {"firm": 0.9}))
    assert proposal.matrix[:, 0].tolist() == [130, 450, 100]
    assert "1 calls on quotes and silent lines count, each with its chance." in proposal.sentences


def test_a_line_says_how_such_changes_landed_and_only_its_owner_hears_of_the_own_ones() -> None:
    past = pd.concat([cases(*[(1, 100, 200, 184)] * 23), cases(*[(rep, 100, 200, 150) for rep in (2, 3)] * 4, line=12)])
    [note] = proposed("calibrated", sales=raised(0, 150.0), past=past).by_line
    assert note.line == 0
    assert note.own.startswith("Upward changes here landed at 84% of the change, 23 cases; ")
    assert note.told.startswith("Upward changes for this reason landed at 84% of the change, 31 cases; ")


def test_a_group_of_fewer_than_three_people_is_not_told_to_everybody() -> None:
    past = cases(*[(1, 100, 200, 184)] * 20, *[(2, 100, 200, 100)] * 20)
    [note] = proposed("calibrated", sales=raised(0, 150.0), past=past).by_line
    assert note.told.startswith("There are few past upward changes, 40 cases; ")


def test_an_owner_with_few_cases_hears_so() -> None:
    past = cases(*[(2, 100, 50, 60)] * 40, line=12)
    [note] = proposed("calibrated", sales=raised(0, 80.0), past=past).by_line
    assert note.own.startswith("There are few past downward changes by the owner, 0 cases; ")


def test_a_line_changed_both_ways_says_both() -> None:
    sales = BASE.copy()
    sales[0] = [150, 50]
    [note] = proposed("calibrated", sales=sales).by_line
    assert note.told.count("few past") == 2


def test_the_rule_tells_what_it_learned() -> None:
    of_three = [(rep, 100, 200, 150) for rep in (1, 2, 3) for _ in range(10)]
    told = proposed("calibrated", past=cases(*of_three)).sentences
    assert told[0].startswith("Upward changes landed at 50% of the change, 30 past cases")
    assert told[1] == "Downward changes are taken whole: there are too few past cases to learn from."


def test_what_one_person_alone_has_shown_is_not_told() -> None:
    told = proposed("calibrated", past=cases(*[(1, 100, 200, 150)] * 30)).sentences
    assert told[0] == "Upward changes are taken by their owner's record, which only the owner reads."
    assert "50%" not in " ".join(told)


def test_an_unknown_rule_lists_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"'magic' is not a rule\. Use one of: take_sales"):
        proposed("magic")
    with pytest.raises(ValueError, match="3 rules for 2 months"):
        proposed(["half_way"] * 3)


def test_stages_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit together"):
        proposed("take_sales", team=np.ones((3, 5)))
    with pytest.raises(ValueError, match="lines do not fit"):
        proposed("take_sales", lines=LINES.drop(columns="reason"))
    with pytest.raises(ValueError, match="lack the column 'actual'"):
        proposed("calibrated", past=NO_CASES.drop(columns="actual"))


@EVERY_RULE
@given(sales=STAGE, team=STAGE, added=arrays.arrays(float, (3, 2), elements=st.floats(-1e5, 1e5)))
def test_a_proposal_is_never_negative_and_stays_between_what_was_offered(rule, sales, team, added) -> None:
    past = cases((1, 10, 20, 14), (2, 10, 5, 6), (1, 30, 60, 80))
    matrix = proposed(rule, sales=sales, team=team, events=team + added, past=past).matrix
    assert (matrix >= 0).all()
    highest = np.maximum(BASE + LARGEST_WEIGHT * np.maximum(sales - BASE, 0), np.maximum(team, BASE)) + added
    assert (matrix <= np.maximum(np.maximum(highest, team + np.maximum(added, 0)), 0) + 1e-6).all()


def test_where_more_is_taken_than_landed_the_cause_is_told_and_a_persons_past_is_not_told_to_all() -> None:
    timid = cases(*[(rep, 100, 110, 100) for rep in (1, 2, 3)] * 20, line=12)
    bold = pd.concat([cases(*[(rep, 20, 200, 200)] * 10, line=20 + rep) for rep in (4, 5, 6)])
    [note] = proposed("calibrated", sales=raised(0, 500.0), past=pd.concat([timid, bold])).by_line
    assert note.told == "Upward changes for this reason landed at 100% of the change, 90 cases; 20% is taken."
    rumours = cases(*[(rep, 100, 200, 100) for rep in (1, 2, 3)] * 30, line=12, reason="customer_told")
    orders = cases(*[(rep, 100, 200, 200) for rep in (1, 2, 3)] * 20, line=12, reason="order_confirmed")
    lines = LINES.assign(reason="order_confirmed")
    [note] = proposed("calibrated", sales=raised(0, 200.0), past=pd.concat([rumours, orders]), lines=lines).by_line
    assert note.own.startswith("Upward changes by the owner landed at 0% of the change, 50 cases; ")
    assert note.own.endswith("% is taken, more for its reason.")
