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

# uv does not read pip's setting for the certificates of a company's own network.
if [ -n "${PIP_CERT:-}" ] && [ -z "${SSL_CERT_FILE:-}" ]; then
    export SSL_CERT_FILE="$PIP_CERT"
fi
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements-dev.txt
