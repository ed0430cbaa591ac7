"""Holds a process at one of its writes until the test lets it go on: what is then killed is killed in its midst.

Triggers count the writes of one role. They wait by looking again and again, as a lock would end after `lock_timeout`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.faults.stack import Stack

FUNCTION = """
CREATE FUNCTION held_here() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE number bigint;
BEGIN
  IF TG_LEVEL = 'ROW' THEN
    IF NOT EXISTS (SELECT FROM public.jobs_job WHERE id = NEW.job_id AND kind = TG_ARGV[0]) THEN RETURN NULL; END IF;
  END IF;
  IF current_setting('application_name') = 'sop_portal {role}' THEN
    number := nextval('public.held_writes');
    WHILE number = (SELECT write FROM public.held_at) LOOP PERFORM pg_sleep(0.02); END LOOP;
  END IF;
  RETURN NULL;
END $$
"""


@dataclass
class Gate:
    """`gate.hold(3)`: the third write from now on is held, until `gate.open()`."""

    stack: Stack
    role: str

    def hold(self, write: int) -> None:
        self._set("ALTER SEQUENCE held_writes RESTART", f"UPDATE held_at SET write = {write}")

    def open(self) -> None:
        self._set("UPDATE held_at SET write = 0")

    def _set(self, *statements: str) -> None:
        self.stack.superuser(*statements, database="sop_portal")

    def wait_held(self) -> None:
        asleep = "wait_event = 'PgSleep'"
        self.stack.wait(lambda: self.stack.sessions(self.role, asleep) > 0, f"the {self.role} is at its write")

    def wait_gone(self) -> None:
        """The database has noticed that the one who was held is dead, and undone what it did."""
        self.stack.wait(lambda: self.stack.sessions(self.role) == 0, f"the {self.role} is gone")


@contextmanager
def gate(stack: Stack, role: str, tables: Sequence[str], job: str = "") -> Iterator[Gate]:
    """Counts the writes of `role` to these tables and, where a kind of job is named, to the parts of such jobs."""
    when = [f"AFTER INSERT OR UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION held_here()" for table in tables]
    if job:
        when.append(f"AFTER UPDATE ON jobs_jobpart FOR EACH ROW EXECUTE FUNCTION held_here('{job}')")
    stack.superuser(
        "CREATE SEQUENCE held_writes",
        "CREATE TABLE held_at AS SELECT 0 AS write",
        FUNCTION.format(role=role),
        *[f"CREATE TRIGGER held_here {each}" for each in when],
        database="sop_portal",
    )
    try:
        yield Gate(stack, role)
    finally:
        stack.mend()
        stack.superuser(
            "DROP FUNCTION held_here() CASCADE",
            "DROP TABLE held_at",
            "DROP SEQUENCE held_writes",
            database="sop_portal",
        )
