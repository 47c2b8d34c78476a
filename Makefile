# `make demo` and `make test` set up .venv once (Python 3.11 or newer); after that nothing needs a network.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
    $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# One thread of linear algebra per test process: the processes share the cores already.
test: export OMP_NUM_THREADS = 1

.PHONY: demo test lint certificates fresh types check verify book format clean

demo: $(INSTALLED)
	$(BIN)/polywick demo

# The tests of a file share the kernels they emit, so one process takes all of them.
test: $(INSTALLED)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -q

# What takes longer than a second side by side, the longest first.
lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory --jobs=$(WORKERS) certificates fresh types

certificates: $(INSTALLED)
	$(BIN)/python -m codegen recertify --workers $(WORKERS)

fresh: $(INSTALLED)
	$(BIN)/python -m codegen check

types: $(INSTALLED)
	$(BIN)/mypy

check: lint test

# Certificates of all committed kernels, taken up again where an interruption stopped them: hours of processor time.
verify: $(INSTALLED)
	$(BIN)/python -m codegen certify

# The formula book in docs/formulas: under a quarter of an hour the first time, then what has changed.
book: $(INSTALLED)
	$(BIN)/polywick book --workers $(WORKERS)

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) polywick_demo

# Installed again only when pyproject.toml has changed, not when its date has. Bytecode is written as modules are
# imported: most of what is installed never is.
$(INSTALLED): pyproject.toml
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer found: give one, as in 'make test PYTHON=python3.12'" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@cmp -s pyproject.toml $@ || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable ".[dev]"
	@cp pyproject.toml $@
