"""What a page that speaks of the open cycle may rely on in a request."""

from cycles.models import Cycle
from masterdata.requests import PortalRequest


class CycleRequest(PortalRequest):
    """The open cycle comes with who asks, by the same statement; None where there is none or it was not read."""

    open_cycle: Cycle | None
