"""What every supply page says beside its own matter: how old the data behind it are, and who keeps them."""

from typing import Any

from cycles.models import Cycle
from masterdata.requests import PortalRequest
from supply.selectors.notes import age_notes


def beside(request: PortalRequest, cycle: Cycle) -> dict[str, Any]:
    return {"notes": age_notes(cycle, request.now)}
