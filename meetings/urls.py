"""Addresses of the cycle, its meetings, decisions and actions."""

from django.urls import URLPattern, path

from meetings.views import (
    actions,
    agreement,
    calendar,
    control,
    corrections,
    decisions,
    papers,
    reminder_preview,
    risks,
    rooms,
    working_days,
)

app_name = "meetings"
ROOM = "meetings/<str:month>/<str:kind>/"

urlpatterns: list[URLPattern] = [
    path("cycle/", control.control, name="control"),
    path("cycle/open/", control.cycle_open_view, name="cycle-open"),
    path("cycle/reminders/", reminder_preview.reminders_look, name="reminders-look"),
    path("cycle/nudge/", control.nudge, name="nudge"),
    path("cycle/nudge/preview/", control.nudge_look, name="nudge-look"),
    path("cycle/barriers/", control.barrier_remedy, name="barrier-remedy"),
    path("cycle/calendar/", working_days.working_days, name="working-days"),
    path("cycle/calendar/<str:what>/", working_days.working_days_change, name="working-days-change"),
    path("cycle/steps/<str:step>/<str:what>/", control.step_change, name="step-change"),
    path("calendar/<str:token>.ics", calendar.calendar_feed, name="calendar-feed"),
    path("meetings/", rooms.meetings_list, name="meetings"),
    path("meetings/decisions/", decisions.decisions, name="decisions"),
    path("meetings/decisions/new/", decisions.new, name="decision-new"),
    path("meetings/decisions/<str:code>/", decisions.decision, name="decision"),
    path("meetings/decisions/<str:code>/decide/", decisions.decide, name="decide"),
    path("meetings/decisions/<str:code>/defer/", decisions.defer, name="defer"),
    path("meetings/decisions/<str:code>/confirm/", decisions.confirm, name="decision-confirm"),
    path("meetings/decisions/<str:code>/escalate/", decisions.escalate, name="escalate"),
    path("meetings/actions/", actions.actions, name="actions"),
    path("meetings/actions/add/", actions.add, name="action-add"),
    path("meetings/actions/<str:code>/close/", actions.close, name="action-close"),
    path("meetings/actions/<str:code>/comment/", actions.comment, name="action-comment"),
    path("meetings/risks/", risks.risks, name="risks"),
    path("meetings/risks/add/", risks.add, name="risk-add"),
    path("meetings/risks/<int:pk>/review/", risks.review, name="risk-review"),
    path("meetings/risks/<int:pk>/settle/", risks.settle, name="risk-settle"),
    path("meetings/corrections/", corrections.corrections, name="corrections"),
    path("meetings/signed/", agreement.signed, name="signed"),
    path("meetings/signed/<str:step>/return/", agreement.return_plan, name="plan-return"),
    path("meetings/confirm/", agreement.confirm, name="confirm"),
    path("meetings/freeze/", agreement.freeze, name="freeze"),
    path("meetings/approve/", agreement.approve, name="approve"),
    path("meetings/return/", agreement.send_back, name="return"),
    path(ROOM, rooms.room, name="room"),
    path(f"{ROOM}start/", rooms.start, name="start"),
    path(f"{ROOM}attendance/", rooms.attendance, name="attendance"),
    path(f"{ROOM}notes/<int:item>/", rooms.note, name="note"),
    path(f"{ROOM}preview/", rooms.preview, name="preview"),
    path(f"{ROOM}finish/", rooms.finish, name="finish"),
    path(f"{ROOM}cancel/", rooms.cancel, name="cancel"),
    path(f"{ROOM}actions/", rooms.add_action, name="room-action"),
    path(f"{ROOM}risks/", rooms.add_risk, name="room-risk"),
    # the last ones: what a meeting has to take out, as a page to print and as files
    path(f"{ROOM}<str:what>/pdf/", papers.pdf_make, name="paper-pdf"),
    path(f"{ROOM}<str:what>/", papers.paper, name="paper"),
    path(f"{ROOM}<str:what>.<str:form>", papers.paper_file, name="paper-file"),
]
