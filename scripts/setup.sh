#!/bin/sh
# Creates .venv with Python 3.11 and installs requirements-dev.txt into it. `make setup` calls this.
set -eu

is_311() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; }

find_python() {
    for name in python3.11 python3 python; do
        for folder in $(printf %s "$PATH" | tr ':' ' ') /usr/bin /usr/local/bin; do
            if [ -x "$folder/$name" ] && is_311 "$folder/$name"; then
                printf %s "$folder/$name"
                return
            fi
        done
    done
}

venv_works() { [ -x .venv/bin/python ] && is_311 .venv/bin/python; }

uv=$(command -v uv || true)
if ! venv_works; then
    python=$(find_python)
    if [ -n "$uv" ]; then
        # Without a Python 3.11 on the machine, uv brings one.
        "$uv" venv --quiet --clear --python "${python:-3.11}" .venv
    elif [ -n "$python" ]; then
        rm -rf .venv
        "$python" -m venv .venv
    else
        echo "Python 3.11 is needed, or uv, which brings it. Neither was found in PATH." >&2
        exit 1
    fi
fi

if [ -z "$uv" ]; then
    uv=.venv/bin/uv
    [ -x "$uv" ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
fi

# What pip is told about a network of one's own (index, certificates) uv has its own names for. The Makefile
# hands the index on; the machine's certificates are the second try, and pip itself the last.
lock=requirements-dev.txt
sync() { "$uv" pip sync --quiet --python .venv/bin/python --require-hashes "$lock"; }
[ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"
sync 2>.venv/sync.log ||
    UV_SYSTEM_CERTS=true sync 2>>.venv/sync.log ||
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" || {
        cat .venv/sync.log >&2
        exit 1
    }
