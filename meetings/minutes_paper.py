"""Minutes as a paper, from the words that went out by mail."""

from meetings.minutes import text_of
from meetings.papers import Column, Paper, Table

COLUMNS = (Column("Part"), Column("What"))


def minutes_paper(plain: str, *, name: str, footer: str, size: str) -> Paper:
    """Title and one table: each line of the minutes beside the part it belongs to."""
    text = text_of(plain)
    rows = tuple((part.heading, line) for part in text.parts for line in part.lines or ("",))
    message = text.title.rstrip(".") + "."
    return Paper(
        name=name, title="Minutes", message=message, footer=footer, size=size,
        tables=(Table("Minutes", "Minutes", COLUMNS, rows),),
    )  # fmt: skip
