.DEFAULT_GOAL := help
.PHONY: help setup demo run test check fix bench guards lock

# uv reads an index of its own; whoever set one for pip means this installation too.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif

PY := .venv/bin/python
INSTALLED := .venv/.installed
COMPILE := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

help:  ## List these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*##[ ]*/\1\t/' | expand -t 10

setup: $(INSTALLED)  ## Create .venv and install the locked dependencies

$(INSTALLED): requirements-dev.txt scripts/setup.sh
	@sh scripts/setup.sh
	@touch $@

demo: $(INSTALLED)  ## Portal, worker and sandbox with the story of two tenants; Ctrl-C stops all
	@exec $(PY) scripts/demo.py

run: $(INSTALLED)  ## The portal alone on PORT (8000), configured by the environment
	$(PY) manage.py migrate --noinput
	$(PY) manage.py collectstatic --noinput --verbosity 0
	@exec $(PY) manage.py serve --host $${HOST:-127.0.0.1} --port $${PORT:-8000} --workers $${WEB_WORKERS:-2}

test: $(INSTALLED)  ## The whole suite, on SQLite and on PostgreSQL with Redis, in a browser when there is one
	@exec $(PY) -m scripts.test

check: $(INSTALLED)  ## Format, lint, types, contracts, migrations, deployment checks, fast tests
	@exec $(PY) -m scripts.check

fix: $(INSTALLED)  ## Let the formatters and the linter mend what they can
	.venv/bin/ruff check --fix --quiet .
	.venv/bin/ruff format --quiet .
	@git ls-files -z 'templates/*.html' | xargs -0 -r .venv/bin/djade --target-version 5.2

bench: $(INSTALLED)  ## Benchmarks as JSON lines; BENCH=quick for a trial
	@exec $(PY) -m bench.run $(BENCH)

guards: $(INSTALLED)  ## Take each guard away in a copy and see a test notice; GUARDS="csrf" narrows it
	@exec $(PY) -m scripts.guards $(GUARDS)

lock: $(INSTALLED)  ## Pin the dependencies of pyproject.toml anew, with hashes and without any host
	@PATH="$(CURDIR)/.venv/bin:$$PATH" && \
	uv pip compile pyproject.toml $(COMPILE) $(LOCK) -o requirements.txt && \
	uv pip compile pyproject.toml --group dev $(COMPILE) $(LOCK) -o requirements-dev.txt
