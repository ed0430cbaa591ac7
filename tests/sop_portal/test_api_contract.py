"""The description of the interface is kept: made-up requests over every operation, and every example that it gives."""

import json
from collections.abc import Iterator
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
from masterdata.services.keys import SCOPES, key_create
from tests.cast import small_company
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


@pytest.fixture(scope="module")
def headers(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        cast = small_company()
        do_job(Job.objects.get(kind="publish", key=approved(cast).code), APPROVED)
        secret = key_create(person=cast.api_client, scopes=SCOPES, at=timezone.now())[1]
        limit, portal.API_PER_MINUTE = portal.API_PER_MINUTE, 1_000_000
        # as the test client does: a request must not end the transaction that its data stands in
        ends = (signals.request_started, signals.request_finished)
        for signal in ends:
            signal.disconnect(close_old_connections)
        yield {"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"}
        for signal in ends:
            signal.connect(close_old_connections)
        portal.API_PER_MINUTE = limit
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES_EACH,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_made_up_requests_are_answered_as_described(case: schemathesis.Case, headers: dict[str, str], db: None) -> None:
    point = transaction.savepoint()
    try:
        case.call_and_validate(headers=headers, checks=CHECKS)
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


def test_every_operation_is_described_in_full() -> None:
    assert DESCRIPTION["openapi"].startswith("3.1")
    assert len(OPERATIONS) > 50
    for method, path in OPERATIONS:
        operation = DESCRIPTION["paths"][path][method.lower()]
        assert operation["responses"].keys() >= {"200", "401", "403", "429"}, path
        assert operation["description"] or operation["summary"], path
    assert len(list(examples())) >= 20
