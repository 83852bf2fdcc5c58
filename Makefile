# Every target works alone on a fresh clone: Python >= 3.11 and pip are all it needs.
# `catallax run` ends with 1 when a requirement is missed, which stops nothing here, and with 2 or more on an error.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo exchange test test-long bench reproduce claims docs lint

.venv/made-%: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	touch $@

demo: .venv/made-demo
	$(BIN)/catallax run demo

exchange: .venv/made-exchange
	$(BIN)/python examples/exchange/town.py

test: .venv/made-dev
	$(BIN)/python -m pytest

test-long: .venv/made-dev
	$(BIN)/python -m pytest -m long

lint: .venv/made-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

BENCHMARKS = speed_chain speed_bids
bench: .venv/made-dev
	$(BIN)/python benchmarks/beta.py
	missed=0; for name in $(BENCHMARKS); do \
	    $(BIN)/catallax run $$name || { test $$? -eq 1 && missed=1; } || exit 2; \
	done; exit $$missed

EXPERIMENTS = $(basename $(notdir $(filter-out experiments/_%,$(wildcard experiments/*.py))))
reproduce: .venv/made-dev .venv/made-bench .venv/made-reasoning .venv/made-trl
	rm -f $(foreach name,$(EXPERIMENTS),runs/$(name)/findings.json)
	for name in $(EXPERIMENTS); do $(BIN)/catallax run $$name --no-progress || test $$? -eq 1 || exit 2; done
	$(BIN)/catallax results $(foreach name,$(EXPERIMENTS),runs/$(name))

CLAIMS = $(filter claim_%,$(EXPERIMENTS))
claims: .venv/made-dev
	rm -f $(foreach name,$(CLAIMS),runs/$(name)/findings.json)
	for name in $(CLAIMS); do $(BIN)/catallax run $$name --no-progress || test $$? -eq 1 || exit 2; done
	$(BIN)/catallax results $(foreach name,$(CLAIMS),runs/$(name))

docs: .venv/made-dev .venv/made-docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
