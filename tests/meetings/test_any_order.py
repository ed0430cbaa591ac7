"""Whatever people do in whatever order: no acknowledged number is lost, and one forecast is published at most.

Real services on a real database, chosen at random against a small model of what was acknowledged. Each walk is undone.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cycles.models import Contribution, Cycle, CycleState
from cycles.periods import add_months
from cycles.selectors import milestones_reached, step_of
from cycles.services import cycle_advance, step_close, step_reopen
from cycles.steps import Milestone, Step, StepState
from demand.models import Change, ForecastVersion, Stage
from demand.selectors.versions import stage_plan
from demand.services.entries import CellEdit, cells_save
from demand.services.plan import demand_sign, proposal_build
from demand.services.submissions import submission_send, submission_withdraw
from jobs.errors import Refused
from meetings.services.agreement import ceo_approve, ceo_return, finance_confirm, pack_freeze, plan_return
from meetings.services.publishing import forecast_publish
from supply.services.planning import supply_plan_build
from supply.services.signing import supply_sign
from tests.cast import Cast, small_company
from tests.meetings.journey import ENTRY, hours_enough, in_entry

pytestmark = pytest.mark.django_db
WALKS, LENGTH = 6, 30
OWN = (("ALPHA", "NORTH"), ("BETA", "SOUTH"))
CELLS = st.tuples(st.sampled_from(OWN), st.integers(0, 2))
# What comes next while a milestone is missing.
NEXT: tuple[tuple[Milestone, Callable[["Month"], Any]], ...] = (
    (Milestone.PROPOSAL_BUILT, lambda m: (m.close(Step.SALES_FORECAST), proposal_build(cycle=m.cycle, at=m.at))),
    (Milestone.DEMAND_SIGNED, lambda m: demand_sign(cycle=m.cycle, person=m.cast.manager, at=m.at)),
    (Milestone.SUPPLY_PLANNED, lambda m: supply_plan_build(cycle=m.cycle, at=m.at)),
    (Milestone.SUPPLY_SIGNED, lambda m: supply_sign(cycle=m.cycle, person=m.cast.coo, at=m.at)),
    (Milestone.FINANCE_CONFIRMED, lambda m: finance_confirm(cycle=m.cycle, person=m.cast.finance, at=m.at)),
    (Milestone.PACK_FROZEN, lambda m: pack_freeze(cycle=m.cycle, by=m.cast.leader, at=m.at)),
    (Milestone.CEO_APPROVED, lambda m: ceo_approve(cycle=m.cycle, person=m.cast.ceo, at=m.at)),
    (Milestone.PUBLISHED, lambda m: forecast_publish(cycle=m.cycle, at=m.at)),
)


class Month(RuleBasedStateMachine):
    """One cycle; `told` is what a rep was told is saved, `moves` how many numbers that changed."""

    cast: Cast
    cycle: Cycle
    lines: dict[tuple[str, str], int]
    published = 0

    def __init__(self) -> None:
        super().__init__()
        self.around = transaction.atomic()
        self.around.__enter__()
        self.at, self.told, self.moves, self.sent = ENTRY, {}, 0, 0
        self.hash = ""
        self.cycle = Cycle.objects.get(pk=self.cycle.pk)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)

    def does(self, service: Callable[[], Any]) -> Any:
        """What the service answers, None when it refuses: then nothing at all has changed."""
        self.at += timedelta(minutes=1)
        before = self.stored()
        try:
            with transaction.atomic():
                answer = service()
        except Refused:
            assert self.stored() == before
            return None
        self.cycle.refresh_from_db()
        return True if answer is None else answer

    def stored(self) -> tuple[Any, ...]:
        rows = Contribution.objects.filter(cycle=self.cycle).order_by("pk").values_list("pk", "answered_at", "how")
        versions = ForecastVersion.objects.filter(cycle=self.cycle).order_by("pk").values_list("pk", "state")
        reached = frozenset(milestones_reached(self.cycle))
        return (Change.objects.count(), list(rows), list(versions), reached, self.cycle.state)

    def numbers(self) -> dict[tuple[tuple[str, str], int], float]:
        plan = stage_plan(self.cycle, Stage.SALES)
        at = {own: list(plan.lines).index(line) for own, line in self.lines.items()}
        return {(own, month): float(plan.quantity[row, month]) for own, row in at.items() for month in range(3)}

    def edit(self, own: tuple[str, str], month: int, value: float, seen: float) -> CellEdit:
        return CellEdit(
            self.lines[own], add_months(self.cycle.month, month), value, seen, "customer_told", "The depot moves"
        )

    def save(self, edit: CellEdit, token: UUID) -> Any:
        given = {"cycle": self.cycle, "stage": Stage.SALES, "person": self.cast.rep, "at": self.at}
        return self.does(lambda: cells_save(edits=[edit], token=token, **given))

    @rule(cell=CELLS, value=st.integers(0, 500), token=st.uuids())
    def a_rep_saves(self, cell: tuple[tuple[str, str], int], value: int, token: UUID) -> None:
        seen = self.numbers()[cell]
        edit = self.edit(*cell, value, seen)
        answer = self.save(edit, token)
        state = step_of(self.cycle, Step.SALES_FORECAST).state
        assert (answer is not None) == (state == StepState.OPEN.value and self.cycle.state == CycleState.OPEN)
        if answer:
            self.told[cell] = value
            self.moves += value != seen
            assert self.save(edit, token) == answer, "a retry is answered as the first time"

    @rule(cell=CELLS, value=st.integers(0, 500), token=st.uuids())
    def a_rep_saves_over_what_has_changed(self, cell: tuple[tuple[str, str], int], value: int, token: UUID) -> None:
        assert self.save(self.edit(*cell, value, self.numbers()[cell] + 7), token) is None

    @rule()
    def a_rep_submits(self) -> None:
        self.does(lambda: submission_send(cycle=self.cycle, person=self.cast.rep, at=self.at))

    @rule()
    def a_rep_takes_it_back(self) -> None:
        self.does(lambda: submission_withdraw(cycle=self.cycle, person=self.cast.rep, at=self.at))

    @rule(step=st.sampled_from(Step))
    def the_leader_closes(self, step: Step) -> None:
        self.does(lambda: self.close(step))

    @rule(step=st.sampled_from([Step.SALES_FORECAST, Step.DEMAND_REVIEW, Step.SUPPLY_REVIEW, Step.PRE_SOP]))
    def the_leader_reopens(self, step: Step) -> None:
        due = self.at + timedelta(days=1)
        leader, reason = self.cast.leader.user, "A large order came"
        self.does(lambda: step_reopen(cycle=self.cycle, step=step, by=leader, at=self.at, reason=reason, due_at=due))

    @rule(step=st.sampled_from([Step.DEMAND_REVIEW, Step.SUPPLY_REVIEW]))
    def the_other_side_returns_it(self, step: Step) -> None:
        head = self.cast.coo if step is Step.DEMAND_REVIEW else self.cast.manager
        self.does(lambda: plan_return(cycle=self.cycle, step=step, person=head, at=self.at, reason="Too much"))

    @rule()
    def the_ceo_returns_it(self) -> None:
        self.does(lambda: ceo_return(cycle=self.cycle, person=self.cast.ceo, at=self.at, reason="Not enough"))

    @rule(milestone=st.sampled_from(NEXT))
    def somebody_signs_out_of_turn(self, milestone: tuple[Milestone, Callable[["Month"], Any]]) -> None:
        self.does(lambda: milestone[1](self))

    @rule(steps=st.integers(1, 4))
    def the_month_goes_on(self, steps: int) -> None:
        for _ in range(steps):
            self.does(lambda: cycle_advance(cycle=self.cycle, at=self.at))
            reached = milestones_reached(self.cycle)
            missing = [service for milestone, service in NEXT if milestone not in reached]
            if missing:
                self.does(partial(missing[0], self))

    def close(self, step: Step) -> None:
        if step_of(self.cycle, step).state == StepState.OPEN.value or step is not Step.SALES_FORECAST:
            step_close(cycle=self.cycle, step=step, by=self.cast.leader.user, at=self.at, reason="Everybody answered")

    @invariant()
    def every_acknowledged_number_stands(self) -> None:
        numbers = self.numbers() if self.told else {}
        assert {cell: numbers[cell] for cell in self.told} == self.told
        assert Change.objects.filter(cycle=self.cycle, stage=Stage.SALES).count() == self.moves

    @invariant()
    def one_forecast_is_published_once_and_stays(self) -> None:
        versions = ForecastVersion.objects.filter(cycle=self.cycle, stage=Stage.COMPANY_FORECAST)
        hashes = list(versions.values_list("content_hash", flat=True))
        assert len(hashes) <= 1
        assert not self.hash or hashes == [self.hash]
        assert bool(hashes) == (self.cycle.state == CycleState.PUBLISHED)
        if hashes and not self.hash:
            self.hash = hashes[0]
            type(self).published += 1
            assert {milestone for milestone, _ in NEXT} <= milestones_reached(self.cycle)


def test_whatever_order_the_month_is_walked_in() -> None:
    cast = small_company()
    hours_enough(cast)
    Month.cast, Month.cycle, Month.published = cast, in_entry(cast), 0
    Month.lines = {own: cast.line(*own).pk for own in OWN}
    bounds = settings(
        max_examples=WALKS,
        stateful_step_count=LENGTH,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Month, settings=bounds)
    assert Month.published, "no walk came to the end, so the end was not tested"
