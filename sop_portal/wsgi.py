"""Entry point of the web processes (gunicorn sop_portal.wsgi)."""

import gc
import os

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sop_portal.settings")


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


application = loaded_application()
