"""What the input of managers and of marketing did: against the rows themselves, and for them alone."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from cycles.models import Cycle
from demand.models import Booking, CycleLine, Event, ForecastLine, LayerLine, Stage
from kpis.event_words import event_sentence
from kpis.selectors.feedback import feedback
from supply.wording import count_text, money_text
from tests.cast import Cast
from tests.kpis.conftest import SignIn, text_of
from tests.kpis.past import past_cycle

SEP, OCT = date(2026, 9, 1), date(2026, 10, 1)
AT = datetime(2026, 10, 5, 9, tzinfo=UTC)


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """Its second month is the one that closed last."""
    return past_cycle(SEP, simulated=False)


def planned(cycle: Cycle, stage: Stage, line: int) -> float:
    row = ForecastLine.objects.get(version__cycle=cycle, version__stage=stage, line=line)
    return row.quantity[1]


def came(line: int) -> float:
    return sum(
        Booking.objects.filter(month=OCT, product__lines=line, customer__lines=line).values_list("qty", flat=True)
    )


def test_a_manager_reads_what_the_review_brought(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    line = cast.line("ALPHA", "NORTH")
    LayerLine.objects.create(
        cycle=cycle, stage=Stage.TEAM, line=line, quantity=[None, came(line.pk), *[None] * 22],
        changed_by=cast.manager, changed_at=AT,
    )  # fmt: skip
    removed = abs(planned(cycle, Stage.SALES, line.pk) - came(line.pk))
    assert removed > 0
    first = feedback(cast.manager, cast.manager).sentences[0]
    money = money_text(removed * CycleLine.objects.get(cycle=cycle, line=line).price, "EUR")
    assert first.startswith("In your review: your 1 change for October 2026 took ")
    assert f"{count_text(removed)} ({money}) of error out of the forecast; 1 of 1 ended nearer" in first
    assert "In your review" in text_of(as_(cast.manager).get("/feedback/"))
    assert 'hx-get="/feedback/"' in as_(cast.manager).get("/").content.decode()


def test_a_change_that_did_harm_is_told_as_plainly(cast: Cast, cycle: Cycle) -> None:
    line = cast.line("ALPHA", "NORTH")
    far = planned(cycle, Stage.SALES, line.pk) + 50
    layer = [None, far, *[None] * 22]
    LayerLine.objects.create(
        cycle=cycle, stage=Stage.TEAM, line=line, quantity=layer, changed_by=cast.manager, changed_at=AT
    )
    assert "of error to the forecast; 0 of 1 ended nearer" in feedback(cast.manager, cast.manager).sentences[0]


def test_what_an_input_did_is_not_told_to_others(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    for other in (cast.rep, cast.marketing, cast.demand_planner, cast.finance):
        for owner in (cast.manager, cast.marketing):
            expected = 200 if owner == other else 404
            assert as_(other).get(f"/feedback/{owner.username}/").status_code == expected


def test_marketing_reads_what_events_promised_and_what_came(cast: Cast, cycle: Cycle, as_: SignIn) -> None:
    Event.objects.create(
        code="E1", name="Autumn weeks", kind="promotion", product=cast.products["ALPHA"], from_month=OCT, to_month=OCT,
        uplift_pct=20, confidence=0.5, entered_on=date(2026, 8, 3), entered_by=cast.marketing,
    )  # fmt: skip
    rows = list(CycleLine.objects.filter(cycle=cycle, line__product__code="ALPHA"))
    team = np.array([planned(cycle, Stage.TEAM, row.line_id) for row in rows])
    actual, price = np.array([came(row.line_id) for row in rows]), np.array([row.price for row in rows])
    promised = (0.1 * team.sum(), (0.1 * team * price).sum())
    above = ((actual - team).sum(), ((actual - team) * price).sum())
    expected = event_sentence("Autumn weeks", "October 2026", promised, above, "EUR")
    assert feedback(cast.marketing, cast.marketing).sentences == [expected]
    assert "Autumn weeks" in text_of(as_(cast.marketing).get("/feedback/"))
    assert 'hx-get="/feedback/"' in as_(cast.marketing).get("/").content.decode()


def test_without_an_event_marketing_is_told_so(cast: Cast, cycle: Cycle) -> None:
    assert feedback(cast.marketing, cast.marketing).sentences == ["No event was planned for October 2026."]


def test_the_sentence_tells_both_sides_and_who_shares() -> None:
    told = event_sentence("Spring", "May 2026", (100.0, 5000.0), (-20.0, -1000.0), "EUR", ["Price cut"])
    assert told.startswith("Spring: 100 units (")
    assert "more promised for May 2026; its lines came 20 units (" in told
    assert told.endswith("below the plan without events. Shared with Price cut.")
