"""The end of the demonstration: every row of it goes in one transaction; who ends it stays and sets up their own."""

from datetime import datetime

from django.apps import apps
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction

from demand.selectors.lines import lines_forget
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import ACTIVE_STATES, Job
from masterdata.models import Person
from masterdata.policy import Action, check
from masterdata.selectors import company
from masterdata.services.newcomers import groups_sync

APPS = ("jobs", "masterdata", "cycles", "demand", "supply", "meetings", "kpis")


def demonstration_remove(*, typed: str, by: Person, at: datetime) -> None:
    """Empty the database but for the person who asks; refused for a real company and while work is running."""
    check(by, Action.SET_UP)
    if not company().is_demonstration:
        raise NotYours("This is no demonstration. A real company's data are not removed here.")
    if typed.strip() != company().name:
        raise Invalid(f"To remove the demonstration, type its name: {company().name}")
    if Job.objects.filter(state__in=ACTIVE_STATES).exists():
        raise Refused("jobs_running", "Work is still running (see Jobs). Remove the demonstration when it is done.")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT demonstration_empty(%s)", [_tables()])
        User.objects.exclude(pk=by.user_id).delete()
        Person.objects.create(user_id=by.user_id, role=by.role)
        groups_sync()
    lines_forget()
    cache.clear()


def _tables() -> list[str]:
    """The tables of the portal's own apps; the framework's, with the user who asks, stay."""
    models = [model for name in APPS for model in apps.get_app_config(name).get_models(include_auto_created=True)]
    return sorted({model._meta.db_table for model in models if model._meta.managed})
