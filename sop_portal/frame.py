"""What every page's frame shows: company, open cycle and step, deadline, and the pages of one's role."""

from typing import Any

from django.http import HttpRequest

from cycles.models import CycleStep
from cycles.selectors import current_cycle
from cycles.steps import StepState, is_late
from jobs.models import Job, WorkState
from masterdata.models import Company, Person
from masterdata.roles import IMPORT_ROLES, SET_UP_ROLES, Role
from masterdata.selectors import company

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


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context of `base.html`; nothing but the company's name for somebody who is not signed in."""
    settings = company()
    person: Person | None = getattr(request, "person", None)
    shown: dict[str, Any] = {
        "company_name": settings.name,
        "demo_note": demo_note(settings),
        "currency": settings.currency,
    }
    if person is None:
        return shown
    return (
        shown
        | _cycle_facts(request)
        | {
            "rail": [_entry(entry, request.path) for entry in RAILS[person.role]],
            "account_links": [_entry(entry, request.path) for entry in _links(person)],
            "role_name": Role(person.role).label,
        }
    )


def _cycle_facts(request: HttpRequest) -> dict[str, Any]:
    cycle = current_cycle()
    if cycle is None:
        return {}
    steps = list(cycle.steps.all())
    active = next((s for s in steps if s.state == StepState.OPEN.value), None)
    at = request.now  # type: ignore[attr-defined]
    return {
        "cycle_name": f"Cycle {cycle.month:%b %Y}",
        "step_name": active.kind.label if active else cycle.get_state_display(),
        "deadline": active.due_at if active else None,
        "step_late": active is not None and _late(active, at),
    }


def _late(step: CycleStep, at: Any) -> bool:
    return is_late(StepState(step.state), step.due_at, at)


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


def demo_note(settings: Company) -> str:
    """What a reader must know about demonstration data; empty for a real company."""
    if not settings.is_demonstration:
        return ""
    note = (
        f"Demonstration: {settings.name} is a fictitious company; its dates are moved by "
        f"{settings.months_shifted} months, its stock, budget, past input and past calls are simulated."
    )
    replay = Job.objects.filter(kind="replay", state__in=[WorkState.QUEUED, WorkState.RUNNING]).first()
    if replay is not None:
        note += f" Past cycles are being replayed: {replay.done} of {replay.total}."
    return note
