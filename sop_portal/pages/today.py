"""What needs a person now, read from where the cycle stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cycles.models import Cycle, CycleState, CycleStep
from cycles.selectors import milestones_reached, participation
from cycles.steps import Milestone, Step, StepState, is_late
from demand.selectors.team import team_rollup
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors import ceo, head_of
from masterdata.selectors.absences import company_day
from meetings.selectors.checks import watched_by


@dataclass(frozen=True)
class Task:
    """One thing to do: a sentence, where, what the button says, until when. `waits` = nothing to do yet."""

    sentence: str
    url: str = ""
    label: str = ""
    due: datetime | None = None
    waits: bool = False


@dataclass(frozen=True)
class StepShown:
    """A step for the strip: its row and how it is drawn."""

    row: CycleStep
    mark: str
    words: str


@dataclass(frozen=True)
class Standing:
    """Where the cycle stands, read once."""

    cycle: Cycle
    steps: dict[Step, CycleStep]
    reached: set[Milestone]

    def is_open(self, step: Step) -> bool:
        return self.steps[step].state == StepState.OPEN.value

    def due(self, step: Step) -> datetime:
        return self.steps[step].due_at

    def has(self, milestone: Milestone) -> bool:
        return milestone in self.reached


def standing(cycle: Cycle) -> Standing:
    return Standing(cycle, {row.kind: row for row in cycle.steps.all()}, milestones_reached(cycle))


def steps_shown(cycle: Cycle, *, at: datetime) -> list[StepShown]:
    """The steps of a cycle in order, each with its mark: done, open, late, next or skipped."""
    rows = sorted(cycle.steps.all(), key=lambda row: row.kind.order)
    return [StepShown(row, *_mark(row, at)) for row in rows]


def _mark(row: CycleStep, at: datetime) -> tuple[str, str]:
    state = StepState(row.state)
    if is_late(state, row.due_at, at):
        return "late", "Late"
    marks = {
        StepState.PENDING: ("next", "Coming"),
        StepState.OPEN: ("open", "Open"),
        StepState.CLOSED: ("done", "Done"),
        StepState.MISSED: ("skipped", "Missed"),
    }
    return marks[state]


def opens_next(cycle: Cycle, *, at: datetime) -> datetime | None:
    """When sales entry of this cycle opens; None when it has, or when it only waits for the baseline."""
    row = cycle.steps.filter(step=Step.SALES_FORECAST.value, state=StepState.PENDING.value, opens_at__gt=at).first()
    return row.opens_at if row else None


def tasks_for(cycle: Cycle, person: Person, *, at: datetime) -> list[Task]:
    """What this person has to do in the cycle now; empty when nothing."""
    if cycle.state != CycleState.OPEN:
        return []
    here = standing(cycle)
    tasks = ROLE_TASKS.get(Role(person.role), _nothing)(here, person)
    return tasks + _signatures(here, person) + _checks(person, at)


def _checks(person: Person, at: datetime) -> list[Task]:
    """Assumptions, risks and opportunities this person watches whose day has come."""
    watched = watched_by(person, company_day(at))
    if not watched:
        return []
    first, rest = watched[0], len(watched) - 1
    more = f" {rest} more wait{'s' if rest == 1 else ''}." if rest else ""
    return [Task(f"{first.words}. Does it still stand?{more}", first.path, "Look again")]


def _nothing(here: Standing, person: Person) -> list[Task]:
    return []


def _manager(here: Standing, person: Person) -> list[Task]:
    if (
        here.has(Milestone.DEMAND_SIGNED)
        or here.cycle.steps.filter(step=Step.SALES_FORECAST.value, state=StepState.PENDING.value).exists()
    ):
        return []
    team = team_rollup(here.cycle, person)
    open_rows = [row for row in team.rows if row.rep.pk != person.pk and not row.is_accepted]
    if not open_rows:
        return []
    ready = sum(row in team.acceptable for row in open_rows)
    sentence = f"{ready} of {len(open_rows)} people in your team can be accepted now."
    if not ready:
        sentence = f"{len(open_rows)} people in your team have not submitted yet."
    return [Task(sentence, "/team/", "Open the team", here.due(Step.DEMAND_REVIEW))]


def _marketing(here: Standing, person: Person) -> list[Task]:
    if here.has(Milestone.DEMAND_SIGNED):
        return []
    due = here.due(Step.SALES_FORECAST)
    return [
        Task(
            "Check that the events of the next months are in; reps see them on their lines.",
            "/events/",
            "Open events",
            due,
        )
    ]


def _demand_planner(here: Standing, person: Person) -> list[Task]:
    if not here.has(Milestone.BASELINE_BUILT):
        return [
            Task(
                "The baseline is being built. Reps start when it is done.",
                "/jobs/",
                "Watch the job",
                here.due(Step.DATA_CLOSE),
            )
        ]
    if here.is_open(Step.SALES_FORECAST):
        return [_participation_task(here, "/demand/", "Look at what came in")]
    if here.has(Milestone.DEMAND_SIGNED):
        return []
    due = here.due(Step.DEMAND_REVIEW)
    if not here.has(Milestone.PROPOSAL_BUILT):
        return [Task("The proposal for the demand plan is being built.", "/jobs/", "Watch the job", due)]
    return [
        Task("Settle the exceptions, then the head of Sales signs demand.", "/demand/", "Open the demand review", due)
    ]


def _participation_task(here: Standing, url: str, label: str) -> Task:
    count = participation(here.cycle)
    share = f", {count.value_share:.0%} of the value" if count.value_share is not None else ""
    sentence = f"{count.answered} of {count.expected} people have answered{share}."
    return Task(sentence, url, label, here.due(Step.SALES_FORECAST))


def _supply_planner(here: Standing, person: Person) -> list[Task]:
    if not here.has(Milestone.DEMAND_SIGNED):
        return [
            Task(
                "The demand plan is not signed yet. You can prepare scenarios meanwhile.",
                "/supply/",
                "Open supply",
                waits=True,
            )
        ]
    if here.has(Milestone.SUPPLY_SIGNED):
        return []
    due = here.due(Step.SUPPLY_REVIEW)
    if not here.has(Milestone.SUPPLY_PLANNED):
        return [Task("Demand is signed. Make the supply plan.", "/supply/", "Open supply", due)]
    return [Task("Settle every gap: choose an option or send it to the pre-S&OP.", "/supply/", "Open the gaps", due)]


def _finance(here: Standing, person: Person) -> list[Task]:
    if here.has(Milestone.FINANCE_CONFIRMED) or not here.has(Milestone.SUPPLY_SIGNED):
        return []
    return [
        Task(
            "Look at the gap to budget and confirm the money view.", "/finance/", "Open finance", here.due(Step.PRE_SOP)
        )
    ]


def _leader(here: Standing, person: Person) -> list[Task]:
    if here.is_open(Step.SALES_FORECAST):
        return [_participation_task(here, "/cycle/", "Open the cycle")]
    waits: list[tuple[Milestone, str, str, Step]] = [
        (Milestone.ACTUALS_IN, "Last month's actuals are not in yet.", "/data/", Step.DATA_CLOSE),
        (Milestone.DEMAND_SIGNED, "The demand review is under way.", "/cycle/", Step.DEMAND_REVIEW),
        (Milestone.SUPPLY_SIGNED, "The supply review is under way.", "/cycle/", Step.SUPPLY_REVIEW),
        (Milestone.PACK_FROZEN, "Prepare the pre-S&OP and freeze the pack.", "/meetings/", Step.PRE_SOP),
        (Milestone.CEO_APPROVED, "The executive meeting decides; the CEO approves.", "/meetings/", Step.EXECUTIVE_SOP),
        (Milestone.PUBLISHED, "Approved. The company forecast is being published.", "/cycle/", Step.PUBLISH),
    ]
    for milestone, sentence, url, step in waits:
        if not here.has(milestone):
            return [Task(sentence, url, "Open it", here.due(step))]
    return []


def _executive(here: Standing, person: Person) -> list[Task]:
    return [Task("Where the company stands this month, on one page.", "/executive/", "Open the executive page")]


def _admin(here: Standing, person: Person) -> list[Task]:
    return [Task("People, keys and data of the company.", "/people/", "Open people")]


ROLE_TASKS: dict[Role, Callable[[Standing, Person], list[Task]]] = {
    Role.SALES_MANAGER: _manager,
    Role.MARKETING: _marketing,
    Role.DEMAND_PLANNER: _demand_planner,
    Role.SUPPLY_PLANNER: _supply_planner,
    Role.FINANCE: _finance,
    Role.SOP_LEADER: _leader,
    Role.EXECUTIVE: _executive,
    Role.ADMIN: _admin,
}


def _signatures(here: Standing, person: Person) -> list[Task]:
    """What waits for this person's signature, as head of a department, as the CEO, or as their deputy."""
    waiting: list[tuple[bool, Callable[[], Person | None], str, str, Step]] = [
        (
            here.has(Milestone.PROPOSAL_BUILT) and not here.has(Milestone.DEMAND_SIGNED),
            lambda: head_of("Sales"),
            "Demand waits for your signature.",
            "/demand/",
            Step.DEMAND_REVIEW,
        ),
        (
            here.has(Milestone.SUPPLY_PLANNED) and not here.has(Milestone.SUPPLY_SIGNED),
            lambda: head_of("Operations"),
            "Supply waits for your signature.",
            "/supply/",
            Step.SUPPLY_REVIEW,
        ),
        (
            here.has(Milestone.PACK_FROZEN) and not here.has(Milestone.CEO_APPROVED),
            ceo,
            "The plan waits for your approval.",
            "/executive/",
            Step.EXECUTIVE_SOP,
        ),
    ]
    return [
        Task(sentence, url, "Look and sign", here.due(step))
        for is_waiting, signs, sentence, url, step in waiting
        if is_waiting and (signer := signs()) is not None and person.pk in (signer.pk, signer.deputy_id)
    ]
