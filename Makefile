# Everything sets itself up: Python 3.11 or newer with its venv module, and make, are all it takes.
#   make demo     both ends of a webhook on this machine, end to end
#   make test     every test (ARGS="-k name" narrows it, JOBS=n runs n at once)
#   make check    ruff, ruff format, mypy, import-linter
#   make bench    the benchmarks (ONLY=name runs one)
#   make soak     the long runs that `make test` leaves out

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=
# Tests wait for processes and for each other too. The long ones come first, and each is handed out when a
# worker is free for it: with more at once one worker has a queue of long ones while the others are done.
JOBS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
ONLY ?=

.PHONY: demo test check bench soak format clean

demo: $(READY)
	@$(BIN)/hookwright demo $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest -n $(JOBS) --dist load --maxschedchunk 1 -m "not soak" $(ARGS)

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: $(VENV)/.bench
	@$(BIN)/python -m bench $(ONLY)

soak: $(READY)
	@$(BIN)/python -m pytest -m soak $(ARGS)

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/.bench: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group bench
	@touch $@

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "hookwright needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.12" >&2; exit 2; }
	@echo "Setting up $(VENV) (once)."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
	  --editable '.[testing,demo]' --group dev
	@touch $(READY)
