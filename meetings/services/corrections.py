"""Correcting a published forecast: asked for with a reason, approved by the CEO, published as a new revision."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from cycles.models import Cycle, CycleState
from cycles.selectors import latest_published
from cycles.services import cycle_lock_exclusive
from demand.models import ForecastVersion, Stage
from demand.selectors.versions import version_current
from demand.services.seals import changes_seal
from demand.services.versions import version_store
from jobs.errors import Invalid, Refused
from jobs.models import Job, WorkState
from jobs.services.work import PartSpec, job_queue
from masterdata.models import Person
from masterdata.selectors import ceo
from meetings.decision_effects import effect_from
from meetings.models import Decision, DecisionOption, MeetingKind
from meetings.policy import check_leads
from meetings.selectors.company_forecast import correction_difference, forecast_build
from meetings.selectors.corrections import CORRECTION, LEAVE, corrections_to_publish
from meetings.services.codes import next_code
from meetings.services.digests import correction_queue
from meetings.services.publishing import RULE, decided_changes_record

KIND = "correction"


@transaction.atomic
def correction_ask(
    *, cycle: Cycle, reason: str, effect: Mapping[str, Any], by: Person, on: date, at: datetime
) -> Decision:
    """Ask the CEO to correct the forecast in force; until then the published numbers stay as they are."""
    check_leads(by, "Correcting a published forecast")
    boss = ceo()
    if boss is None:
        raise Refused("no_ceo", "Nobody is set up as CEO, who approves a correction: the executive above all.")
    if not reason.strip():
        raise Invalid("Say why the published forecast is wrong; everybody is told the reason.")
    cycle_lock_exclusive(cycle)
    _check_correctable(cycle)
    difference = _difference(cycle, effect)
    decision = Decision.objects.create(
        code=next_code(Decision),
        cycle=cycle,
        forum=MeetingKind.EXECUTIVE,
        question=f"Correct the company forecast of {cycle.code}? {reason.strip()}",
        recommendation=CORRECTION,
        decider=boss,
        decide_by=on,
        raised_by=by,
        raised_at=at,
        reason=reason.strip(),
        corrects=True,
    )
    nothing = {"label": "Leave it as published", "do_nothing": True, "units": 0.0, "revenue": 0.0, "margin": 0.0}
    DecisionOption.objects.create(decision=decision, key=LEAVE, **nothing)
    DecisionOption.objects.create(
        decision=decision, key=CORRECTION, label="Correct it", plan_effect=dict(effect), **difference
    )
    return decision


def _check_correctable(cycle: Cycle) -> None:
    latest = latest_published()
    if cycle.state != CycleState.PUBLISHED or latest is None or latest.pk != cycle.pk:
        raise Refused("not_in_force", f"Only the forecast in force is corrected, and that is not {cycle.code}.")
    if cycle.simulated:
        raise Refused("simulated", f"{cycle.code} was replayed for the demonstration; only a real cycle is corrected.")
    waiting = Decision.objects.filter(cycle=cycle, corrects=True).exclude(state=Decision.State.DECIDED).first()
    if waiting is not None:
        raise Refused("asked_already", f"{waiting.code} asks for a correction already; it is decided first.")


def _difference(cycle: Cycle, stored: Mapping[str, Any]) -> dict[str, float]:
    try:
        effect = effect_from(stored)
        difference = correction_difference(cycle, effect) if effect else {}
    except ValueError as error:
        raise Invalid(f"What changes: {error}") from error
    if not difference.get("units"):
        raise Invalid("Say what changes: where, from which month to which, and by how much. This changes no number.")
    return difference


@transaction.atomic
def correction_publish_queue(*, decision: Decision, at: datetime) -> Job:
    """Queue the publishing of an approved correction; queueing it again returns the job that waits."""
    label = f"Correction of the company forecast {decision.cycle.code}"
    part = PartSpec(label, {"correction": decision.pk})
    key = f"{decision.cycle.code}:{decision.code}"
    return job_queue(kind=KIND, key=key, label=label, parts=[part], at=at)


def correction_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    """The one part of the job; when an earlier attempt got through, there is nothing left to do."""
    decision = Decision.objects.select_related("cycle").get(pk=payload["correction"])
    version = correction_publish(decision=decision, at=at)
    return f"Company forecast {decision.cycle.code} revision {version.revision}, content {version.content_hash[:12]}"


def corrections_due() -> list[Decision]:
    """Approved and not published, and no attempt since the approval has failed for good."""
    failed = Job.objects.filter(kind=KIND, state=WorkState.FAILED)
    return [
        decision
        for decision in corrections_to_publish()
        if not failed.filter(
            key=f"{decision.cycle.code}:{decision.code}", created_at__gte=decision.decided_at or decision.raised_at
        ).exists()
    ]


@transaction.atomic
def correction_publish(*, decision: Decision, at: datetime) -> ForecastVersion:
    """Store the corrected forecast as the next revision and tell everybody; done once, however often it is called."""
    cycle_lock_exclusive(decision.cycle)
    decision = Decision.objects.select_for_update(of=("self",)).select_related("cycle").get(pk=decision.pk)
    if decision.revision is not None:
        return ForecastVersion.objects.get(
            cycle=decision.cycle, stage=Stage.COMPANY_FORECAST, revision=decision.revision
        )
    if not corrections_to_publish().filter(pk=decision.pk).exists():
        raise Refused("not_approved", f"{decision.code} is no correction that the CEO has approved.")
    before = version_current(decision.cycle, Stage.COMPANY_FORECAST)
    built = forecast_build(decision.cycle, decision)
    version = version_store(
        cycle=decision.cycle,
        stage=Stage.COMPANY_FORECAST,
        plan=built.forecast,
        at=at,
        by=decision.decided_by,
        rule=RULE,
        note=f"{decision.code}: {decision.question}",
        made_from=before,
        content_hash=built.content_hash,
    )
    decided_changes_record(decision.cycle, built, at, corrections={decision.pk})
    changes_seal(cycle=decision.cycle, at=at)
    decision.revision = version.revision
    decision.save(update_fields=["revision"])
    correction_queue(decision=decision, revision=version.revision, built=built, at=at)
    return version
