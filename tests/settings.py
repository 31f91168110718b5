"""The portal's settings with the few values that have no default."""

import os
import tempfile

# Whatever a developer's .env says, tests run on what the caller names, or on SQLite without a broker.
for name in ("DATABASE_URL", "REDIS_URL", "ENTRA_SANDBOX_URL"):
    os.environ.setdefault(name, "")
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("DEBUG", "false")
os.environ.setdefault("PORTAL_URL", "http://localhost:8000")
os.environ.setdefault("ENTRA_CLIENT_ID", "0c0ffee0-0000-4000-8000-0000000000a1")
os.environ.setdefault("ENTRA_CLIENT_SECRET", "sandbox-portal-secret")
os.environ.setdefault("ENTRA_HOME_TENANT", "0c0ffee0-0000-4000-8000-000000000001")
os.environ.setdefault("CONNECTOR_SECRET", "sandbox-connector-secret")
os.environ.setdefault("EMAIL_URL", "memorymail://")

from portal.settings import *  # noqa: E402, F403

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
if not REDIS_URL:  # noqa: F405
    CELERY_BROKER_URL = "memory://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # A file, as anywhere else: threads of one process share a database in memory, locks and all.
    DATABASES["default"]["TEST"] = {  # noqa: F405
        "NAME": f"{tempfile.gettempdir()}/consent-drift-test-{os.getpid()}.sqlite3"
    }
