from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from meetings.minutes import (
    MOST_CHANGES,
    ActionFacts,
    DecisionFacts,
    LineChange,
    MeetingFacts,
    PlanFacts,
    ReaderFacts,
    action_line,
    change_line,
    decision_line,
    digest,
    minutes,
)

SHIFTS = DecisionFacts(
    code="D-14",
    question="Do we run Saturday shifts?",
    chosen="Saturday shifts on Line 3",
    decided_by="Ken Chief",
    reason="Service first.",
    revenue=400_000.0,
    margin=-20_000.0,
)
ACTION = ActionFacts("A-3", "Ask Brandt about week 46", "Amy Alberts", date(2026, 12, 4))
FACTS = MeetingFacts(
    title="Executive S&OP",
    cycle="2026-11",
    on=date(2026, 11, 19),
    present=("Ken Chief", "Lea Leader"),
    absent=("Fin Ance",),
    notes=(("Risks", "Steel price watched."), ("Money", "  ")),
    decisions=(SHIFTS,),
    actions=(ACTION,),
    assumptions=("No price change before March.",),
    signed=("Ken Chief approved the plan.",),
    currency="USD",
)
CHANGE = LineChange("Brandt", "Pump P2", date(2026, 12, 1), 190, 40, "Supply commits 40 now.", 15_000.0)
PLAN = PlanFacts("2026-11", ("Line one.", "Line two."), (SHIFTS,), "USD")


def test_minutes_read_as_a_person_would_write_them() -> None:
    assert minutes(FACTS).plain == (
        "Executive S&OP, cycle 2026-11, 19 Nov 2026\n\n"
        "Present\n- Ken Chief, Lea Leader\n- Not there: Fin Ance\n\n"
        "Decisions\n- D-14 Do we run Saturday shifts? Decided by Ken Chief: Saturday shifts on Line 3 "
        "(revenue USD +400 k, margin USD \u221220 k). Reason: Service first.\n\n"
        "Actions\n- A-3 Amy Alberts: Ask Brandt about week 46, by 4 Dec 2026.\n\n"
        "Notes\n- Risks: Steel price watched.\n\n"
        "Assumptions\n- No price change before March.\n\n"
        "Signed\n- Ken Chief approved the plan.\n"
    )


def test_a_meeting_without_decisions_says_so_and_drops_empty_parts() -> None:
    bare = MeetingFacts("Demand review", "2026-11", date(2026, 11, 12))
    assert [p.heading for p in minutes(bare).parts] == ["Decisions"]
    assert "No decision was taken." in minutes(bare).plain


def test_deputies_deferrals_and_open_questions() -> None:
    deputy = replace(SHIFTS, on_behalf_of="the CEO")
    assert "Decided by Ken Chief for the CEO:" in decision_line(deputy)
    later = replace(SHIFTS, chosen="", deferred_to=date(2026, 12, 17), reason="Costs unknown.")
    assert decision_line(later).endswith("Deferred to 17 Dec 2026. Reason: Costs unknown.")
    assert decision_line(replace(SHIFTS, chosen="")).endswith("Not decided.")
    assert "(" not in decision_line(replace(SHIFTS, revenue=None, margin=None))


def test_closed_actions_say_what_came_of_them() -> None:
    done = replace(ACTION, closed=True, outcome="They wait until January.")
    assert action_line(done).endswith("Closed: They wait until January.")
    assert action_line(replace(ACTION, closed=True)).endswith("Closed.")


def test_a_digest_puts_the_readers_part_first() -> None:
    other = replace(CHANGE, customer="Acme", value=99.0)
    text = digest(PLAN, ReaderFacts("Amy", (other, CHANGE), (ACTION,)))
    assert [p.heading for p in text.parts] == [
        "2 things change for Acme and Brandt",
        "Your actions",
        "The plan",
        "Decisions",
    ]
    assert text.parts[0].lines[0] == "Brandt, Pump P2, 2026-12: 190 to 40. Supply commits 40 now."
    assert text.title == "Company forecast 2026-11 is published"


def test_a_digest_without_changes_says_so() -> None:
    text = digest(PLAN, ReaderFacts("Amy"))
    assert text.parts[0].lines == ("Every number of yours is published as you gave it.",)
    assert [p.heading for p in text.parts] == ["Your customers", "The plan", "Decisions"]


def test_the_plan_takes_at_most_five_lines() -> None:
    long = replace(PLAN, lines=tuple(f"Line {i}." for i in range(9)))
    assert len(digest(long, ReaderFacts("Amy")).parts[1].lines) == 5


@given(st.integers(1, 60))
def test_many_changes_are_summed_up_and_none_is_lost(count: int) -> None:
    changes = tuple(replace(CHANGE, customer=f"C{i}", value=float(i)) for i in range(count))
    own = digest(PLAN, ReaderFacts("Amy", changes)).parts[0]
    assert own.heading.startswith(f"{count} thing")
    assert own.lines[0] == change_line(changes[-1]), "the most valuable first"
    if count <= MOST_CHANGES:
        assert len(own.lines) == count
    else:
        assert own.lines[-1].startswith(f"{count - MOST_CHANGES} smaller change")
