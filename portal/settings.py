"""Everything is set by environment variables; README.md lists them. Nothing here exists only in production.

Read from the process environment, and from a file `.env` beside manage.py where there is one.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))  # SQLite, static files, the file broker

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Put a random one into the environment or .env; this makes one: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
PORTAL_URL = env.str("PORTAL_URL", default="http://localhost:8000").rstrip("/")
PORTAL_IS_HTTPS = PORTAL_URL.startswith("https://")

# --- Microsoft ---------------------------------------------------------------------------------------------
ENTRA_CLIENT_ID = env.str("ENTRA_CLIENT_ID", default="")
ENTRA_CLIENT_SECRET = env.str("ENTRA_CLIENT_SECRET", default="")
ENTRA_CLIENT_CERTIFICATE = env.str(
    "ENTRA_CLIENT_CERTIFICATE", default=""
)  # path of a PEM: key and certificate
ENTRA_HOME_TENANT = env.str("ENTRA_HOME_TENANT", default="").lower()
ENTRA_SANDBOX_URL = env.str("ENTRA_SANDBOX_URL", default="").rstrip("/")
if (
    ENTRA_SANDBOX_URL
    and not DEBUG
    and urlsplit(ENTRA_SANDBOX_URL).hostname not in {"localhost", "127.0.0.1", "::1"}
):
    raise ImproperlyConfigured(
        "ENTRA_SANDBOX_URL sends identity traffic to another host than Microsoft. "
        "It is accepted only for a loopback address, or with DEBUG on."
    )

# --- Django ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "tenants",
    "consent",
    "support",
    "portal",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.RequestIdMiddleware",
    "portal.middleware.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.sessions.SessionLimitsMiddleware",
    "portal.sessions.SignInRequiredMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context_processors.shell",
            ],
        },
    },
]
AUTH_USER_MODEL = "tenants.Person"
LOGIN_URL = "portal:sign_in"
LOGIN_REDIRECT_URL = "portal:home"
AUTHENTICATION_BACKENDS = ["tenants.access.PersonBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database ----------------------------------------------------------------------------------------------
VAR_DIR.mkdir(parents=True, exist_ok=True)
DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'portal.sqlite3'}"
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Write-ahead log and IMMEDIATE transactions: readers never wait, writers queue instead of failing.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"].update(
        CONN_MAX_AGE=60,
        CONN_HEALTH_CHECKS=True,
        # A hung query must not hang a worker for good.
        OPTIONS={"options": "-c statement_timeout=60000 -c lock_timeout=10000"},
    )

# --- Sessions, cookies, headers ----------------------------------------------------------------------------
# Whoever does nothing for so long, and whoever signed in so long ago, has to sign in again.
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=2 * 3600)
SESSION_ABSOLUTE_SECONDS = env.int("SESSION_ABSOLUTE_SECONDS", default=12 * 3600)
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # Strict would drop the cookie on the way back from Microsoft
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PORTAL_IS_HTTPS
SESSION_COOKIE_NAME = "__Host-session" if PORTAL_IS_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if PORTAL_IS_HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
SECURE_SSL_REDIRECT = PORTAL_IS_HTTPS
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PORTAL_IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PORTAL_IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],  # and Microsoft, on the pages of `leads_to_microsoft`
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

# --- Language, time, static files --------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- Mail (notices) ----------------------------------------------------------------------------------------
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))

# --- Celery: the database is the queue, this is the doorbell -----------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
BROKER_DIR = VAR_DIR / "broker"
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object]
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 2, "socket_connect_timeout": 2}
else:
    BROKER_DIR.mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR),
        "data_folder_out": str(BROKER_DIR),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.2,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300  # a batch is bounded by its own deadlines; this catches a hang
CELERY_TASK_PUBLISH_RETRY = False  # beat rings again in seconds
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "check-due": {"task": "consent.tasks.check_due", "schedule": 5.0, "options": {"expires": 10}},
    "look-up-directories": {
        "task": "consent.tasks.look_up_directories",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "sweep": {"task": "consent.tasks.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "forget-failures": {"task": "support.tasks.sweep", "schedule": 300.0, "options": {"expires": 300}},
}

# --- Checks ------------------------------------------------------------------------------------------------
CHECK_INTERVAL_HOURS = env.int("CHECK_INTERVAL_HOURS", default=6)
FRESHNESS_HOURS = env.int("FRESHNESS_HOURS", default=72)

# --- Failures that applications report ---------------------------------------------------------------------
FAILURE_RETENTION_DAYS = env.int("FAILURE_RETENTION_DAYS", default=30)
FAILURES_PER_MINUTE = env.int("FAILURES_PER_MINUTE", default=60_000)  # rows that one ingest key may send

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"approval-links": {"()": "portal.redaction.ApprovalLinks"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["approval-links"]}
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "django": {
            "handlers": ["stderr"],
            "level": env.str("LOG_LEVEL", default="WARNING"),
            "propagate": False,
        },
        # At DEBUG it writes out all that a page was made of: customers' data, approval links, tokens' claims.
        "django.template": {"level": "INFO"},
        # MSAL logs a cut-off token answer with the token in it.
        "msal": {"level": "CRITICAL"},
        # A line for every request that waits its turn.
        "waitress.queue": {"level": "ERROR"},
        # The file broker has no host, and kombu remarks on that at every start.
        "kombu.connection": {"level": "ERROR"},
    },
}
