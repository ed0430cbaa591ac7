"""What is said about a line: notes, a manager's question, the answer; and a note to the planners."""

from datetime import date, datetime

from django.db import transaction

from cycles.models import Cycle, CycleState
from demand.models import Comment, CycleLine, Line
from demand.policy import check_demand_open, may_ask
from demand.services.said import comment_add
from jobs.errors import Invalid, NotYours, Refused
from jobs.models import Message
from jobs.services.messages import messages_queue
from masterdata.models import Person
from masterdata.roles import Role
from masterdata.selectors import people
from masterdata.selectors.absences import away_on, company_day, stands_in, substitute_now

LONGEST = 2000


@transaction.atomic
def note_add(
    *, cycle: Cycle, by: Person, text: str, at: datetime, line: Line | None = None, month: date | None = None
) -> Comment:
    """A note on a line and month, or on none; everybody who reads the number reads it, those named with @ are told."""
    _check_running(cycle)
    return comment_add(cycle=cycle, line=line, month=month, text=_words(text), by=by, at=at)


@transaction.atomic
def operations_tell(*, cycle: Cycle, by: Person, text: str, at: datetime) -> Comment:
    """A rep's free words to the planners; the supply planner finds it on the first page."""
    _check_running(cycle)
    to = people().filter(role=Role.SUPPLY_PLANNER).first() or people().filter(role=Role.DEMAND_PLANNER).first()
    return comment_add(cycle=cycle, text=_words(text), to=to, by=by, at=at)


@transaction.atomic
def question_ask(
    *, cycle: Cycle, line: Line, by: Person, text: str, at: datetime, month: date | None = None
) -> Comment:
    """Send a line back to its owner with a question; it stays open to the owner until demand is signed."""
    check_demand_open(cycle)
    owner = _owner(cycle, line)
    if not may_ask(by, owner):
        raise NotYours(f"Only a manager of {owner.name} or a demand planner can send this line back.")
    question = comment_add(
        cycle=cycle, line=line, month=month, kind=Comment.Kind.QUESTION, text=_words(text), to=owner, by=by, at=at
    )
    messages_queue(messages=[_question_mail(question, owner), *_substitute_mail(question, owner)])
    return question


def _substitute_mail(question: Comment, owner: Person) -> list[Message]:
    """The same question to who answers while the owner is away."""
    away = away_on(company_day(question.at))
    named = substitute_now(away[owner.pk], away) if owner.pk in away else None
    if named is None:
        return []
    mail = _question_mail(question, owner)
    mail.key, mail.recipient = f"{mail.key}:substitute", named.user
    mail.text = mail.text.replace("your sheet;", f"the sheet of {owner.name}, who is away;")
    return [mail]


def _question_mail(question: Comment, owner: Person) -> Message:
    line = question.line
    about = f"{line.customer.name}, {line.product.name}" if line else "your forecast"
    return Message(
        key=f"{question.cycle.code}:question:{question.pk}",
        kind="question",
        cycle=question.cycle.code,
        recipient=owner.user,
        subject=f"{question.by.name} asks about {about}",
        text=f"{question.by.name} asks about {about}:\n\n{question.text}\n\n"
        "Answer on your sheet; the line is open to you until demand is signed.\n",
        due_at=question.at,
    )


@transaction.atomic
def question_answer(*, question: Comment, by: Person, text: str, at: datetime) -> Comment:
    """Answer a question on one's line, or on that of who is away; who asked sees the answer beside the number."""
    question = Comment.objects.select_for_update().get(pk=question.pk)
    if question.kind != Comment.Kind.QUESTION:
        raise Invalid("This is not a question, so it has no answer. Add a note instead.")
    _check_asked(question, by, at)
    if question.answered_at:
        raise Refused("answered", "This question has been answered already. Add a note to say more.")
    answer = comment_add(
        cycle=question.cycle,
        line=question.line,
        month=question.month,
        kind=Comment.Kind.ANSWER,
        text=_words(text),
        to=question.by,
        answers=question,
        by=by,
        at=at,
    )
    question.answered_at = at
    question.save(update_fields=["answered_at"])
    return answer


def _check_asked(question: Comment, by: Person, at: datetime) -> None:
    asked = question.to
    if asked is None or (asked.pk != by.pk and stands_in(by, asked, company_day(at)) is None):
        whom = f"{asked.name}, who answers it, or who is named while {asked.name} is away" if asked else "nobody"
        raise NotYours(f"This question was put to {whom}.")


def _owner(cycle: Cycle, line: Line) -> Person:
    row = CycleLine.objects.select_related("owner__user").filter(cycle=cycle, line=line).first()
    if row is None:
        raise Refused("no_line", f"This line is not part of the cycle {cycle.code}.", status=404)
    if row.owner is None:
        raise Refused("no_owner", "This line belongs to nobody, so there is nobody to ask.")
    return row.owner


def _check_running(cycle: Cycle) -> None:
    if cycle.state != CycleState.OPEN:
        raise Refused("cycle_ended", f"The cycle {cycle.code} has ended; its notes stay as they are.")


def _words(text: str) -> str:
    words = "".join(mark for mark in text if mark.isprintable() or mark == "\n").strip()
    if not words:
        raise Invalid("Write a few words first.")
    if len(words) > LONGEST:
        raise Invalid(f"That is longer than {LONGEST:,} characters. Say it shorter.")
    return words
