"""Settings of the portal: one file, everything changeable by environment.

`./portal` sets DATABASE_URL, REDIS_URL and PORTAL_DATA itself; a production
installation sets them and PORTAL_PRODUCTION=1, and then anything that is missing
or malformed stops the start with a message that names the variable.
"""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(env.str("PORTAL_DATA", default="") or BASE_DIR / ".portal").absolute()

PRODUCTION = env.bool("PORTAL_PRODUCTION", default=False)
TESTING = env.bool("PORTAL_TESTING", default=False)
DEBUG = env.bool("PORTAL_DEBUG", default=False)
HTTPS = env.bool("PORTAL_HTTPS", default=PRODUCTION)
# What this process is for: it decides time limits and how the broker is waited for.
ROLE = env.str("PORTAL_ROLE", default="command")
ROLES = ("web", "worker", "beat", "command")

if ROLE not in ROLES:
    raise ImproperlyConfigured(f"PORTAL_ROLE is {ROLE!r}; use one of {', '.join(ROLES)}.")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("PORTAL_DEBUG=1 is refused together with PORTAL_PRODUCTION=1.")


def required(name: str, hint: str) -> str:
    """The value of an environment variable that nothing can stand in for."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {hint}")
    return value


def development_secret() -> str:
    """The signing key of a development copy, made once and kept in the state folder."""
    path = STATE_DIR / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text()


def secret_key() -> str:
    if not PRODUCTION:
        return env.str("SECRET_KEY", default="") or development_secret()
    key = required("SECRET_KEY", "Production needs one of its own, at least 50 characters.")
    if len(key) < 50:
        raise ImproperlyConfigured("SECRET_KEY is too short: use at least 50 random characters.")
    return key


SECRET_KEY = secret_key()
# Tests may move the portal's clock by a row (jobs.MovedClock); nothing else may.
PORTAL_MOVED_CLOCK = TESTING and not PRODUCTION

# --- Who may call -----------------------------------------------------------------
ALLOWED_HOSTS = env.list("PORTAL_HOSTS", default=[])
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("PORTAL_HOSTS is not set. Give the host names people use, comma-separated.")
if not PRODUCTION:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.list("PORTAL_ORIGINS", default=[])

# --- Parts ------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "template_partials",
    "csp",
    "axes",
    "jobs",
    "masterdata",
    "cycles",
    "demand",
    "supply",
    "meetings",
    "kpis",
    "sop_portal",
]
if TESTING:
    INSTALLED_APPS.append("zeal")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "sop_portal.api.unchanged.Unchanged",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sop_portal.turns.Turns",
    "sop_portal.compression.Compression",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "sop_portal.middleware.Slashes",
    "django.middleware.csrf.CsrfViewMiddleware",
    "sop_portal.sessions.SignedIn",
    "sop_portal.sessions.Limits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "sop_portal.middleware.Door",
    "sop_portal.table_files.TablesAsFiles",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "sop_portal.urls"
WSGI_APPLICATION = "sop_portal.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sop_portal.frame.frame",
            ],
        },
    }
]

# --- Database ---------------------------------------------------------------------
# Milliseconds a statement may run: a page must answer, a worker may calculate.
STATEMENT_TIMEOUT = {"web": 60_000, "beat": 60_000, "worker": 600_000, "command": 0}[ROLE]


def database() -> dict[str, Any]:
    """DATABASE_URL as Django wants it, with the time limits that go with the role."""
    url = required("DATABASE_URL", "Start with ./portal, or name a PostgreSQL server.")
    config = dict(env.db_url_config(url))
    if config.get("ENGINE") != "django.db.backends.postgresql":
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database (postgres://…).")
    options = dict(config.get("OPTIONS", {}))
    config["HOST"] = options.pop("host", config["HOST"])
    options["application_name"] = f"sop_portal {ROLE}"
    options["options"] = " ".join(
        [
            str(options.get("options", "")),
            f"-c statement_timeout={STATEMENT_TIMEOUT}",
            "-c lock_timeout=20000",
            "-c idle_in_transaction_session_timeout=120000",
            # A killed worker's backend would keep its locks until its statement ended.
            "-c client_connection_check_interval=1000",
        ]
    ).strip()
    options.setdefault("connect_timeout", 10)
    return config | {
        "OPTIONS": options,
        "CONN_MAX_AGE": env.int("PORTAL_CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"TEMPLATE": "template0"},
    }


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Sign-in ----------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
# Account and address together, so that nobody can lock somebody else out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
SESSION_ENGINE = "sop_portal.session_store"
# Signed out after so long without a page, and after so long in any case.
SESSION_IDLE_SECONDS = int(timedelta(hours=env.int("PORTAL_IDLE_HOURS", default=4)).total_seconds())
SESSION_COOKIE_AGE = int(timedelta(hours=env.int("PORTAL_SESSION_HOURS", default=14)).total_seconds())
SESSION_COOKIE_NAME = env.str("PORTAL_COOKIE", default="sop_session")

# The company's own sign-in (OpenID Connect); off while no issuer is named.
OIDC_ISSUER = env.str("PORTAL_OIDC_ISSUER", default="")
OIDC_NAME = env.str("PORTAL_OIDC_NAME", default="your company account")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = "", env.str("PORTAL_OIDC_CLIENT_SECRET", default="")
if OIDC_ISSUER:
    OIDC_CLIENT_ID = required("PORTAL_OIDC_CLIENT_ID", "The provider gave it with the registration of the portal.")
    if PRODUCTION and not OIDC_ISSUER.startswith("https://"):
        raise ImproperlyConfigured("PORTAL_OIDC_ISSUER must begin with https:// in production.")

# --- What a browser is told -------------------------------------------------------
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS and env.bool("PORTAL_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
if env.bool("PORTAL_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_HANDLERS = [
    "sop_portal.upload_limit.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Language, time, static files -------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
# A folder named here holds the files as `collectstatic` left them: compressed, under names of their content.
COLLECTED = PRODUCTION or bool(env.str("PORTAL_STATIC", default=""))
STATIC_ROOT = Path(env.str("PORTAL_STATIC", default="") or STATE_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "sop_portal.static_storage.HashedStatic" if COLLECTED else "sop_portal.static_storage.PlainStatic"
    },
}
MEDIA_ROOT = STATE_DIR / "files"
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 31_536_000 if COLLECTED else 0

# --- PDF --------------------------------------------------------------------------
# The browser that prints packs and minutes: a path or a name on PATH; empty looks for the usual names.
CHROMIUM = env.str("PORTAL_CHROMIUM", default="")

# --- Mail -------------------------------------------------------------------------
# Files by default: EMAIL_URL=smtp+tls://user:password@host:587 sends for real.
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = str(STATE_DIR / "mail")
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 10
# The right-hand side of every Message-ID: the same on all machines of one installation.
MAIL_DOMAIN = env.str("PORTAL_MAIL_DOMAIN", default="sop-portal.localhost")
# Where people reach the portal: mails carry links.
PORTAL_URL = env.str("PORTAL_URL", default="http://127.0.0.1:8000").rstrip("/")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("PORTAL_MAIL_FROM", default="S&OP Portal <portal@localhost>")

# --- Scheduled pulls --------------------------------------------------------------
# Folders that pulls may read lie in this one; without it pulls come over HTTPS only.
PULL_FOLDER = env.str("PORTAL_PULL_FOLDER", default="")
# Addresses of the own network, and http:// there.
PULL_PRIVATE = env.bool("PORTAL_PULL_PRIVATE", default=False)
# host=token,…: sent as a bearer token to just that host.
PULL_TOKENS = env.dict("PORTAL_PULL_TOKENS", default={})

# --- REST -------------------------------------------------------------------------
# Requests that one key may make in a minute; the next ones are told to wait.
API_PER_MINUTE = env.int("PORTAL_API_PER_MINUTE", default=600)
REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "sop_portal.problems.handle",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "sop_portal.keys.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "sop_portal.api.answers.OneAnswer",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["sop_portal.api.parsers.StrictJSON", "sop_portal.api.parsers.PlainCSV"],
    "DEFAULT_THROTTLE_CLASSES": ["sop_portal.api.throttling.PerKey"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "S&OP Portal",
    "DESCRIPTION": "The published company forecast and what led to it.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Celery -----------------------------------------------------------------------
# The broker only says "wake up": everything due is a row that the tick finds.


def broker_url() -> str:
    """REDIS_URL as Celery spells it; a Unix socket has another scheme there."""
    url = required("REDIS_URL", "Start with ./portal, or name a Redis or Valkey server.")
    scheme = urlsplit(url).scheme
    if scheme not in ("redis", "rediss", "unix"):
        raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
    if scheme != "unix":
        return url
    return url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)


CELERY_BROKER_URL = broker_url()
# A request that pokes the broker gives up after a second; a worker may wait for it.
BROKER_WAIT = {"worker": 30.0}.get(ROLE, 1.0)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": BROKER_WAIT,
    "socket_connect_timeout": BROKER_WAIT,
    "visibility_timeout": 1800,
    "max_retries": 0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_TIMEOUT = BROKER_WAIT
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# What a worker holds is a row, not a wake-up: it goes on without the broker.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 570
CELERY_TIMEZONE = "UTC"
# Seconds between two looks at what is due; a look that waited nearly as long is dropped for the next one.
TICK_SECONDS = env.float("PORTAL_TICK_SECONDS", default=30.0)
if not 0.05 <= TICK_SECONDS <= 600:
    raise ImproperlyConfigured("PORTAL_TICK_SECONDS must lie between 0.05 and 600.")
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "sop_portal.tick", "schedule": TICK_SECONDS, "options": {"expires": TICK_SECONDS * 5 / 6}},
}

# --- Log lines --------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("PORTAL_LOG", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "axes": {"level": "WARNING"},
    },
}
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
