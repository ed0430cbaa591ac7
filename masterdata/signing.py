"""Who may sign for a department: its head, or the deputy in the head's name."""

from jobs.errors import NotYours, Refused
from masterdata.models import Person


def signing_for(person: Person, head: Person | None, title: str) -> Person | None:
    """None when the person is the head, the head when the person is the deputy; refused for everybody else."""
    if head is None:
        raise Refused(
            "no_head", f"Nobody is set up as {title}: the one who reports to the CEO. Ask the S&OP leader to set it."
        )
    if person.pk == head.pk:
        return None
    if head.deputy_id == person.pk:
        return head
    raise NotYours(f"Only the {title} ({head.name}) or a named deputy signs here.")
