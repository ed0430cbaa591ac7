"""The page of a job says how far it is, and why a part waits."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from jobs.models import Job, JobPart, WorkState
from tests.cast import small_company

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 2, 8, tzinfo=UTC)
ERROR = "Traceback (most recent call last):\n  …\njobs.errors.Refused: It waits until the month is closed.\n"


@pytest.mark.parametrize(("state", "told"), [(WorkState.QUEUED, True), (WorkState.DONE, False)])
def test_a_part_that_failed_and_is_tried_again_says_why(client: Client, state: WorkState, told: bool) -> None:
    client.force_login(small_company().leader.user)
    job = Job.objects.create(
        kind="baseline", key="k", label="Baseline", total=1, state=WorkState.RUNNING, created_at=AT
    )
    JobPart.objects.create(job=job, number=1, label="put together", state=state, error=ERROR, available_at=AT)
    page = client.get(reverse("job", args=[job.pk])).content.decode()
    assert ("It waits until the month is closed." in page) is told
    assert "Traceback" not in page
