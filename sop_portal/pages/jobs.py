"""Work in the background: what runs, how far it is, what failed and why."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from jobs.errors import NotYours
from jobs.models import Heartbeat, Job, Message, MessageState, WorkState
from jobs.services.work import job_retry
from masterdata.requests import PortalRequest
from masterdata.roles import IMPORT_ROLES
from meetings.selectors.audit import audit_last

SHOWN = 50
# Tried in vain, and tried again later.
WAITING = Q(state=MessageState.DUE) & ~Q(error="")


def jobs_list(request: PortalRequest) -> HttpResponse:
    context = {
        "jobs": Job.objects.select_related("owner")[:SHOWN],
        "heartbeats": Heartbeat.objects.order_by("name"),
        "failed_mails": Message.objects.filter(Q(state=MessageState.FAILED) | WAITING).select_related("recipient")[
            :SHOWN
        ],
        "audit": audit_last(),
        "is_running": Job.objects.filter(state__in=[WorkState.QUEUED, WorkState.RUNNING]).exists(),
        "may_retry": request.person.role in IMPORT_ROLES,
    }
    return render(request, "jobs/_list.html" if request.headers.get("HX-Request") else "jobs/list.html", context)


def job_detail(request: PortalRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(Job.objects.select_related("owner"), pk=pk)
    context = {"job": job, "parts": job.parts.all(), "may_retry": request.person.role in IMPORT_ROLES}
    return render(request, "jobs/_job.html" if request.headers.get("HX-Request") else "jobs/job.html", context)


@require_POST
def job_retry_view(request: PortalRequest, pk: int) -> HttpResponse:
    if request.person.role not in IMPORT_ROLES:
        raise NotYours("Trying a failed job again is for planners, Finance, the S&OP leader and administrators.")
    job = job_retry(job=get_object_or_404(Job, pk=pk), at=request.now)
    messages.success(request, f"{job.label}: tried again.")
    return redirect("job", pk=pk)
