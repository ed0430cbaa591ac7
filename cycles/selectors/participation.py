"""Who is expected to answer, who did, and how much of the value that is."""

from dataclasses import dataclass

from django.db.models import QuerySet

from cycles.models import Contribution, Cycle, How
from cycles.reminders import Kind
from cycles.steps import Step
from jobs.models import Message, MessageState

TOOK_PART = (How.CHANGED, How.ALL_FINE)


@dataclass(frozen=True)
class Participation:
    """People and value expected and answered; shares are None when nothing was expected."""

    expected: int
    answered: int
    value: float
    value_answered: float

    @property
    def share(self) -> float | None:
        return self.answered / self.expected if self.expected else None

    @property
    def value_share(self) -> float | None:
        return self.value_answered / self.value if self.value else None


def contributions(cycle: Cycle, step: Step = Step.SALES_FORECAST) -> QuerySet[Contribution]:
    rows = Contribution.objects.filter(cycle=cycle, step=step.value).select_related("person", "answered_by")
    return rows.order_by("person__username")


def participation(cycle: Cycle, step: Step = Step.SALES_FORECAST) -> Participation:
    """Everybody expected is counted, so that the idle are visible; automatic acceptance is no answer."""
    rows = list(Contribution.objects.filter(cycle=cycle, step=step.value))
    took_part = [row for row in rows if row.answered_at and row.how in TOOK_PART]
    return Participation(len(rows), len(took_part), sum(r.value for r in rows), sum(r.value for r in took_part))


def asked_twice(cycle: Cycle) -> set[str]:
    """User names of those whose second request is on its way or out; the key names them, whoever stands in."""
    rows = Message.objects.filter(cycle=cycle.code, kind=Kind.INPUT_LAST_DAY.value)
    keys = rows.exclude(state=MessageState.CANCELLED).values_list("key", flat=True)
    return {key.split(":")[2] for key in keys}
