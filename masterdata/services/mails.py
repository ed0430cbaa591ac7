"""A person's own choice of mails, written down like every other change."""

from datetime import datetime

from django.db import transaction

from masterdata.models import MailChoice, Person
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
