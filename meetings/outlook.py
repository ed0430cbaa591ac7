"""When the cycle will end, from where its steps stand."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from cycles.calendar_days import add_working_days, count
from cycles.steps import Step, StepState

FINISHED = (StepState.CLOSED, StepState.MISSED)


@dataclass(frozen=True)
class StepDate:
    """A step as the forecast of the end sees it; `due` is the company's day it is to close on."""

    step: Step
    state: StepState
    due: date


@dataclass(frozen=True)
class Outlook:
    """What to expect: `pack` and `end` are days, `late` counts working days, `waiting_for` is what holds it up."""

    pack: date
    end: date
    late: int
    waiting_for: Step | None


def outlook(steps: Sequence[StepDate], today: date, holidays: Collection[date] = frozenset()) -> Outlook:
    """Every step still to come keeps its working days; the delay of the first unfinished one moves them all.

    The pack is ready when pre-S&OP closes, the cycle ends when publishing does. ValueError when a step is missing.
    """
    by_step = {row.step: row for row in steps}
    missing = [step.label for step in Step if step not in by_step]
    if missing:
        raise ValueError(f"The outlook needs all steps; missing: {', '.join(missing)}.")
    waiting = next((step for step in Step if by_step[step].state not in FINISHED), None)
    late = max(count(by_step[waiting].due, today, holidays=holidays), 0) if waiting else 0

    def expected(step: Step) -> date:
        row = by_step[step]
        return row.due if row.state in FINISHED or not late else add_working_days(row.due, late, holidays=holidays)

    return Outlook(expected(Step.PRE_SOP), expected(Step.PUBLISH), late, waiting)


def outlook_sentence(seen: Outlook) -> str:
    """The outlook in one line a person reads."""
    if seen.waiting_for is None:
        return "Every step is finished."
    end = f"the company forecast is expected on {day_text(seen.end)}"
    pack = f"the pack is ready on {day_text(seen.pack)}, " if seen.waiting_for.order <= Step.PRE_SOP.order else ""
    if not seen.late:
        return f"On time: {pack}{end}."
    days = "one working day" if seen.late == 1 else f"{seen.late} working days"
    return f"{seen.waiting_for.label} is {days} late. If it closes today, {pack}{end}."


def day_text(day: date) -> str:
    """`Thu 3 Dec`."""
    return f"{day:%a} {day.day} {day:%b}"
