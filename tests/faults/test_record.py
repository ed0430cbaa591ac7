"""The record of changes outlives whoever wants it otherwise, and the server it stands on."""

import subprocess
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest

from sop_portal.postgres import postgres_binaries
from sop_portal.server_process import server_account
from tests.faults.crowd import MONTHS, Client
from tests.faults.stack import Stack
from tests.processes import manage

pytestmark = [pytest.mark.slow]
Seen = Callable[[str, str, str], None]
SEALED = "SELECT count(*) FROM demand_changeseal"
TAMPERING = (
    "UPDATE demand_change SET after = after + 1",
    "DELETE FROM demand_change",
    "TRUNCATE demand_change",
    "ALTER TABLE demand_change DISABLE TRIGGER change_fixed",
    "DROP TRIGGER change_fixed ON demand_change",
    "UPDATE demand_changeseal SET changes = 0",
    "DELETE FROM masterdata_rowchange",
    "UPDATE demand_forecastline SET quantity = quantity",
    "SET session_replication_role = replica",
    "SELECT demonstration_empty(ARRAY['demand_change'])",
    "UPDATE masterdata_company SET is_demonstration = true",
)
SEAL = """
from sop_portal.clock import now
from cycles.models import Cycle
from demand.services.seals import changes_seal
print(changes_seal(cycle=Cycle.objects.get(), at=now()).head)
"""


@pytest.fixture
def sealed(stack: Stack) -> str:
    """Two changes of a rep, sealed by the account that runs the portal; returns the chain's head."""
    rep = Client(stack.url, stack.company["sessions"]["rep40"])
    line = stack.company["lines"]["rep40"][0]
    number = float(stack.one("SELECT coalesce(max(id), 0) FROM demand_change"))
    assert rep.save(str(uuid4()), {(line, MONTHS[0]): 40.25 + number, (line, MONTHS[1]): 41.5 + number}).status == 200
    return stack.run(SEAL)


def test_f16_the_running_account_cannot_rewrite_the_record(stack: Stack, sealed: str, seen: Seen) -> None:
    before = stack.rows("SELECT count(*), sum(after) FROM demand_change")
    with closing(psycopg2.connect(stack.environment["DATABASE_URL"])) as connection:
        connection.autocommit = True
        for statement in TAMPERING:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege), connection.cursor() as cursor:
                cursor.execute(statement)
    assert stack.rows("SELECT count(*), sum(after) FROM demand_change") == before
    seen("F16", "record rewritten by the running account", f"{len(TAMPERING)} ways, all refused")


def test_f16_what_a_superuser_alters_is_located(stack: Stack, sealed: str, seen: Seen) -> None:
    code = stack.company["code"]
    assert f"record  {sealed} over " in stack.manage("verify", code).stdout
    newest, before = stack.rows("SELECT id, after FROM demand_change ORDER BY id DESC LIMIT 1")[0]
    past_triggers = ("SET session_replication_role = replica", "UPDATE demand_change SET after = {} WHERE id = {}")
    stack.superuser(past_triggers[0], past_triggers[1].format(1, newest), database="sop_portal")
    try:
        found = stack.manage("verify", code)
    finally:
        stack.superuser(past_triggers[0], past_triggers[1].format(before, newest), database="sop_portal")
    assert found.returncode == 1
    assert f"block {stack.one(SEALED)} (changes" in found.stderr
    assert f"to {newest}, sealed" in found.stderr
    assert f"record  {sealed} over " in stack.manage("verify", code).stdout
    seen("F16", "record altered by a superuser", "found, with the block it stands in")


def test_f16_a_restored_dump_is_equal(stack: Stack, sealed: str, seen: Seen) -> None:
    assert stack.servers.temporary is not None
    binaries = postgres_binaries(server_account(), stack.servers.temporary)
    reach = ["-h", str(stack.servers.temporary), "-U", "postgres"]
    with tempfile.TemporaryDirectory(prefix="sop-dump-") as folder:
        file = str(Path(folder) / "portal.dump")
        for command in (
            ["pg_dump", *reach, "-Fc", "-f", file, "sop_portal"],
            ["dropdb", *reach, "--if-exists", "restored"],
            ["createdb", *reach, "-O", "portal", "restored"],
            ["pg_restore", *reach, "--exit-on-error", "-d", "restored", file],
        ):
            done = subprocess.run(
                [str(binaries / command[0]), *command[1:]], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
    url = stack.servers.database_url.replace("/sop_portal?", "/restored?")
    tables = _counted(stack.servers.database_url)
    assert len(tables) > 60
    assert _counted(url) == tables
    assert (
        f"record  {sealed} over " in manage(stack.owner | {"DATABASE_URL": url}, "verify", stack.company["code"]).stdout
    )
    seen("F16", "dump restored elsewhere", f"{len(tables)} tables equal, the record verifies")


def _counted(url: str) -> dict[str, tuple[int, str]]:
    """Every table's number of rows and a digest over its content."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        found = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM \"{table}\" t")
            found[table] = cursor.fetchone()
    return found
