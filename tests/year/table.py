"""The year as a table: when each step opened and closed, what was sent, what was missed."""

from collections import Counter

from cycles.models import Cycle, StepEvent
from cycles.steps import Step
from jobs.models import Message, MessageState
from tests.year.company import ZONE

SHORT = {
    "input_opened": "asked",
    "input_last_day": "last day",
    "escalation_manager": "to manager",
    "escalation_leader": "to leader",
}


def year_table() -> str:
    cycles = Cycle.objects.order_by("month")
    head = f"{'cycle':<8}" + "".join(f"{step.label:<26}" for step in Step) + "missed"
    steps = [
        f"{cycle.code:<8}" + "".join(f"{_step(cycle, step):<26}" for step in Step) + _missed(cycle) for cycle in cycles
    ]
    mails = [f"{cycle.code:<8}{_mails(cycle)}" for cycle in cycles]
    return "\n".join(["", head, *steps, "", f"{'cycle':<8}mails sent", *mails, ""])


def _step(cycle: Cycle, step: Step) -> str:
    events = StepEvent.objects.filter(step__cycle=cycle, step__step=step.value)
    opened = [event.at for event in events if event.action in ("open", "reopen")]
    closed = [event.at for event in events if event.action == "close"]
    more = f" ({len(opened)} x)" if len(opened) > 1 else ""
    return " - ".join(f"{at.astimezone(ZONE):%d %H:%M}" for at in (*opened[:1], *closed[-1:])) + more


def _missed(cycle: Cycle) -> str:
    return ", ".join(row.kind.label for row in cycle.steps.filter(state="missed")) or "-"


def _mails(cycle: Cycle) -> str:
    kinds = Message.objects.filter(cycle=cycle.code, state=MessageState.SENT).values_list("kind", flat=True)
    return ", ".join(f"{SHORT.get(kind, kind)} {count}" for kind, count in sorted(Counter(kinds).items()))
