"""Which function does the parts of which kind of job."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.module_loading import import_string

Handler = Callable[..., str]
# by dotted path, so that a web process does not load what only a worker runs
HANDLERS: dict[str, str] = {
    "baseline": "demand.services.baseline.baseline_part",
    "proposal": "demand.services.plan.proposal_part",
    "supply_plan": "supply.services.planning.supply_plan_part",
    "reserved": "supply.services.reserved.reserved_part",
    "scenario": "supply.services.scenarios.scenario_part",
    "publish": "meetings.services.publishing.publish_part",
    "correction": "meetings.services.corrections.correction_part",
    "paper": "meetings.services.papers.pdf_part",
    "snapshots": "kpis.services.snapshots.snapshots_part",
    "cards": "kpis.services.cards.cards_part",
    "audit": "kpis.services.audit.audit_part",
    "import": "sop_portal.uploads.import_part",
    "import_check": "sop_portal.uploads.check_part",
    "pull": "sop_portal.pulls.pull_part",
    "undo_import": "sop_portal.imports.undo_part",
    "replay": "sop_portal.replay.replay_part",
}
# what nobody waits for: it comes after everything else, one part at a time
ASIDE = ("snapshots", "cards", "audit")


def part_run(*, kind: str, job: int, payload: dict[str, Any], at: datetime) -> str:
    """Do one part of a job; returns what to say about it."""
    handler: Handler = import_string(HANDLERS[kind])
    return handler(job=job, payload=payload, at=at)
