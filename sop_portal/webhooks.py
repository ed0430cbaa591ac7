"""What webhooks are told: published forecasts and steps that opened or closed, found from rows."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings

from cycles.models import StepEvent
from demand.models import ForecastVersion, Stage, VersionState
from jobs.models import Delivery, Webhook
from jobs.services.webhooks import deliveries_queue

STEP, PUBLISHED = "step.changed", "forecast.published"


def due(*, at: datetime) -> None:
    """Queue what happened since each webhook was set up and is not queued yet; safe to repeat."""
    for webhook in Webhook.objects.filter(active=True):
        known = set(webhook.deliveries.values_list("key", flat=True))
        fresh = [(event, body) for event, body in _happened(webhook) if body["id"] not in known]
        deliveries_queue(
            deliveries=[
                Delivery(webhook=webhook, key=body["id"], event=event, body=body, due_at=at) for event, body in fresh
            ]
        )


def _happened(webhook: Webhook) -> Iterator[tuple[str, dict[str, Any]]]:
    if STEP in webhook.events:
        events = StepEvent.objects.filter(at__gte=webhook.created_at, step__cycle__simulated=False)
        for event in events.select_related("step__cycle").order_by("pk"):
            yield STEP, _step(event)
    if PUBLISHED in webhook.events:
        versions = ForecastVersion.objects.filter(
            stage=Stage.COMPANY_FORECAST, made_at__gte=webhook.created_at, cycle__simulated=False
        ).exclude(state=VersionState.BUILDING)
        for version in versions.select_related("cycle").order_by("pk"):
            yield PUBLISHED, _published(version)


def _step(event: StepEvent) -> dict[str, Any]:
    data = {"cycle": event.step.cycle.code, "step": event.step.step, "action": event.action, "reason": event.reason}
    return {"id": f"{STEP}:{event.pk}", "event": STEP, "at": event.at.isoformat(), "data": data}


def _published(version: ForecastVersion) -> dict[str, Any]:
    code = version.cycle.code
    data = {
        "cycle": code,
        "revision": version.revision,
        "content_hash": version.content_hash,
        "url": f"{settings.PORTAL_URL}/api/v1/company-forecast/?cycle={code}",
    }
    return {"id": f"{PUBLISHED}:{version.pk}", "event": PUBLISHED, "at": version.made_at.isoformat(), "data": data}
