"""Scenarios: kept, worked out at once or by a worker, and taken as the supply plan."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from cycles.models import Cycle, CycleState
from cycles.services import cycle_lock_exclusive
from demand.models import ForecastVersion
from jobs.errors import Invalid, Refused
from jobs.models import Job
from jobs.services.work import PartSpec, job_queue
from masterdata.models import Person
from supply.change import Change
from supply.cheapest_plan import cheapest_plan, least_possible
from supply.ground import problem_of
from supply.linear_program import Unsolved
from supply.models import Scenario
from supply.policy import check_planner, check_supply_open
from supply.scenarios import KINDS, changed, read, stored
from supply.selectors.ground import fingerprint
from supply.selectors.scenario_results import Start, result_by_rules, result_of
from supply.selectors.start import scenario_start
from supply.services.planning import rule_in_use, supply_plan_build, supply_plan_queue

KIND: Final = "scenario"
AT_ONCE: Final = 2.0
IN_A_JOB: Final = 120.0
BOUND_SECONDS: Final = 20.0
MOST: Final = 24
MOST_CHANGES: Final = 6
LONGEST_NAME: Final = 80


@transaction.atomic
def scenario_create(
    *, cycle: Cycle, name: str, changes: Sequence[Change], person: Person, at: datetime
) -> tuple[Scenario, Job | None]:
    """Keep a scenario and work it out: at once when it takes under two seconds, else by a worker (the job)."""
    check_planner(person, "Making scenarios")
    name = " ".join(name.split())
    _check_new(cycle, name, changes)
    scenario = Scenario.objects.create(
        cycle=cycle, name=name, changes=[stored(change) for change in changes], made_by=person, made_at=at
    )
    return scenario, _at_once_or_queued(scenario, at)


def _check_new(cycle: Cycle, name: str, changes: Sequence[Change]) -> None:
    if cycle.state != CycleState.OPEN:
        raise Refused("cycle_ended", f"The cycle {cycle.code} has ended; scenarios are made for the open one.")
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"Give the scenario a name of at most {LONGEST_NAME} letters, for example: Saturday shift.")
    if len(changes) > MOST_CHANGES:
        raise Invalid(f"A scenario has at most {MOST_CHANGES} changes; compare several scenarios instead.")
    kept = Scenario.objects.filter(cycle=cycle)
    if kept.filter(name=name).exists():
        raise Invalid(f"There is a scenario “{name}” already. Give this one another name.")
    if kept.count() >= MOST:
        raise Refused("scenarios_full", f"{MOST} scenarios are kept in a cycle. Remove one that nobody needs.")
    for change in changes:
        for fault in change.faults():
            raise Invalid(f"{change.label}: {fault}")


@transaction.atomic
def scenario_again(*, scenario: Scenario, person: Person, at: datetime) -> Job | None:
    """Work a scenario out again on what is known now."""
    check_planner(person, "Working scenarios out")
    if scenario.cycle.state != CycleState.OPEN:
        raise Refused("cycle_ended", f"The cycle {scenario.cycle.code} has ended; its scenarios stay as they are.")
    return _at_once_or_queued(scenario, at)


@transaction.atomic
def scenario_remove(*, scenario: Scenario, person: Person) -> None:
    """Forget a scenario; refused for the one the supply plan is made by."""
    check_planner(person, "Removing scenarios")
    if scenario.chosen_at is not None:
        raise Refused("scenario_chosen", "The supply plan is made by this scenario. Take that back first.")
    scenario.delete()


def _at_once_or_queued(scenario: Scenario, at: datetime) -> Job | None:
    try:
        scenario_work(scenario=scenario, at=at, seconds=AT_ONCE)
    except Unsolved:
        Scenario.objects.filter(pk=scenario.pk).update(state=Scenario.State.WAITING)
        part = PartSpec(f"Scenario {scenario.name}", {"scenario": scenario.pk})
        label = f"Scenario “{scenario.name}” of {scenario.cycle.code}"
        return job_queue(kind=KIND, key=f"scenario:{scenario.pk}", label=label, parts=[part], at=at)
    return None


def scenario_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    scenario = Scenario.objects.select_related("cycle").filter(pk=payload["scenario"]).first()
    if scenario is None:
        return "The scenario was removed meanwhile"
    scenario_work(scenario=scenario, at=at, seconds=IN_A_JOB, else_by_rules=True)
    return f"Scenario “{scenario.name}” worked out"


@transaction.atomic
def scenario_work(*, scenario: Scenario, at: datetime, seconds: float, else_by_rules: bool = False) -> Scenario:
    """Work out the plan of a scenario within a time limit and keep its figures.

    Unsolved when the limit is not enough; with `else_by_rules` the plan of the rules is priced instead, with how far
    it may be above the best. A change that reaches nothing is said, not raised.
    """
    changes = [read(change) for change in scenario.changes]
    start = scenario_start(scenario.cycle, changes)
    scenario.ground, scenario.demand_version = fingerprint(start.ground), start.source
    try:
        scenario.result = _result(start, changes, seconds, else_by_rules) | {"at_once": not else_by_rules}
        scenario.state, scenario.problem = Scenario.State.DONE, ""
    except ValueError as fault:
        scenario.state, scenario.problem, scenario.result = Scenario.State.FAILED, str(fault), {}
    scenario.worked_at = at
    scenario.save(update_fields=["ground", "demand_version", "result", "state", "problem", "worked_at"])
    return scenario


def _result(start: Start, changes: Sequence[Change], seconds: float, else_by_rules: bool) -> dict[str, Any]:
    start = replace(start, ground=changed(start.ground, start.cycle.month, changes))
    rule, problem = rule_in_use(start.cycle), problem_of(start.ground)
    try:
        return result_of(start, cheapest_plan(problem, seconds=seconds), rule)
    except Unsolved:
        if not else_by_rules:
            raise
        return result_by_rules(start, rule, bound=least_possible(problem, seconds=BOUND_SECONDS))


@transaction.atomic
def scenario_choose(*, scenario: Scenario, person: Person, at: datetime, decision: str = "") -> ForecastVersion | None:
    """Make the supply plan by a scenario: allocation, answers, gaps and news follow. None when a worker makes it,
    because working the scenario out took too long to wait for.

    For the supply planner until supply is signed; with the code of a `decision` for whoever decided it. Refused for
    one that changes demand, which Sales has to agree, and for one worked out on something that has changed since.
    """
    cycle_lock_exclusive(scenario.cycle)
    if not decision:
        check_planner(person, "Choosing a scenario")
        check_supply_open(scenario.cycle)
    scenario = Scenario.objects.select_for_update(of=("self",)).select_related("cycle").get(pk=scenario.pk)
    _check_choice(scenario, decision)
    Scenario.objects.filter(cycle=scenario.cycle, chosen_at__isnull=False).update(
        chosen_at=None, chosen_by=None, decision=""
    )
    scenario.chosen_by, scenario.chosen_at, scenario.decision = person, at, decision
    scenario.save(update_fields=["chosen_by", "chosen_at", "decision"])
    if not scenario.result["at_once"]:
        supply_plan_queue(cycle=scenario.cycle, at=at, owner=person.user, decision=decision)
        return None
    return supply_plan_build(cycle=scenario.cycle, at=at, by=person, decision=decision)


def _check_choice(scenario: Scenario, decision: str) -> None:
    demand = [change["kind"] for change in scenario.changes if KINDS[change["kind"]].of_demand]
    if demand:
        raise Refused(
            "changes_demand",
            "This scenario changes demand, which Sales has to agree. Put it to pre-S&OP as a decision; "
            "operations can take the rest as a scenario of its own.",
        )
    if scenario.state != Scenario.State.DONE:
        raise Refused("not_worked_out", "This scenario is not worked out. Work it out, look at it, and choose it then.")
    if not decision and scenario_stale(scenario):
        raise Refused(
            "scenario_stale",
            "Demand, capacity or stock has changed since this scenario was worked out. Work it out again first.",
        )


def scenario_stale(scenario: Scenario) -> bool:
    """Whether the scenario was worked out from something that is not so any more."""
    return scenario.ground != fingerprint(scenario_start(scenario.cycle, []).ground)


@transaction.atomic
def scenario_release(*, cycle: Cycle, person: Person, at: datetime) -> ForecastVersion:
    """Plan by the rules again, without the scenario that was chosen."""
    cycle_lock_exclusive(cycle)
    check_planner(person, "Taking a scenario back")
    check_supply_open(cycle)
    known = Scenario.objects.filter(cycle=cycle, chosen_at__isnull=False)
    if not known.update(chosen_at=None, chosen_by=None, decision=""):
        raise Refused("no_scenario", "The supply plan is not made by a scenario.")
    return supply_plan_build(cycle=cycle, at=at, by=person)
