"""How often one key may ask: counted in the database, so that it holds over all processes."""

import logging
from typing import Any

from django.conf import settings
from django.db import OperationalError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from masterdata.models import ApiKey
from masterdata.services.keys import key_count
from sop_portal.clock import now

log = logging.getLogger(__name__)


class PerKey(BaseThrottle):
    """So many requests a minute; a count that cannot be taken lets the request through rather than failing it."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            return True
        try:
            return key_count(key=request.auth, at=now()) <= settings.API_PER_MINUTE
        except OperationalError:
            log.warning("The use of a key could not be counted.", exc_info=True)
            return True

    def wait(self) -> float:
        return 60.0 - now().second
