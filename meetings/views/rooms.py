"""The meetings: their list, and the room of one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from cycles.periods import parse_month
from cycles.selectors import current_cycle
from cycles.typed import whole_number, whole_numbers
from jobs.errors import Refused
from masterdata.requests import PortalRequest
from meetings.forms import day_read, person_read, risk_read, words_read
from meetings.models import Action, Meeting, MeetingKind
from meetings.selectors.rights import leads
from meetings.selectors.rooms import gaps_without_brief, meetings_page, present_page, room_page
from meetings.services.actions import action_add, risk_add
from meetings.services.digests import digest_readers
from meetings.services.rooms import (
    agenda_items,
    attendance_mark,
    may_cancel,
    meeting_cancel,
    meeting_finish,
    meeting_minutes,
    meeting_start,
    note_save,
)


def meeting_at(month: str, kind: str) -> Meeting:
    try:
        day = parse_month(month)
    except ValueError as error:
        raise Refused("no_meeting", str(error), status=404) from error
    return get_object_or_404(Meeting.objects.select_related("cycle"), cycle__month=day, kind=kind)


@require_GET
def meetings_list(request: PortalRequest) -> HttpResponse:
    context = meetings_page(current_cycle(), request.now) | {"tab": "meetings", "writes": leads(request.person)}
    following = next((one["row"] for one in context["meetings"] if one["row"].state == Meeting.State.PLANNED), None)
    if following is not None and following.starts_at > request.now and may_cancel(following, request.today):
        context["cancellable"] = following
    return render(request, "meetings/meetings.html", context)


@require_GET
def room(request: PortalRequest, month: str, kind: str) -> HttpResponse:
    meeting, wanted = meeting_at(month, kind), whole_number(request.GET.get("present", ""))
    return _room(request, meeting) if wanted is None else _present(request, meeting, wanted)


def _present(request: PortalRequest, meeting: Meeting, wanted: int) -> HttpResponse:
    """One agenda item for the wall; the last one when there are fewer."""
    context = present_page(meeting, agenda_items(meeting, request.today), wanted, request.person, request.today)
    return render(request, "meetings/present.html", context | {"tab": "meetings"})


def _room(request: PortalRequest, meeting: Meeting, problem: Refused | None = None, form: str = "") -> HttpResponse:
    """The room; after a refusal with what was typed in the form it was typed in."""
    context = room_page(meeting, agenda_items(meeting, request.today), request.person, request.today) | {
        "may_cancel": may_cancel(meeting, request.today),
        "gaps": gaps_without_brief(meeting.cycle) if meeting.kind == MeetingKind.PRE_SOP else [],
        "problem": problem,
        "problem_form": form,
        "typed": request.POST if problem else {},
        "tab": "meetings",
    }
    return render(request, "meetings/room.html", context, status=problem.status if problem else 200)


def _back(meeting: Meeting, anchor: str = "") -> HttpResponse:
    response = redirect("meetings:room", month=meeting.cycle.code, kind=meeting.kind)
    response["Location"] += anchor
    return response


@require_POST
def start(request: PortalRequest, month: str, kind: str) -> HttpResponse:
    meeting = meeting_start(meeting=meeting_at(month, kind), by=request.person, on=request.today, at=request.now)
    return _back(meeting)


@require_POST
def attendance(request: PortalRequest, month: str, kind: str) -> HttpResponse:
    meeting = meeting_at(month, kind)
    present = whole_numbers(request.POST.getlist("present"))
    attendance_mark(meeting=meeting, by=request.person, present=present)
    messages.success(request, f"{len(present)} of {meeting.attendance.count()} are here.")
    return _back(meeting)


@require_POST
def note(request: PortalRequest, month: str, kind: str, item: int) -> HttpResponse:
    """Save an item's note; with htmx only the note's form comes back."""
    meeting = note_save(
        meeting=meeting_at(month, kind),
        by=request.person,
        item=item,
        text=words_read(request.POST, "note"),
        seen=words_read(request.POST, "seen"),
    )
    if not request.headers.get("HX-Request"):
        return _back(meeting, f"#item-{item}")
    context = {"meeting": meeting, "number": item, "note": meeting.agenda[item]["note"]}
    return render(request, "meetings/_note.html", context | {"saved": request.now})


@require_GET
def preview(request: PortalRequest, month: str, kind: str) -> HttpResponse:
    """The minutes as they would go out now, and who gets them with which part of their own."""
    meeting = meeting_at(month, kind)
    readers = digest_readers(meeting)
    context = {"meeting": meeting, "text": meeting_minutes(meeting, request.now), "readers": readers}
    return render(request, "meetings/_preview.html", context)


@require_POST
def finish(request: PortalRequest, month: str, kind: str) -> HttpResponse:
    meeting = meeting_finish(meeting=meeting_at(month, kind), by=request.person, at=request.now)
    messages.success(request, "The minutes are written; everybody gets theirs by mail, their own part first.")
    return _back(meeting)


@require_POST
def cancel(request: PortalRequest, month: str, kind: str) -> HttpResponse:
    meeting = meeting_cancel(meeting=meeting_at(month, kind), by=request.person, on=request.today, at=request.now)
    messages.success(request, "The meeting is cancelled; those invited get the time back and a mail.")
    return _back(meeting)


@require_POST
def add_action(request: PortalRequest, month: str, kind: str) -> HttpResponse:
    """An action of the meeting; one from the WE review comes back in the next review."""
    meeting, from_review = meeting_at(month, kind), request.POST.get("source") == Action.Source.REVIEW
    try:
        action = action_add(
            cycle=meeting.cycle,
            meeting=meeting,
            text=words_read(request.POST, "text"),
            owner=person_read(request.POST, "owner", "Owner"),
            due_on=day_read(request.POST, "due_on", "Due"),
            by=request.person,
            on=request.today,
            at=request.now,
            source=Action.Source.REVIEW if from_review else Action.Source.BY_HAND,
        )
    except Refused as refusal:
        return _room(request, meeting, refusal, "improve" if from_review else "action")
    messages.success(request, f"{action.code} for {action.owner.name}, due {action.due_on.day} {action.due_on:%b %Y}.")
    return _back(meeting, "#actions")


@require_POST
def add_risk(request: PortalRequest, month: str, kind: str) -> HttpResponse:
    meeting = meeting_at(month, kind)
    try:
        risk = risk_add(cycle=meeting.cycle, by=request.person, at=request.now, **risk_read(request.POST))
    except Refused as refusal:
        return _room(request, meeting, refusal, "risk")
    messages.success(request, f"{risk.get_kind_display()} on the register: {risk.text}")
    return _back(meeting, "#risks")
