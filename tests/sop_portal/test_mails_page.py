"""My mails: what can be switched off is, what cannot says why, and everybody changes only their own."""

import pytest
from django.test import Client

from masterdata.models import MailChoice, Person, RowChange
from masterdata.selectors.mails import CARD, DIGEST, mail_choice, switched_off
from masterdata.services.mails import mail_choice_set
from tests.cast import Cast, small_company
from tests.stages import ENTRY

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return small_company()


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_everything_is_on_until_somebody_chooses(cast: Cast) -> None:
    choice = mail_choice(cast.rep)
    assert (choice.digest, choice.card) == (True, True)
    assert (switched_off(DIGEST), switched_off(CARD)) == (set(), set())


def test_a_choice_is_kept_and_written_down_once(cast: Cast) -> None:
    for _ in range(2):
        mail_choice_set(person=cast.rep, digest=False, card=True, minutes=True, at=ENTRY)
    assert (switched_off(DIGEST), switched_off(CARD)) == ({cast.rep.pk}, set())
    [record] = RowChange.objects.filter(table="masterdata_mailchoice")
    assert (record.key, record.before, record.after) == ("rita", {"digest": True}, {"digest": False})
    assert (record.by, record.at) == (cast.rep, ENTRY)


def test_the_page_of_a_rep_saves_both(cast: Cast) -> None:
    client = signed_in(cast.rep)
    text = client.get("/mails/").content.decode()
    assert "At most two a cycle" in text
    assert "rita@small.example" in text
    assert text.count("checked") == 3
    answer = client.post("/mails/", {"digest": "on", "minutes": "on"}, follow=True).content.decode()
    assert "Saved." in answer
    assert answer.count("checked") == 2
    choice = MailChoice.objects.get()
    assert (choice.person, choice.digest, choice.card, choice.minutes) == (cast.rep, True, False, True)


def test_who_sells_nothing_has_no_card_to_switch(cast: Cast) -> None:
    client = signed_in(cast.finance)
    assert "Monthly card" not in client.get("/mails/").content.decode()
    client.post("/mails/", {"person": "rita"})
    choice = MailChoice.objects.get()
    assert (choice.person, choice.digest, choice.card, choice.minutes) == (cast.finance, False, True, False)


def test_strangers_sign_in_first_and_only_the_form_changes(cast: Cast) -> None:
    assert Client().get("/mails/").status_code == 302
    assert signed_in(cast.rep).put("/mails/").status_code == 405


def test_every_account_menu_leads_there(cast: Cast) -> None:
    for person in (cast.rep, cast.ceo, cast.admin):
        assert 'href="/mails/"' in signed_in(person).get("/mails/").content.decode()
