"""PDFs of packs and minutes: made once in the background, kept beside the meeting."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string

from jobs.models import Job
from jobs.services.work import PartSpec, job_queue
from masterdata.models import Person
from meetings.models import Meeting, PaperFile
from meetings.selectors.papers import (
    PDF_JOB,
    What,
    paper_of,
    pdf_files,
    pdf_key,
    reads_costs,
    sales_chart,
    version_of,
)
from meetings.services.printing import STYLES, check_browser, css_text, pdf_from


@transaction.atomic
def pdf_queue(*, meeting: Meeting, what: What, by: Person, at: datetime) -> Job | None:
    """Have the PDF made as this person may read it; None when it is there already."""
    costs = reads_costs(by)
    paper = paper_of(meeting, what, costs=costs)
    if pdf_files(meeting, what, costs=costs).exists():
        return None
    check_browser()
    part = PartSpec(f"Print {paper.name}", {"meeting": meeting.pk, "what": what.value, "costs": costs})
    key = pdf_key(meeting, what, costs=costs)
    return job_queue(kind=PDF_JOB, key=key, label=f"PDF of {paper.title}", parts=[part], at=at, owner=by.user)


def pdf_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    """The one part of the job; a second attempt finds what the first has kept."""
    meeting = Meeting.objects.select_related("cycle").get(pk=payload["meeting"])
    what, costs = What(payload["what"]), payload["costs"]
    if not pdf_files(meeting, what, costs=costs).exists():
        _keep(meeting, what, costs, at)
    return "The PDF is there."


def _keep(meeting: Meeting, what: What, costs: bool, at: datetime) -> None:
    new = PaperFile(meeting=meeting, what=what, version=version_of(meeting, what), costs=costs, made_at=at)
    new.content = pdf_from(paper_html(meeting, what, costs=costs))
    PaperFile.objects.bulk_create([new], ignore_conflicts=True)


def paper_html(meeting: Meeting, what: What, *, costs: bool) -> str:
    """The page that is printed: it stands alone, with the style sheets beside it."""
    paper = paper_of(meeting, what, costs=costs)
    chart = sales_chart(meeting.pack) if what is What.PACK else None
    context = {"paper": paper, "chart": chart, "styles": STYLES, "footer": css_text(paper.footer)}
    return render_to_string("meetings/paper_alone.html", context)
