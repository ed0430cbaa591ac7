"""From an empty portal to an open cycle, and the end of the demonstration."""

import io
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from cycles.models import Cycle
from demand.models import Booking, Line
from jobs.errors import Refused
from jobs.models import Job, Message, MovedClock, WorkState
from masterdata.models import Company, Person, Product, RowChange
from masterdata.roles import SET_UP_ROLES, Role
from sop_portal.demonstration.loading import demonstration_load
from sop_portal.tasks import job_do
from sop_portal.uploads import upload_load
from sop_portal.welcome import people_invite, welcome_link, without_password
from tests.cast import small_company
from tests.sop_portal.test_data_pages import send, token_of

AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
FILES = {
    "people": "username,name,email,role,reports_to\nceo,Cleo,c@x.example,executive,\n"
    "lea,Lea,l@x.example,sop_leader,ceo\nmo,Mo,m@x.example,sales_manager,ceo\nrea,Rea,r@x.example,sales_rep,mo\n",
    "families": "code,name\nF,Bikes\n",
    "regions": "code,name\nR,South\n",
    "products": "code,name,family,price\nP1,One,F,10\nP2,Two,F,20\n",
    "customers": "code,name,region,owner\nC1,First,R,rea\n",
    "bookings": "month,customer,product,qty\n"
    + "".join(f"{year}-{month:02d},C1,P1,{month + 5}\n" for year in (2025, 2026) for month in range(1, 11)),
}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path, db):
    settings.MEDIA_ROOT = tmp_path
    MovedClock.objects.update_or_create(pk=1, defaults={"at": AT})


def first_link() -> str:
    out = io.StringIO()
    call_command("first_administrator", "ada", "--name", "Ada", "--email", "ada@x.example", stdout=out)
    return out.getvalue().strip().splitlines()[-1]


def test_from_nothing_to_an_open_cycle(client: Client) -> None:
    path = first_link().partition("://")[2].partition("/")[2]
    form = client.get(f"/{path}", follow=True)
    assert "Choose a password" in form.content.decode()
    word = "a-long-and-new-1"
    client.post(form.redirect_chain[-1][0], {"new_password1": word, "new_password2": word})
    assert client.post("/login/", {"username": "ada", "password": word}).status_code == 302
    assert "Set up" in client.get("/").content.decode()
    company = {"name": "Own Bikes", "currency": "EUR", "country": "DE", "timezone": "Europe/Berlin",
               "last_closed_month": "2026-10", "horizon_months": "24", "fiscal_year_start_month": "1"}  # fmt: skip
    assert client.post(reverse("set-up-company"), company).status_code == 302
    sent = [(f"{name}.csv", text.encode()) for name, text in FILES.items()]
    token = token_of(send(client, *sent))
    assert "No faults" in client.get(reverse("upload", args=[token])).content.decode()
    upload_load(token=token, by=Person.objects.get(user__username="ada"), at=AT)
    text = client.get(reverse("set-up")).content.decode()
    assert "Invite 4 people" in text
    assert "Open the cycle of November 2026" in text
    assert client.post(reverse("set-up-invite")).status_code == 302
    mails = Message.objects.filter(kind="welcome")
    assert {mail.recipient.username for mail in mails} == {"ceo", "lea", "mo", "rea"}
    assert all("/welcome/" in mail.text and "Ada invited you" in mail.text for mail in mails)
    assert client.post(reverse("set-up-cycle")).status_code == 302
    assert Cycle.objects.get().code == "2026-11"
    assert "The S&amp;OP leader opens the next ones" in client.post(reverse("set-up-cycle")).content.decode()
    assert Line.objects.count() == 1
    assert "Build the baseline now" in client.get(reverse("set-up")).content.decode()
    assert client.post(reverse("set-up-baseline")).status_code == 302
    job_do(job=Job.objects.get(kind="baseline"))
    assert "is open and has its baseline" in client.get(reverse("set-up")).content.decode()
    assert client.post(reverse("set-up-baseline")).status_code == 409


def test_what_cannot_be_is_told_and_kept(client: Client) -> None:
    cast = small_company()
    client.force_login(cast.leader.user)
    answer = client.post(reverse("set-up-company"), {"name": "Other", "currency": "euro", "horizon_months": "99"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "is not a code of 3 capital letters" in text
    assert "99 is above 24" in text
    assert 'value="euro"' in text
    assert Company.objects.get().name == cast.company.name
    assert client.post(reverse("set-up-company"), {"name": "Other"}).status_code == 302
    assert RowChange.objects.get(table="masterdata_company").by == cast.leader


def test_only_who_sets_up_sees_it(client: Client) -> None:
    cast = small_company()
    for person in cast.people.values():
        client.force_login(person.user)
        expected = 200 if person.role in SET_UP_ROLES else 403
        assert client.get(reverse("set-up")).status_code == expected, person
        if expected == 403:
            for name in ("set-up-company", "set-up-invite", "set-up-cycle", "set-up-remove"):
                assert client.post(reverse(name), {"name": "X", "typed": cast.company.name}).status_code == 403


def test_there_is_one_first_administrator() -> None:
    first_link()
    with pytest.raises(CommandError, match="people here already"):
        call_command("first_administrator", "bob")


def test_an_invitation_is_for_who_has_no_password_and_works_once(client: Client) -> None:
    cast = small_company()
    User.objects.update(password="!")
    cast.rep.user.set_password("has-one-already")
    cast.rep.user.save()
    people = list(without_password())
    assert cast.rep not in people
    assert cast.api_client not in people
    assert people_invite(people=people, by=cast.leader, at=AT) == len(people)
    assert people_invite(people=people, by=cast.leader, at=AT) == 0
    cast.other_rep.user.refresh_from_db()
    link = welcome_link(cast.other_rep.user).partition("://")[2].partition("/")[2]
    form = client.get(f"/{link}", follow=True)
    client.post(form.redirect_chain[-1][0], {"new_password1": "long-new-word-2", "new_password2": "long-new-word-2"})
    assert "has been used" in Client().get(f"/{link}", follow=True).content.decode()
    with pytest.raises(Refused, match="has a password already"):
        people_invite(people=[cast.rep], by=cast.leader, at=AT)


@pytest.mark.django_db(transaction=True)
def test_the_demonstration_goes_in_one_go(client: Client) -> None:
    cast = small_company()
    Company.objects.update(is_demonstration=True)
    client.force_login(cast.leader.user)
    assert client.post(reverse("set-up-remove"), {"typed": "something"}).status_code == 422
    job = Job.objects.create(kind="replay", key="x", label="Replay", created_at=AT, state=WorkState.RUNNING)
    assert client.post(reverse("set-up-remove"), {"typed": cast.company.name}).status_code == 409
    assert Booking.objects.exists()
    job.delete()
    assert client.post(reverse("set-up-remove"), {"typed": cast.company.name}).status_code == 302
    for model in (Company, Booking, Product, Line, Job, Message):
        assert not model.objects.exists(), model
    person = Person.objects.get()
    assert (person.username, person.role) == ("lena", Role.SOP_LEADER)
    assert User.objects.count() == 1
    assert client.get(reverse("set-up")).status_code == 200
    assert demonstration_load(at=AT) is None, "it does not come back with the next start"


def test_a_real_company_is_not_removed(client: Client) -> None:
    cast = small_company()
    client.force_login(cast.leader.user)
    assert client.post(reverse("set-up-remove"), {"typed": cast.company.name}).status_code == 403
    assert Booking.objects.exists()


@pytest.mark.parametrize(("newest", "suggested"), [("2026-09", "2026-09"), ("2026-11", "2026-10")])
def test_the_last_closed_month_is_suggested_from_the_bookings(client: Client, newest: str, suggested: str) -> None:
    cast = small_company()
    Company.objects.update(last_closed_month=None)
    Booking.objects.all().delete()
    what = {"customer": cast.customers["NORTH"], "product": cast.products["ALPHA"], "qty": 1, "revenue": 1}
    Booking.objects.create(month=f"{newest}-01", **what)
    client.force_login(cast.leader.user)
    assert f'value="{suggested}"' in client.get(reverse("set-up")).content.decode()


def test_the_first_cycle_waits_for_a_closed_month(client: Client) -> None:
    cast = small_company()
    Company.objects.update(last_closed_month=None)
    client.force_login(cast.leader.user)
    answer = client.post(reverse("set-up-cycle"))
    assert answer.status_code == 422
    assert "which month was closed last" in answer.content.decode()
    assert not Cycle.objects.exists()


def test_the_first_baseline_is_built_whatever_day_it_is(client: Client) -> None:
    """Set up on a Sunday, data close would begin on Monday only: the baseline needs the month closed."""
    cast = small_company()
    Company.objects.update(last_closed_month=date(2026, 10, 1))
    MovedClock.objects.update(at=datetime(2026, 11, 29, 8, tzinfo=UTC))
    client.force_login(cast.leader.user)
    assert client.post(reverse("set-up-cycle")).status_code == 302
    assert client.post(reverse("set-up-baseline")).status_code == 302
    job_do(job=Job.objects.get(kind="baseline"))
    assert "is open and has its baseline" in client.get(reverse("set-up")).content.decode()
