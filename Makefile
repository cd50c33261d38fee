# Everything here does its own set-up; a second run finds it done.
#   make ask Q="How was MedSAM obtained from SAM, and on how much data?"
#   make serve · make test · make lint · make bench · make clean

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
Q      ?= How was MedSAM obtained from SAM, and on how much data?
export Q
JOBS   ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := ask
.DELETE_ON_ERROR:
.PHONY: ask serve test lint bench pins clean

ask: $(VENV)/.installed
	@$(BIN)/fmqa ask "$$Q"

serve: $(VENV)/.installed
	@$(BIN)/fmqa serve

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks $(ARGS)

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Setting up $(VENV): about two minutes the first time." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --quiet --upgrade "pip>=25.1" >&2
	$(BIN)/python -m pip install --prefer-binary --constraint constraints.txt --editable . >&2
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/python -m pip install --prefer-binary --constraint constraints.txt --group dev >&2
	@touch $@

pins: $(VENV)/.dev
	@{ sed -n '/^#/p' constraints.txt; \
	   $(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu//'; } > constraints.new
	@mv constraints.new constraints.txt

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
