"""Entry point of the web processes (gunicorn sop_portal.wsgi)."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sop_portal.settings")

application = get_wsgi_application()
# Load every page's code now, once before gunicorn forks, and not at each worker's first request.
pages = get_resolver().url_patterns
