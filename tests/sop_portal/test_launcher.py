"""The `portal` script: finding a Python, reading the lock, saying what is missing."""

import os
import shutil
import stat
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PORTAL = PROJECT / "portal"


@pytest.fixture(scope="module")
def portal() -> ModuleType:
    loader = SourceFileLoader("portal_script", str(PORTAL))
    module = module_from_spec(spec_from_loader("portal_script", loader))
    loader.exec_module(module)
    return module


def program(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def run_portal(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The script with nothing on PATH but what the folder holds."""
    return subprocess.run(
        ["/bin/sh", str(PORTAL), *arguments],
        env={"PATH": str(folder), "HOME": os.environ.get("HOME", "/")} | more,
        capture_output=True,
        text=True,
        check=False,
    )


def real_python(folder: Path, name: str) -> None:
    program(folder, name, f'exec "{sys.executable}" "$@"')


class TestFindingPython:
    def test_an_interpreter_that_does_not_start_is_passed_over(self, tmp_path: Path) -> None:
        program(tmp_path, "python3", "echo 'pyenv: python3: command not found' >&2; exit 127")
        real_python(tmp_path, "python3.11")
        done = run_portal(tmp_path, "help")
        assert done.returncode == 0
        assert "./portal run" in done.stdout
        assert done.stderr == ""

    def test_a_version_too_old_is_passed_over(self, tmp_path: Path) -> None:
        program(tmp_path, "python3", "exit 1")
        real_python(tmp_path, "python3.13")
        assert run_portal(tmp_path, "help").returncode == 0

    def test_one_named_comes_first(self, tmp_path: Path) -> None:
        program(tmp_path, "python3", "echo wrong; exit 0")
        named = program(tmp_path, "mine", f'exec "{sys.executable}" "$@"')
        done = run_portal(tmp_path, "help", PORTAL_PYTHON=str(named))
        assert "./portal run" in done.stdout

    def test_without_any_it_says_what_to_install(self, tmp_path: Path) -> None:
        done = run_portal(tmp_path, "run")
        assert done.returncode == 1
        assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
        assert "apt-get install python3 python3-venv" in done.stderr
        assert "PORTAL_PYTHON=" in done.stderr


class TestUse:
    def test_without_a_command_it_shows_them_and_fails(self, tmp_path: Path) -> None:
        real_python(tmp_path, "python3")
        done = run_portal(tmp_path)
        assert done.returncode == 2
        for command in ("run", "test", "manage", "bench"):
            assert f"./portal {command}" in done.stdout

    def test_an_unknown_command_is_named(self, tmp_path: Path) -> None:
        real_python(tmp_path, "python3")
        done = run_portal(tmp_path, "strat")
        assert done.returncode == 2
        assert "no command 'strat'" in done.stderr

    def test_a_state_folder_that_cannot_be_made_is_said(self, tmp_path: Path) -> None:
        real_python(tmp_path, "python3")
        (tmp_path / "file").write_text("")
        done = run_portal(tmp_path, "run", PORTAL_DATA=str(tmp_path / "file" / "state"))
        assert done.returncode == 1
        assert "cannot be made" in done.stderr
        assert "Set PORTAL_DATA" in done.stderr
        assert "Traceback" not in done.stderr


class TestEnvironment:
    def test_a_read_only_project_asks_for_a_folder(
        self, portal: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(portal, "PROJECT", tmp_path)
        monkeypatch.setattr(portal.os, "access", lambda path, mode: False)
        monkeypatch.delenv("PORTAL_DATA", raising=False)
        with pytest.raises(portal.Stop, match=r"not writable for you.*\n.*PORTAL_DATA="):
            portal.environment_folder()

    def test_with_a_folder_named_a_read_only_project_gets_its_environment_there(
        self, portal: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(portal, "PROJECT", tmp_path)
        monkeypatch.setattr(portal.os, "access", lambda path, mode: False)
        monkeypatch.setenv("PORTAL_DATA", str(tmp_path / "data"))
        assert portal.environment_folder() == tmp_path / "data" / ".venv"

    def test_an_environment_that_does_not_start_is_not_trusted(self, portal: ModuleType, tmp_path: Path) -> None:
        assert not portal.starts(tmp_path / "missing")
        assert not portal.starts(program(tmp_path, "broken", "exit 127"))
        assert portal.starts(Path(sys.executable))

    def test_a_missing_venv_module_is_said_with_what_to_install(
        self, portal: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        without = program(tmp_path, "python", "echo 'ensurepip is not available' >&2; exit 1")
        monkeypatch.setattr(portal.sys, "executable", str(without))
        with pytest.raises(portal.Stop, match=r"(?s)apt-get install python3-venv.*ensurepip is not available"):
            portal.make_environment(tmp_path / "venv")

    def test_failed_installation_names_the_network(
        self, portal: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        broken = program(tmp_path, "python", "exit 1")
        with pytest.raises(portal.Stop, match="first start needs the\nPython package index"):
            portal.install(broken, tmp_path)


class TestBytecode:
    def test_it_is_kept_in_the_environment_even_where_none_is_wanted_beside_the_sources(
        self, portal: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        surroundings = {"PYTHONDONTWRITEBYTECODE": "1"}
        monkeypatch.setattr(portal.os, "environ", surroundings)
        portal.keep_bytecode(tmp_path / "venv")
        (tmp_path / "room.py").write_text("")
        subprocess.run([sys.executable, "-c", "import room"], cwd=tmp_path, env=surroundings, check=True)
        assert not (tmp_path / "__pycache__").exists()
        assert list((tmp_path / "venv" / "bytecode").rglob("room.*.pyc"))

    def test_a_folder_named_is_used(self, portal: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        surroundings = {"PYTHONPYCACHEPREFIX": "/elsewhere"}
        monkeypatch.setattr(portal.os, "environ", surroundings)
        portal.keep_bytecode(tmp_path)
        assert surroundings == {"PYTHONPYCACHEPREFIX": "/elsewhere"}


class TestLock:
    def test_each_requirement_keeps_its_hashes(self, portal: ModuleType) -> None:
        first = "a==1 \\\n  --hash=sha256:1 \\\n  --hash=sha256:2\n"
        text = f"# note\n{first}b==2 ; python_version < '4' \\\n  --hash=sha256:3\n"
        blocks = portal.requirement_blocks(text)
        assert list(blocks) == ["a", "b"]
        assert blocks["a"].count("--hash") == 2
        assert "python_version" in blocks["b"]

    def test_a_package_with_two_versions_keeps_both(self, portal: ModuleType) -> None:
        old, new = "n==1 ; python_version < '3.12'", "n==2 ; python_version >= '3.12'"
        text = f"{old} \\\n  --hash=sha256:1\n{new} \\\n  --hash=sha256:2\n"
        assert portal.requirement_blocks(text)["n"].count("n==") == 2

    def test_the_lock_is_whole(self, portal: ModuleType) -> None:
        blocks = portal.requirement_blocks(portal.LOCK.read_text())
        assert {"django", "celery", "uv", *portal.ON_DEMAND} <= set(blocks)
        assert all("--hash=sha256:" in block for block in blocks.values())
        assert "://" not in portal.LOCK.read_text(), "the lock names no registry"

    def test_every_wanted_package_has_a_lower_bound_and_is_locked(self, portal: ModuleType) -> None:
        blocks = portal.requirement_blocks(portal.LOCK.read_text())
        for name in ("requirements.in", "requirements-dev.in"):
            lines = [line for line in (PROJECT / name).read_text().splitlines() if line and line[0] != "#"]
            assert lines
            for line in lines:
                package = line.split(">=")[0].split("[")[0].lower()
                assert ">=" in line, f"{line}: give a lower bound"
                assert package in blocks, f"{line}: not in the lock; compile it again"

    def test_uv_is_told_what_pip_is_told(self, portal: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
        monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
        assert portal.uv_environment()["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
        monkeypatch.setenv("UV_DEFAULT_INDEX", "https://other.example/simple")
        assert portal.uv_environment()["UV_DEFAULT_INDEX"] == "https://other.example/simple"


def test_the_script_is_executable_and_reads_as_shell() -> None:
    assert PORTAL.stat().st_mode & stat.S_IXUSR
    shell = shutil.which("dash") or "/bin/sh"
    head = PORTAL.read_text().split("exit 1\n")[0]
    assert subprocess.run([shell, "-n"], input=head, text=True, check=False).returncode == 0
