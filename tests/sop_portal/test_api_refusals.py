"""What a program is told when it asks wrongly, and how it may keep what it was told rightly."""

import gzip
import json
from typing import Any

import pytest
from django.conf import settings as portal
from django.test import Client
from django.utils import timezone

from masterdata.services.keys import SCOPES, key_create
from sop_portal.compression import takes
from tests.cast import small_company

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> dict[str, str]:
    secret = key_create(person=small_company().api_client, scopes=SCOPES, at=timezone.now())[1]
    return {"Authorization": f"Bearer {secret}"}


def refused(answer: Any, status: int) -> str:
    """The sentence of a problem document of this status."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    told = answer.json()
    assert told["status"] == status
    assert told["title"] not in ("", "Error")
    return str(told["detail"])


def test_each_refusal_says_what_to_do(key: dict[str, str], client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Authorization: Bearer KEY" in refused(client.get("/api/v1/products/"), 401)
    assert refused(client.delete("/api/v1/products/", headers=key), 405) == (
        "DELETE is not possible at this address. Possible: GET, POST, HEAD, OPTIONS."
    )
    answer = client.post("/api/v1/products/", "<a/>", content_type="text/xml", headers=key)
    assert "application/json" in refused(answer, 415)
    monkeypatch.setattr(portal, "API_PER_MINUTE", 1)
    answer = client.get("/api/v1/products/", headers=key)
    assert refused(answer, 429).startswith("Too many requests with this key")
    assert 0 < int(answer["Retry-After"]) <= 60


def test_a_packed_body_is_told_as_such(key: dict[str, str], client: Client) -> None:
    body = gzip.compress(json.dumps({"rows": [{"code": "X"}]}).encode())
    headers = key | {"Content-Encoding": "gzip"}
    for kind in ("application/json", "text/csv"):
        answer = client.post("/api/v1/families/", body, content_type=kind, headers=headers)
        assert "without Content-Encoding: gzip" in refused(answer, 415)


def test_a_write_without_its_slash_is_told_and_not_turned_into_a_read(key: dict[str, str], client: Client) -> None:
    rows = {"rows": [{"code": "NEW", "name": "New", "group": "G"}]}
    answer = client.post("/api/v1/families", rows, content_type="application/json", headers=key)
    assert "Addresses end with a slash" in refused(answer, 404)
    assert client.get("/api/v1/families", headers=key)["Location"] == "/api/v1/families/"


def test_a_client_may_keep_what_it_has_and_ask_again(key: dict[str, str], client: Client) -> None:
    first = client.get("/api/v1/products/", headers=key)
    again = client.get("/api/v1/products/", headers=key | {"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, "Content-Type" in again) == (304, b"", False)
    assert first["Cache-Control"] == again["Cache-Control"] == "private, no-cache"
    assert client.get("/api/v1/products/")["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("query", "headers", "kind"),
    [
        ("", {}, "application/vnd.oai.openapi"),
        ("?format=json", {}, "application/vnd.oai.openapi+json"),
        ("", {"Accept": "application/json"}, "application/json"),
    ],
)
def test_the_description_comes_as_yaml_or_json(query: str, headers: dict[str, str], kind: str, client: Client) -> None:
    answer = client.get(f"/api/v1/schema/{query}", headers=headers)
    assert answer["Content-Type"].partition(";")[0] == kind
    if "json" in kind:
        assert answer.json()["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("gzip", "gzip"),
        ("br, gzip", "br"),
        ("br;q=0.0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.000, br;q=0", None),
    ],
)
def test_only_what_is_accepted_is_packed(accepted: str, sent: str | None, key: dict[str, str], client: Client) -> None:
    answer = client.get("/api/v1/products/", headers=key | {"Accept-Encoding": accepted})
    assert answer.get("Content-Encoding") == sent
    assert takes(accepted, "gzip") or sent != "gzip"


@pytest.mark.parametrize("cursor", ["x", "W10=", "WzEsIngiXQ==", "W1tb" * 50_000, "W" * 40_000])
def test_a_cursor_of_somebody_else_is_refused(cursor: str, key: dict[str, str], client: Client) -> None:
    assert "Start again without it" in refused(client.get(f"/api/v1/products/?cursor={cursor}", headers=key), 400)


@pytest.mark.parametrize("size", ["0", "-1", "x", "10001", "9" * 5000, "1²"])
def test_a_page_size_that_is_none_is_refused(size: str, key: dict[str, str], client: Client) -> None:
    answer = client.get("/api/v1/products/", {"page_size": size}, headers=key)
    assert "from 1 to 10,000" in refused(answer, 400)
