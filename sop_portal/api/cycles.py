"""`GET /api/v1/cycles/`: the cycles, their steps, stages and participation."""

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from cycles.models import Cycle
from cycles.periods import parse_month
from cycles.selectors import cycle_of, milestones_reached, participation
from demand.models import ForecastVersion, VersionState
from sop_portal.api import described
from sop_portal.api.answers import form_of, tagged
from sop_portal.api.parameters import bad, check_known
from sop_portal.api.scopes import HasScope
from sop_portal.api.table import MOMENT

TIMES = dict.fromkeys(("opened_at", "ended_at"), described.TYPES[MOMENT])
SUMMARY: dict[str, Any] = {
    "type": "object",
    "required": ["cycle", "state", "simulated", "horizon_months"],
    "properties": {name: {"type": "string"} for name in ("cycle", "state", "url")}
    | {"simulated": {"type": "boolean"}, "horizon_months": {"type": "integer"}, **TIMES},
}
LIST = {"type": "object", "required": ["results"], "properties": {"results": {"type": "array", "items": SUMMARY}}}
MORE = {
    "steps": {"type": "array", "items": {"type": "object"}},
    "stages": {"type": "array", "items": {"type": "object"}},
    "milestones": {"type": "array", "items": {"type": "string"}},
    "participation": {"type": "object"},
}
ONE = SUMMARY | {"properties": SUMMARY["properties"] | MORE}
CODE = OpenApiParameter("code", {"type": "string", "pattern": described.MONTH_PATTERN}, OpenApiParameter.PATH)


def _summary(cycle: Cycle) -> dict[str, Any]:
    return {
        "cycle": cycle.code,
        "state": cycle.state,
        "simulated": cycle.simulated,
        "horizon_months": cycle.horizon,
        "opened_at": cycle.opened_at,
        "ended_at": cycle.ended_at,
        "url": f"/api/v1/cycles/{cycle.code}/",
    }


class CyclesView(APIView):
    """Every cycle, newest first."""

    scope = "cycles:read"
    permission_classes = [HasScope]

    @extend_schema(
        operation_id="cycles_list",
        tags=["cycles"],
        parameters=[described.if_none_match()],
        responses={(200, "application/json"): LIST} | described.unchanged() | described.problems(400, 406),
    )
    def get(self, request: Request) -> HttpResponseBase:
        form_of(request)
        check_known(request.query_params, ("format",))
        return tagged(request, {"results": [_summary(cycle) for cycle in Cycle.objects.all()]})


class CycleView(APIView):
    """One cycle with its steps, the stages it has, what it has reached and who took part."""

    scope = "cycles:read"
    permission_classes = [HasScope]

    @extend_schema(
        operation_id="cycles_read",
        tags=["cycles"],
        parameters=[CODE, described.if_none_match()],
        responses={(200, "application/json"): ONE} | described.unchanged() | described.problems(400, 404, 406),
    )
    def get(self, request: Request, code: str) -> HttpResponseBase:
        form_of(request)
        check_known(request.query_params, ("format",))
        try:
            cycle = cycle_of(parse_month(code))
        except ValueError as error:
            raise bad("cycle", str(error)) from error
        return tagged(request, _summary(cycle) | {"steps": _steps(cycle), "stages": _stages(cycle)} | _people(cycle))


def _steps(cycle: Cycle) -> list[dict[str, Any]]:
    fields = ("step", "state", "opens_at", "due_at", "opened_at", "closed_at")
    return list(cycle.steps.values(*fields))


def _stages(cycle: Cycle) -> list[dict[str, Any]]:
    rows = ForecastVersion.objects.filter(cycle=cycle, state=VersionState.CURRENT).order_by("id")
    return [dict(row) for row in rows.values("stage", "revision", "rule", "content_hash", "made_at")]


def _people(cycle: Cycle) -> dict[str, Any]:
    facts = participation(cycle)
    return {
        "milestones": sorted(milestones_reached(cycle)),
        "participation": {"expected": facts.expected, "answered": facts.answered, "share_of_value": facts.value_share},
    }
