"""The team roll-up: one row per rep with totals, differences and the largest change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db.models import Count, F, Max, Min, Sum

from cycles.models import Contribution, Cycle, CycleStep, How
from cycles.selectors import step_of
from cycles.steps import Step, StepState
from demand.models import Change, Comment, Reason, Stage, TeamReview
from demand.selectors.owned import Owned, owned
from demand.selectors.people import team_below
from demand.selectors.threads import questions_open
from masterdata.models import Absence, Person
from masterdata.selectors.absences import away_on

NEAR, FAR = 3, 12


@dataclass(frozen=True)
class Totals:
    """Units and money of the next months, and the differences to baseline, to the cycle before and of the team layer.

    `before` is None where the cycle before has no numbers; it compares the months both cycles have.
    """

    units_near: float
    units_far: float
    money_near: float
    money_far: float
    delta_baseline: float
    money_delta_baseline: float
    delta_before: float | None
    adjusted: float


@dataclass(frozen=True)
class LargestChange:
    """The change of a rep's line that moves most money, with its reason."""

    line: int
    label: str
    units: float
    money: float
    reason: str


@dataclass(frozen=True)
class RepRow:
    rep: Person
    lines: int
    changed: int
    totals: Totals
    largest: LargestChange | None
    answer: Contribution | None
    review: TeamReview | None
    changed_since: bool
    questions: int
    away: Absence | None = None

    @property
    def is_accepted(self) -> bool:
        return self.review is not None and not self.changed_since

    @property
    def status(self) -> str:
        if self.answer is None or (self.answer.answered_at is None and self.answer.how != How.AUTO):
            return "Not yet"
        return How(self.answer.how).label if self.answer.how == How.AUTO else "Submitted"

    @property
    def can_nudge(self) -> bool:
        if self.away is not None and self.away.substitute is None:
            return False
        return self.answer is not None and self.answer.answered_at is None and self.answer.nudged_at is None


@dataclass(frozen=True)
class Team:
    cycle: Cycle
    step: CycleStep
    rows: list[RepRow]
    total: Totals
    families: list[tuple[str, str]]

    @property
    def is_open(self) -> bool:
        return self.step.state == StepState.OPEN.value

    @property
    def money_near(self) -> list[float]:
        return [*(row.totals.money_near for row in self.rows), self.total.money_near]

    @property
    def money_far(self) -> list[float]:
        return [*(row.totals.money_far for row in self.rows), self.total.money_far]

    @property
    def lines(self) -> int:
        return sum(row.lines for row in self.rows)

    @property
    def changed(self) -> int:
        return sum(row.changed for row in self.rows)

    @property
    def submitted(self) -> int:
        return sum(row.answer is not None and row.answer.answered_at is not None for row in self.rows)

    @property
    def acceptable(self) -> list[RepRow]:
        """Rows that can be accepted now: answered (or entry closed), and not accepted as they stand."""
        return [row for row in self.rows if not row.is_accepted and (row.status != "Not yet" or not self.is_open)]


def team_rollup(cycle: Cycle, manager: Person, on: date | None = None) -> Team:
    """The lines of a manager and of everybody below, by owner, and who is away `on` a day.

    The same few queries for any team.
    """
    people = team_below(manager)
    numbers = owned(cycle, [person.pk for person in people])
    owners = numbers.frame["rep_id"].to_numpy(dtype=float)
    members = [person for person in people if (owners == person.pk).any()]
    facts = _facts(cycle, members, numbers, on)
    rows = [_row(numbers, owners == person.pk, person, facts) for person in members]
    rows.sort(key=lambda row: (row.rep.pk == manager.pk, -row.totals.money_far))
    families = numbers.frame[["family", "family_name"]].drop_duplicates().sort_values("family_name")
    everything = np.ones(len(numbers.frame), dtype=bool)
    return Team(
        cycle,
        step_of(cycle, Step.SALES_FORECAST),
        rows,
        totals(numbers, everything),
        list(families.itertuples(index=False, name=None)),
    )


@dataclass(frozen=True)
class _Facts:
    """What is known of the members besides their numbers, read once for all."""

    answers: dict[int, Contribution]
    reviews: dict[int, TeamReview]
    newest: dict[int, datetime]
    asked: list[int | None]
    away: dict[int, Absence]


def _facts(cycle: Cycle, members: Sequence[Person], numbers: Owned, on: date | None) -> _Facts:
    answers = Contribution.objects.filter(
        cycle=cycle, step=Step.SALES_FORECAST.value, person__in=[person.user_id for person in members]
    ).select_related("answered_by")
    return _Facts(
        answers={row.person_id: row for row in answers},
        reviews={row.rep_id: row for row in TeamReview.objects.filter(cycle=cycle, rep__in=members)},
        newest=_newest_change(cycle, numbers),
        asked=[question.to_id for question in questions_open(cycle)],
        away=away_on(on) if on else {},
    )


def _newest_change(cycle: Cycle, numbers: Owned) -> dict[int, datetime]:
    """When the number of each owner was changed last, whoever entered it."""
    lines = [int(line) for line in numbers.lines]
    rows = Change.objects.filter(cycle=cycle, stage=Stage.SALES, line_id__in=lines).order_by("line_id")
    owner = dict(zip(lines, numbers.frame["rep_id"].tolist(), strict=True))
    newest: dict[int, datetime] = {}
    for line, at in rows.values_list("line_id").annotate(Max("at")):
        rep = int(owner[line])
        newest[rep] = max(at, newest.get(rep, at))
    return newest


def _row(numbers: Owned, mask: np.ndarray, person: Person, facts: _Facts) -> RepRow:
    changed_at, review = facts.newest.get(person.pk), facts.reviews.get(person.pk)
    return RepRow(
        rep=person,
        lines=int(mask.sum()),
        changed=int(numbers.changed[mask].any(axis=1).sum()),
        totals=totals(numbers, mask),
        largest=largest_change(numbers, mask),
        answer=facts.answers.get(person.user_id),
        review=review,
        changed_since=review is not None and changed_at is not None and changed_at > review.at,
        questions=facts.asked.count(person.pk),
        away=facts.away.get(person.pk),
    )


def totals(numbers: Owned, mask: np.ndarray) -> Totals:
    """Sums over the chosen lines: what stands for the team after the manager's own layer."""
    team, price = numbers.team[mask], numbers.price[mask][:, None]
    delta = team - numbers.baseline[mask]
    return Totals(
        units_near=float(team[:, :NEAR].sum()),
        units_far=float(team[:, :FAR].sum()),
        money_near=float((team * price)[:, :NEAR].sum()),
        money_far=float((team * price)[:, :FAR].sum()),
        delta_baseline=float(delta[:, :FAR].sum()),
        money_delta_baseline=float((delta * price)[:, :FAR].sum()),
        delta_before=_delta_before(numbers, mask),
        adjusted=float((team - numbers.sales[mask])[:, :FAR].sum()),
    )


def _delta_before(numbers: Owned, mask: np.ndarray) -> float | None:
    before = numbers.previous[mask][:, :FAR]
    known = ~np.isnan(before)
    if not known.any():
        return None
    return float((numbers.team[mask][:, :FAR] - before)[known].sum())


def largest_change(numbers: Owned, mask: np.ndarray) -> LargestChange | None:
    """The rep's own change that moves most money over the horizon; None when nothing was changed."""
    moved = (numbers.sales - numbers.baseline)[mask].sum(axis=1)
    money = moved * numbers.price[mask]
    if not len(money) or not np.abs(money).max() > 0:
        return None
    at = int(np.abs(money).argmax())
    row = np.flatnonzero(mask)[at]
    line = int(numbers.lines[row])
    said = numbers.numbers.notes.get((numbers.cycle.month, Stage.SALES), {}).get(line)
    return LargestChange(
        line,
        f"{numbers.frame['customer_name'].iloc[row]}, {numbers.frame['product_name'].iloc[row]}",
        float(moved[at]),
        float(money[at]),
        Reason(said.reason).label if said and said.reason else "",
    )


@dataclass(frozen=True)
class Adjusted:
    """One adjustment of a manager: the cells changed at one moment for one person, with reason and words."""

    rep: str
    lines: int
    first: date
    last: date
    units: float
    reason: str
    comment: str
    at: datetime


def team_changes(cycle: Cycle, manager: Person, most: int = 20) -> list[Adjusted]:
    """The newest adjustments in the manager's own layer, one per save and person."""
    rows = (
        Change.objects.filter(cycle=cycle, stage=Stage.TEAM, by=manager)
        .annotate(owner=F("line__customer__owner__user__first_name"))
        .values("owner", "at", "reason", "comment")
        .annotate(
            lines=Count("line", distinct=True),
            first=Min("month"),
            last=Max("month"),
            units=Sum(F("after") - F("before")),
        )
        .order_by("-at", "owner")[:most]
    )
    labels = dict(Reason.choices)
    return [
        Adjusted(
            rep=row["owner"] or "",
            lines=row["lines"],
            first=row["first"],
            last=row["last"],
            units=row["units"],
            reason=str(labels.get(row["reason"], "")),
            comment=row["comment"],
            at=row["at"],
        )
        for row in rows
    ]


def team_questions(cycle: Cycle, reps: Sequence[Person]) -> list[Comment]:
    """Questions to these people in this cycle, newest first, each with its answers."""
    rows = Comment.objects.filter(cycle=cycle, kind=Comment.Kind.QUESTION, to__in=[rep.pk for rep in reps])
    chosen = rows.select_related("by__user", "to__user", "line__customer", "line__product")
    return list(chosen.prefetch_related("replies__by__user").order_by("-id"))
