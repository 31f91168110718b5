#!/bin/sh
# Nothing serves before its settings were judged: Django runs no deployment checks under WSGI.
set -eu
python manage.py check --deploy --fail-level WARNING
exec "$@"
