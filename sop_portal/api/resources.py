"""Everything that can be read in lists over REST, as tables: names, fields, filters, and who reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model, QuerySet

from cycles.models import Contribution, CycleStep
from demand.models import Booking, Budget, Event, Line, Opportunity, OrderLine, Shipment
from kpis.models import Snapshot, StageAccuracy
from masterdata.models import Customer, ExchangeRate, Family, Person, Product, Region
from masterdata.roles import COST_ROLES
from meetings.models import Action, Decision, DecisionOption, Meeting, RiskOpportunity
from supply.models import CapacityException, Inventory, Receipt, Resource, SupplyOrder

TEXT, NUMBER, WHOLE, YES_NO, DAY, MONTH, MOMENT = "text", "number", "integer", "boolean", "date", "month", "moment"


@dataclass(frozen=True)
class Field:
    """A column of an answer: `path` leads there from the row; `private` is for those who may see cost (P10)."""

    name: str
    path: str
    kind: str = TEXT
    private: bool = False


@dataclass(frozen=True)
class Table:
    """One list. `key`: the field that names a row, '' when none does. `file`: the import file that writes it.

    The file's columns and the fields have the same names, so that what was read can be sent back.
    """

    name: str
    about: str
    scope: str
    model: type[Model]
    fields: tuple[Field, ...]
    filters: tuple[str, ...] = ()
    key: str = ""
    file: str = ""
    write_scope: str = "data:write"
    where: Mapping[str, Any] | None = None

    def rows(self) -> QuerySet[Any]:
        return self.model._default_manager.filter(**(self.where or {}))

    def fields_for(self, person: Person) -> list[Field]:
        """What this reader may see."""
        return [field for field in self.fields if not field.private or person.role in COST_ROLES]

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


def _f(kind: str, *names: str, private: bool = False) -> tuple[Field, ...]:
    """Fields of one kind; `name=path` where they differ."""
    pairs = [name.partition("=") for name in names]
    return tuple(Field(name, path or name, kind, private) for name, _, path in pairs)


def _table(name: str, about: str, scope: str, model: type[Model], *fields: tuple[Field, ...], **more: Any) -> Table:
    return Table(name, about, scope, model, tuple(field for some in fields for field in some), **more)


_CODE: Final = ("product=product__code", "customer=customer__code")


def _masterdata(name: str, about: str, model: type[Model], *fields: tuple[Field, ...], **more: Any) -> Table:
    more |= {"key": "code", "file": name, "write_scope": "masterdata:write"}
    return _table(name, about, "data:read", model, *fields, **more)


TABLES: Final[tuple[Table, ...]] = (
    _masterdata("families", "Product families", Family, _f(TEXT, "code", "name", "group"), filters=("group",)),
    _masterdata("regions", "Sales regions", Region, _f(TEXT, "code", "name", "parent=parent__code")),
    _masterdata(
        "products",
        "Products with price, life and planning product",
        Product,
        _f(TEXT, "code", "name", "family=family__code", "uom"),
        _f(NUMBER, "price"),
        _f(NUMBER, "unit_cost", private=True),
        _f(TEXT, "currency", "make_or_buy", "make_to"),
        _f(MONTH, "launch_month", "phase_out_month"),
        _f(TEXT, "like_product=like_product__code", "plan_as=plan_as__code"),
        _f(NUMBER, "like_share"),
        _f(WHOLE, "lead_time_days"),
        _f(NUMBER, "lot", "lot_multiple"),
        _f(WHOLE, "frozen_months", "priority"),
        filters=("family", "make_or_buy", "make_to", "plan_as"),
    ),
    _masterdata(
        "customers",
        "Customers with region, owner and planning customer",
        Customer,
        _f(TEXT, "code", "name", "region=region__code", "segment", "owner=owner__user__username"),
        _f(DAY, "owner_from"),
        _f(TEXT, "plan_as=plan_as__code"),
        filters=("region", "segment", "owner", "plan_as"),
    ),
    _table(
        "exchange-rates",
        "Units of company currency for one of another, by month",
        "data:read",
        ExchangeRate,
        _f(MONTH, "month"),
        _f(TEXT, "currency"),
        _f(NUMBER, "rate"),
        filters=("month", "currency"),
        file="exchange_rates",
        write_scope="masterdata:write",
    ),
    _table(
        "people",
        "Who works here, in which role, reporting to whom",
        "data:read",
        Person,
        _f(TEXT, "username=user__username", "name=user__first_name", "role", "department"),
        _f(TEXT, "reports_to=reports_to__user__username"),
        filters=("role", "department", "reports_to"),
        key="username",
        where={"user__is_active": True},
    ),
    _table(
        "lines",
        "Planning products of planning customers: what is forecast",
        "data:read",
        Line,
        _f(TEXT, *_CODE, "family=product__family__code", "region=customer__region__code"),
        _f(TEXT, "rep=customer__owner__user__username"),
        filters=("product", "customer", "family", "region", "rep"),
    ),
    _table(
        "bookings",
        "Actual demand by month, customer and product",
        "data:read",
        Booking,
        _f(MONTH, "month"),
        _f(TEXT, *_CODE),
        _f(NUMBER, "qty", "revenue"),
        filters=("month", "customer", "product"),
        file="bookings",
    ),
    _table(
        "shipments",
        "What was shipped by month and product",
        "data:read",
        Shipment,
        _f(MONTH, "month"),
        _f(TEXT, *_CODE),
        _f(NUMBER, "qty", "revenue"),
        filters=("month", "customer", "product"),
        file="shipments",
    ),
    _table(
        "order-lines",
        "Order lines, the open ones being the backlog",
        "data:read",
        OrderLine,
        _f(TEXT, "order_line=code", *_CODE),
        _f(NUMBER, "qty", "revenue"),
        _f(DAY, "ordered_on", "requested_on", "promised_on", "shipped_on"),
        _f(NUMBER, "shipped_qty"),
        _f(WHOLE, "pushes"),
        filters=("order_line", "customer", "product"),
        file="order_lines",
    ),
    _table(
        "opportunities",
        "Quotes and deals that may become orders",
        "data:read",
        Opportunity,
        _f(TEXT, "code", *_CODE, "family=family__code"),
        _f(NUMBER, "qty", "value", "probability"),
        _f(TEXT, "stage"),
        _f(MONTH, "expected_month"),
        _f(TEXT, "owner=owner__user__username"),
        _f(DAY, "created_on", "closed_on"),
        filters=("customer", "product", "family", "owner"),
        file="opportunities",
    ),
    _table(
        "budget",
        "Annual plan in money, by rep or family",
        "data:read",
        Budget,
        _f(MONTH, "month"),
        _f(TEXT, "rep=rep__user__username", "family=family__code"),
        _f(NUMBER, "revenue"),
        filters=("month", "rep", "family"),
        file="budget",
    ),
    _table(
        "events",
        "Promotions, price changes, launches, listings, losses",
        "data:read",
        Event,
        _f(TEXT, "code", "name", "kind", "family=family__code", *_CODE, "region=region__code"),
        _f(MONTH, "from_month", "to_month"),
        _f(NUMBER, "uplift_pct", "uplift_qty", "confidence"),
        _f(DAY, "entered_on"),
        _f(TEXT, "shape"),
        filters=("kind", "family", "product", "customer", "region"),
        file="events",
    ),
    _table(
        "inventory",
        "Stock at month ends",
        "data:read",
        Inventory,
        _f(DAY, "as_of"),
        _f(TEXT, "product=product__code"),
        _f(NUMBER, "on_hand", "safety_stock"),
        filters=("as_of", "product"),
        file="inventory",
    ),
    _table(
        "receipts",
        "Production and purchases received",
        "data:read",
        Receipt,
        _f(MONTH, "month"),
        _f(TEXT, "product=product__code"),
        _f(NUMBER, "qty"),
        filters=("month", "product"),
        file="receipts",
    ),
    _table(
        "supply-orders",
        "Open production and purchase orders",
        "data:read",
        SupplyOrder,
        _f(TEXT, "order=code", "product=product__code", "kind"),
        _f(NUMBER, "qty"),
        _f(DAY, "due_on"),
        filters=("product", "kind"),
        file="supply_orders",
    ),
    _table(
        "resources",
        "Work centres and suppliers with monthly capacity",
        "data:read",
        Resource,
        _f(TEXT, "code", "name", "unit"),
        _f(NUMBER, "regular_capacity", "overtime_capacity"),
        _f(NUMBER, "regular_cost", "overtime_cost", private=True),
        file="resources",
    ),
    _table(
        "capacity",
        "Months with another capacity",
        "data:read",
        CapacityException,
        _f(TEXT, "resource=resource__code"),
        _f(MONTH, "month"),
        _f(NUMBER, "regular", "overtime"),
        filters=("resource", "month"),
        file="capacity",
    ),
    _table(
        "steps",
        "The steps of every cycle: when they open and are due, and what became of them",
        "cycles:read",
        CycleStep,
        _f(MONTH, "cycle=cycle__month"),
        _f(TEXT, "step", "state"),
        _f(MOMENT, "opens_at", "due_at", "opened_at", "closed_at"),
        filters=("cycle", "step", "state"),
    ),
    _table(
        "participation",
        "Who is expected to answer in a step, and whether and how it happened",
        "cycles:read",
        Contribution,
        _f(MONTH, "cycle=cycle__month"),
        _f(TEXT, "step", "person=person__username"),
        _f(MOMENT, "answered_at"),
        _f(TEXT, "how", "answered_by=answered_by__username"),
        filters=("cycle", "step", "person", "how"),
    ),
    _table(
        "meetings",
        "The meetings of every cycle",
        "meetings:read",
        Meeting,
        _f(MONTH, "cycle=cycle__month"),
        _f(TEXT, "kind"),
        _f(MOMENT, "starts_at"),
        _f(WHOLE, "length_minutes=minutes"),
        _f(TEXT, "state"),
        _f(MOMENT, "pack_frozen_at", "started_at", "finished_at"),
        filters=("cycle", "kind", "state"),
    ),
    _table(
        "decisions",
        "What was to decide, who decided, and why",
        "meetings:read",
        Decision,
        _f(TEXT, "code"),
        _f(MONTH, "cycle=cycle__month"),
        _f(TEXT, "forum", "question", "recommendation", "decider=decider__user__username"),
        _f(DAY, "decide_by"),
        _f(TEXT, "raised_by=raised_by__user__username"),
        _f(MOMENT, "raised_at"),
        _f(TEXT, "state", "chosen", "decided_by=decided_by__user__username"),
        _f(TEXT, "on_behalf_of=on_behalf_of__user__username"),
        _f(MOMENT, "decided_at"),
        _f(DAY, "deferred_to"),
        _f(TEXT, "reason"),
        _f(YES_NO, "proposed"),
        filters=("cycle", "forum", "state", "decider"),
        key="code",
    ),
    _table(
        "decision-options",
        "The ways to go of every decision, with their effects",
        "meetings:read",
        DecisionOption,
        _f(TEXT, "decision=decision__code", "key", "label"),
        _f(YES_NO, "do_nothing"),
        _f(NUMBER, "units", "revenue", "service", "capacity_hours"),
        _f(NUMBER, "margin", "inventory", "cost", private=True),
        _f(TEXT, "text"),
        filters=("decision",),
    ),
    _table(
        "actions",
        "What somebody promised to do until when",
        "meetings:read",
        Action,
        _f(TEXT, "code"),
        _f(MONTH, "cycle=cycle__month"),
        _f(TEXT, "text", "owner=owner__user__username"),
        _f(DAY, "due_on"),
        _f(TEXT, "state", "raised_by=raised_by__user__username"),
        _f(MOMENT, "raised_at", "closed_at"),
        _f(TEXT, "outcome"),
        filters=("cycle", "owner", "state"),
        key="code",
    ),
    _table(
        "risks",
        "What may come and is not in the plan, with probability and value",
        "meetings:read",
        RiskOpportunity,
        _f(MONTH, "cycle=cycle__month"),
        _f(TEXT, "kind", "text", "family=family__code"),
        _f(NUMBER, "units", "value", "probability"),
        _f(MONTH, "month"),
        _f(TEXT, "owner=owner__user__username", "state"),
        filters=("cycle", "kind", "family", "owner", "state"),
    ),
    _table(
        "kpis",
        "Measures of closed months, of the company and of families",
        "kpis:read",
        Snapshot,
        _f(TEXT, "measure"),
        _f(MONTH, "month"),
        _f(TEXT, "level", "key"),
        _f(NUMBER, "value", "numerator", "denominator"),
        _f(WHOLE, "n"),
        _f(MOMENT, "taken_at"),
        filters=("measure", "month", "level", "key"),
        where={"level__in": ("company", "group", "family")},
    ),
    _table(
        "accuracy",
        "Errors of every stage for closed months as sums, so that they pool: WAPE = absolute_error / |actual|",
        "kpis:read",
        StageAccuracy,
        _f(MONTH, "cycle=cycle__month"),
        _f(TEXT, "stage"),
        _f(MONTH, "month"),
        _f(TEXT, "level", "key"),
        _f(NUMBER, "absolute_error", "signed_error", "actual"),
        _f(WHOLE, "n"),
        filters=("cycle", "stage", "month", "level", "key"),
    ),
)
BY_NAME: Final[Mapping[str, Table]] = {table.name: table for table in TABLES}
