"""A person's own choice of mails, written down like every other change."""

from datetime import datetime, time

from django.db import transaction

from jobs.errors import Refused
from masterdata.models import Company, MailChoice, Person
from masterdata.services.people import change_record


@transaction.atomic
def mail_choice_set(*, person: Person, digest: bool, card: bool, minutes: bool, at: datetime) -> MailChoice:
    """Switch one's own daily digest, monthly card, and minutes on or off."""
    choice, _ = MailChoice.objects.select_for_update().get_or_create(person=person)
    after = {"digest": digest, "card": card, "minutes": minutes}
    before = {name: getattr(choice, name) for name in after}
    if before != after:
        for name, wanted in after.items():
            setattr(choice, name, wanted)
        choice.save(update_fields=list(after))
        change_record("masterdata_mailchoice", person.username, before, after, by=person, at=at)
    return choice


@transaction.atomic
def mail_hours_set(
    *, person: Person, since: time | None, until: time | None, weekends: bool, at: datetime
) -> MailChoice:
    """When reminders may reach a person; None = the company's hour."""
    choice, _ = MailChoice.objects.select_for_update().get_or_create(person=person)
    before = _hours(choice.quiet_since, choice.quiet_until, choice.weekend_mails)
    choice.quiet_since, choice.quiet_until, choice.weekend_mails = since, until, weekends
    choice.save(update_fields=["quiet_since", "quiet_until", "weekend_mails"])
    after = _hours(since, until, weekends)
    if before != after:
        change_record("masterdata_mailchoice", person.username, before, after, by=person, at=at)
    return choice


@transaction.atomic
def company_hours_set(*, since: time, until: time, weekends: bool, by: Person, at: datetime) -> None:
    """The company's quiet hours; refused before there is a company."""
    house = Company.objects.select_for_update().first()
    if house is None:
        raise Refused("no_company", "Set up the company first.")
    before = _hours(house.quiet_since, house.quiet_until, house.weekend_mails)
    house.quiet_since, house.quiet_until, house.weekend_mails = since, until, weekends
    house.save(update_fields=["quiet_since", "quiet_until", "weekend_mails"])
    after = _hours(since, until, weekends)
    if before != after:
        change_record("masterdata_company", house.name[:200], before, after, by=by, at=at)


def _hours(since: time | None, until: time | None, weekends: bool) -> dict[str, str | bool]:
    return {
        "quiet_since": f"{since:%H:%M}" if since else "",
        "quiet_until": f"{until:%H:%M}" if until else "",
        "weekend_mails": weekends,
    }
