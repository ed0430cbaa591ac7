"""Decision briefs: complete or refused, decided once by who may, deferred, sent up, tied to supply gaps."""

from datetime import UTC, date, datetime
from threading import Barrier, Thread

import pytest
from django.db import connection

from cycles.models import Cycle
from demand.models import Stage
from demand.selectors.versions import stage_plan
from jobs.errors import Invalid, NotYours, Refused
from masterdata.models import Person
from meetings.models import Decision, MeetingKind
from meetings.services.briefs import gap_briefs_raise
from meetings.services.decisions import (
    OptionDraft,
    decision_decide,
    decision_defer,
    decision_escalate,
    decision_raise,
)
from supply.models import Gap, Resource
from supply.services.gaps import gap_escalate
from supply.services.planning import supply_plan_build
from tests.cast import Cast, small_company
from tests.meetings.journey import (
    APPROVED,
    DEMAND,
    MONEY,
    SUPPLY,
    approved,
    demand_is_signed,
    in_entry,
    supply_is_signed,
)

BY = date(2026, 11, 17)
NOTHING = OptionDraft("a", "Do nothing", do_nothing=True)
SHIFT = OptionDraft("b", "Saturday shifts", effects={"cost": 12_000.0, "margin": 3_000.0})
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def brief(cast: Cast, cycle: Cycle, **more: object) -> Decision:
    facts = {
        "forum": MeetingKind.PRE_SOP,
        "question": "Saturday shifts in December?",
        "options": [NOTHING, SHIFT],
        "recommendation": "b",
        "decider": cast.coo,
        "decide_by": BY,
        "by": cast.supply_planner,
        "at": DEMAND,
    }
    return decision_raise(cycle=cycle, **(facts | more))


def effect(pct: float, **more: object) -> dict[str, object]:
    return {"scope": "family", "code": "BIKES", "from": "2026-12", "to": "2027-01", "pct": pct} | more


def test_a_brief_gets_a_code_and_keeps_its_options(cast: Cast) -> None:
    cycle = in_entry(cast)
    first, second = brief(cast, cycle), brief(cast, cycle)
    assert (first.code, second.code) == ("D-1", "D-2")
    options = {option.key: option for option in first.options.all()}
    assert options["a"].do_nothing
    assert (options["a"].revenue, options["a"].margin) == (0.0, 0.0)
    assert options["b"].cost == 12_000.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"question": " "}, "say what is to be decided"),
        ({"options": [NOTHING]}, "has 2 or 3"),
        ({"options": [SHIFT, OptionDraft("c", "Buy", effects={"cost": 1.0})]}, "do nothing"),
        ({"options": [NOTHING, OptionDraft("b", "Shift")]}, "revenue, margin or cost"),
        ({"options": [NOTHING, OptionDraft("b", "Cut", plan_effect=effect(-5, code="TRAINS"))]}, "TRAINS"),
        ({"options": [NOTHING, OptionDraft("b", "Cut", plan_effect=effect(-5, to="2026-13"))]}, "2026-13"),
        ({"options": [NOTHING, OptionDraft("b", "Cut", plan_effect=effect(-500))]}, "at least -100"),
        ({"recommendation": "z"}, "none of the options"),
    ],
)
def test_an_incomplete_brief_is_refused_with_what_it_lacks(cast: Cast, change: dict[str, object], words: str) -> None:
    cycle = in_entry(cast)
    from cycles.services import cycle_advance
    from demand.services.plan import proposal_build
    from tests.meetings.journey import ENTRY_CLOSED

    cycle_advance(cycle=cycle, at=ENTRY_CLOSED)
    proposal_build(cycle=cycle, at=ENTRY_CLOSED)
    with pytest.raises(Invalid, match=words):
        brief(cast, cycle, **change)
    assert not Decision.objects.exists()


def test_what_an_effect_on_the_plan_is_worth_is_filled_in(cast: Cast) -> None:
    cycle = demand_is_signed(cast)
    decision = brief(cast, cycle, options=[NOTHING, OptionDraft("b", "Delay", plan_effect=effect(-10))])
    option = decision.options.get(key="b")
    plan = stage_plan(cycle, Stage.DEMAND_PLAN)
    bikes = [cast.line(p, c).pk for p in ("ALPHA", "BETA") for c in ("NORTH", "SOUTH", "EAST")]
    units = plan.for_lines(plan.lines[[line in bikes for line in plan.lines]]).quantity[:, 1:3].sum()
    assert option.units == pytest.approx(-0.1 * units)
    assert option.revenue is not None
    assert option.revenue < option.margin < 0


def test_reps_read_briefs_but_do_not_write_them(cast: Cast) -> None:
    with pytest.raises(NotYours, match="Decision briefs are written by"):
        brief(cast, in_entry(cast), by=cast.rep)


def test_the_decider_the_ceo_and_at_pre_sop_a_head_decide(cast: Cast) -> None:
    cycle = in_entry(cast)
    for person in (cast.coo, cast.ceo, cast.cfo, cast.manager):
        decided = decision_decide(decision=brief(cast, cycle), option="b", person=person, at=MONEY, reason="Cheaper")
        assert (decided.state, decided.chosen, decided.decided_by) == (Decision.State.DECIDED, "b", person)
        assert decided.on_behalf_of is None
    executive = brief(cast, cycle, forum=MeetingKind.EXECUTIVE, decider=cast.ceo)
    with pytest.raises(NotYours, match="decided by Carla Chief"):
        decision_decide(decision=executive, option="b", person=cast.cfo, at=MONEY)
    with pytest.raises(NotYours):
        decision_decide(decision=executive, option="b", person=cast.rep, at=MONEY)


def test_a_deputy_decides_in_the_name_of_the_other(cast: Cast) -> None:
    Person.objects.filter(pk=cast.ceo.pk).update(deputy=cast.cfo)
    decision = brief(cast, in_entry(cast), forum=MeetingKind.EXECUTIVE, decider=cast.ceo)
    decided = decision_decide(decision=decision, option="a", person=cast.cfo, at=MONEY)
    assert (decided.decided_by, decided.on_behalf_of) == (cast.cfo, cast.ceo)


def test_what_is_decided_stays_decided_and_the_second_is_told(cast: Cast) -> None:
    decision = brief(cast, in_entry(cast))
    decision_decide(decision=decision, option="b", person=cast.coo, at=MONEY)
    with pytest.raises(Refused, match="Oscar Operations has decided D-1 already: Saturday shifts") as refusal:
        decision_decide(decision=decision, option="a", person=cast.ceo, at=MONEY)
    assert refusal.value.code == "already_decided"
    decision.refresh_from_db()
    assert decision.chosen == "b"


def test_an_option_that_does_not_exist_is_refused(cast: Cast) -> None:
    with pytest.raises(Invalid, match="has no option 'q'; it has: a, b"):
        decision_decide(decision=brief(cast, in_entry(cast)), option="q", person=cast.coo, at=MONEY)


@pytest.mark.django_db(transaction=True)
def test_two_who_decide_at_once_make_one_decision_and_one_is_told(cast: Cast) -> None:
    decision = brief(cast, in_entry(cast))
    start, told = Barrier(2), []

    def decide(person: Person, option: str) -> None:
        start.wait()
        try:
            decision_decide(decision=decision, option=option, person=person, at=MONEY)
            told.append(("done", person.pk))
        except Refused as refusal:
            told.append((refusal.code, person.pk))
        finally:
            connection.close()

    threads = [Thread(target=decide, args=pair) for pair in ((cast.coo, "a"), (cast.ceo, "b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(code for code, _ in told) == ["already_decided", "done"]
    decision.refresh_from_db()
    winner = next(pk for code, pk in told if code == "done")
    assert decision.decided_by_id == winner


def test_after_the_approval_nothing_changes_the_plan_any_more(cast: Cast) -> None:
    cycle = supply_is_signed(cast)
    changing = brief(cast, cycle, options=[NOTHING, OptionDraft("b", "Delay", plan_effect=effect(-10))])
    harmless = brief(cast, cycle)
    from tests.meetings.journey import confirmed, frozen

    confirmed(cast, cycle), frozen(cast, cycle), approved(cast, cycle)
    with pytest.raises(Refused, match="belongs to the next cycle"):
        decision_decide(decision=changing, option="b", person=cast.ceo, at=APPROVED)
    assert decision_decide(decision=harmless, option="b", person=cast.ceo, at=APPROVED).chosen == "b"


def test_a_deferred_question_comes_back_on_its_day(cast: Cast) -> None:
    decision = brief(cast, in_entry(cast))
    on = date(2026, 11, 17)
    with pytest.raises(Invalid, match="lies ahead"):
        decision_defer(decision=decision, person=cast.coo, to=on, on=on, at=MONEY, reason="Wait for the quote")
    with pytest.raises(Invalid, match="why"):
        decision_defer(decision=decision, person=cast.coo, to=date(2026, 11, 30), on=on, at=MONEY, reason="")
    with pytest.raises(NotYours):
        decision_defer(decision=decision, person=cast.rep, to=date(2026, 11, 30), on=on, at=MONEY, reason="No")
    deferred = decision_defer(
        decision=decision, person=cast.coo, to=date(2026, 11, 30), on=on, at=MONEY, reason="Wait for the quote"
    )
    assert (deferred.state, deferred.deferred_to) == (Decision.State.DEFERRED, date(2026, 11, 30))
    assert decision_decide(decision=deferred, option="b", person=cast.coo, at=MONEY).deferred_to is None


def test_pre_sop_sends_a_question_up(cast: Cast) -> None:
    decision = brief(cast, in_entry(cast))
    with pytest.raises(NotYours):
        decision_escalate(decision=decision, person=cast.rep, decider=cast.ceo, decide_by=BY)
    up = decision_escalate(decision=decision, person=cast.leader, decider=cast.ceo, decide_by=date(2026, 11, 19))
    assert (up.forum, up.decider) == (MeetingKind.EXECUTIVE, cast.ceo)
    with pytest.raises(Refused, match="already"):
        decision_escalate(decision=up, person=cast.leader, decider=cast.ceo, decide_by=BY)


# --- Gaps ----------------------------------------------------------------------------


def gap_of(cast: Cast) -> tuple[Cycle, Gap]:
    cycle = demand_is_signed(cast)
    Resource.objects.filter(pk=cast.resource.pk).update(regular_capacity=60)
    supply_plan_build(cycle=cycle, at=SUPPLY)
    gap = Gap.objects.filter(cycle=cycle).order_by("month").first()
    assert gap is not None
    return cycle, gap


def gap_options(gap: Gap) -> list[OptionDraft]:
    kinds = [o for o in gap.options if o["feasible"] and o["kind"] in ("do_nothing", "overtime")]
    return [
        OptionDraft(
            o["kind"],
            o["label"],
            do_nothing=o["kind"] == "do_nothing",
            effects={"revenue": o["revenue"], "margin": o["margin"], "cost": o["cost"]},
            plan_effect={"gap_option": o["kind"]},
        )
        for o in kinds
    ]


def test_the_way_chosen_for_a_gap_reaches_operations_at_once(cast: Cast) -> None:
    cycle, gap = gap_of(cast)
    decision = brief(cast, cycle, options=gap_options(gap), recommendation="overtime", gap=gap)
    gap.refresh_from_db()
    assert gap.state == Gap.State.ESCALATED
    before = stage_plan(cycle, Stage.SUPPLY_PLAN).quantity.cumsum(axis=1)
    decision_decide(decision=decision, option="overtime", person=cast.coo, at=MONEY)
    gap.refresh_from_db()
    assert (gap.state, gap.chosen, gap.note) == (Gap.State.CHOSEN, "overtime", "Decision D-1")
    assert stage_plan(cycle, Stage.SUPPLY_PLAN).quantity.cumsum(axis=1).sum() > before.sum() + 1


def test_a_gap_is_asked_about_once(cast: Cast) -> None:
    cycle, gap = gap_of(cast)
    brief(cast, cycle, options=gap_options(gap), recommendation="", gap=gap)
    gap.refresh_from_db()
    with pytest.raises(Refused, match="D-1 asks about this gap already"):
        brief(cast, cycle, options=gap_options(gap), recommendation="", gap=gap)


def test_codes_are_never_used_twice(cast: Cast) -> None:
    cycle = in_entry(cast)
    assert [brief(cast, cycle, at=datetime(2026, 11, n, tzinfo=UTC)).code for n in (5, 6, 7)] == ["D-1", "D-2", "D-3"]


def test_a_gap_sent_to_pre_sop_becomes_a_question_by_itself(cast: Cast) -> None:
    cycle, gap = gap_of(cast)
    assert gap_briefs_raise(cycle=cycle, at=SUPPLY) == []
    gap_escalate(gap=gap, person=cast.supply_planner, at=SUPPLY)
    raised = gap_briefs_raise(cycle=cycle, at=SUPPLY)
    assert [d.code for d in raised] == ["D-1"]
    assert gap_briefs_raise(cycle=cycle, at=SUPPLY) == []
    decision = raised[0]
    assert decision.question.startswith("Welding cannot carry")
    assert (decision.forum, decision.decider, decision.raised_by) == (
        MeetingKind.PRE_SOP,
        cast.coo,
        cast.supply_planner,
    )
    assert decision.decide_by == BY
    options = {option.key: option for option in decision.options.all()}
    assert options["a"].do_nothing
    assert 2 <= len(options) <= 3
    assert options[decision.recommendation].plan_effect["gap_option"] != "do_nothing"
    chosen = decision_decide(decision=decision, option=decision.recommendation, person=cast.coo, at=MONEY)
    gap.refresh_from_db()
    assert gap.chosen == chosen.options.get(key=chosen.chosen).plan_effect["gap_option"]
