"""The monthly card: once per person and month, to its owner only, never about simulated input."""

from datetime import UTC, date, datetime

import pytest
from django.core import mail

from cycles.models import Cycle
from demand.models import Booking, LayerLine, OrderLine, Reason, Stage
from jobs.models import Job, Message, WorkState
from jobs.services.messages import messages_due_send
from jobs.services.work import part_claim, part_finish
from kpis.selectors.feedback import card, feedback
from kpis.services.audit import audit_part
from kpis.services.cards import MESSAGE_KIND, cards_due, cards_mail, cards_part
from kpis.services.due import due
from kpis.services.snapshots import snapshots_part
from masterdata.models import Company, Person
from masterdata.services.mails import mail_choice_set
from tests.cast import Cast
from tests.kpis.past import past_cycle

OCT, SEP = date(2026, 10, 1), date(2026, 9, 1)
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def changed(cycle: Cycle, cast: Cast, person: Person, quantity: float = 5.0) -> None:
    """The person's number of the cycle's own month for one line of theirs."""
    line = cast.line("ALPHA", "NORTH" if person == cast.rep else "EAST")
    layer = [quantity, *[None] * (cycle.horizon - 1)]
    facts = {"reason": Reason.CUSTOMER_TOLD, "changed_by": person, "changed_at": AT}
    LayerLine.objects.create(cycle=cycle, stage=Stage.SALES, line=line, quantity=layer, **facts)


@pytest.fixture
def cycle(cast: Cast) -> Cycle:
    """October as people really planned it; both reps changed a line."""
    made = past_cycle(OCT, simulated=False)
    changed(made, cast, cast.rep)
    changed(made, cast, cast.other_rep, 50.0)
    return made


def cards() -> list[Message]:
    return list(Message.objects.filter(kind=MESSAGE_KIND).order_by("key"))


def test_each_rep_gets_the_own_facts_and_nobody_elses(cast: Cast, cycle: Cycle) -> None:
    assert cards_mail(at=AT) == 2
    rita, rob = cards()
    assert (rita.recipient, rob.recipient) == (cast.rep.user, cast.other_rep.user)
    own = feedback(cast.rep, cast.rep).sentences
    assert len(own) <= 6
    for sentence in own:
        assert sentence in rita.text
    assert feedback(cast.other_rep, cast.other_rep).sentences[0] not in rita.text
    assert rita.subject == "2026-10: what your input did in October 2026"
    assert "http://127.0.0.1:8000/feedback/" in rita.text
    assert "/mails/" in rita.html
    messages_due_send(at=AT)
    assert sorted((m.to, m.cc, m.bcc) for m in mail.outbox) == [
        (["Rita Rep <rita@small.example>"], [], []),
        (["Rob Rep <rob@small.example>"], [], []),
    ]


def test_the_service_of_their_customers_is_told_except_in_a_demonstration(cast: Cast, cycle: Cycle) -> None:
    facts = {"qty": 5, "ordered_on": SEP, "requested_on": date(2026, 10, 5), "shipped_on": OCT, "shipped_qty": 5}
    OrderLine.objects.create(code="1", customer=cast.customers["NORTH"], product=cast.products["ALPHA"], **facts)
    told = card(cast.rep)
    assert told is not None
    assert "on time and in full in October" in told.sentences[-1]
    Company.objects.update(is_demonstration=True)
    told = card(cast.rep)
    assert told is not None
    assert "on time" not in " ".join(told.sentences)


def test_the_tick_run_twice_makes_the_cards_once(cast: Cast, cycle: Cycle) -> None:
    for _ in range(3):
        due(at=AT)
        for job in Job.objects.filter(state=WorkState.QUEUED):
            do_here(job)
    assert len(cards()) == 2
    assert Job.objects.filter(kind="cards").count() == 1
    assert cards_mail(at=AT) == 0


def test_a_month_that_closes_later_has_cards_of_its_own(cast: Cast, cycle: Cycle) -> None:
    cards_mail(at=AT)
    november = past_cycle(date(2026, 11, 1), simulated=False)
    changed(november, cast, cast.rep)
    assert cards_mail(at=AT) == 0
    Booking.objects.create(
        month=date(2026, 11, 1), product=cast.products["ALPHA"], customer=cast.customers["NORTH"], qty=7, revenue=1
    )
    Company.objects.update(last_closed_month=date(2026, 11, 1))
    assert cards_due()
    assert cards_mail(at=AT) == 1
    assert [message.cycle for message in cards()] == ["2026-10", "2026-10", "2026-11"]


def test_simulated_history_is_not_mailed(cast: Cast) -> None:
    changed(past_cycle(OCT), cast, cast.rep)
    assert not cards_due()
    assert cards_mail(at=AT) == 0
    assert feedback(cast.rep, cast.rep).simulated


def test_beside_real_input_the_simulated_one_does_not_count(cast: Cast, cycle: Cycle) -> None:
    changed(past_cycle(SEP), cast, cast.rep)
    told = card(cast.rep)
    assert told is not None
    assert "of your 1 change of earlier cycles" in " ".join(told.sentences)
    assert "of your 2 changes" in " ".join(feedback(cast.rep, cast.rep).sentences)


def test_real_input_of_another_month_alone_is_no_news(cast: Cast) -> None:
    changed(past_cycle(SEP, simulated=False), cast, cast.rep)
    past_cycle(OCT, simulated=False)
    assert card(cast.rep) is None
    assert cards_mail(at=AT) == 0


def test_a_real_cycle_without_changes_gives_no_mail(cast: Cast) -> None:
    past_cycle(OCT, simulated=False)
    assert cards_mail(at=AT) == 0
    assert card(cast.supply_planner) is None


def test_switched_off_or_without_address_nothing_is_sent(cast: Cast, cycle: Cycle) -> None:
    mail_choice_set(person=cast.rep, digest=True, card=False, minutes=True, at=AT)
    cast.other_rep.user.email = ""
    cast.other_rep.user.save()
    assert cards_mail(at=AT) == 0


def test_before_any_month_has_closed_nothing_is_due(cast: Cast) -> None:
    Company.objects.update(last_closed_month=None)
    assert not cards_due()
    assert card(cast.rep) is None


def do_here(job: Job) -> None:
    """As a worker would."""
    handlers = {"cards": cards_part, "snapshots": snapshots_part, "audit": audit_part}
    while part := part_claim(at=AT, job=job):
        part_finish(part=part, at=AT, message=handlers[job.kind](job=job.pk, payload=part.payload, at=AT))
