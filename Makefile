PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OSML := $(BIN)/osml
QUESTION := What's the population increase of New York City from 2021 to 2023? How is the trend compared with Miami?

.PHONY: demo down check unit test templates contract e2e recipes browser format snapshots openapi install lock bench faults load drop retrieval soak wheel clean

demo: install ## from nothing to a grounded answer on this machine
	$(OSML) sandbox up
	$(OSML) secret set --sandbox
	$(OSML) deploy --sandbox
	$(OSML) ingest --sandbox samples/metro-areas.ndjson
	$(OSML) ask --sandbox "$(QUESTION)"
	$(OSML) page --sandbox

down: ## end the local cloud; no process is left
	@if [ -x $(OSML) ]; then $(OSML) sandbox down; fi

install: $(VENV)/.installed node_modules/.installed

$(VENV)/.installed: requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; say which: make demo PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv==0.13.8
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

node_modules/.installed: package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

check: install ## format, lint, types, unit tests: seconds
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy app.py osml sandbox stacks constructs/opensearch_ml lambda/provisioner lambda/keeper lambda/assistant lambda/ingest lambda/page tests benchmarks
	$(MAKE) unit

unit: install
	$(BIN)/pytest -q tests/unit

# A run starts hundreds of Python processes: what one of them has compiled is kept, whatever the machine's habit is.
test: export PYTHONDONTWRITEBYTECODE :=
test: install browser ## everything that CI checks, in three lanes
	$(MAKE) --jobs=3 --output-sync=line e2e contract templates

templates: check ## what needs a processor: types, unit tests, templates, pages; then the recipes
	$(BIN)/pytest -q tests/synth
	$(BIN)/pytest -q tests/browser
	$(MAKE) recipes

contract: install ## the kernel, the front and the assistant on a real engine
	$(BIN)/pytest -q --durations=20 tests/contract

e2e: install ## deploys on a local cloud, all but those of the recipes
	$(BIN)/pytest -q --durations=20 --ignore=tests/e2e/recipes tests/e2e

recipes: install ## deploys of every provider and every way to search, on a local cloud of their own
	OSML_SANDBOX=recipes $(BIN)/pytest -q --durations=20 tests/e2e/recipes

browser: ## the Chromium that the page is tested in
	test -x /usr/bin/chromium || { apt-get update -qq && apt-get install -y -qq chromium; }

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

snapshots: install ## accept the templates as they are now
	$(BIN)/pytest -q tests/synth --snapshot-update

openapi: install ## write docs/openapi.json anew
	cd lambda/assistant && ../../$(BIN)/python -m assistant.openapi > ../../docs/openapi.json

lock: install ## pin what pyproject.toml asks for
	$(BIN)/uv pip compile -q pyproject.toml --universal --generate-hashes --no-header -o requirements.txt
	$(BIN)/uv pip compile -q pyproject.toml --universal --extra sandbox --extra dev --extra bench --generate-hashes --no-header -o requirements-dev.txt
	$(BIN)/uv pip compile -q sandbox/requirements-cloud.in --universal --generate-hashes --no-header -o sandbox/requirements-cloud.txt
	$(BIN)/uv pip compile -q lambda/provisioner/requirements.in --no-header --generate-hashes -o lambda/provisioner/requirements.txt
	$(BIN)/uv pip compile -q lambda/keeper/requirements.in --no-header --generate-hashes -o lambda/keeper/requirements.txt
	$(BIN)/uv pip compile -q lambda/assistant/requirements.in --no-header --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux_2_28 --no-emit-package botocore --no-emit-package jmespath --no-emit-package python-dateutil --no-emit-package six -o lambda/assistant/requirements.txt
	$(BIN)/uv pip compile -q lambda/ingest/requirements.in --no-header --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux_2_28 -o lambda/ingest/requirements.txt

bench: install ## the tables of docs/performance.md, measured anew on a machine with nothing else to do
	$(BIN)/python -m benchmarks.kernel
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.ask
	$(BIN)/python -m benchmarks.synth
	$(BIN)/python -m benchmarks.cold_import
	$(BIN)/python -m benchmarks.demo
	$(BIN)/python -m benchmarks.overhead
	$(BIN)/python -m benchmarks.cold_start
	$(BIN)/python -m benchmarks.load

faults: install ## every fault at every call of every kind; writes docs/faults.md
	OSML_FAULTS=1 $(BIN)/pytest -q tests/contract/test_fault_matrix.py

load: install ## changes and crashes while people ask and load; writes docs/nothing-lost.md
	OSML_ENGINE_OPTIMIZE=1 OSML_LOAD=1 OSML_COUNTS=docs/nothing-lost.md $(BIN)/pytest -q tests/e2e/test_changes_under_traffic.py tests/e2e/test_crashes.py

drop: install ## 10,000 objects dropped into a bucket, while a fifth of the model's calls are refused
	OSML_ENGINE_OPTIMIZE=1 OSML_DROP=10000 $(BIN)/pytest -q -s tests/e2e/test_drop.py

retrieval: install ## every way to search, on all labelled questions; writes docs/evaluation.md
	OSML_ENGINE_OPTIMIZE=1 OSML_RETRIEVAL=docs/evaluation.md $(BIN)/pytest -q tests/e2e/recipes/test_retrieval.py

soak: install ## deploy, update, destroy, with random kills, 200 times
	$(BIN)/python -m tests.contract.soak --rounds 200

wheel: install ## the construct library for other teams' apps, in dist/
	rm -rf constructs/build
	$(BIN)/uv build --quiet --wheel --out-dir dist constructs

clean: down
	rm -rf $(VENV) node_modules cdk.out
