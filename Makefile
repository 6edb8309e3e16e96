# Every target sets up what it needs by itself; the second time that is quick.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
ROWS ?= 39760
ROUNDS ?= 200
SOURCES := libs/*/src services/*/src simulators/src cli/src

.PHONY: help demo test test-long faults bench lint up down status setup clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## Start everything, load the Pati batch, explain it; ROWS=1000 is short, ONCE=1 ends by itself
	@$(BIN)/padan demo --rows $(ROWS) $(if $(ONCE),--once)

test: lint ## Check style, types and imports, then run all tests on the real servers
	@$(BIN)/pytest -m "not long" -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-long: setup ## Run the long campaigns
	@$(BIN)/pytest -m long $(ARGS)

faults: setup ## Random faults on real processes, then the oracle: ROUNDS=200, SEED=n; the report is .padan/faults.json
	@PYTHONPATH=tests:tests/support $(BIN)/python -m faults --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED)) \
	  --report .padan/faults.json

bench: setup ## Measure: one JSON line a measure on stdout; ONLY=name,name for some
	@PYTHONPATH=tests:tests/support $(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

lint: setup ## Check style, types and imports
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy $(SOURCES) conftest.py tests $(wildcard libs/*/tests services/*/tests simulators/tests cli/tests)
	@$(BIN)/lint-imports --no-logo

up: setup ## Start the platform on this machine
	@$(BIN)/padan up

down: setup ## Stop it; its data stays
	@$(BIN)/padan down

status: setup ## Show its processes
	@$(BIN)/padan status

setup: ## Make .venv from the pinned requirements
	@./deploy/setup

clean: ## Stop the platform and remove its data, the servers and .venv
	@if [ -x $(BIN)/padan ] && [ -d .padan/local ]; then $(BIN)/padan down; fi
	@rm -rf .padan .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
