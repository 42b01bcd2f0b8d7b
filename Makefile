# Everything that is done with Rapport from a checkout. `make` alone lists the targets.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test check faults simulate fuzz mutation bench performance up down lock reference clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the virtual environment with the locked dependencies

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Rapport needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies (a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## Replay a real purchase log and show what Rapport knows (ARGS="--exit --json result.json")
	@$(BIN)/rapport demo $(ARGS)

test: $(STAMP) ## Run the whole test suite (ARGS="-k parking")
	$(BIN)/pytest $(ARGS)

simulate: $(STAMP) ## Search for a history that breaks a promise (ARGS="--seconds 600 --seed 7")
	@$(BIN)/python -m tests.simulation $(ARGS)

fuzz: $(STAMP) ## Look for inputs that break a promise (ARGS="targets|schemas|machines [NAME ...] --seconds 600")
	@$(BIN)/python -m tests.fuzzing $(or $(ARGS),targets)

mutation: $(STAMP) ## Change loyalty's domain in small ways; its tests must notice (ARGS="tiers --sample 100")
	@nice $(BIN)/python -m tests.mutation $(ARGS)

check: $(STAMP) ## Lint, format, types, import contracts, dependencies, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy shared services rapport bench tests
	$(BIN)/basedpyright --warnings
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/rapport schema check

faults: $(STAMP) ## Run the fault plans (ARGS="--kills 1000 --seed 1 --json faults.json", or "--plan NAME|FILE", "--list")
	@$(BIN)/python -m tests.faults $(ARGS)

bench: $(STAMP) ## Measure every figure that the README quotes (ARGS="--json figures.json")
	@$(BIN)/rapport bench $(ARGS)

performance: $(STAMP) ## Measure all but the soak, and write what docs/performance shows anew (a quarter of an hour)
	$(BIN)/rapport bench --record $(ARGS)
	$(BIN)/rapport bench --scaling --record
	$(BIN)/rapport bench --profile all

up: $(STAMP) ## Start PostgreSQL, Kafka and the four services
	@$(BIN)/rapport up $(ARGS)

down: $(STAMP) ## Stop them; data stays
	@$(BIN)/rapport down

lock: $(STAMP) ## Lock the dependencies anew, with hashes and without addresses
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements.lock

reference: $(STAMP) ## Write the generated reference (OpenAPI, AsyncAPI, event schemas) anew
	@$(BIN)/rapport schema export

clean: ## Stop everything; remove the environment, all data and caches
	@test ! -x $(BIN)/rapport || $(BIN)/rapport down || true
	rm -rf $(VENV) .rapport .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
