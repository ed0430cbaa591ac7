"""What may be taken out of a meeting: its frozen pack and its minutes, as the reader may see them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from cycles.periods import parse_month
from jobs.errors import Refused
from jobs.models import Job
from masterdata.models import Company, Person
from masterdata.roles import COST_ROLES
from masterdata.selectors import company
from meetings.minutes_paper import minutes_paper
from meetings.models import Meeting, PaperFile
from meetings.pack_paper import pack_paper
from meetings.papers import Paper, day_text, paper_size
from meetings.selectors.pack import pack_for_everybody

PDF_JOB = "paper"
MILLION = 1e6


class What(StrEnum):
    """The papers of a meeting, as they stand in an address."""

    PACK = "pack"
    MINUTES = "minutes"


def paper_of(meeting: Meeting, what: What, *, costs: bool) -> Paper:
    """The paper for those who read costs, or for everybody; refused while there is none."""
    return _pack(meeting, costs) if what is What.PACK else _minutes(meeting)


def papers_of(meeting: Meeting) -> list[What]:
    """What there is of a meeting to take out."""
    there = {What.PACK: bool(meeting.pack), What.MINUTES: bool(meeting.minutes_text)}
    return [what for what in What if there[what]]


def version_of(meeting: Meeting, what: What) -> str:
    """What a file was made from: the pack's number, or when the minutes were closed."""
    if what is What.PACK:
        return str(meeting.pack.get("number", ""))
    return meeting.finished_at.isoformat() if meeting.finished_at else ""


def pdf_files(meeting: Meeting, what: What, *, costs: bool) -> QuerySet[PaperFile]:
    return PaperFile.objects.filter(meeting=meeting, what=what, version=version_of(meeting, what), costs=costs)


def pdf_key(meeting: Meeting, what: What, *, costs: bool) -> str:
    """The business key of the job that makes the PDF."""
    version, readers = version_of(meeting, what), "costs" if costs else "everybody"
    return f"{meeting.cycle.code}:{meeting.kind}:{what}:{version}:{readers}"


def reads_costs(person: Person) -> bool:
    """Whether this person's pack has the margin and cost of what is smaller than a family."""
    return person.role in COST_ROLES


def _pack(meeting: Meeting, costs: bool) -> Paper:
    if not meeting.pack or meeting.pack_frozen_at is None:
        raise Refused("no_pack", "The pack of this meeting is not frozen yet.", status=404)
    settings = company()
    pack = meeting.pack if costs else pack_for_everybody(meeting.pack)
    version = f"pack {pack['number']}, frozen {_moment(meeting.pack_frozen_at, settings)}"
    return pack_paper(pack, footer=_footer(meeting, settings, version), size=paper_size(settings.country))


def _minutes(meeting: Meeting) -> Paper:
    if not meeting.minutes_text or meeting.finished_at is None:
        raise Refused("no_minutes", "This meeting has no minutes yet.", status=404)
    settings = company()
    version = f"minutes of {_moment(meeting.finished_at, settings)}"
    return minutes_paper(
        meeting.minutes_text,
        name=f"minutes-{meeting.cycle.code}-{meeting.kind}".replace("_", "-"),
        footer=_footer(meeting, settings, version),
        size=paper_size(settings.country),
    )


def _footer(meeting: Meeting, settings: Company, version: str) -> str:
    return f"{settings.name} · cycle {meeting.cycle.code} · {version}"


def _moment(at: datetime, settings: Company) -> str:
    """In the company's time, which a paper keeps wherever it is read."""
    local = at.astimezone(ZoneInfo(settings.timezone))
    return f"{day_text(local.date())} {local:%H:%M} ({settings.timezone})"


def paper_page(meeting: Meeting, what: What, person: Person) -> dict[str, Any]:
    """The page to print: the paper, its chart, and the files that can be had."""
    costs = reads_costs(person)
    paper = paper_of(meeting, what, costs=costs)
    return {
        "meeting": meeting,
        "what": what,
        "paper": paper,
        "chart": sales_chart(meeting.pack) if what is What.PACK else None,
        **pdf_state(meeting, what, costs=costs),
    }


def pdf_state(meeting: Meeting, what: What, *, costs: bool) -> dict[str, Any]:
    """Whether the PDF is there, and the job that makes it."""
    key = pdf_key(meeting, what, costs=costs)
    return {
        "pdf": pdf_files(meeting, what, costs=costs).exists(),
        "pdf_job": Job.objects.filter(kind=PDF_JOB, key=key).order_by("-id").first(),
    }


def sales_chart(pack: dict[str, Any]) -> dict[str, Any]:
    """Arguments of the three-tier chart: the pack's months against the budget."""
    months = pack["months"]
    most = max((abs(row["revenue"]) for row in months), default=0.0)
    scale, prefix = (1e6, "m") if most >= MILLION else (1e3, "k ")
    return {
        "months": [parse_month(row["month"]) for row in months],
        "forecast": [True] * len(months),
        "values": [row["revenue"] / scale for row in months],
        "plan": [None if row["budget"] is None else row["budget"] / scale for row in months],
        "reference": "BU",
        "measure": "Net sales",
        "unit": f"{prefix}{pack['currency']}",
        "when": "next months; FC, BU budget",
        "width": 960,
        "table": False,
    }
