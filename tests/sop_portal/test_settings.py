"""The settings refuse what is missing or malformed, and production is strict."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client, override_settings

PROJECT = Path(__file__).resolve().parents[2]
GOOD = {
    "DATABASE_URL": "postgres://portal:pass@db.example:5432/sop?sslmode=require",
    "REDIS_URL": "redis://:word@broker.example:6379/0",
}
PRODUCTION = GOOD | {
    "PORTAL_PRODUCTION": "1",
    "PORTAL_HOSTS": "portal.example.com,sop.example.com",
    "SECRET_KEY": "k8Zr1Vt6Yp3Lw9Xn4Kc7Bm2Hs5Gd0Jf-Ae_UiToNkRyWvQzPlMxEb",
}
CODE = """
import json, sys
from sop_portal import settings as s
print(json.dumps({name: getattr(s, name) for name in sys.argv[1:]}, default=str))
"""


def load(state: Path, environment: dict[str, str], *names: str) -> subprocess.CompletedProcess[str]:
    """The settings read by a process that has only this environment."""
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "PORTAL_DATA": str(state)}
    return subprocess.run(
        [sys.executable, "-c", CODE, *names], env=bare | environment, capture_output=True, text=True, check=False
    )


def values(state: Path, environment: dict[str, str], *names: str) -> dict[str, Any]:
    done = load(state, environment, *names)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set. Start with ./portal"),
        ({"DATABASE_URL": "mysql://a/b"}, "must name a PostgreSQL database"),
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"REDIS_URL": "amqp://a"}, "REDIS_URL must begin with"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set. Production needs one"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({"PORTAL_HOSTS": ""}, "PORTAL_HOSTS is not set"),
        ({"PORTAL_DEBUG": "1"}, "PORTAL_DEBUG=1 is refused"),
        ({"PORTAL_OIDC_ISSUER": "https://id.example.com"}, "PORTAL_OIDC_CLIENT_ID is not set. The provider gave it"),
        (
            {"PORTAL_OIDC_ISSUER": "http://id.example.com", "PORTAL_OIDC_CLIENT_ID": "portal"},
            "PORTAL_OIDC_ISSUER must begin with https:// in production",
        ),
        ({"PORTAL_ROLE": "webb"}, "PORTAL_ROLE is 'webb'; use one of web, worker, beat, command"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, changed: dict[str, str], complaint: str) -> None:
    done = load(tmp_path, PRODUCTION | changed, "DEBUG")
    assert done.returncode != 0
    assert complaint in done.stderr.strip().splitlines()[-1]


def test_production_is_strict(tmp_path: Path) -> None:
    names = ("DEBUG", "ALLOWED_HOSTS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    found = values(tmp_path, PRODUCTION, *names, "SECURE_HSTS_SECONDS", "PORTAL_MOVED_CLOCK")
    assert found == {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["portal.example.com", "sop.example.com"],
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "PORTAL_MOVED_CLOCK": False,
    }
    assert not (tmp_path / "secret_key").exists()


def test_the_clock_cannot_be_moved_in_production(tmp_path: Path) -> None:
    assert values(tmp_path, PRODUCTION | {"PORTAL_TESTING": "1"}, "PORTAL_MOVED_CLOCK") == {"PORTAL_MOVED_CLOCK": False}


def test_a_development_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    first = values(tmp_path, GOOD, "SECRET_KEY")
    assert len(first["SECRET_KEY"]) >= 50
    assert values(tmp_path, GOOD, "SECRET_KEY") == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("role", "limit"), [("web", 60_000), ("worker", 600_000), ("command", 0)])
def test_each_role_has_its_time_limit(tmp_path: Path, role: str, limit: int) -> None:
    options = values(tmp_path, GOOD | {"PORTAL_ROLE": role}, "DATABASES")["DATABASES"]["default"]["OPTIONS"]
    assert f"-c statement_timeout={limit} " in options["options"]
    assert "client_connection_check_interval=1000" in options["options"]
    assert options["application_name"] == f"sop_portal {role}"
    assert options["sslmode"] == "require"


def test_a_socket_folder_in_the_url_becomes_the_host(tmp_path: Path) -> None:
    url = {
        "DATABASE_URL": "postgres://portal@/sop_portal?host=/tmp/Sop-X",
        "REDIS_URL": "unix:///tmp/Sop-X/v.sock?db=0",
    }
    found = values(tmp_path, url, "DATABASES", "CELERY_BROKER_URL")
    database = found["DATABASES"]["default"]
    assert (database["HOST"], database["NAME"], database["USER"]) == ("/tmp/Sop-X", "sop_portal", "portal")
    assert found["CELERY_BROKER_URL"] == "redis+socket:///tmp/Sop-X/v.sock?virtual_host=0"


def test_a_request_waits_a_second_for_the_broker_and_never_retries(tmp_path: Path) -> None:
    names = ("CELERY_BROKER_TRANSPORT_OPTIONS", "CELERY_TASK_PUBLISH_RETRY")
    found = values(tmp_path, GOOD | {"PORTAL_ROLE": "web"}, *names)
    transport = found["CELERY_BROKER_TRANSPORT_OPTIONS"]
    assert (transport["socket_timeout"], transport["socket_connect_timeout"]) == (1.0, 1.0)
    assert found["CELERY_TASK_PUBLISH_RETRY"] is False


def test_the_hard_limit_of_a_task_is_below_the_brokers_patience(settings) -> None:
    assert settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT


def test_the_tick_expires_before_the_next(settings) -> None:
    (entry,) = settings.CELERY_BEAT_SCHEDULE.values()
    assert entry["task"] == "sop_portal.tick"
    assert entry["options"]["expires"] < entry["schedule"]


def test_mail_goes_to_files_unless_a_server_is_named(tmp_path: Path) -> None:
    assert values(tmp_path, GOOD, "EMAIL_BACKEND", "EMAIL_FILE_PATH") == {
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(tmp_path / "mail"),
    }
    named = GOOD | {"EMAIL_URL": "smtp+tls://user:pass@mail.example:587"}
    found = values(tmp_path, named, "EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_TLS", "EMAIL_TIMEOUT")
    assert found == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "mail.example",
        "EMAIL_PORT": 587,
        "EMAIL_USE_TLS": True,
        "EMAIL_TIMEOUT": 10,
    }


@pytest.mark.django_db
def test_every_page_carries_the_strict_policy(client: Client) -> None:
    policy = client.get("/login/").headers["Content-Security-Policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"
    assert "unsafe" not in policy


@pytest.mark.django_db
@override_settings(SECURE_SSL_REDIRECT=True)
def test_health_answers_without_https_so_that_probes_reach_it(client: Client) -> None:
    assert client.get("/healthz/live").status_code == 200
    assert client.get("/login/").status_code == 301


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((PROJECT / "docker-compose.yml").read_text()))


class TestCompose:
    def test_it_has_the_parts_with_health_checks(self, compose: dict[str, Any]) -> None:
        services = compose["services"]
        assert set(services) == {"postgres", "redis", "migrate", "web", "worker", "beat"}
        assert all("healthcheck" in service for name, service in services.items() if name != "migrate")

    def test_only_the_web_is_published_and_only_to_this_machine(self, compose: dict[str, Any]) -> None:
        published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
        assert published == {"web": ["127.0.0.1:8000:8000"]}

    def test_it_contains_no_secret_and_stops_without_one(self, compose: dict[str, Any]) -> None:
        environment = compose["services"]["web"]["environment"]
        for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "PORTAL_HOSTS"):
            assert re.search(r"\$\{\w+:\?[^}]+\}", environment[name]), name

    def test_the_roles_wait_for_the_migrations(self, compose: dict[str, Any]) -> None:
        for name in ("web", "worker", "beat"):
            service = compose["services"][name]
            assert service["environment"]["PORTAL_ROLE"] == name
            assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}

    def test_the_settings_take_its_environment(self, compose: dict[str, Any], tmp_path: Path) -> None:
        given = {"SECRET_KEY": PRODUCTION["SECRET_KEY"], "POSTGRES_PASSWORD": "pw", "REDIS_PASSWORD": "rw"}
        given |= {"PORTAL_HOSTS": "portal.example.com"}
        environment = {
            name: re.sub(r"\$\{(\w+):[?-]([^}]*)\}", lambda found: given.get(found[1], found[2]), str(value))
            for name, value in compose["services"]["web"]["environment"].items()
        }
        environment["PORTAL_ORIGINS"] = ""
        found = values(tmp_path, environment, "DATABASES", "CELERY_BROKER_URL", "ALLOWED_HOSTS", "EMAIL_BACKEND")
        assert found["DATABASES"]["default"]["PASSWORD"] == "pw"
        assert found["CELERY_BROKER_URL"] == "redis://:rw@redis:6379/0"
        assert found["ALLOWED_HOSTS"] == ["portal.example.com"]

    def test_the_append_only_broker_refuses_to_forget(self, compose: dict[str, Any]) -> None:
        command = compose["services"]["redis"]["command"]
        assert "--appendonly yes" in command
        assert "noeviction" in command

    def test_the_image_does_not_run_as_root(self) -> None:
        lines = (PROJECT / "Dockerfile").read_text().splitlines()
        assert lines.index("USER portal") < next(i for i, line in enumerate(lines) if line.startswith("CMD"))
