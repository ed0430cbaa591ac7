"""Signing in with the company's account, against a provider that runs: who gets in, and who does not."""

import json
import socket
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client

from masterdata.models import Person
from masterdata.roles import Role
from sop_portal import single_sign_on
from tests.cast import Cast, small_company
from tests.identity_provider import CLIENT, SECRET
from tests.processes import Process, free_port

pytestmark = pytest.mark.django_db
RITA = {"email": "rita@small.example", "email_verified": True}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The provider's address, and the file that says whom it signs in."""
    folder, port = tmp_path_factory.mktemp("provider"), free_port()
    says = folder / "says.json"
    process = Process(
        [sys.executable, "-m", "tests.identity_provider", str(port)], {"PROVIDER_SAYS": str(says)}, folder / "log"
    )
    process.start()
    try:
        process.wait_until("answers")
        yield f"http://127.0.0.1:{port}", says
    finally:
        process.kill()


@pytest.fixture
def cast() -> Cast:
    return small_company()


@pytest.fixture
def come_back(cast: Cast, provider: tuple[str, Path], settings, client: Client) -> Callable[..., HttpResponse]:
    """Signs in as whom the provider describes; the answer of the portal to the browser that comes back."""
    issuer, says = provider
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = issuer, CLIENT, SECRET
    settings.PORTAL_URL = "http://testserver"

    def sign_in(told: dict[str, object], query: str = "") -> HttpResponse:
        says.write_text(json.dumps(told))
        return client.get(address_back(client, query))

    return sign_in


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def address_back(client: Client, query: str = "") -> str:
    """Where the provider sends the browser that the portal has sent to it."""
    sent = client.get(f"/login/company/{query}")
    assert sent.status_code == 302, sent.content
    with pytest.raises(urllib.error.HTTPError) as redirected:
        urllib.request.build_opener(_Stay).open(sent["Location"], timeout=10)
    assert redirected.value.code == 302
    return str(redirected.value.headers["Location"]).removeprefix("http://testserver")


def signed_in(client: Client) -> str:
    return str(get_user_model().objects.get(pk=client.session["_auth_user_id"])) if _has_session(client) else ""


def _has_session(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_person_of_the_portal_gets_in(come_back, client: Client) -> None:
    answer = come_back(RITA)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert signed_in(client) == "rita"
    assert client.get("/feedback/").status_code == 200


def test_what_was_wanted_is_shown_afterwards(come_back) -> None:
    assert come_back(RITA, "?next=/feedback/")["Location"] == "/feedback/"


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(come_back, wanted: str) -> None:
    assert come_back(RITA, f"?next={wanted}")["Location"] == "/"


def test_the_session_is_a_new_one(come_back, client: Client) -> None:
    client.get("/login/company/")
    before = client.session.session_key
    come_back(RITA)
    assert client.session.session_key != before


def test_capitals_do_not_matter_and_rights_are_what_they_were(come_back, client: Client) -> None:
    before = list(Person.objects.order_by("pk").values())
    come_back(RITA | {"email": "Rita@Small.Example", "role": "admin", "groups": ["admin"], "name": "Chief"})
    assert signed_in(client) == "rita"
    assert list(Person.objects.order_by("pk").values()) == before
    user = get_user_model().objects.get(username="rita")
    assert (user.is_staff, user.is_superuser, user.email) == (False, False, "rita@small.example")
    assert client.get("/people/").status_code == 403


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (RITA | {"email_verified": False}, "does not confirm"),
        ({"email": "rita@small.example"}, "does not confirm"),
        (RITA | {"email_verified": "true"}, "does not confirm"),
        ({"email_verified": True}, "does not confirm"),
        (RITA | {"email": ""}, "does not confirm"),
        (RITA | {"email": ["rita@small.example"]}, "does not confirm"),
        (RITA | {"email": "stranger@small.example"}, "No open account here has the e-mail address stranger@"),
        (RITA | {"email": "r\u0131ta@small.example"}, "No open account"),
        (RITA | {"lie_aud": "another"}, "did not work"),
        (RITA | {"lie_iss": "https://evil.example"}, "did not work"),
        (RITA | {"lie_nonce": "replayed"}, "did not work"),
        (RITA | {"lie_exp": 1_000_000_000}, "did not work"),
        (RITA | {"lie_key": True}, "did not work"),
        (RITA | {"lie_unsigned": True}, "did not work"),
        (RITA | {"lie_refuses": True}, "did not work"),
    ],
    ids=str,
)
def test_whom_the_provider_does_not_prove_stays_out(come_back, client: Client, told: dict, word: str) -> None:
    accounts = get_user_model().objects.count()
    answer = come_back(told)
    assert answer.status_code == 403
    assert word in answer.content.decode()
    assert not _has_session(client)
    assert get_user_model().objects.count() == accounts


def test_a_closed_account_stays_out(come_back, client: Client) -> None:
    get_user_model().objects.filter(username="rita").update(is_active=False)
    answer = come_back(RITA)
    assert answer.status_code == 403
    assert "No open account" in answer.content.decode()
    assert "You are not signed in" in answer.content.decode()
    assert not _has_session(client)


def test_two_accounts_of_one_address_both_stay_out(come_back, cast: Cast, client: Client) -> None:
    user = get_user_model().objects.create(username="rita2", email="RITA@small.example")
    Person.objects.create(user=user, role=Role.ADMIN, department="IT")
    assert come_back(RITA).status_code == 403
    assert not _has_session(client)


def test_an_address_back_works_once_and_in_its_own_browser_only(come_back, client: Client, provider) -> None:
    provider[1].write_text(json.dumps(RITA))
    back = address_back(client)
    other = Client()
    assert other.get(back).status_code == 403
    assert not _has_session(other)
    assert client.get(back).status_code == 302
    assert Client().get(back).status_code == 403


def test_a_code_of_another_sign_in_is_worth_nothing(come_back, client: Client, provider) -> None:
    """A code that was stolen on its way is asked for its verifier."""
    provider[1].write_text(json.dumps(RITA))
    stolen = parse_qs(urlsplit(address_back(Client())).query)["code"][0]
    own = parse_qs(urlsplit(address_back(client)).query)["state"][0]
    assert client.get("/login/company/back/", {"code": stolen, "state": own}).status_code == 403
    assert not _has_session(client)


def test_a_provider_that_does_not_answer_is_told(cast: Cast, client: Client, settings) -> None:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = f"http://127.0.0.1:{free_port()}", CLIENT
    answer = client.get("/login/company/")
    assert answer.status_code == 403
    assert "sign in with your password" in answer.content.decode()


def test_a_provider_that_hangs_is_not_waited_for(cast: Cast, client: Client, settings, monkeypatch) -> None:
    """It takes the connection and says nothing; without a limit the request would hang with it."""
    monkeypatch.setattr(single_sign_on, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = f"http://127.0.0.1:{silent.getsockname()[1]}", CLIENT
        closer = threading.Timer(20, silent.shutdown, [socket.SHUT_RDWR])
        closer.start()
        assert client.get("/login/company/").status_code == 403
        assert closer.is_alive(), "the portal gave up only when the provider did"
        closer.cancel()


def test_the_way_in_is_shown_only_where_it_is_set_up(cast: Cast, client: Client, settings) -> None:
    assert "/login/company/" not in client.get("/login/").content.decode()
    assert client.get("/login/company/").status_code == client.get("/login/company/back/").status_code == 404
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://id.small.example", "your Small account"
    page = client.get("/login/?next=/sheet/").content.decode()
    assert "Sign in with your Small account" in page
    assert 'href="/login/company/?next=/sheet/"' in page
