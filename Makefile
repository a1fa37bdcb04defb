# Each target sets up what it needs, so that any of them can be the first command typed after a clone.
# Another Python: make demo PYTHON=python3.12

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?=
VENV := .venv
BENCH := .venv-bench
PIP := -m pip -qq --disable-pip-version-check --no-input

# $(call make_venv,FOLDER): keep the environment if it works, make it anew if it is missing or half-made.
define make_venv
if ! $(1)/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
  found=; \
  for candidate in $(if $(PYTHON),"$(PYTHON)",python3 python3.14 python3.13 python3.12 python3.11 python); do \
    if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
      found=$$candidate; break; \
    fi; \
  done; \
  if [ -z "$$found" ]; then \
    echo "kotovec needs Python 3.11 or newer; none was found$(if $(PYTHON), at $(PYTHON))." >&2; \
    echo "Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; \
    exit 1; \
  fi; \
  "$$found" -m venv --clear $(1) || { \
    echo "$$found could not create $(1). On Debian and Ubuntu: sudo apt install python3-venv" >&2; \
    rm -rf $(1); exit 1; \
  }; \
fi
endef

.PHONY: help demo test lint types bench clean

help:
	@echo "make demo    learn word vectors from the documentation of your own Python, and look at them"
	@echo "make test    run every test"
	@echo "make lint    check style, types and the direction of imports"
	@echo "make types   check types alone"
	@echo "make bench   compare speed and memory with gensim, side by side (some ten minutes)"
	@echo "make clean   remove environments, caches and what the demo wrote"

demo: $(VENV)/.kotovec-demo
	@$(VENV)/bin/kotovec demo

test: $(VENV)/.kotovec-dev
	@$(VENV)/bin/python -m pytest

lint: types
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/lint-imports

types: $(VENV)/.kotovec-dev
	@$(VENV)/bin/mypy

bench: $(BENCH)/.kotovec-bench
	@$(BENCH)/bin/python benchmarks/compare.py
	@$(BENCH)/bin/python benchmarks/limits.py
	@$(BENCH)/bin/python benchmarks/encoding.py
	@$(BENCH)/bin/python benchmarks/ppmi.py

# A stamp is newer than pyproject.toml only if the installation it stands for came to its end.
$(VENV)/.kotovec-demo: pyproject.toml
	@$(call make_venv,$(VENV))
	@echo "Installing what the demo needs into $(VENV) (about a minute)..."
	@$(VENV)/bin/python $(PIP) install --editable '.[explore]'
	@touch $@

$(VENV)/.kotovec-dev: pyproject.toml
	@$(call make_venv,$(VENV))
	@echo "Installing what development needs into $(VENV) (some minutes)..."
	@$(VENV)/bin/python $(PIP) install --editable '.[dev]'
	@touch $@ $(VENV)/.kotovec-demo

$(BENCH)/.kotovec-bench: pyproject.toml
	@$(call make_venv,$(BENCH))
	@echo "Installing kotovec, gensim and scikit-learn into $(BENCH) (some minutes)..."
	@$(BENCH)/bin/python $(PIP) install --editable . 'gensim==4.4.0' 'scikit-learn>=1.5'
	@touch $@

clean:
	rm -rf $(VENV) $(BENCH) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -f demo.safetensors demo.png
