"""A rep's month in a few facts: what is asked, what is done, until when."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from cycles.models import Contribution, Cycle, CycleStep
from cycles.selectors import step_of
from cycles.steps import Step, StepState
from demand.models import Comment
from demand.selectors.owned import Owned, flags_of, owned, reasons_missing
from demand.selectors.threads import questions_open
from masterdata.models import Person

SECONDS_PER_FLAG = 17


@dataclass(frozen=True)
class Month:
    """What the first page says to somebody who owns customers."""

    cycle: Cycle
    step: CycleStep
    numbers: Owned
    flagged: int
    missing: int
    answer: Contribution | None
    questions: list[Comment]

    @property
    def lines(self) -> int:
        return len(self.numbers.frame)

    @property
    def changed(self) -> int:
        return int(self.numbers.changed.any(axis=1).sum())

    @property
    def delta_units(self) -> float:
        return float((self.numbers.sales - self.numbers.baseline).sum())

    @property
    def is_open(self) -> bool:
        return self.step.state == StepState.OPEN.value

    @property
    def is_coming(self) -> bool:
        return self.step.state == StepState.PENDING.value

    @property
    def submitted_at(self) -> datetime | None:
        return self.answer.answered_at if self.answer else None

    @property
    def closes_at(self) -> datetime:
        return self.step.due_at

    @property
    def minutes(self) -> int:
        return minutes_for(self.flagged)

    @property
    def others(self) -> int:
        return self.lines - self.flagged


def minutes_for(flagged: int) -> int:
    """What looking at so many flagged lines takes, in whole minutes."""
    return max(1, ceil(flagged * SECONDS_PER_FLAG / 60))


def answer_of(cycle: Cycle, person: Person) -> Contribution | None:
    """What is expected of a person in sales entry, and the answer, with who gave it."""
    rows = Contribution.objects.filter(cycle=cycle, step=Step.SALES_FORECAST.value, person=person.user_id)
    return rows.select_related("answered_by").first()


def month_of_person(cycle: Cycle, person: Person) -> Month:
    """The month of somebody in Sales: lines, flags, changes, the answer so far, questions to answer."""
    numbers = owned(cycle, [person.pk])
    return Month(
        cycle=cycle,
        step=step_of(cycle, Step.SALES_FORECAST),
        numbers=numbers,
        flagged=len(flags_of(cycle, numbers.lines)),
        missing=len(reasons_missing(numbers)),
        answer=answer_of(cycle, person),
        questions=list(questions_open(cycle, to=person)),
    )
