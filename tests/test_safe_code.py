"""Ways of writing that let strangers in or hang a request are not in the code, by the syntax trees of all files.

Each rule names what it forbids and the few places that may, with the reason; `test_each_rule_sees_what_it_forbids`
shows every rule an example.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROOMS = ("jobs", "masterdata", "cycles", "demand", "supply", "meetings", "kpis", "sop_portal")
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "timezone.now", "timezone.localdate"}
ASKS = {"urlopen", "requests.get", "requests.post", "requests.put", "requests.request", "create_connection"}
RUNS = {"eval", "exec", "compile", "__import__", "pickle.loads", "pickle.load", "marshal.loads", "yaml.load"}
UNESCAPED = {"mark_safe", "SafeString", "csrf_exempt"}
# By rule: where it may be, and why.
MAY: dict[str, dict[str, str]] = {
    "clock": {"sop_portal/clock.py": "the one place that reads a clock"},
    "sql": {
        "demand/services/lines.py": "names of tables and columns, read from the models",
    },
    "unescaped": {
        "meetings/services/printing.py": "text made harmless by number, inside a string of a style sheet",
        "sop_portal/templatetags/charts.py": "drawings, whose words are escaped where they are drawn",
        "sop_portal/templatetags/grid_cells.py": "cells of large tables, every text escaped by hand",
        "sop_portal/templatetags/icons.py": "drawings of the project's own",
        "sop_portal/templatetags/grid_rows.py": "rows of large tables, every text escaped by hand",
        "sop_portal/templatetags/line_cards.py": "many cards of the same markup, every text escaped by hand",
        "sop_portal/templatetags/options.py": "choices of hundreds, every text escaped by hand",
        "sop_portal/templatetags/review_cells.py": "cells of large tables, every text escaped by hand",
    },
}


def name_of(node: ast.expr) -> str:
    """`datetime.now` for a call of datetime.now or of django's datetime.datetime.now."""
    if isinstance(node, ast.Attribute):
        before = name_of(node.value).rpartition(".")[2]
        return f"{before}.{node.attr}" if before else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def rules_broken(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(rule, line) of everything in a file that a rule forbids."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from ((rule, node.lineno) for rule in _of_call(node))
        for one in getattr(node, "decorator_list", []):
            if name_of(one) in UNESCAPED:
                yield "unescaped", one.lineno


def _of_call(node: ast.Call) -> Iterator[str]:
    name, keywords = name_of(node.func), {one.arg for one in node.keywords}
    short = name.rpartition(".")[2]
    if short in ("execute", "executemany", "raw", "RawSQL", "extra") and node.args and _made_of_text(node.args[0]):
        yield "sql"
    if short in UNESCAPED:
        yield "unescaped"
    if name in RUNS:
        yield "runs"
    if (name in ASKS or short == "urlopen") and "timeout" not in keywords:
        yield "waits"
    if name in CLOCKS:
        yield "clock"
    if any(one.arg == "shell" and getattr(one.value, "value", True) for one in node.keywords):
        yield "shell"


def _made_of_text(node: ast.expr) -> bool:
    """Whether a text is put together there from more than constants; `sql.SQL` quotes what it is given."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) and not _constant(part.value) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add | ast.Mod) and not (_constant(node.left) and _constant(node.right))
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"):
        return False
    quoted = isinstance(node.func.value, ast.Call) and name_of(node.func.value.func) == "sql.SQL"
    return not quoted and not all(_constant(one) for one in [*node.args, *(word.value for word in node.keywords)])


def _constant(node: ast.expr) -> bool:
    """A text of the file, or a name in capitals."""
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id.isupper())


def found() -> dict[tuple[str, str], list[int]]:
    """The lines that break each rule, by rule and file."""
    broken: dict[tuple[str, str], list[int]] = {}
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*.py")):
            for rule, line in rules_broken(ast.parse(path.read_text())):
                broken.setdefault((rule, str(path.relative_to(PROJECT))), []).append(line)
    return broken


def test_no_file_does_what_lets_strangers_in() -> None:
    broken = [f"{path}:{lines} {rule}" for (rule, path), lines in found().items() if path not in MAY.get(rule, {})]
    assert not broken, "\n".join(broken)


def test_every_exception_is_still_needed() -> None:
    needed = {(rule, path) for rule, path in found()}
    assert {(rule, path) for rule, paths in MAY.items() for path in paths} == needed


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("sql", 'cursor.execute(f"SELECT {column} FROM t")'),
        ("sql", 'cursor.execute("SELECT * FROM t WHERE a = %s" % name)'),
        ("sql", 'Line.objects.raw("SELECT * FROM " + table)'),
        ("sql", 'RawSQL("SELECT {}".format(name), [])'),
        ("unescaped", "mark_safe(name)"),
        ("unescaped", "@csrf_exempt\ndef page(request): ..."),
        ("runs", "eval(text)"),
        ("runs", "pickle.loads(data)"),
        ("waits", "requests.get(url)"),
        ("waits", "urllib.request.urlopen(url)"),
        ("clock", "datetime.now(tz=UTC)"),
        ("clock", "timezone.now()"),
        ("shell", "subprocess.run(command, shell=True)"),
    ],
)
def test_each_rule_sees_what_it_forbids(rule: str, code: str) -> None:
    assert [one for one, _ in rules_broken(ast.parse(code))] == [rule]


@pytest.mark.parametrize(
    "code",
    [
        'cursor.execute("SELECT 1 WHERE a = %s", [name])',
        'cursor.execute(f"{ROWS} AND line_id = %s", [line])',
        'cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(table)))',
        "requests.get(url, timeout=5)",
        "subprocess.run(command, shell=False)",
    ],
)
def test_what_is_safe_is_left_alone(code: str) -> None:
    assert not list(rules_broken(ast.parse(code)))


def test_templates_escape_what_they_show() -> None:
    """Mails in plain text do not: nothing reads them as a page."""
    unescaped = re.compile(r"\|\s*safe\b|autoescape\s+off")
    pages = [path for path in (PROJECT / "templates").rglob("*") if path.suffix in (".html", ".svg", ".xml")]
    assert len(pages) > 100
    assert not [str(path) for path in pages if unescaped.search(path.read_text())]
