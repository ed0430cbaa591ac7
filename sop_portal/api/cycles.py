"""`GET /api/v1/cycles/`: the cycles, their steps, stages and participation."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cycles.models import Cycle
from cycles.periods import parse_month
from cycles.selectors import cycle_of, milestones_reached, participation
from demand.models import ForecastVersion, VersionState
from sop_portal.api.parameters import bad, check_known
from sop_portal.api.scopes import HasScope


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

    @extend_schema(operation_id="cycles_list", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        check_known(request.query_params, ())
        return Response({"results": [_summary(cycle) for cycle in Cycle.objects.all()]})


class CycleView(APIView):
    """One cycle with its steps, the stages it has, what it has reached and who took part."""

    scope = "cycles:read"
    permission_classes = [HasScope]

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, code: str) -> Response:
        check_known(request.query_params, ())
        try:
            cycle = cycle_of(parse_month(code))
        except ValueError as error:
            raise bad("cycle", str(error)) from error
        return Response(_summary(cycle) | {"steps": _steps(cycle), "stages": _stages(cycle)} | _people(cycle))


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
