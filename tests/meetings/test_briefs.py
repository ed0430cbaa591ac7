from dataclasses import replace

import pytest

from meetings.briefs import OptionFacts, brief_faults

NOTHING = OptionFacts("nothing", "Do nothing", do_nothing=True, margin=0.0)
SHIFT = OptionFacts("shift", "Saturday shifts", revenue=400_000.0, cost=20_000.0)
DELAY = OptionFacts(
    "delay", "Delay the promotion", margin=-5.0, plan_effect={"scope": "all", "from": "2026-12", "pct": -5}
)
QUESTION = "Do we run Saturday shifts on Line 3?"


def test_a_complete_brief_has_no_faults() -> None:
    assert brief_faults(QUESTION, [NOTHING, SHIFT]) == []
    assert brief_faults(QUESTION, [NOTHING, SHIFT, DELAY], recommendation="shift") == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "this one has 0"),
        ([NOTHING], "this one has 1"),
        ([NOTHING, SHIFT, DELAY, replace(DELAY, key="four")], "this one has 4"),
        ([SHIFT, DELAY], "exactly one of them is to do nothing"),
        ([NOTHING, replace(NOTHING, key="other")], "exactly one of them is to do nothing"),
        ([NOTHING, replace(SHIFT, key="nothing")], "same key"),
        ([NOTHING, replace(SHIFT, revenue=None, cost=None)], "Saturday shifts: fill in its effect"),
        ([NOTHING, replace(SHIFT, label=" ")], "option shift: give it a name"),
        ([NOTHING, replace(SHIFT, plan_effect={"scope": "moon"})], "effect on the plan: An effect's scope"),
        ([replace(NOTHING, plan_effect=DELAY.plan_effect), SHIFT], "doing nothing cannot change the plan"),
    ],
)
def test_what_a_brief_lacks_is_named(options: list[OptionFacts], words: str) -> None:
    faults = brief_faults(QUESTION, options)
    assert any(words in fault for fault in faults)


def test_a_question_and_a_known_recommendation_are_needed() -> None:
    assert brief_faults(" ", [NOTHING, SHIFT]) == ["question: say what is to be decided."]
    assert brief_faults(QUESTION, [NOTHING, SHIFT], "C") == ["recommendation: 'C' is none of the options."]


def test_every_fault_is_listed_at_once() -> None:
    assert len(brief_faults("", [replace(SHIFT, revenue=None, cost=None, label="")])) == 5
