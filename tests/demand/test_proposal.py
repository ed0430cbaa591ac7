import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from demand.proposal import LARGEST_WEIGHT, RULES, SHRINKAGE, propose, weights_learned

REP = np.array([1, 2, 0])
BASE = np.full((3, 2), 100.0)
NO_CASES = pd.DataFrame(columns=["rep", "before", "after", "actual"])
STAGE = arrays.arrays(float, (3, 2), elements=st.floats(0, 1e5))
EVERY_RULE = pytest.mark.parametrize("rule", RULES)


def cases(*rows):
    return pd.DataFrame(rows, columns=["rep", "before", "after", "actual"])


def proposed(rule, *, sales=BASE, team=None, events=None, past=NO_CASES):
    team = sales if team is None else team
    events = team if events is None else events
    return propose(rule, baseline=BASE, sales=sales, team=team, events=events, rep=REP, cases=past)


def raised(row, to, start=BASE):
    changed = start.copy()
    changed[row] = to
    return changed


@EVERY_RULE
def test_where_nothing_was_changed_every_rule_gives_the_baseline(rule) -> None:
    proposal = proposed(rule, past=cases(*[(1, 10, 20, 12)] * 30))
    assert proposal.matrix.tolist() == BASE.tolist()
    assert proposal.rule == RULES[rule]


@EVERY_RULE
def test_events_come_on_top_under_every_rule(rule) -> None:
    assert proposed(rule, events=BASE + 7).matrix.tolist() == (BASE + 7).tolist()


def test_rules_take_all_nothing_or_half() -> None:
    sales = raised(0, 160.0)
    assert proposed("take_sales", sales=sales).matrix[0].tolist() == [160, 160]
    assert proposed("take_baseline", sales=sales).matrix[0].tolist() == [100, 100]
    assert proposed("half_way", sales=sales).matrix[0].tolist() == [130, 130]


def test_without_past_cases_a_change_is_taken_whole() -> None:
    assert proposed("calibrated", sales=raised(0, 160.0)).matrix[0].tolist() == [160, 160]


def test_a_rep_whose_changes_landed_half_way_is_taken_about_half_way() -> None:
    past = cases(*[(1, 100, 200, 150)] * 200)
    matrix = proposed("calibrated", sales=raised(0, 200.0), past=past).matrix
    assert matrix[0] == pytest.approx([150, 150], abs=4)


def test_up_and_down_are_learned_apart() -> None:
    past = cases(*[(1, 100, 200, 110)] * 50, *[(1, 100, 50, 50)] * 50)
    learned = weights_learned(past)
    assert learned[1, "up"].weight < 0.3
    assert learned[1, "down"].weight == pytest.approx(1)
    assert learned[1, "up"].landed == pytest.approx(0.1)


def test_few_cases_lean_on_everybody_and_everybody_on_taking_it_whole() -> None:
    learned = weights_learned(cases(*[(2, 10, 20, 10)] * 12))
    assert learned[0, "up"].weight == pytest.approx(SHRINKAGE / (12 + SHRINKAGE))
    assert learned[2, "up"].weight == pytest.approx(0.25)
    assert (1, "up") not in learned
    assert learned[0, "down"].weight == 1


def test_a_rep_without_cases_is_taken_like_everybody() -> None:
    past = cases(*[(2, 100, 200, 120)] * 100)
    matrix = proposed("calibrated", sales=raised(0, 200.0), past=past).matrix
    assert matrix[0, 0] == pytest.approx(100 + 100 * weights_learned(past)[0, "up"].weight)


def test_a_change_that_went_the_wrong_way_weighs_nothing_and_none_more_than_half_again() -> None:
    wrong = weights_learned(cases(*[(1, 100, 150, 20)] * 1000))
    far = weights_learned(cases(*[(1, 100, 150, 900)] * 1000))
    assert 0 <= wrong[1, "up"].weight < 0.05
    assert wrong[1, "up"].landed == 0
    assert far[1, "up"].landed == LARGEST_WEIGHT


def test_a_number_set_by_a_manager_stands_and_is_not_corrected_again() -> None:
    past = cases(*[(1, 100, 200, 150)] * 200)
    sales, team = raised(0, 200.0), raised(0, 130.0)
    proposal = proposed("calibrated", sales=sales, team=team, past=past)
    assert proposal.matrix[0].tolist() == [130, 130]
    assert proposal.by_line[0] == ""


def test_cells_that_are_open_or_unchanged_teach_nothing() -> None:
    assert weights_learned(cases((1, 10, 20, np.nan), (1, 10, 10, 50)))[0, "up"].cases == 0


def test_a_line_says_how_such_changes_landed_and_names_nobody() -> None:
    past = cases(*[(1, 100, 200, 184)] * 23)
    proposal = proposed("calibrated", sales=raised(0, 150.0), past=past)
    assert proposal.by_line[0].startswith("Upward changes here landed at 84% of the change, 23 cases; ")
    assert proposal.by_line[1:] == ["", ""]


def test_a_line_with_few_cases_says_that_it_follows_everybody() -> None:
    past = cases(*[(2, 100, 50, 60)] * 40)
    sales = raised(0, 80.0)
    words = proposed("calibrated", sales=sales, past=past).by_line[0]
    assert words.startswith("There are few past downward changes here; ")
    assert words.endswith("from 40 cases of everybody.")


def test_a_line_changed_both_ways_says_both() -> None:
    sales = BASE.copy()
    sales[0] = [150, 50]
    words = proposed("calibrated", sales=sales).by_line[0]
    assert words.count("few past") == 2


def test_the_rule_tells_what_it_learned() -> None:
    told = proposed("calibrated", past=cases(*[(1, 100, 200, 150)] * 30)).sentences
    assert told[0].startswith("Of upward changes ")
    assert "30 past cases" in told[0]
    assert told[1] == "Downward changes are taken whole: there are too few past cases to learn from."


def test_an_unknown_rule_lists_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"'magic' is not a rule\. Use one of: take_sales"):
        proposed("magic")


def test_stages_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit together"):
        proposed("take_sales", team=np.ones((3, 5)))
    with pytest.raises(ValueError, match="lack the column 'actual'"):
        proposed("calibrated", past=NO_CASES.drop(columns="actual"))


@EVERY_RULE
@given(sales=STAGE, team=STAGE, added=arrays.arrays(float, (3, 2), elements=st.floats(-1e5, 1e5)))
def test_a_proposal_is_never_negative_and_stays_between_what_was_offered(rule, sales, team, added) -> None:
    past = cases((1, 10, 20, 14), (2, 10, 5, 6), (1, 30, 60, 80))
    matrix = proposed(rule, sales=sales, team=team, events=team + added, past=past).matrix
    assert (matrix >= 0).all()
    highest = np.maximum(BASE + LARGEST_WEIGHT * np.maximum(sales - BASE, 0), np.maximum(team, BASE)) + added
    assert (matrix <= np.maximum(highest, 0) + 1e-6).all()


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 3), *[st.floats(0, 1e5)] * 3),
        max_size=30,
    )
)
def test_weights_lie_between_nothing_and_half_again(rows) -> None:
    for weight in weights_learned(cases(*rows)).values():
        assert 0 <= weight.weight <= LARGEST_WEIGHT
