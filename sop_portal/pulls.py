"""Scheduled pulls: what is due is fetched, checked like a sent file, and its owner hears of a failure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from jobs.errors import Refused
from jobs.models import Message, PullOutcome, ScheduledPull
from jobs.services.fetching import files_fetch
from jobs.services.messages import messages_queue
from jobs.services.pulls import outcome_write, pulls_due_queue
from masterdata.bundles import ImportFile, content_hash, uploaded_files
from masterdata.guarding import LARGEST_UPLOAD
from masterdata.models import Person
from masterdata.policy import Action, check
from masterdata.roles import SET_UP_ROLES
from masterdata.selectors import person_of
from masterdata.services.imports import ImportResult
from masterdata.services.recognising import file_recognised
from sop_portal.imports import SPECS
from sop_portal.uploads import checked_import

TEXT = """{name},

the portal fetched {address} and loaded nothing:

{message}
{errors}
All pulls, and a button to fetch it again: {url}

You get this because {why}. You are told again when it fails in another way, or after it has worked.
"""
ERRORS_TOLD = 10


def due(*, at: datetime) -> None:
    """Queue a job for every pull that is due; safe to repeat."""
    pulls_due_queue(at=at)


def pull_part(*, job: int, payload: dict[str, Any], at: datetime) -> str:
    """Fetch and load once, as the part of a job; a second time says what the first one did."""
    pull = ScheduledPull.objects.select_related("owner").get(pk=payload["pull"])
    due_at = datetime.fromisoformat(payload["due_at"])
    done = PullOutcome.objects.filter(pull=pull, due_at=due_at).first()
    if done is not None:
        return done.message[:300]
    try:
        return _load(pull, due_at, at)
    except (Refused, ValueError) as fault:
        message = fault.detail if isinstance(fault, Refused) else str(fault)
        _failed(pull, due_at, at, message, ())
        return message[:300]


def _load(pull: ScheduledPull, due_at: datetime, at: datetime) -> str:
    if not pull.owner.is_active:
        raise Refused("owner_left", "Who set up this pull is not active any more. Add it again in your own name.")
    by = person_of(pull.owner)
    check(by, Action.IMPORT)
    fetched = [ImportFile(name, data) for name, data in files_fetch(address=pull.address, largest=LARGEST_UPLOAD)]
    files = [_recognised(file, pull.file) for file in uploaded_files(fetched)]
    same = content_hash(files)
    if same == pull.content_hash:
        message = "Already applied: the content is the same as the last time."
        outcome_write(pull=pull, due_at=due_at, at=at, ok=True, message=message)
        return message
    result = checked_import(files, source=f"Pull of {pull.address}", by=by, at=at)
    if not result.ok:
        message = f"{len(result.errors):,} fault{'' if len(result.errors) == 1 else 's'} in what was fetched."
        _failed(pull, due_at, at, message, [error.as_dict() for error in result.errors])
        return message
    outcome_write(pull=pull, due_at=due_at, at=at, ok=True, message=_words(result), content_hash=same)
    return _words(result)


def _recognised(file: ImportFile, told: str) -> ImportFile:
    found = file_recognised(file=file, specs=SPECS, told={"file": told} if told else None)
    return ImportFile(file.name, file.data, found.layout)


def _words(result: ImportResult) -> str:
    return f"{result.rows:,} rows, {result.written:,} written." if result.written else "Nothing was new."


def _failed(
    pull: ScheduledPull, due_at: datetime, at: datetime, message: str, errors: Iterable[dict[str, Any]]
) -> None:
    found = list(errors)
    if outcome_write(pull=pull, due_at=due_at, at=at, ok=False, message=message, errors=found):
        messages_queue(messages=[_mail(person, pull, due_at, at, message, found) for person in _told(pull)])


def _told(pull: ScheduledPull) -> list[Person]:
    """Its owner; when that person is not active any more, whoever sets things up."""
    people = Person.objects.select_related("user").filter(user__is_active=True)
    owner = list(people.filter(user=pull.owner))
    return owner or list(people.filter(role__in=SET_UP_ROLES))


def _mail(
    person: Person, pull: ScheduledPull, due_at: datetime, at: datetime, message: str, errors: list[dict[str, Any]]
) -> Message:
    lines = [f"- {e['file']}, line {e['line']}, {e['column'] or 'file'}: {e['message']}" for e in errors[:ERRORS_TOLD]]
    if len(errors) > ERRORS_TOLD:
        lines.append(f"- and {len(errors) - ERRORS_TOLD:,} more")
    why = "you set up this pull" if person.user_id == pull.owner_id else "who set up this pull is not here any more"
    return Message(
        key=f"pull:{pull.pk}:{due_at.isoformat()}:{person.username}",
        kind="pull_failed",
        recipient=person.user,
        subject=f"Nothing was loaded from {pull.address}"[:200],
        text=TEXT.format(
            name=person.name,
            address=pull.address,
            message=message,
            errors="".join(f"{line}\n" for line in lines),
            url=f"{settings.PORTAL_URL}{reverse('pulls')}",
            why=why,
        ),
        due_at=at,
    )
