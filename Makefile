# Every command a contributor or CI needs. Each sets up what it uses.
SHELL := /bin/bash
# Every worker and every command of a test is a process: what they import is compiled once, also
# where the environment asks Python to write nothing down.
export PYTHONDONTWRITEBYTECODE :=
.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench eval reference clean

# uv comes from PATH or, on a machine that has none, into a private environment.
UV_HOME := .venv-uv
UV := $(shell command -v uv 2>/dev/null || echo $(UV_HOME)/bin/uv)
RUN := $(UV) run --frozen
# A name on PATH may be a version manager's shim for a version that is not switched on: ask it.
PYTHON := $(shell for name in python3.14 python3.13 python3.12 python3.11 python3; do \
	"$$name" -c '' 2>/dev/null && echo "$$name" && break; done)

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(UV_HOME)/bin/uv:
	$(PYTHON) -m venv $(UV_HOME)
	$(UV_HOME)/bin/pip install --quiet --disable-pip-version-check uv

.venv/.ready: pyproject.toml uv.lock | $(if $(findstring $(UV_HOME),$(UV)),$(UV_HOME)/bin/uv)
	$(UV) sync --frozen --quiet
	@touch $@

setup: .venv/.ready  ## Install everything into .venv

demo: setup  ## See the whole loop on a real service with a real bug
	$(RUN) suture demo

test: setup  ## Run all tests
	$(RUN) coverage erase
	$(RUN) --group peers pytest -n 4 --dist worksteal --cov --cov-report= $(ARGS)
	$(RUN) coverage report --include='suture/*' --fail-under=100
	$(RUN) coverage report --fail-under=95

check: setup  ## Run the gates: format, lint, types, layers, architecture
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports
	$(RUN) pytest -q tests/test_architecture.py

format: setup  ## Format the code and mend what can be mended
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

reference: setup  ## Write the reference pages again from the code
	$(RUN) python -m docs.generate

bench: setup  ## Measure against the bare alternatives
	$(RUN) python -m benchmarks

eval: setup  ## Measure the engineer on Suture's own incidents, without a model
	$(RUN) suture eval incidents --patterns-only $(ARGS)

clean:  ## Remove what the commands above made
	rm -rf .venv $(UV_HOME) .mypy_cache .ruff_cache .import_linter_cache .coverage* .hypothesis .suture
