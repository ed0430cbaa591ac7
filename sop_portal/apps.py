"""The roof as a Django application."""

import importlib

from django.apps import AppConfig


class RoofConfig(AppConfig):
    name = "sop_portal"

    def ready(self) -> None:
        """Make the Celery application the one that every `shared_task` belongs to."""
        importlib.import_module("sop_portal.celery")
