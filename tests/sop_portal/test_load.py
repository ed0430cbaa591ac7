"""The load benchmark from one end to the other, tiny: it says something in every line, and no edit is lost."""

import os
import re
import subprocess
import sys

from sop_portal.children import PROJECT
from sop_portal.load.soak import soak_results

LINE = re.compile(r"^(.{58})\s*(\S+)(?: (x|MB|s|ms))?   (.*)$")


def test_a_small_company_is_played_to_the_end() -> None:
    outside = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    outside.pop("PORTAL_TESTING", None)
    command = [sys.executable, "-m", "sop_portal.supervisor", "bench", "--load", "--reps", "4", "--seconds", "2"]
    done = subprocess.run(command, cwd=PROJECT, env=outside, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = {match[1].strip(): match for match in map(LINE.match, done.stdout.splitlines()) if match}
    assert found["errors in both spikes"][2] == "0", done.stdout
    assert found["lost acknowledged edits"][2] == "0", done.stdout
    assert int(found["queries per save"][2]) <= 10, done.stdout
    assert int(found["queries per sheet"][2]) <= 8, done.stdout
    assert len(found) == 16, done.stdout


def test_what_a_soak_came_to() -> None:
    steady = list(soak_results([(float(i), 300.0) for i in range(1, 9)], [0.1] * 8))
    assert [figure[1] for figure in steady] == ["0.00 MB/min", "1.00 x"]
    growing = list(soak_results([(float(i), 300.0 + 2 * i) for i in range(1, 9)], [9.0, 9.0, *[0.1] * 3, *[0.2] * 3]))
    assert [figure[1] for figure in growing] == ["2.00 MB/min", "2.00 x"]
    assert all(figure[2].startswith("UNDER ITS FLOOR") for figure in growing)
