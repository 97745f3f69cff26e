# `make demo` and `make test` need only Python 3.11+, make and a package index; both build .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check bench soak docs format roles clean help

help:
	@echo "make demo    report of each bundled journal, in both languages"
	@echo "make test    the tests"
	@echo "make check   format, lint, types, layers, generated files"
	@echo "make bench   every benchmark; 'make soak' the long campaigns; 'make docs' the pages"

$(VENV)/.run: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("coachcore needs Python 3.11 or newer; say make PYTHON=python3.11") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[cli]'
	touch $@

$(VENV)/.test: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --group test
	touch $@

$(VENV)/.check: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --group check --group docs
	touch $@

demo: $(VENV)/.run
	$(BIN)/coachcore demo

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.check $(VENV)/.bench
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.roles --check
	$(BIN)/python -m tools.readers --check
	$(BIN)/python -m tools.language
	$(BIN)/python -m tools.text
	$(BIN)/python -m tools.typed_examples

format: $(VENV)/.check
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

roles: $(VENV)/.check
	$(BIN)/python -m tools.roles

docs: $(VENV)/.check
	$(BIN)/sphinx-build -W --keep-going -q docs docs/_build

# what the rules, stores and commands are measured against; a figure is left out where one cannot be installed
$(VENV)/.bench: $(VENV)/.test
	-$(BIN)/python -m pip install --quiet --group bench
	touch $@

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks all --full

soak: $(VENV)/.test
	$(BIN)/python -m pytest -m soak --override-ini 'addopts=-q --import-mode=importlib' tests

clean:
	rm -rf $(VENV) docs/_build dist
