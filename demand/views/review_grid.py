"""The full grid of the demand review: the page, saving cells, locking them."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from demand.forms import batch_read, grid_read, lock_read
from demand.models import Reason, Stage
from demand.selectors.present import cycle_named, cycle_now
from demand.selectors.review_grid import KINDS, ONLY, review_grid
from demand.selectors.sheet_lines import NEAR
from demand.services.locks import cells_lock
from demand.services.review_grid import review_cells
from masterdata.requests import PortalRequest

MONTH_VIEWS = [("near", "3 months"), ("blocks", "Quarters"), ("all", "All months")]
UNIT_VIEWS = [("units", "Units"), ("money", "Money")]
KIND_NAMES = {"family": "Family", "product": "Product", "customer": "Customer", "region": "Region", "rep": "Sales rep"}
FILTERS = ("family", "region", "customer", "rep")


@require_GET
def lines(request: PortalRequest) -> HttpResponse:
    cycle = cycle_named(request.GET.get("cycle", ""))
    grid = review_grid(cycle, request.person, grid_read(request.GET))
    context = {
        "grid": grid,
        "sheet": grid,
        "editable": grid.may_write and bool(grid.lines),
        "reasons": Reason,
        "kinds": [(kind, KIND_NAMES[kind], grid.asked.address(by=kind, page=1)) for kind in KINDS],
        "plain_address": grid.asked.address(by="", page=1),
        "filters": [(kind, KIND_NAMES[kind], grid.choices[kind], grid.asked.filters.get(kind, "")) for kind in FILTERS],
        "only": list(ONLY.items()),
        "show": _chosen(request.GET.get("show", ""), MONTH_VIEWS),
        "month_views": MONTH_VIEWS,
        "unit": _chosen(request.GET.get("unit", ""), UNIT_VIEWS),
        "unit_views": UNIT_VIEWS,
        "near_label": f"{grid.months[0]:%b}\u2013{grid.months[NEAR - 1]:%b}",
        "months_first": cycle.code,
    }
    return render(request, "demand/review_lines.html", context)


def _chosen(given: str, views: list[tuple[str, str]]) -> str:
    return given if given in dict(views) else views[0][0]


@require_POST
def save(request: PortalRequest) -> HttpResponse:
    batch = batch_read(request.body)
    answer = review_cells(
        cycle=cycle_now(), person=request.person, edits=batch.edits, at=request.now, token=batch.token
    )
    return JsonResponse(answer)


@require_POST
def lock(request: PortalRequest) -> HttpResponse:
    cells, locked = lock_read(request.body)
    stage, cycle = Stage.DEMAND_PLAN, cycle_now()
    cells_lock(cycle=cycle, stage=stage, person=request.person, cells=cells, locked=locked, at=request.now)
    return JsonResponse({"locked": locked, "by": request.person.name})
