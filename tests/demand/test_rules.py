"""The rule as it is chosen, built by and told: choices by span, calls in the plan, private and open notes, no leak."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from django.test import Client

from cycles.models import Cycle
from demand.models import Booking, Call, CycleLine, Opportunity, OrderCall, ProposalNote, RuleChoice, Stage
from demand.selectors.call_effects import calls_spoken, quotes_uncalled
from demand.selectors.cases import calibration_cases
from demand.selectors.rules import rules_by_lag
from demand.selectors.versions import proposal_stale, stage_plan, version_proposed
from demand.selectors.why import why
from demand.services.due import due
from demand.services.entries import CellEdit, cells_save
from demand.services.plan import proposal_build
from demand.services.rules import rule_choose
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Job
from masterdata.models import Person
from tests.cast import Cast, small_company
from tests.kpis.past import past_cycle
from tests.stages import ENTRY, REVIEW, cycle_demand_signed, cycle_in_entry, cycle_to_review

NOV = date(2026, 11, 1)
LATER = REVIEW + timedelta(minutes=5)
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    return cycle_in_entry()


def line_of(cast: Cast) -> int:
    return cast.line("ALPHA", "NORTH").pk


def sales_change(cast: Cast, cycle: Cycle, value: float, months: int = 1, at: datetime = ENTRY) -> None:
    edits = [CellEdit(line_of(cast), date(2026, 11 + i, 1), value) for i in range(months)]
    cells_save(cycle=cycle, stage=Stage.SALES, person=cast.rep, edits=edits, at=at)


def plan(cycle: Cycle, cast: Cast) -> np.ndarray:
    return stage_plan(cycle, Stage.DEMAND_PLAN, np.array([line_of(cast)])).quantity[0]


def test_calibrated_is_the_rule_until_somebody_chooses(cycle: Cycle) -> None:
    assert rules_by_lag(cycle) == ["calibrated"] * 24


def test_the_planner_chooses_by_span_and_the_proposal_is_built_again(cast: Cast, cycle: Cycle) -> None:
    base = stage_plan(cycle, Stage.BASELINE, np.array([line_of(cast)])).quantity[0]
    sales_change(cast, cycle, 99.0)
    cycle_to_review(cycle)
    assert not proposal_stale(cycle)
    rule_choose(cycle=cycle, person=cast.demand_planner, rules=["half_way", "calibrated", "take_baseline"], at=LATER)
    assert proposal_stale(cycle)
    due(at=LATER)
    assert Job.objects.filter(kind="proposal").count() == 1
    proposal_build(cycle=cycle, at=LATER + timedelta(minutes=1))
    assert plan(cycle, cast)[0] == pytest.approx((base[0] + 99) / 2)
    assert version_proposed(cycle).rule == "By lag: half-way 0–2, calibrated 3–11, baseline 12–23"
    assert not proposal_stale(cycle)


def test_a_choice_holds_for_later_cycles_and_never_reaches_back(cast: Cast, cycle: Cycle) -> None:
    rule_choose(cycle=cycle, person=cast.demand_planner, rules=["take_sales"] * 3, at=ENTRY)
    assert set(rules_by_lag(Cycle(month=date(2026, 12, 1), horizon=18))) == {"take_sales"}
    assert set(rules_by_lag(Cycle(month=date(2026, 10, 1), horizon=24))) == {"calibrated"}


def test_only_a_planner_chooses_known_rules_before_the_signature(cast: Cast, cycle: Cycle) -> None:
    for person in (cast.rep, cast.manager, cast.leader):
        with pytest.raises(NotYours):
            rule_choose(cycle=cycle, person=person, rules=["take_sales"] * 3, at=ENTRY)
    for rules in (["take_sales"] * 2, ["magic"] * 3):
        with pytest.raises(Invalid, match="one of: Take sales, v1"):
            rule_choose(cycle=cycle, person=cast.demand_planner, rules=rules, at=ENTRY)
    cycle_demand_signed(cast, cycle)
    with pytest.raises(Refused, match="is signed"):
        rule_choose(cycle=cycle, person=cast.demand_planner, rules=["take_sales"] * 3, at=LATER)
    assert not RuleChoice.objects.exists()


def test_a_confirmed_quote_is_in_the_plan_and_an_open_order_is_booked_already(cast: Cast, cycle: Cycle) -> None:
    quote = Opportunity.objects.create(
        code="Q-1", customer=cast.customers["NORTH"], product=cast.products["ALPHA"], qty=500, expected_month=NOV
    )
    for call in (Call.LOST, Call.FIRM):
        OrderCall.objects.create(cycle=cycle, opportunity=quote, month=NOV, call=call, by=cast.rep, at=ENTRY)
    spoken = calls_spoken(cycle, np.array([line_of(cast)]))
    assert spoken[["position", "lag", "call", "qty", "is_line"]].to_numpy().tolist() == [[0, 0, "firm", 500.0, False]]
    cycle_to_review(cycle)
    assert plan(cycle, cast)[0] == pytest.approx(450)
    assert "1 calls on quotes and silent lines count, each with its chance." in version_proposed(cycle).note


def test_a_quote_nobody_has_called_counts_with_its_probability(cast: Cast, cycle: Cycle) -> None:
    facts = {"customer": cast.customers["NORTH"], "product": cast.products["ALPHA"], "expected_month": NOV}
    quote = Opportunity.objects.create(code="Q-1", qty=1000, probability=0.6, **facts)
    Opportunity.objects.create(code="Q-2", qty=900, probability=1, stage="won", closed_on=date(2026, 10, 20), **facts)
    cycle_to_review(cycle)
    assert plan(cycle, cast)[0] == pytest.approx(600)
    assert "count with their probability; they raise 1 numbers." in version_proposed(cycle).note
    OrderCall.objects.create(cycle=cycle, opportunity=quote, month=NOV, call=Call.LOST, by=cast.rep, at=ENTRY)
    assert quotes_uncalled(cycle, np.array([line_of(cast)])).empty


def test_a_replayed_cycle_sees_the_quotes_of_its_first_day_and_no_probability_of_later(
    cast: Cast, cycle: Cycle
) -> None:
    cycle.simulated = True
    facts = {"customer": cast.customers["NORTH"], "product": cast.products["ALPHA"], "expected_month": NOV, "qty": 8}
    october, november = date(2026, 10, 20), date(2026, 11, 20)
    for code, created, closed in (("WON", october, november), ("NEW", november, None), ("OLD", october, october)):
        stage = "" if closed is None else "won"
        Opportunity.objects.create(code=code, created_on=created, closed_on=closed, probability=1, stage=stage, **facts)
    [quote] = quotes_uncalled(cycle, np.array([line_of(cast)])).to_dict("records")
    assert quote == {"position": 0, "lag": 0, "qty": 8, "probability": pytest.approx((1 + 6) / (1 + 12))}


def test_a_slip_of_a_silent_line_moves_its_number(cast: Cast, cycle: Cycle) -> None:
    before = stage_plan(cycle, Stage.BASELINE, np.array([line_of(cast)])).quantity[0]
    to = date(2027, 1, 1)
    OrderCall.objects.create(
        cycle=cycle, line_id=line_of(cast), month=NOV, call=Call.SLIPS, slips_to=to, by=cast.rep, at=ENTRY
    )
    cycle_to_review(cycle)
    moved = before[0] * 0.7
    assert plan(cycle, cast)[:3] == pytest.approx([before[0] - moved, before[1], before[2] + moved])


def corrected(cast: Cast, cycle: Cycle) -> None:
    """A correction whose note rests on the owner's past."""
    sales_change(cast, cycle, 99.0)
    cycle_to_review(cycle)
    ProposalNote.objects.update(told="of everybody", own="of the owner")
    version = version_proposed(cycle)
    rows = version.rows.get(line_id=line_of(cast))
    version.rows.filter(pk=rows.pk).delete()
    version.rows.create(line_id=rows.line_id, quantity=[80.0, *rows.quantity[1:]])


def told(cycle: Cycle, cast: Cast, reader: Person, month: date = NOV) -> list[str]:
    found = why(cycle, line_of(cast), month, reader)
    return [fact for rung in found.rungs if rung.stage == Stage.DEMAND_PLAN for fact in rung.facts]


def test_what_rests_on_ones_own_past_only_the_owner_and_the_manager_read(cast: Cast, cycle: Cycle) -> None:
    corrected(cast, cycle)
    for person in (cast.rep, cast.manager):
        assert "of the owner" in told(cycle, cast, person)
    for person in (cast.other_rep, cast.demand_planner, cast.leader, cast.ceo, cast.finance):
        assert told(cycle, cast, person)[-1] == "of everybody"
    assert "of everybody" not in told(cycle, cast, cast.ceo, date(2026, 12, 1))


def test_a_note_stands_for_every_corrected_line_and_names_nobody(cast: Cast, cycle: Cycle) -> None:
    sales_change(cast, cycle, 99.0)
    cycle_to_review(cycle)
    [note] = ProposalNote.objects.filter(version=version_proposed(cycle))
    assert note.line_id == line_of(cast)
    assert note.told == "There are few past upward changes, 0 cases; 100% is taken."
    assert "Rita" not in note.told + note.own


def test_nothing_is_learned_from_months_at_or_after_the_first_day(cast: Cast) -> None:
    """October's change is a case of November's cycle; what was booked in November does not move its proposal."""
    october = past_cycle(date(2026, 10, 1), {Stage.BASELINE: 1.0})
    numbers = [99.0] * 3 + [None] * 21
    october.layers.create(
        stage=Stage.SALES,
        line_id=line_of(cast),
        quantity=numbers,
        changed_by=cast.rep,
        changed_at=ENTRY,
    )
    november = cycle_in_entry()
    known = calibration_cases(november)
    assert known["month"].tolist() == [date(2026, 10, 1)]
    sales_change(cast, november, 120.0, months=2)
    cycle_to_review(november)
    before = stage_plan(november, Stage.DEMAND_PLAN).quantity
    Booking.objects.create(
        month=NOV, customer=cast.customers["NORTH"], product=cast.products["ALPHA"], qty=9_999, revenue=1
    )
    cast.company.last_closed_month = NOV
    cast.company.save()
    proposal_build(cycle=november, at=LATER)
    np.testing.assert_array_equal(stage_plan(november, Stage.DEMAND_PLAN).quantity, before)


def test_the_page_shows_the_rule_to_all_and_what_changes_were_worth_to_planners_only(
    client: Client, cast: Cast, cycle: Cycle
) -> None:
    october = past_cycle(date(2026, 10, 1), {Stage.BASELINE: 1.0})
    for name in ("NORTH", "SOUTH"):
        for product in ("ALPHA", "BETA", "GAMMA"):
            october.layers.create(
                stage=Stage.SALES,
                line_id=cast.line(product, name).pk,
                quantity=[999.0] + [None] * 23,
                reason="customer_told",
                changed_by=cast.rep,
                changed_at=ENTRY,
            )
    client.force_login(cast.demand_planner.user, backend="django.contrib.auth.backends.ModelBackend")
    assert "Customer told me" not in client.get("/demand/rule/").content.decode(), "all of it is one rep's record"
    for product, owner in {"ALPHA": cast.rep, "BETA": cast.other_rep, "GAMMA": cast.manager}.items():
        CycleLine.objects.filter(cycle=october, line__product__code=product).update(owner=owner)
    for person in cast.people.values():
        client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.get("/demand/rule/")
        body = answer.content.decode()
        if answer.status_code == 200:
            assert "Calibrated, v4" in body
            assert ("Customer told me" in body) == (person == cast.demand_planner)
            assert "Rita Rep" not in body.split("<main")[1].split("</main")[0] or person == cast.rep


def test_the_planner_chooses_on_the_page(client: Client, cast: Cast, cycle: Cycle) -> None:
    client.force_login(cast.demand_planner.user, backend="django.contrib.auth.backends.ModelBackend")
    sent = {"rule-0": "take_sales", "rule-1": "half_way", "rule-2": "accuracy_weighted"}
    answer = client.post("/demand/rule/choose/", sent, follow=True)
    assert "The rules are chosen." in answer.content.decode()
    assert [rules_by_lag(cycle)[lag] for lag in (0, 3, 12)] == list(sent.values())
    refused = client.post("/demand/rule/choose/", {"rule-0": "magic"})
    assert refused.status_code == 422
