"""What every page's frame shows: company, open cycle and step, deadline, and the pages of one's role."""

from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.db import connection
from django.http import HttpRequest

from cycles.models import CycleState
from cycles.steps import Step, StepState, is_late
from masterdata.models import Company, Person
from masterdata.roles import IMPORT_ROLES, SET_UP_ROLES, Role

Entry = tuple[str, str, str]

HOME: Entry = ("/", "My month", "month")
TODAY: Entry = ("/", "Today", "month")
SHEET: Entry = ("/sheet/", "My sheet", "sheet")
ORDERS: Entry = ("/orders/", "Orders", "orders")
TEAM: Entry = ("/team/", "Team", "team")
EVENTS: Entry = ("/events/", "Events", "events")
DEMAND: Entry = ("/demand/", "Demand review", "review")
SUPPLY: Entry = ("/supply/", "Supply", "supply")
FINANCE: Entry = ("/finance/", "Finance", "finance")
FORECAST: Entry = ("/forecast/", "Forecast", "forecast")
DASHBOARD: Entry = ("/dashboard/", "Dashboard", "dashboard")
EXECUTIVE: Entry = ("/executive/", "Executive", "executive")
MEETINGS: Entry = ("/meetings/", "Meetings", "meeting")
CYCLE: Entry = ("/cycle/", "Cycle", "cycle")
AWAY: Entry = ("/away/", "I am away", "sun")
DATA: Entry = ("/data/", "Data", "import")
PEOPLE: Entry = ("/people/", "People", "people")
SET_UP: Entry = ("/set-up/", "Set-up", "setup")
JOBS: Entry = ("/jobs/", "Jobs", "jobs")
MAILS: Entry = ("/mails/", "My mails", "mail")
DOCS: Entry = ("/api/v1/docs/", "REST interface", "link")
HOOKS: Entry = ("/webhooks/", "Webhooks", "link")
EVERYTHING = (TODAY, SHEET, TEAM, EVENTS, DEMAND, SUPPLY, FINANCE, FORECAST, DASHBOARD, EXECUTIVE, MEETINGS, CYCLE)

RAILS: dict[str, tuple[Entry, ...]] = {
    Role.SALES_REP: (HOME, SHEET, ORDERS, FORECAST, DASHBOARD, MEETINGS, CYCLE),
    Role.SALES_MANAGER: (HOME, TEAM, SHEET, DEMAND, FORECAST, DASHBOARD, MEETINGS),
    Role.MARKETING: (TODAY, EVENTS, DEMAND, FORECAST, DASHBOARD, MEETINGS, CYCLE),
    Role.DEMAND_PLANNER: (TODAY, DEMAND, EVENTS, FORECAST, DASHBOARD, MEETINGS, CYCLE),
    Role.SUPPLY_PLANNER: (TODAY, SUPPLY, DEMAND, FORECAST, DASHBOARD, MEETINGS, CYCLE),
    Role.FINANCE: (TODAY, FINANCE, EXECUTIVE, FORECAST, DASHBOARD, MEETINGS, CYCLE),
    Role.SOP_LEADER: (TODAY, CYCLE, MEETINGS, EXECUTIVE, FORECAST, DASHBOARD, DEMAND),
    Role.EXECUTIVE: (EXECUTIVE, DASHBOARD, FORECAST, MEETINGS, DEMAND, SUPPLY, CYCLE),
    Role.ADMIN: (TODAY, PEOPLE, DATA, JOBS, DASHBOARD, FORECAST, CYCLE),
    Role.API_CLIENT: (TODAY, FORECAST, DASHBOARD, DOCS),
}


# The company; the current cycle, the open one before the newest real one; its open step; how far a replay is.
STANDING: Final = """
SELECT coalesce(h.name, ''), coalesce(h.currency, %s), coalesce(h.is_demonstration, false), h.months_shifted,
    c.month, coalesce(c.state, ''), s.step, s.due_at, j.done, j.total
FROM (SELECT 1) once
LEFT JOIN masterdata_company h ON true
LEFT JOIN (SELECT id, month, state FROM cycles_cycle WHERE NOT simulated
    ORDER BY state = 'open' DESC, month DESC LIMIT 1) c ON true
LEFT JOIN (SELECT cycle_id, step, due_at, opens_at, id FROM cycles_cyclestep WHERE state = 'open') s
    ON s.cycle_id = c.id
LEFT JOIN (SELECT done, total FROM jobs_job WHERE kind = 'replay' AND state IN ('queued', 'running')
    ORDER BY id DESC LIMIT 1) j ON h.is_demonstration
ORDER BY s.opens_at, s.id LIMIT 1
"""


class Standing(NamedTuple):
    """What every page says of the company and its cycle; `done` of `total` past cycles are replayed."""

    name: str
    currency: str
    is_demonstration: bool
    months_shifted: int | None
    month: date | None
    state: str
    step: str | None
    due_at: datetime | None
    done: int | None
    total: int | None


def standing() -> Standing:
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [Company._meta.get_field("currency").get_default()])
        return Standing._make(cursor.fetchone())


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of `base.html`; nothing but the company's name for somebody who is not signed in."""
    now = standing()
    person: Person | None = getattr(request, "person", None)
    shown = {"company_name": now.name, "demo_note": _demo_note(now), "currency": now.currency}
    if person is None:
        return shown
    return (
        shown
        | _cycle_facts(now, request.now)  # type: ignore[attr-defined]
        | {
            "rail": [_entry(entry, request.path) for entry in RAILS[person.role]],
            "account_links": [_entry(entry, request.path) for entry in _links(person)],
            "role_name": Role(person.role).label,
        }
    )


def _cycle_facts(now: Standing, at: datetime) -> dict[str, Any]:
    if now.month is None:
        return {}
    return {
        "cycle_name": f"Cycle {now.month:%b %Y}",
        "step_name": Step(now.step).label if now.step else CycleState(now.state).label,
        "deadline": now.due_at,
        "step_late": now.due_at is not None and is_late(StepState.OPEN, now.due_at, at),
    }


def _links(person: Person) -> list[Entry]:
    """Everything that is not on the person's rail."""
    extra = [MAILS, JOBS, DOCS]
    extra += [DATA] if person.role in IMPORT_ROLES else []
    extra += [PEOPLE, SET_UP, HOOKS] if person.role in SET_UP_ROLES else []
    rail = {url for url, _, _ in RAILS[person.role]}
    own = [AWAY] if person.role != Role.API_CLIENT else []
    return [*own, *(entry for entry in (*EVERYTHING, *extra) if entry[0] not in rail)]


def _entry(entry: Entry, path: str) -> dict[str, Any]:
    url, label, icon = entry
    current = path == url if url == "/" else path.startswith(url)
    return {"url": url, "label": label, "icon": icon, "current": current}


def _demo_note(now: Standing) -> str:
    """What a reader must know about demonstration data; empty for a real company."""
    if not now.is_demonstration:
        return ""
    note = (
        f"Demonstration: {now.name} is a fictitious company; its dates are moved by "
        f"{now.months_shifted} months, its stock, budget, past input and past calls are simulated."
    )
    return note if now.total is None else f"{note} Past cycles are being replayed: {now.done} of {now.total}."
