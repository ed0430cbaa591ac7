"""Entry point of the web processes (gunicorn sop_portal.wsgi)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sop_portal.settings")

application = get_wsgi_application()
