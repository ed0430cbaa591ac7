"""The roof: settings, Celery, REST plumbing and the pages that join the rooms."""

from sop_portal.celery import app as celery_app

__all__ = ["celery_app"]
