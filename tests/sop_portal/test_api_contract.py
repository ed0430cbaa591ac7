"""The description of the interface is kept: made-up requests over every operation, and every example that it gives.

Each operation is also asked with a key of every role and of every scope: who may not, stores nothing.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import schemathesis
from django.conf import settings as portal
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from jobs.models import Job
from masterdata.models import ImportRun, Person
from masterdata.policy import may_load
from masterdata.roles import Role
from masterdata.services.keys import SCOPES, key_create
from sop_portal.api.resources import BY_NAME
from tests.cast import Cast, small_company
from tests.meetings.journey import APPROVED, approved, do_job

# What an example says is checked by the example's own test.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
EXAMPLES_EACH = 4


def description() -> dict[str, Any]:
    made = SchemaGenerator().get_schema(request=None, public=True)
    return json.loads(json.dumps(made))


DESCRIPTION = description()
schema = schemathesis.openapi.from_dict(DESCRIPTION)
schema.app = get_wsgi_application()
OPERATIONS = [
    (method.upper(), path) for path, item in DESCRIPTION["paths"].items() for method in item if method != "parameters"
]


def bearing(person: Person, scopes: Sequence[str]) -> dict[str, str]:
    secret = key_create(person=person, scopes=scopes, at=timezone.now())[1]
    return {"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"}


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        cast = small_company()
        do_job(Job.objects.get(kind="publish", key=approved(cast).code), APPROVED)
        limit, portal.API_PER_MINUTE = portal.API_PER_MINUTE, 1_000_000
        # as the test client does: a request must not end the transaction that its data stands in
        ends = (signals.request_started, signals.request_finished)
        for signal in ends:
            signal.disconnect(close_old_connections)
        yield cast
        for signal in ends:
            signal.connect(close_old_connections)
        portal.API_PER_MINUTE = limit
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


@pytest.fixture(scope="module")
def headers(cast: Cast, django_db_blocker: Any) -> dict[str, str]:
    with django_db_blocker.unblock():
        return bearing(cast.api_client, SCOPES)


@pytest.fixture(scope="module")
def keys(cast: Cast, django_db_blocker: Any) -> list[tuple[Person, Sequence[str], dict[str, str]]]:
    """A key with every scope for one person of each role, and a program's key for each single scope."""
    with django_db_blocker.unblock():
        roles = {person.role: person for person in cast.people.values()}
        assert len(roles) == 10
        asked = [(person, SCOPES) for person in roles.values()] + [(cast.api_client, (one,)) for one in SCOPES]
        return [(person, scopes, bearing(person, scopes)) for person, scopes in asked]


def bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def named(path: str) -> str:
    return path.removeprefix("/api/v1/").split("/")[0]


def scope_of(method: str, path: str) -> str:
    """The scope that an operation is described to need."""
    if named(path) in ("company-forecast", "cycles"):
        return {"company-forecast": "forecast:read", "cycles": "cycles:read"}[named(path)]
    table = BY_NAME[named(path)]
    return table.scope if method == "GET" else table.write_scope


def loaded_by(person: Person, path: str) -> bool:
    """A program does what its scopes say; a person what the role may load."""
    return person.role == Role.API_CLIENT or may_load(person, BY_NAME[named(path)].file)


@schema.parametrize()
@bounded(EXAMPLES_EACH)
def test_made_up_requests_are_answered_as_described(case: schemathesis.Case, headers: dict[str, str], db: None) -> None:
    point = transaction.savepoint()
    try:
        case.call_and_validate(headers=headers, checks=CHECKS)
    finally:
        transaction.savepoint_rollback(point)


@schema.parametrize()
@bounded(1)
def test_every_role_and_scope_gets_what_is_described(case: schemathesis.Case, keys: Any, db: None) -> None:
    for person, scopes, headers in keys:
        point, runs = transaction.savepoint(), ImportRun.objects.count()
        try:
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS[:-1])
            who = f"{person.role} with {', '.join(scopes)}: {case.method} {case.path}"
            in_scope = scope_of(case.method, case.path) in scopes
            assert in_scope or answer.status_code == 403, who
            loads = (
                person.role == Role.API_CLIENT
                or case.method == "GET"
                or may_load(person, BY_NAME[named(case.path)].file)
            )
            assert loads or answer.status_code >= 400, who
            assert answer.status_code < 400 or ImportRun.objects.count() == runs, who
        finally:
            transaction.savepoint_rollback(point)


def examples() -> Iterator[tuple[str, str, object]]:
    for path, item in DESCRIPTION["paths"].items():
        for method in ("post", "put"):
            media = item.get(method, {}).get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in media.get("examples", {}).values():
                yield method, path, example["value"]


@pytest.mark.parametrize(
    ("method", "path", "body"), examples(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_documented_example_runs(
    headers: dict[str, str], db: None, method: str, path: str, body: dict[str, Any]
) -> None:
    answer = getattr(Client(), method)(
        path.replace("{code}", "MADE"), json.dumps(body), content_type="application/json", headers=headers
    )
    assert answer.status_code in (200, 201), answer.content
    if method == "post":
        assert answer.json()["new"] + answer.json()["changed"] == len(body["rows"])


def test_what_is_documented_is_stored_only_for_who_may_load_it(cast: Cast, keys: Any, db: None) -> None:
    """The examples are good rows, so nothing but who asks stands in their way."""
    for method, path, body in examples():
        for person, scopes, headers in keys:
            point = transaction.savepoint()
            answer = getattr(Client(), method)(
                path.replace("{code}", "MADE"), json.dumps(body), content_type="application/json", headers=headers
            )
            in_scope = scope_of(method.upper(), path) in scopes
            may = in_scope and loaded_by(person, path)
            assert answer.status_code in ((200, 201) if may else (403,)), f"{person.role}, {scopes}: {method} {path}"
            transaction.savepoint_rollback(point)


def test_every_operation_is_described_in_full() -> None:
    assert DESCRIPTION["openapi"].startswith("3.1")
    assert len(OPERATIONS) > 50
    for method, path in OPERATIONS:
        operation = DESCRIPTION["paths"][path][method.lower()]
        assert operation["responses"].keys() >= {"200", "401", "403", "429"}, path
        assert operation["description"] or operation["summary"], path
    assert len(list(examples())) >= 20
