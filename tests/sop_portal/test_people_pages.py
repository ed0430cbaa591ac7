"""The people pages: the directory, a person's place, handing over, keys; who may see them."""

import hashlib
import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cycles.services import cycle_advance
from jobs.models import MovedClock
from masterdata.models import ApiKey, Customer, Person
from masterdata.roles import SET_UP_ROLES
from masterdata.services.keys import key_create, key_find
from tests.cast import small_company
from tests.meetings.journey import ENTRY, ENTRY_CLOSED, in_entry

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 4, 9, tzinfo=UTC)


@pytest.fixture
def cast(client):
    cast = small_company()
    client.force_login(cast.leader.user)
    return cast


def person_url(person) -> str:
    return reverse("person", args=[person.pk])


def text_of(answer, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def given(person, **fields):
    place = {"role": person.role, "reports_to": person.reports_to_id or "", "deputy": "", "is_active": "on"}
    return place | fields


def test_everybody_stands_in_their_department(client, cast):
    text = text_of(client.get(reverse("people")))
    assert text.index("Supply Chain") < text.index("Dora Demand")
    assert "S&amp;OP leader" in text
    assert "No program has a key." in text


def test_the_page_asks_the_same_number_of_questions_whoever_is_here(client, cast):
    client.get(reverse("people"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("people"))
    for number in range(10):
        user = User.objects.create(username=f"new-{number}")
        Person.objects.create(user=user, role=cast.rep.role, department="Sales", reports_to=cast.manager)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("people"))
    assert len(many) == len(few)


def test_a_deputy_is_named(client, cast):
    answer = client.post(person_url(cast.manager), given(cast.manager, deputy=cast.rep.pk), follow=True)
    text = text_of(answer)
    assert "Mona Manager is changed." in text
    assert "deputy nobody → Rita Rep" in text
    cast.manager.refresh_from_db()
    assert cast.manager.deputy == cast.rep


def test_what_is_refused_keeps_what_was_chosen(client, cast):
    text = text_of(client.post(person_url(cast.rep), given(cast.rep, role="marketing")), 422)
    assert "Rita Rep owns 2 customers. Hand them over first." in text
    assert '<option value="marketing" selected>' in text


@pytest.mark.parametrize("fields", [{"role": "boss"}, {"reports_to": "999999"}, {"deputy": "x"}])
def test_nonsense_is_told_beside_the_field(client, cast, fields):
    assert 'class="error"' in text_of(client.post(person_url(cast.rep), given(cast.rep, **fields)), 422)


def test_customers_change_hands(client, cast):
    chosen = [cast.customers["NORTH"].pk]
    data = {"customers": chosen, "to": cast.other_rep.pk, "on": "2026-01-31"}
    text = text_of(client.post(reverse("hand-over", args=[cast.rep.pk]), data, follow=True))
    assert "Handed over to Rob Rep from 2026-01-31: 1." in text
    assert Customer.objects.get(code="NORTH").owner == cast.other_rep
    assert Customer.objects.get(code="SOUTH").owner == cast.rep


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"customers": []}, "Choose at least one customer."),
        ({"to": ""}, "This field is required."),
        ({"on": "2126-01-01"}, "lies ahead"),
        ({"on": "yesterday"}, "Enter a valid date."),
    ],
)
def test_a_hand_over_that_cannot_be_done_is_told(client, cast, fields, says):
    data = {"customers": [cast.customers["NORTH"].pk], "to": cast.other_rep.pk, "on": "2026-01-31"} | fields
    assert says in text_of(client.post(reverse("hand-over", args=[cast.rep.pk]), data), 422)
    assert Customer.objects.get(code="NORTH").owner == cast.rep


def test_nobody_hands_over_what_belongs_to_a_third(client, cast):
    data = {"customers": [cast.customers["EAST"].pk], "to": cast.manager.pk, "on": "2026-01-31"}
    text_of(client.post(reverse("hand-over", args=[cast.rep.pk]), data), 422)
    assert Customer.objects.get(code="EAST").owner == cast.other_rep


def test_a_key_is_listed_without_its_secret_and_revoked(client, cast):
    key, secret = key_create(person=cast.api_client, scopes=["forecast:read"], at=AT, name="BI")
    text = text_of(client.get(reverse("people")))
    assert "BI" in text
    assert secret not in text
    text_of(client.post(reverse("key-revoke", args=[key.pk]), follow=True))
    assert key_find(secret=secret, at=AT) is None


def test_only_set_up_roles_see_them(client, cast):
    key, _ = key_create(person=cast.api_client, scopes=["forecast:read"], at=AT)
    for person in cast.people.values():
        client.force_login(person.user)
        expected = 200 if person.role in SET_UP_ROLES else 403
        assert client.get(reverse("people")).status_code == expected
        assert client.get(person_url(cast.rep)).status_code == expected
        if expected == 403:
            assert client.post(person_url(cast.rep), given(cast.rep, role="admin")).status_code == 403
            assert client.post(reverse("hand-over", args=[cast.rep.pk]), {}).status_code == 403
            assert client.post(reverse("key-revoke", args=[key.pk])).status_code == 403
    cast.rep.refresh_from_db()
    assert cast.rep.role == "sales_rep"


def test_no_such_person(client, cast):
    assert client.get(reverse("person", args=[10**9])).status_code == 404


def test_customers_change_hands_in_the_running_cycle_when_ticked(client, cast):
    cycle = in_entry(cast)
    MovedClock.objects.create(at=ENTRY)
    assert "Also in the running cycle, November 2026" in text_of(client.get(person_url(cast.rep)))
    data = {"customers": [cast.customers["NORTH"].pk], "to": cast.other_rep.pk, "on": "2026-11-04"}
    text = text_of(client.post(reverse("hand-over", args=[cast.rep.pk]), data | {"running": "on"}, follow=True))
    assert "1; 4 lines of the running cycle went with them." in text
    assert set(cycle.lines.filter(line__customer__code="NORTH").values_list("owner", flat=True)) == {cast.other_rep.pk}
    data["customers"] = [cast.customers["SOUTH"].pk]
    text_of(client.post(reverse("hand-over", args=[cast.rep.pk]), data, follow=True))
    assert set(cycle.lines.filter(line__customer__code="SOUTH").values_list("owner", flat=True)) == {cast.rep.pk}


def test_the_running_cycle_is_offered_in_sales_entry_only(client, cast):
    cycle = in_entry(cast)
    cycle_advance(cycle=cycle, at=ENTRY_CLOSED)
    MovedClock.objects.create(at=ENTRY_CLOSED)
    assert "Also in the running cycle" not in text_of(client.get(person_url(cast.rep)))
    data = {"customers": [cast.customers["NORTH"].pk], "to": cast.other_rep.pk, "on": "2026-11-04", "running": "on"}
    text = text_of(client.post(reverse("hand-over", args=[cast.rep.pk]), data), 422)
    assert "Hand over for the next cycle instead." in text
    assert Customer.objects.get(code="NORTH").owner == cast.rep


def test_a_key_is_made_on_the_page_and_shown_once(db: None) -> None:
    cast = small_company()
    client = Client()
    client.force_login(cast.admin.user, backend="django.contrib.auth.backends.ModelBackend")
    typed = {"person": cast.api_client.pk, "name": "ERP", "scopes": ["data:write", "data:read"], "days": "30"}
    text = client.post("/people/keys/", typed).content.decode()
    [secret] = re.findall(r"sop_[\w-]{43}", text)
    key = ApiKey.objects.get()
    assert key.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    assert (key.name, sorted(key.scopes), (key.expires_at - key.created_at).days) == (
        "ERP",
        ["data:read", "data:write"],
        30,
    )
    assert secret not in client.get("/people/").content.decode()
    refused = client.post("/people/keys/", typed | {"days": "0", "scopes": []})
    assert refused.status_code == 422
    assert 'value="ERP"' in refused.content.decode()
    assert ApiKey.objects.count() == 1
    client.force_login(cast.rep.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post("/people/keys/", typed).status_code == 403
