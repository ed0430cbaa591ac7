"""The small company with rows of every kind, walked through a month, for what must hold on every page.

    house = Everything.made()       sales entry is open
    house.to_supply()               demand is signed, the supply plan has gaps
    house.to_executive()            the pack is frozen for the executive meeting

Two reps stand below Mona; Max and his rep Ruth stand elsewhere in sales. Rita, Rob and Ruth have track records that
are far from each other and from everything else on the pages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product

import numpy as np
from django.contrib.auth import get_user_model
from django.urls import URLPattern, URLResolver, get_resolver

from cycles.models import Contribution, Cycle, How
from cycles.periods import add_months
from cycles.services import cycle_advance, days_off_add, site_save
from cycles.steps import Step
from demand.models import (
    Booking,
    Call,
    EventKind,
    LayerLine,
    Opportunity,
    OrderCall,
    OrderLine,
    Reason,
    Stage,
    TeamGoal,
)
from demand.selectors.history import history
from demand.services.assumptions import assumption_add
from demand.services.comments import note_add, question_ask
from demand.services.events import EventEntry, event_save
from demand.services.goals import goal_answer
from demand.services.lines import lines_sync
from demand.services.own_past import own_past_set
from jobs.models import Delivery, Job, MovedClock, PullOutcome, ScheduledPull, Webhook, WorkState
from kpis.services.snapshots import accuracy_take, measures_take
from masterdata.bundles import ImportFile
from masterdata.models import Customer, ImportRun, Person, Product
from masterdata.roles import Role
from masterdata.services.absences import absence_enter
from meetings.models import Action, Decision, MeetingKind, RiskOpportunity
from meetings.selectors.calendar import feed_address
from meetings.services.actions import action_add, risk_add
from meetings.services.agreement import finance_confirm, pack_freeze
from meetings.services.decisions import OptionDraft, decision_raise
from sop_portal.api.resources import BY_NAME
from sop_portal.uploads import upload_check
from supply.changes import Overtime
from supply.inputs import Inputs
from supply.models import Gap, Scenario
from supply.services.gaps import gaps_take_recommended
from supply.services.planning import supply_plan_build
from supply.services.scenarios import scenario_create
from supply.services.signing import supply_sign
from tests.cast import PRODUCTS, Cast, booked_quantity, small_company
from tests.kpis.past import past_cycle
from tests.meetings.journey import ENTRY, ENTRY_CLOSED, FROZEN, MONEY, SUPPLY, demand_is_signed, in_entry

PAST = (date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1))
# username: what a change says of what came, seconds to answer, calls of seventy per cent and how many came
HABITS = {"rita": (4.37, 4321.0, 7, 2), "rob": (8.93, 3877.0, 6, 5), "ruth": (11.59, 5903.0, 5, 1)}
UNIT_COSTS = {"ALPHA": 317.31, "BETA": 541.27, "GAMMA": 11.37, "DELTA": 47.53}
LAGS = 3
# the codes that addresses take, by how the address's name begins
CODES = {
    "kpis:measure": ("revenue", "bias", "participation"),
    "supply:family": ("BIKES",),
    "supply:resource": ("WELD",),
    "supply:capacity": ("WELD",),
}


@dataclass(frozen=True)
class Route:
    """One address of the portal: its full name, what it is made of, and the names of its parameters."""

    name: str
    pattern: str
    parameters: tuple[str, ...]


def routes() -> list[Route]:
    """Every address that the URLconf knows."""
    return list(_routes(get_resolver().url_patterns, "", ""))


def _routes(patterns: list[URLPattern | URLResolver], prefix: str, space: str) -> Iterator[Route]:
    for one in patterns:
        whole = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from _routes(one.url_patterns, whole, f"{space}{one.namespace}:" if one.namespace else space)
        else:
            yield Route(f"{space}{one.name}", whole, tuple(part.split(">")[0] for part in _after_colon(whole)))


def _after_colon(pattern: str) -> list[str]:
    return [part.split(":")[-1] for part in pattern.split("<")[1:]]


@dataclass
class Everything:
    """The company, its open cycle, and the moment it is in."""

    cast: Cast
    cycle: Cycle
    uploads: tuple[str, str] = ("", "")

    @classmethod
    def made(cls) -> "Everything":
        cast = small_company()
        _elsewhere(cast)
        for code, cost in UNIT_COSTS.items():
            Product.objects.filter(code=code).update(unit_cost=cost)
        for month in PAST:
            _past(cast, past_cycle(month, simulated=False))
        measures_take(months=[PAST[1], PAST[2]], at=ENTRY)
        house = cls(cast, in_entry(cast))
        own_past_set(cycle=house.cycle)
        site = site_save(code="PLANT", name="Bavarian plant", country="DE-BY")
        days_off_add(first=date(2026, 12, 28), last=date(2026, 12, 30), name="Plant closed", site=site)
        house.clock(ENTRY)
        _said_and_entered(house)
        house.uploads = _uploads(cast)
        return house

    def clock(self, at: datetime) -> None:
        MovedClock.objects.update_or_create(pk=1, defaults={"at": at})

    def to_supply(self) -> None:
        """Everybody but Ruth has answered; the welding hours are too few, and one gap is sent up."""
        for name in ("rita", "rob"):
            row = Contribution.objects.filter(cycle=self.cycle, person=self.cast.people[name].user)
            seconds = HABITS[name][1]
            row.update(answered_at=ENTRY + timedelta(hours=5), how=How.CHANGED, active_seconds=seconds)
        cycle_advance(cycle=self.cycle, at=ENTRY_CLOSED)
        demand_is_signed(self.cast, self.cycle)
        supply_plan_build(cycle=self.cycle, at=SUPPLY)
        overtime = Overtime(self.cycle.month, add_months(self.cycle.month, 2), "WELD")
        scenario_create(
            cycle=self.cycle, name="Overtime", changes=[overtime], person=self.cast.supply_planner, at=SUPPLY
        )
        self.clock(SUPPLY)

    def to_executive(self) -> None:
        gaps_take_recommended(cycle=self.cycle, person=self.cast.supply_planner, at=SUPPLY)
        Gap.objects.filter(cycle=self.cycle, state=Gap.State.OPEN).update(state=Gap.State.ESCALATED)
        supply_sign(cycle=self.cycle, person=self.cast.coo, at=SUPPLY)
        cycle_advance(cycle=self.cycle, at=SUPPLY)
        _brief(self)
        finance_confirm(cycle=self.cycle, person=self.cast.finance, at=MONEY)
        pack_freeze(cycle=self.cycle, by=self.cast.leader, at=FROZEN)
        self.clock(FROZEN)

    def parameters(self, route: Route) -> list[dict[str, object]]:
        """Real values for an address, by the names of its parameters; none where nothing is known of them."""
        known = self._known(route.name)
        values = [known.get(name, []) for name in route.parameters]
        return [dict(zip(route.parameters, each, strict=True)) for each in product(*values)]

    def _known(self, name: str) -> dict[str, list[object]]:
        """Parameters that mean the same everywhere, then those of one address."""
        line = self.cast.line("ALPHA", "NORTH")
        known: dict[str, list[object]] = {
            "username": ["rita", "rob", "ruth"],
            "line": [line.pk, self.cast.line("ALPHA", "EAST").pk],
            "code": [self.cycle.code, "2026-10"],
            "token": list(self.uploads),
            "item": [0],
            "number": [0],
            "uidb64": ["MQ"],
            "file": ["bookings"],
            "step": [Step.SALES_FORECAST.value],
            "what": ["move"],
            "sheet": list(Inputs),
            "month": ["2026-11"],
            "kind": [MeetingKind.EXECUTIVE.value],
            "form": ["pptx", "xlsx"],
        }
        if name == "meetings:plan-return":
            known["step"] = ["demand_review"]
        if name.startswith("meetings:paper"):
            known["what"] = ["pack"]
        return known | self._own(name)

    def _own(self, name: str) -> dict[str, list[object]]:
        codes = next((codes for start, codes in CODES.items() if name.startswith(start)), None)
        if codes:
            return {"code": list(codes)}
        if name == "demand:call":
            return {"kind": ["order"], "pk": _keys(OrderLine.objects.filter(shipped_on=None))}
        if name == "meetings:calendar-feed":
            return {"token": [feed_address(self.cast.rep).rpartition("/")[2].removesuffix(".ics")]}
        if name == "demand:goal-answer":
            return {"pk": _keys(TeamGoal.objects.all())}
        if name == "meetings:working-days-change":
            return {"what": ["days"]}
        if name.startswith("meetings:action"):
            return {"code": list(Action.objects.values_list("code", flat=True)[:1])}
        if name in (
            "meetings:decision",
            "meetings:decision-confirm",
            "meetings:decide",
            "meetings:defer",
            "meetings:escalate",
        ):
            return {"code": list(Decision.objects.values_list("code", flat=True)[:1])}
        if name.startswith("meetings:"):
            return {"pk": _keys(RiskOpportunity.objects.all())}
        if name.startswith("supply:"):
            return self._of_supply(name)
        return self._of_roof(name)

    def _of_roof(self, name: str) -> dict[str, list[object]]:
        if name.startswith(("api-", "webhook", "delivery")):
            return self._of_programs(name)
        if name in ("job", "job-retry"):
            return {"pk": _keys(Job.objects.all())}
        if name.startswith("pull"):
            return {"pk": _keys(ScheduledPull.objects.all())}
        if name in ("import-run", "import-undo"):
            return {"pk": _keys(ImportRun.objects.all())}
        if name in ("person", "hand-over"):
            return {"pk": [self.cast.rep.pk, self.cast.other_rep.pk]}
        return {"pk": [1]}

    def _of_programs(self, name: str) -> dict[str, list[object]]:
        if name.endswith("-row"):
            table = BY_NAME[name.removeprefix("api-").removesuffix("-row")]
            codes = table.rows().order_by("pk").values_list(table.field(table.key).path, flat=True)
            return {"code": list(codes[:1])}
        return {"pk": _keys((Webhook if name.startswith("webhook") else Delivery).objects.all())}

    def _of_supply(self, name: str) -> dict[str, list[object]]:
        if name == "supply:alternatives":
            lines = [self.cast.line("ALPHA", customer).pk for customer in ("NORTH", "WEST")]
            return {"line": lines, "month": [f"{gap:%Y-%m}" for gap in Gap.objects.values_list("month", flat=True)[:1]]}
        return {"pk": _keys((Scenario if name.startswith("supply:scenario") else Gap).objects.all())}


def _keys(rows: object) -> list[object]:
    return list(rows.values_list("pk", flat=True)[:1])  # type: ignore[attr-defined]


def _elsewhere(cast: Cast) -> None:
    """Max and his rep Ruth, who sells to one customer."""
    for username, name, role, manager in (
        ("max", "Max Elsewhere", Role.SALES_MANAGER, "oscar"),
        ("ruth", "Ruth Rep", Role.SALES_REP, "max"),
    ):
        user = get_user_model().objects.create(username=username, first_name=name, email=f"{username}@small.example")
        cast.people[username] = Person.objects.create(
            user=user, role=role, department="Export", reports_to=cast.people[manager]
        )
    cast.customers["WEST"] = Customer.objects.create(
        code="WEST", name="West Stores", region=cast.regions["S"], owner=cast.people["ruth"], owner_from=PAST[0]
    )
    months = sorted(set(Booking.objects.values_list("month", flat=True)))
    Booking.objects.bulk_create(
        Booking(
            month=month,
            product=cast.products[code],
            customer=cast.customers["WEST"],
            qty=booked_quantity(code, "EAST", month),
            revenue=booked_quantity(code, "EAST", month) * PRODUCTS[code][1],
        )
        for month in months
        for code in ("ALPHA", "GAMMA")
    )
    lines_sync()


def _past(cast: Cast, cycle: Cycle) -> None:
    """What everybody said and called in a cycle that is measured; then its accuracy is taken."""
    at = cycle.opened_at + timedelta(days=1)
    for username, (times, seconds, calls, came) in HABITS.items():
        person = cast.people[username]
        Contribution.objects.create(
            cycle=cycle,
            step=Step.SALES_FORECAST.value,
            person=person.user,
            value=1000,
            answered_at=at,
            how=How.CHANGED,
            active_seconds=seconds,
        )
        _changes(cast, cycle, person, times, at)
        _calls(cast, cycle, person, calls, came, at)
    accuracy_take(cycle=cycle)


def _changes(cast: Cast, cycle: Cycle, person: Person, times: float, at: datetime) -> None:
    """The multiple of what came, for three months of every line of two products."""
    for customer in (each for each in cast.customers.values() if each.owner_id == person.pk):
        for code in ("ALPHA", "GAMMA"):
            line = cast.line(code, customer.code)
            came = history(np.array([line.pk]), start=cycle.month, before=add_months(cycle.month, LAGS)).quantity[0]
            quantity = [float(round(value * times)) for value in came] + [None] * (cycle.horizon - LAGS)
            LayerLine.objects.create(
                cycle=cycle,
                stage=Stage.SALES,
                line=line,
                quantity=quantity,
                reason=Reason.CUSTOMER_TOLD,
                note="The depot moves",
                changed_by=person,
                changed_at=at,
            )


def _calls(cast: Cast, cycle: Cycle, person: Person, calls: int, came: int, at: datetime) -> None:
    customer = next(each for each in cast.customers.values() if each.owner_id == person.pk)
    for i in range(calls):
        shipped = cycle.month + timedelta(days=9) if i < came else add_months(cycle.month, 3)
        order = OrderLine.objects.create(
            code=f"{person.username}-{cycle.code}-{i}",
            customer=customer,
            product=cast.products["ALPHA"],
            qty=5,
            ordered_on=add_months(cycle.month, -1),
            requested_on=cycle.month,
            shipped_on=shipped,
            shipped_qty=5,
        )
        OrderCall.objects.create(cycle=cycle, order_line=order, month=cycle.month, call=Call.LIKELY, by=person, at=at)


def _said_and_entered(house: Everything) -> None:
    """Notes, a question, an event, an assumption, an order, an opportunity, an action, a risk, somebody away."""
    cast, cycle, line = house.cast, house.cycle, house.cast.line("ALPHA", "NORTH")
    note_add(cycle=cycle, by=cast.rep, text="Ask @mona for the price list.", at=ENTRY, line=line, month=cycle.month)
    question_ask(cycle=cycle, line=line, by=cast.manager, text="Is the tender in?", at=ENTRY, month=cycle.month)
    entry = EventEntry(
        "Spring weeks", EventKind.PROMOTION, family="BIKES", first="2027-03", last="2027-04", uplift=25, confidence=80
    )
    event_save(cycle=cycle, person=cast.marketing, entry=entry, at=ENTRY)
    assumption_add(
        cycle=cycle,
        person=cast.demand_planner,
        text="No strike at the harbour",
        family="BIKES",
        owner="dora",
        check_on="2026-12-15",
        at=ENTRY,
    )
    facts = {"customer": cast.customers["NORTH"], "product": cast.products["ALPHA"]}
    OrderLine.objects.create(code="SO-1", qty=4, ordered_on=date(2026, 10, 1), promised_on=date(2026, 11, 20), **facts)
    Opportunity.objects.create(
        code="OP-1", qty=9, value=4500, probability=0.6, expected_month=cycle.month, owner=cast.rep, **facts
    )
    action_add(
        cycle=cycle, text="Agree the price list", owner=cast.manager, due_on=date(2026, 11, 13),
        by=cast.leader, on=date(2026, 11, 2), at=ENTRY,
    )  # fmt: skip
    risk_add(
        cycle=cycle, kind=RiskOpportunity.Kind.RISK, text="North Stores may cut its range", value=40_000.0,
        probability=0.3, month=date(2027, 2, 1), owner=cast.manager, by=cast.manager, at=ENTRY,
    )  # fmt: skip
    absence_enter(
        person=cast.other_rep,
        first=ENTRY.date(),
        last=ENTRY.date() + timedelta(days=3),
        substitute=cast.rep,
        by=cast.other_rep,
        today=ENTRY.date(),
        at=ENTRY,
    )
    goal = TeamGoal.objects.create(
        cycle=cycle, manager=cast.manager, due_on=ENTRY.date() + timedelta(days=2), proposed_at=ENTRY
    )
    goal_answer(goal=goal, person=cast.rep, joins=True, at=ENTRY)
    webhook = Webhook.objects.create(
        url="https://erp.example.com/hooks", events=["forecast.published"], salt="s", created_at=ENTRY
    )
    Delivery.objects.create(
        webhook=webhook, key="forecast.published:1", event="forecast.published", body={}, due_at=ENTRY,
        state="failed", attempts=8, answered=500, error="The receiver answered 500.",
    )  # fmt: skip
    pull = ScheduledPull.objects.create(
        address="https://erp.example.com/bookings.csv", file="bookings", next_at=ENTRY, owner=cast.leader.user,
        created_at=ENTRY,
    )  # fmt: skip
    fault = {"file": "bookings.csv", "line": 2, "column": "product", "message": "'BETTA' is an unknown product."}
    PullOutcome.objects.create(
        pull=pull, due_at=ENTRY, at=ENTRY, ok=False, message="1 fault.", errors=[fault], error_count=1
    )
    Job.objects.create(
        kind="cards", key="done", label="Monthly cards of 2026-10", state=WorkState.DONE, created_at=ENTRY
    )


def _uploads(cast: Cast) -> tuple[str, str]:
    """A file that can be loaded and one with a fault."""
    good = ImportFile("families.csv", b"code,name,group\nNEW,New family,Bicycles\n")
    bad = ImportFile("bookings.csv", b"month,customer,product,qty\n2026-11,NORD,BETA,3\n")
    ImportRun.objects.create(source="families.csv", content_hash="0", by=cast.leader, at=ENTRY, rows=1)
    first, second = (upload_check(uploads=[each], by=cast.leader, at=ENTRY) for each in (good, bad))
    return first, second


def _brief(house: Everything) -> None:
    decision_raise(
        cycle=house.cycle,
        forum=MeetingKind.EXECUTIVE,
        question="Run Saturday shifts in welding?",
        options=[
            OptionDraft("a", "Do nothing", do_nothing=True),
            OptionDraft("b", "Two Saturdays", effects={"revenue": 40_000.0, "cost": 3_000.0}),
        ],
        recommendation="b",
        decider=house.cast.ceo,
        decide_by=date(2026, 11, 19),
        by=house.cast.supply_planner,
        at=MONEY,
    )
