"""A person's own choice of mails, written down like every other change."""

from datetime import datetime

from django.db import transaction

from masterdata.models import MailChoice, Person
from masterdata.services.people import change_record


@transaction.atomic
def mail_choice_set(*, person: Person, digest: bool, card: bool, at: datetime) -> MailChoice:
    """Switch one's own daily digest and monthly card on or off."""
    choice, _ = MailChoice.objects.select_for_update().get_or_create(person=person)
    before, after = {"digest": choice.digest, "card": choice.card}, {"digest": digest, "card": card}
    if before != after:
        choice.digest, choice.card = digest, card
        choice.save(update_fields=["digest", "card"])
        change_record("masterdata_mailchoice", person.username, before, after, by=person, at=at)
    return choice
