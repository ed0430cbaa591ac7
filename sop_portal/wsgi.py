"""Entry point of the web processes (gunicorn sop_portal.wsgi)."""

import gc
import os
import sys

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sop_portal.settings")


# Seconds after which a thread that computes lets another one on: a save comes back from the database ten times and
# waits so long each time beside a page; the usual 5 ms would make that more than the save itself.
SWITCH_SECONDS = 0.0005


def loaded_application() -> WSGIHandler:
    """With every page's code, read once before gunicorn forks and not at each worker's first request.

    All of it stays for good, so the collector need not look through it: a fifth of the start's work, and pages of
    memory that forked workers go on sharing.
    """
    gc.disable()
    loaded = get_wsgi_application()
    get_resolver().url_patterns  # noqa: B018
    gc.freeze()
    gc.enable()
    return loaded


sys.setswitchinterval(SWITCH_SECONDS)
application = loaded_application()
