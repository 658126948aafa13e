# The few commands. Everything that thinks is in set_up.py, in the `idp` command and in the tests.

PYTHON ?= python3
UV     ?= uv
ARGS   ?=

# How the demo is called; each may be left out: PORT=8400 RP_PORT=8401 DEMO_DIR=var/demo FRESH=1 TLS=1 PASSKEYS=1
DEMO_OPTIONS = $(if $(PORT),--port $(PORT)) $(if $(RP_PORT),--rp-port $(RP_PORT)) \
               $(if $(DEMO_DIR),--dir "$(DEMO_DIR)") $(if $(filter-out 0,$(FRESH)),--fresh) $(if $(filter-out 0,$(TLS)),--tls) \
               $(if $(filter-out 0,$(PASSKEYS)),--passkeys)

.PHONY: help demo test quick check bench mutate units ui docs screens format lock

help: ## this list
	@sed -n 's/^\([a-z]*\): ## /  make \1\t/p' Makefile | expand -t 16

demo: ## the provider at localhost:8400 and an application that trusts it at :8401 (PORT, RP_PORT, DEMO_DIR, FRESH=1, TLS=1, PASSKEYS=1)
	@$(PYTHON) set_up.py
	@exec .venv/bin/idp demo $(DEMO_OPTIONS)

test: ## the whole test suite; ARGS="-k totp" for a part, REQUIRE_ALL=1 when nothing may be skipped
	@$(PYTHON) set_up.py --dev
	@.venv/bin/pytest -n 2 $(ARGS)

quick: ## the part of the suite to run between edits: SQLite only, without browsers, attacks and programs of others
	@$(PYTHON) set_up.py --dev
	@.venv/bin/pytest -n 2 -k "not postgresql" $(addprefix tests/,api cli journeys messaging protocol servicedesk unit) $(ARGS)

check: ## format, lint, types, import law, docs freshness
	@$(PYTHON) set_up.py --dev
	@.venv/bin/ruff format --check --output-format concise .
	@.venv/bin/ruff check --output-format concise .
	@.venv/bin/mypy
	@.venv/bin/python ui/catalogue.py --check
	@.venv/bin/pytest --quiet --durations=0 --durations-min=5 tests/house

bench: ## server CPU per operation, beside the Argon2 time of the same run
	@$(PYTHON) set_up.py --dev
	@.venv/bin/python -m bench $(ARGS)

mutate: ## which changes in security checks no test notices; ARGS="idp/oidc/codes.py" (see docs/mutants.md)
	@$(PYTHON) set_up.py --dev
	@.venv/bin/python -m tests.mutation $(ARGS)

units: ## start the units of deploy/systemd on a machine within this one (root, systemd-nspawn), and try them
	@deploy/try_units.sh

ui: ## build the page styles, script and icons; does nothing when they are fresh
	@$(PYTHON) set_up.py

docs: ## renew the generated pages in docs/
	@$(PYTHON) set_up.py --dev
	@mkdir -p docs
	@.venv/bin/python -m idp.settings > docs/settings.md
	@.venv/bin/python -m idp.oidc.openapi > docs/openapi.json
	@.venv/bin/python -m idp.admin_api.openapi > docs/openapi-beheer.json

screens: ## renew the pictures of the pages in docs/screens/ and in the manual (needs Chromium)
	@$(PYTHON) set_up.py --dev
	@.venv/bin/python -m tests.browser.screens
	@.venv/bin/python -m tests.browser.manual_pictures

format: ## put all Python into the house format
	@$(PYTHON) set_up.py --dev
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

# Hashes for every platform, no addresses: the locks work behind any mirror. UPGRADE=1 takes the newest that pyproject.toml allows.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
          --no-emit-index-url --no-emit-find-links $(if $(filter-out 0,$(UPGRADE)),--upgrade)

lock: ## renew the locks after a change in pyproject.toml (needs uv: `pipx install uv`); UPGRADE=1 for newer versions
	@$(COMPILE) pyproject.toml --output-file requirements.lock
	@$(COMPILE) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(COMPILE) --group build --output-file requirements-build.lock
