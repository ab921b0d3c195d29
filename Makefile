# SPDX-License-Identifier: Apache-2.0
# The verbs of the house. `make` alone lists them. CI calls the same ones.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help install up test lint bench bench-gateway bench-plan docs lock clean packages
# Byte code makes every start five times as fast; a setting from outside does not take that away.
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV

COUNTRY ?= ID
DATA ?=
PACKS := $(wildcard packs/*)
UV := .uv/bin/uv
# uv asks the registries that pip is told to use.
UV_RUN = settings=$$(.uv/bin/python tools/registry_settings.py) && eval "$$settings" && UV_PYTHON_DOWNLOADS=never $(UV)
PY := .venv/bin/python

help:  ## list the verbs
	@echo "make <verb>:"
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  %-13s %s\n", $$1, $$2}'
	@echo "first steps: make up    another country: make up COUNTRY=EE"

install: .venv/.installed  ## make .venv/bin/daulat; the only verb, with test, that needs a registry

up: .venv/.installed  ## start the service on this machine; declares COUNTRY (ID) where there is no nation.yaml
	@test -f nation.yaml || .venv/bin/daulat init $(COUNTRY)
	@exec $(PY) tools/up.py $(if $(filter file,$(origin COUNTRY)),,$(COUNTRY))

test: packages .venv/.tools  ## everything that CI runs; its last line is pytest's
	@# Style is read while the clients of others come from the registry; either that fails ends it.
	@$(MAKE) -s .peers/.installed & peers=$$!; $(MAKE) -s lint; linted=$$?; wait $$peers && exit $$linted
	@OPENBLAS_NUM_THREADS=1 $(PY) -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: .venv/.tools  ## style, types, and who may import whom
	@.venv/bin/ruff check --quiet
	@.venv/bin/ruff format --check --quiet
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/lint-imports

packages:  # from Debian: a browser, a reader of scanned pages, npm
	@sh tools/system_packages.sh

bench: .venv/.installed  ## measure retrieval and answers on one folder of questions: make bench DATA=folder
	@test -n "$(DATA)" || { echo "name a folder of questions: make bench DATA=folder" >&2; exit 2; }
	@.venv/bin/daulat bench retrieval --data "$(DATA)" --json
	@.venv/bin/daulat bench answers --data "$(DATA)" --json

bench-plan: .venv/.tools  ## measure the planner: accuracy of throughput on pairs left out, coverage, speed, siting (minutes)
	@$(PY) benchmarks/plan/run.py

bench-gateway: .venv/.installed .litellm/.installed  ## what the front door costs, beside LiteLLM's proxy (minutes; a C compiler)
	@$(PY) benchmarks/gateway/bench.py --litellm .litellm/bin/python --decode $(GATEWAY)

docs: .venv/.tools  ## write docs/reference again from the code
	@$(PY) tools/reference.py

lock: .uv/.installed  ## choose versions again and write them down with their hashes
	@$(UV) pip compile $(LOCK) pyproject.toml -o requirements/core.txt
	@$(UV) pip compile $(LOCK) pyproject.toml --group dev -c requirements/core.txt -o requirements/dev.txt
	@$(UV) pip compile $(LOCK) requirements/build.in -o requirements/build.txt
	@$(UV) pip compile $(LOCK) requirements/uv.in -o requirements/uv.txt
	@$(UV) pip compile $(LOCK) requirements/peers.in -o requirements/peers.txt
	@$(UV) pip compile $(LOCK) requirements/litellm.in -o requirements/litellm.txt

clean:  ## remove what install and the tests made; keeps nation.yaml and the data of the service
	rm -rf .venv .uv .peers .litellm .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src packs tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# One resolution for every platform and Python; no registry is named in it, so that any mirror can serve it.
LOCK = --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
  --custom-compile-command "make lock"

.uv/.installed: requirements/uv.txt
	@python=$$(sh tools/find_python.sh $(PYTHON)) && "$$python" -m venv --clear .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/.core: .uv/.installed requirements/core.txt requirements/unused.toml tools/slim.py
	@test -x $(PY) || $(UV) venv --quiet --python .uv/bin/python .venv
	@$(UV_RUN) pip sync --quiet --python $(PY) --require-hashes --compile-bytecode requirements/core.txt
	@$(PY) tools/slim.py requirements/unused.toml
	@touch $@

.venv/.installed: .venv/.core requirements/build.txt pyproject.toml $(PACKS:%=%/pyproject.toml)
	@$(UV_RUN) pip install --quiet --python $(PY) --no-deps --build-constraints requirements/build.txt \
	  --editable . $(PACKS:%=--editable %)
	@$(PY) -m compileall -q src packs
	@touch $@
	@echo "installed: .venv/bin/daulat" >&2

.venv/.tools: .venv/.installed requirements/dev.txt
	@$(UV_RUN) pip install --quiet --python $(PY) --require-hashes --compile-bytecode -r requirements/dev.txt
	@touch $@

# Programs that nobody here wrote and that the tests run as they are: clients of the API, and a cluster's engine.
.peers/.installed: .uv/.installed requirements/peers.txt
	@test -x .peers/bin/python || $(UV) venv --quiet --python .uv/bin/python .peers
	@$(UV_RUN) pip sync --quiet --python .peers/bin/python --require-hashes --compile-bytecode requirements/peers.txt
	@touch $@

# The proxy that the gateway is measured beside, as its makers publish it.
.litellm/.installed: .uv/.installed requirements/litellm.txt
	@test -x .litellm/bin/python || $(UV) venv --quiet --python .uv/bin/python .litellm
	@$(UV_RUN) pip sync --quiet --python .litellm/bin/python --require-hashes --compile-bytecode requirements/litellm.txt
	@touch $@
