"""What no request may bring in is refused before any page sees it."""

import pytest
from django.test import Client

from tests.cast import small_company

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "fields"),
    [("/sheet/?show=%00", None), ("/person%00/", None), ("/api/v1/cycles/?month=%00", None), ("/", {"a": "\x00"})],
)
def test_a_character_that_no_text_has_is_refused_at_the_door(client: Client, path: str, fields: dict | None) -> None:
    house = small_company()
    client.force_login(house.leader.user)
    answer = client.post(path, fields) if fields else client.get(path)
    assert answer.status_code == 400
    if path.startswith("/api/"):
        assert answer.json()["code"] == "not_text"
    else:
        assert "a character that no text has" in answer.content.decode()


def test_a_form_sent_to_an_address_of_batches_is_told_so(client: Client) -> None:
    client.force_login(small_company().rep.user)
    answer = client.post("/sheet/save/", {"token": "1"}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")


@pytest.mark.parametrize("length", ["1.5", "x", "-1", "9" * 30])
def test_a_length_that_is_no_number_is_refused_at_the_door(client: Client, length: str) -> None:
    client.force_login(small_company().leader.user)
    answer = client.post("/cycle/calendar/person/", {"person": "x"}, headers={"content-length": length})
    assert answer.status_code == 400
    assert "not a number of bytes" in answer.content.decode()


def test_after_signing_a_panel_leads_to_pages_of_ours_only(client: Client) -> None:
    client.force_login(small_company().leader.user)
    for wanted in ("2026-11-01T10:00+99:00", "https://other.example/", "//other.example/"):
        answer = client.get("/meetings/approve/", headers={"hx-current-url": wanted, "hx-request": "true"})
        assert wanted not in answer.content.decode()


def test_a_key_with_a_character_that_no_text_has_is_no_key(client: Client) -> None:
    small_company()
    for more in ({}, {"if-none-match": '"x"'}):
        answer = client.get("/api/v1/company-forecast/", headers={"authorization": "Bearer sop_a\x00b"} | more)
        assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
