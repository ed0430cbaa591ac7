"""Which mails a person wants of those that may be switched off."""

from masterdata.models import MailChoice, Person

DIGEST, CARD, MINUTES = "digest", "card", "minutes"


def mail_choice(person: Person) -> MailChoice:
    """What a person has chosen; an unsaved row with everything on before they chose."""
    return MailChoice.objects.filter(person=person).first() or MailChoice(person=person)


def switched_off(mail: str) -> set[int]:
    """The ids of the people who do not want this mail."""
    return set(MailChoice.objects.filter(**{mail: False}).values_list("person_id", flat=True))
