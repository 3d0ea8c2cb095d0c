# Everything sets itself up: Python 3.11 or newer with its venv module, and make, are all it takes.
#   make demo     both ends of a webhook on this machine, end to end
#   make test     every test (ARGS="-k name" narrows it, JOBS=n runs n at once)
#   make quick    the tests that need no process and no server
#   make check    ruff, ruff format, mypy, import-linter
#   make bench    the benchmarks (ONLY=name runs one)
#   make soak     the long runs that `make test` leaves out, and more examples of each property
#   make judges   fetches other people's clients that tests ask: without them these tests are skipped

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=
# Tests wait for processes and for each other too. Those that share what is dear stay on one worker, and come first.
JOBS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))
ONLY ?=

# Tests start hundreds of interpreters: what one has compiled, the next need not compile again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test quick check bench soak judges format clean

demo: $(READY)
	@$(BIN)/hookwright demo $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m "not soak" $(ARGS)

quick: $(READY)
	@$(BIN)/python -m pytest -n $$(getconf _NPROCESSORS_ONLN) --hypothesis-profile=quick \
	  -o tmp_path_retention_policy=failed -m "quick and not soak" $(ARGS)

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: $(VENV)/.bench
	@$(BIN)/python -m bench $(ONLY)

soak: $(READY)
	@$(BIN)/python -m pytest -n $$(getconf _NPROCESSORS_ONLN) --dist loadgroup --hypothesis-profile=soak -m "soak or hypothesis" $(ARGS)

judges: .judges/.ready

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .judges build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.judges/.ready: tests/judges/package.json tests/judges/package-lock.json
	@mkdir -p .judges
	@cp $^ .judges
	@cd .judges && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

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
