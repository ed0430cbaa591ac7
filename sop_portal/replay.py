"""Playing past cycles again from bookings and recorded sales input, with nobody at the keyboard.

Each cycle sees only facts dated before its first day, with master data as it is today. Everything it makes is
marked as simulated.
"""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from django.db import transaction

from cycles.models import Cycle, CycleState, How
from cycles.periods import format_month, month_range, months_between, parse_month
from cycles.selectors import company_holidays, open_cycle
from cycles.services import contributions_record, cycle_open
from cycles.steps import Step, template_dates
from demand.matrices import Plan
from demand.models import PastSubmission, Stage
from demand.selectors.history import first_booked_month
from demand.selectors.lines import cycle_lines
from demand.selectors.versions import version_current
from demand.services.baseline import RULE, baseline_numbers, methods_store
from demand.services.flagging import flags_set
from demand.services.own_past import own_past_set
from demand.services.plan import demand_plan_freeze, proposal_build
from demand.services.recorded import calls_replay, sales_input_replay
from demand.services.versions import cycle_lines_freeze, version_store
from jobs.errors import Invalid
from jobs.models import Job
from jobs.services.work import PartSpec, job_queue
from masterdata.selectors import company
from meetings.services.publishing import forecast_publish
from supply.services.planning import supply_answer_for_replay

KIND = "replay"


def replay_months(first: date, last: date) -> list[date]:
    """The months to replay; refused when they run backwards or there is no history before them."""
    span = months_between(first, last) + 1
    if span < 1:
        raise Invalid(f"--from {first:%Y-%m} lies after --to {last:%Y-%m}.")
    booked, closed = first_booked_month(), company().last_closed_month
    if booked is None or closed is None or first <= booked:
        raise Invalid("There are no bookings before these cycles. Import the history first.")
    if months_between(closed, last) > 0:
        raise Invalid(f"Bookings are closed up to {closed:%Y-%m}; only cycles up to then can be replayed.")
    return month_range(first, span)


def replay_queue(*, first: date, last: date, at: datetime) -> Job:
    """Queue a replay: the baselines side by side, then cycle after cycle."""
    months = replay_months(first, last)
    baselines = [PartSpec(f"Baseline of {m:%Y-%m}", {"month": format_month(m), "phase": "baseline"}) for m in months]
    stages = [
        PartSpec(f"Cycle {m:%Y-%m}", {"month": format_month(m), "phase": "stages"}, needs=len(months) + i)
        for i, m in enumerate(months)
    ]
    label = f"Replay of the cycles {first:%Y-%m} to {last:%Y-%m} (simulated)"
    key = f"{format_month(first)}:{format_month(last)}"
    last_part = PartSpec("Flags of the open cycle", {"phase": "flags"}, needs=len(months) * 2)
    return job_queue(kind=KIND, key=key, label=label, parts=[*baselines, *stages, last_part], at=at)


def replay_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    if payload["phase"] == "flags":
        return flags_again()
    month = parse_month(payload["month"])
    if payload["phase"] == "baseline":
        replay_baseline(month=month, at=at)
        return f"Baseline of {month:%Y-%m}"
    replay_stages(month=month, at=at)
    return f"Cycle {month:%Y-%m} replayed"


def flags_again() -> str:
    """Now that last month's numbers are known, the open cycle's flags can compare with them."""
    cycle = open_cycle()
    if cycle is None or version_current(cycle, Stage.BASELINE) is None:
        return "No open cycle to flag"
    own_past_set(cycle=cycle)
    return f"{flags_set(cycle=cycle)} lines of {cycle.code} need a look"


def replay_cycle(month: date, at: datetime) -> Cycle:
    """The cycle of a month, opened as a simulated one where there is none."""
    cycle = Cycle.objects.filter(month=month).first()
    if cycle is not None:
        return cycle
    settings = company()
    zone = ZoneInfo(settings.timezone)
    days = template_dates(month, company_holidays(settings.country, (month.year,)))
    times = {
        step: (datetime.combine(first, time(8), zone), datetime.combine(last, time(17), zone))
        for step, (first, last) in days.items()
    }
    return cycle_open(month=month, times=times, horizon=settings.horizon_months, at=at, simulated=True)


@transaction.atomic
def replay_baseline(*, month: date, at: datetime) -> None:
    """Open the simulated cycle and build its baseline; a cycle that has one is left alone."""
    cycle = replay_cycle(month, at)
    if not cycle.simulated or version_current(cycle, Stage.BASELINE) is not None:
        return
    cycle_lines_freeze(cycle=cycle)
    numbers, naive = baseline_numbers(cycle, cycle_lines(cycle))
    made = version_store(cycle=cycle, stage=Stage.NAIVE, plan=naive, at=at)
    plan = Plan(numbers.lines, cycle.month, numbers.quantity)
    version_store(cycle=cycle, stage=Stage.BASELINE, plan=plan, at=at, rule=RULE, made_from=made)
    methods_store(cycle, numbers)


@transaction.atomic
def replay_stages(*, month: date, at: datetime) -> None:
    """Sales input to company forecast in one transaction; a finished cycle is left alone."""
    cycle = Cycle.objects.get(month=month)
    if not cycle.simulated or cycle.state != CycleState.OPEN:
        return
    sales_input_replay(cycle=cycle, at=at)
    calls_replay(cycle=cycle, at=at)
    _answers(cycle)
    proposal_build(cycle=cycle, at=at)
    demand_plan_freeze(cycle=cycle, at=at)
    supply_answer_for_replay(cycle=cycle, at=at)
    forecast_publish(cycle=cycle, at=at, replayed=True)


def _answers(cycle: Cycle) -> None:
    frame = cycle_lines(cycle)
    value = (frame["price"] * 1.0).groupby(frame["rep_id"]).sum() if len(frame) else pd.Series(dtype=float)
    zone = ZoneInfo(company().timezone)
    rows = PastSubmission.objects.filter(cycle=cycle.month).select_related("rep")
    contributions_record(
        cycle=cycle,
        step=Step.SALES_FORECAST,
        answers=[
            (
                row.rep.user_id,
                float(value.get(row.rep_id, 0.0)),
                How(row.how),
                datetime.combine(row.answered_on, time(12), zone) if row.answered_on else None,
            )
            for row in rows
        ],
    )
