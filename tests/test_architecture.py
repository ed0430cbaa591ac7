"""The floors hold: who may import whom, by the syntax trees of all files."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROOF = "sop_portal"
FLOORS = {"jobs": 0, "masterdata": 1, "cycles": 1, "demand": 2, "supply": 3, "meetings": 4, "kpis": 5, ROOF: 6}
# Inside a room each layer imports only to its left.
ORDER = ("pure", "models", "selectors", "services", "tasks", "views", "urls")
LAYERS = {
    "models": "models",
    "selectors": "selectors",
    "policy": "selectors",  # asks selectors, and is asked by them
    "services": "services",
    "forms": "tasks",
    "tasks": "tasks",
    "views": "views",
    "api": "views",
    "admin": "views",
    "urls": "urls",
    # Words and helpers of the database layer that stand beside the models.
    "roles": "models",
    "requests": "selectors",
    "signing": "selectors",
}
# What another room may use.
OPEN_LAYERS = ("pure", "models", "selectors", "services")
OPEN_NAMES = ("requests", "signing", "roles", "policy")
UNBOUND = ("migrations", "management", "templatetags", "apps")
# Outside worlds that a calculation must not know.
IMPURE = ("django", "rest_framework", "celery", "redis", "psycopg2", "requests", "urllib", "socket", "subprocess")
FORBIDDEN_NAMES = ("utils", "helpers", "common", "signals", "core")


@dataclass(frozen=True)
class Import:
    """One import of one file: `demand/services/plan.py` line 3 imports `cycles.models`."""

    path: str
    line: int
    target: str

    @property
    def room(self) -> str:
        return self.path.split("/")[0]

    @property
    def module(self) -> str:
        return name_of(self.path)

    @property
    def target_room(self) -> str:
        return self.target.split(".")[0]

    @property
    def target_module(self) -> str:
        return ([*self.target.split("."), ""])[1]

    def fault(self, why: str) -> str:
        return f"{self.path}:{self.line} imports {self.target}: {why}"


def name_of(path: str) -> str:
    """The module directly under the room: `services` for demand/services/plan.py."""
    parts = path.split("/")
    return parts[1].removesuffix(".py") if len(parts) > 1 else ""


def layer_of(module: str) -> str:
    return LAYERS.get(module, "pure")


def absolute(path: str, node: ast.ImportFrom) -> str:
    """`from .x import y` as the absolute name it means."""
    if not node.level:
        return node.module or ""
    package = path.removesuffix(".py").split("/")
    base = package[: len(package) - node.level]
    return ".".join([*base, *(node.module or "").split(".")]).rstrip(".")


def targets(path: str, node: ast.AST) -> list[str]:
    """What one statement imports; `from demand import services` counts as demand.services."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = absolute(path, node)
    return [f"{base}.{alias.name}" for alias in node.names] if base in FLOORS else [base]


def imports_of(path: str, source: str) -> Iterator[Import]:
    """All imports of a file, those inside functions and type-checking blocks included."""
    for node in ast.walk(ast.parse(source)):
        for target in targets(path, node):
            yield Import(path, node.lineno, target)


def floor_faults(found: Import) -> Iterator[str]:
    if found.target_room not in FLOORS or found.target_room == found.room:
        return
    if found.target_room == ROOF:
        yield found.fault("nobody imports the roof")
    elif FLOORS[found.target_room] >= FLOORS[found.room]:
        yield found.fault("a room imports only from floors below it")
    elif found.room != ROOF and not is_open(found.target_module):
        yield found.fault("other rooms use its models, selectors, services and pure modules only")


def is_open(module: str) -> bool:
    return module in OPEN_NAMES or layer_of(module) in OPEN_LAYERS


def layer_faults(found: Import) -> Iterator[str]:
    if found.room == ROOF or found.target_room not in FLOORS or found.module in (*UNBOUND, "__init__"):
        return
    mine, theirs = layer_of(found.module), layer_of(found.target_module)
    inside = found.target_room == found.room
    if inside and found.module == found.target_module:
        return
    if inside and ORDER.index(theirs) > ORDER.index(mine):
        yield found.fault(f"{mine} may not import {theirs}")
    if mine == "pure" and theirs != "pure":
        yield found.fault("a pure module imports pure modules only")


def purity_faults(found: Import) -> Iterator[str]:
    if found.room == ROOF or found.module in (*UNBOUND, "__init__") or layer_of(found.module) != "pure":
        return
    if found.target_room in IMPURE:
        yield found.fault("a pure module knows no framework and no input or output")


def name_faults(path: str) -> Iterator[str]:
    for part in path.removesuffix(".py").split("/"):
        if part in FORBIDDEN_NAMES:
            yield f"{path}: {part!r} says nothing; name it for what it holds"


def faults(path: str, source: str) -> list[str]:
    """Everything that is wrong with one file's place and imports."""
    found = list(name_faults(path))
    if "/migrations/" in path:
        return found
    for each in imports_of(path, source):
        found += [*floor_faults(each), *layer_faults(each), *purity_faults(each)]
    return found


def house_files() -> list[Path]:
    return sorted(path for room in FLOORS for path in (PROJECT / room).rglob("*.py"))


@pytest.mark.parametrize("room", FLOORS)
def test_the_rooms_keep_to_their_floors(room: str) -> None:
    files = [path for path in house_files() if path.is_relative_to(PROJECT / room)]
    assert files, f"{room} has no files: is the checker looking in the right place?"
    wrong = [fault for path in files for fault in faults(str(path.relative_to(PROJECT)), path.read_text())]
    assert not wrong, "\n".join(wrong)


def test_every_room_is_installed(settings) -> None:
    assert set(FLOORS) <= set(settings.INSTALLED_APPS)


@pytest.mark.parametrize(
    ("path", "source", "why"),
    [
        ("demand/services/plan.py", "from supply.selectors import load", "floors below"),
        ("demand/services/plan.py", "import kpis.models", "floors below"),
        ("masterdata/services.py", "from cycles.models import Cycle", "floors below"),
        ("cycles/services/steps.py", "from masterdata.models import Person", "floors below"),
        ("demand/models/facts.py", "def f():\n    from meetings import services", "floors below"),
        ("supply/views.py", "if TYPE_CHECKING:\n    from kpis.models import Snapshot", "floors below"),
        ("kpis/views.py", "from sop_portal.clock import now", "nobody imports the roof"),
        ("jobs/services/work.py", "import sop_portal.settings", "nobody imports the roof"),
        ("supply/services.py", "from demand.views import sheet", "only"),
        ("supply/services.py", "from demand import tasks", "only"),
        ("demand/models/facts.py", "from demand.selectors import lines", "models may not import selectors"),
        ("demand/selectors/lines.py", "from demand.services.lines import x", "selectors may not import services"),
        ("demand/services/lines.py", "from demand.tasks import x", "services may not import tasks"),
        ("demand/services/lines.py", "from ..views import x", "services may not import views"),
        ("demand/tasks.py", "from demand.urls import x", "tasks may not import urls"),
        ("demand/baseline.py", "from demand.models import Line", "pure"),
        ("demand/baseline.py", "from cycles.models import Cycle", "pure"),
        ("demand/baseline.py", "from django.utils import timezone", "pure"),
        ("demand/baseline.py", "def f():\n    import subprocess", "pure"),
        ("demand/utils.py", "", "says nothing"),
        ("demand/services/helpers.py", "", "says nothing"),
    ],
)
def test_a_planted_fault_is_found(path: str, source: str, why: str) -> None:
    found = faults(path, source)
    assert found, "the checker let it pass"
    assert any(why in fault for fault in found), found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("demand/services/plan.py", "from cycles.periods import add_months\nfrom demand.models import Line"),
        ("demand/views/sheet.py", "from demand.services.entries import save\nfrom demand.forms import Form"),
        ("demand/baseline.py", "import numpy as np\nfrom demand.accuracy import wape"),
        ("supply/views.py", "from masterdata.requests import PortalRequest\nfrom django.http import HttpResponse"),
        ("sop_portal/home.py", "from kpis.views import x\nfrom demand.selectors import y"),
        ("demand/services/plan.py", "from .versions import write"),
        ("demand/migrations/0002_guards.py", "from django.db import migrations"),
    ],
)
def test_what_is_allowed_passes(path: str, source: str) -> None:
    assert faults(path, source) == []
