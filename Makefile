PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OSML := $(BIN)/osml
QUESTION := What's the population increase of New York City from 2021 to 2023? How is the trend compared with Miami?

# The line of OpenSearch that the contract tests run on besides the newest.
OLDER := 2.19

.PHONY: demo prepared down check unit test templates checkers contract e2e assistants upgrade pages recipes browser pictures format snapshots schema openapi install ocr lock bench faults load drop retrieval soak prove-on-aws site dist wheel clean

demo: ## install, start the local cloud, deploy, load samples, and ask a question
	@$(MAKE) --no-print-directory --jobs=2 install prepared
	$(OSML) sandbox up
	$(OSML) secret set --sandbox < /dev/null
	$(OSML) deploy --sandbox
	$(OSML) ingest --sandbox samples/metro-areas.ndjson
	$(OSML) ask --sandbox "$(QUESTION)"
	$(OSML) page --sandbox

down: ## stop the local cloud; no process is left
	@if [ -x $(OSML) ]; then $(OSML) sandbox down; fi

install: $(VENV)/.installed node_modules/.installed

# What the local cloud downloads once, fetched while the packages below are installed.
prepared: $(VENV)/.begun
	@$(BIN)/python -m sandbox.prepare environments/sandbox.yaml

$(VENV)/.begun: sandbox/requirements-prepare.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; say which: make demo PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement sandbox/requirements-prepare.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.begun requirements-dev.txt requirements-node.txt requirements-vocabulary.txt pyproject.toml sandbox/pyproject.toml
	@echo "Installing the Python packages …"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.txt $$($(BIN)/python -m osml.deploy.node)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . --editable sandbox
	@$(BIN)/python -m osml.deploy.vocabulary
	@touch $@

# With the npm of requirements-node.txt, where that was installed.
node_modules/.installed: $(VENV)/.installed package-lock.json
	@echo "Installing the CDK command line …"
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error --silent
	@touch $@

ocr: $(VENV)/.ocr ## install text recognition: 200 MB

$(VENV)/.ocr: $(VENV)/.installed requirements-ocr.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes --requirement requirements-ocr.txt
	@touch $@

check: install ## format, lint, types, unit tests: seconds
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy app.py osml settings sandbox stacks constructs/opensearch_ml lambda tests benchmarks trials
	$(MAKE) unit

UNIT := tests/unit benchmarks/tests
# Processes of the unit tests: as many as the machine has cores, but one where other lanes have them.
WORKERS ?= logical
test: export WORKERS := 0

unit: install
	$(BIN)/pytest -q --numprocesses=$(WORKERS) --maxprocesses=8 --dist=loadfile -m "not thorough" $(UNIT)

# A run starts hundreds of Python processes: what one of them has compiled is kept, whatever the machine's habit is.
check unit test: export PYTHONDONTWRITEBYTECODE :=
test: ocr browser ## everything that CI checks, in five parallel lanes
	$(MAKE) --jobs=5 --output-sync=line e2e assistants contract pages templates

templates: check checkers ## types, unit tests and templates; then the recipes
	$(BIN)/pytest -q tests/synth
	$(MAKE) recipes

checkers: .venv-checkers/.installed ## what checks the templates from outside, in an environment of its own

.venv-checkers/.installed: $(VENV)/.installed tests/synth/requirements-checkers.txt tests/synth/requirements-guard.txt
	@test -x $(@D)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(@D)
	@$(BIN)/uv pip install --quiet --python $(@D)/bin/python --no-deps --require-hashes --requirement tests/synth/requirements-checkers.txt --requirement tests/synth/requirements-guard.txt
	@touch $@

contract: ocr ## the kernel, the front and the assistant on a real engine; the local cloud; thorough unit tests
	$(BIN)/pytest -q --durations=20 -m thorough $(UNIT)
	$(BIN)/pytest -q --durations=20 tests/sandbox
	$(BIN)/pytest -q --durations=20 tests/contract

contract-%: ocr ## the contract tests that use the engine, on another line of OpenSearch; collections have no line
	OSML_TEST_LINE=$* OSML_SANDBOX=$* $(BIN)/pytest -q --durations=20 -m "engine and not collection" tests/contract

upgrade: contract-$(OLDER) ## the keeper on that line, and an upgrade of a deployed environment to the newest line
	OSML_TEST_LINE=$(OLDER) OSML_SANDBOX=older $(BIN)/pytest -q tests/e2e/test_keeper.py
	$(BIN)/pytest -q --durations=20 tests/e2e/test_upgrade.py

pages: upgrade browser site ## the page in Chromium, and the documentation as a site
	$(BIN)/pytest -q tests/browser

ASSISTANTS := test_assistant.py test_assistant_page.py test_backup.py test_canary.py test_prove.py
# What has a lane of its own.
APART := recipes test_upgrade.py $(ASSISTANTS)

e2e: install ## deploys on a local cloud, except those of other lanes
	$(BIN)/pytest -q --durations=20 $(APART:%=--ignore=tests/e2e/%) tests/e2e

assistants: install ## deploys with an assistant, on their own local cloud
	OSML_SANDBOX=assistants $(BIN)/pytest -q --durations=20 $(ASSISTANTS:%=tests/e2e/%)

recipes: install ## deploys of every provider and search setting, over earlier code, and what a destroy keeps, on their own local cloud
	OSML_SANDBOX=recipes $(BIN)/pytest -q --durations=20 tests/e2e/recipes

SHELL_OF_CHROMIUM := /usr/lib/chromium/chromium-headless-shell

browser: ## install Chromium for the tests of the page; the desktop browser, where there is one already, is enough
	test -x $(SHELL_OF_CHROMIUM) || { apt-get update -qq && apt-get install -y -qq chromium-headless-shell; } || test -x /usr/bin/chromium

pictures: install browser ## take the pictures of the page for the documentation again
	PYTHONPATH=lambda/session:lambda/page $(BIN)/python -m tests.browser.pictures

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

snapshots: install checkers ## accept the current templates as snapshots
	$(BIN)/pytest -q tests/synth --snapshot-update

schema: install ## write environments/schema.json again
	$(OSML) schema > environments/schema.json

openapi: install ## write docs/openapi.json again
	$(BIN)/python lambda/documents/api.py > docs/openapi.json

lock: install ## pin the dependencies of pyproject.toml
	$(BIN)/uv pip compile -q pyproject.toml --group build --universal --generate-hashes --no-header -o requirements.txt
	$(BIN)/uv pip compile -q pyproject.toml sandbox/pyproject.toml --group build --universal --extra dev --extra bench --generate-hashes --no-header -o requirements-dev.txt
	$(BIN)/uv pip compile -q pyproject.toml --universal --extra ocr --constraint requirements-dev.txt --generate-hashes --no-header -o requirements-ocr.txt
	$(BIN)/uv pip compile -q --group node --universal --generate-hashes --no-header -o requirements-node.txt
	$(BIN)/uv pip compile -q --no-deps --group vocabulary --universal --generate-hashes --no-header -o requirements-vocabulary.txt
	$(BIN)/uv pip compile -q sandbox/requirements-prepare.in --constraint requirements-dev.txt --universal --generate-hashes --no-header -o sandbox/requirements-prepare.txt
	$(BIN)/uv pip compile -q sandbox/requirements-cloud.in --universal --generate-hashes --no-header -o sandbox/requirements-cloud.txt
	$(BIN)/uv pip compile -q requirements-docs.in --universal --generate-hashes --no-header -o requirements-docs.txt
	$(BIN)/uv pip compile -q tests/clients/requirements.in --universal --generate-hashes --no-header -o tests/clients/requirements.txt
	$(BIN)/uv pip compile -q tests/synth/requirements-checkers.in --universal --generate-hashes --no-header -o tests/synth/requirements-checkers.txt
	$(BIN)/uv pip compile -q tests/synth/requirements-guard.in --no-deps --universal --generate-hashes --no-header -o tests/synth/requirements-guard.txt
	$(BIN)/uv pip compile -q lambda/provisioner/requirements.in --no-header --generate-hashes -o lambda/provisioner/requirements.txt
	$(BIN)/uv pip compile -q lambda/keeper/requirements.in --no-header --generate-hashes -o lambda/keeper/requirements.txt
	$(BIN)/uv pip compile -q lambda/page/requirements.in --no-header --generate-hashes -o lambda/page/requirements.txt
	$(BIN)/uv pip compile -q lambda/ask/requirements.in --no-header --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux_2_28 --no-emit-package botocore --no-emit-package jmespath --no-emit-package python-dateutil --no-emit-package six -o lambda/ask/requirements.txt
	$(BIN)/uv pip compile -q lambda/documents/requirements.in --no-header --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux_2_28 --no-emit-package botocore --no-emit-package jmespath --no-emit-package python-dateutil --no-emit-package six -o lambda/documents/requirements.txt
	$(BIN)/uv pip compile -q lambda/sync/requirements.in --no-header --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux_2_28 --no-emit-package botocore --no-emit-package jmespath --no-emit-package python-dateutil --no-emit-package six -o lambda/sync/requirements.txt
	$(BIN)/uv pip compile -q lambda/tools/requirements.in --no-header --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux_2_28 --no-emit-package botocore --no-emit-package jmespath --no-emit-package python-dateutil --no-emit-package six -o lambda/tools/requirements.txt
	$(BIN)/uv pip compile -q lambda/authorize/requirements.in --no-header --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux_2_28 -o lambda/authorize/requirements.txt
	$(BIN)/uv pip compile -q lambda/drop/requirements.in --no-header --generate-hashes --python-version 3.13 --python-platform aarch64-manylinux_2_28 -o lambda/drop/requirements.txt

bench: install ## measure the tables of docs/performance.md again, on an otherwise idle machine
	$(BIN)/python -m benchmarks.kernel
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.ask
	$(BIN)/python -m benchmarks.synth
	$(BIN)/python -m benchmarks.cold_import
	$(BIN)/python -m benchmarks.demo
	$(BIN)/python -m benchmarks.overhead
	$(BIN)/python -m benchmarks.first_word
	$(BIN)/python -m benchmarks.repeated
	$(BIN)/python -m benchmarks.cold_start
	$(BIN)/python -m benchmarks.agentic
	$(BIN)/python -m benchmarks.load

prove-on-aws: install ## deploy throwaway environments on your account, use and remove them; writes proof.md
	$(OSML) prove

faults: install ## every fault at every call of every kind; writes docs/faults.md
	OSML_FAULTS=1 $(BIN)/pytest -q tests/contract/test_fault_matrix.py

load: install ## changes and crashes during questions and loads; writes docs/nothing-lost.md
	OSML_ENGINE_OPTIMIZE=1 OSML_LOAD=1 OSML_COUNTS=docs/nothing-lost.md $(BIN)/pytest -q tests/e2e/test_changes_under_traffic.py tests/e2e/test_crashes.py

drop: install ## 10,000 objects put into a bucket, while a fifth of the model's calls are refused
	OSML_ENGINE_OPTIMIZE=1 OSML_DROP=10000 $(BIN)/pytest -q -s tests/e2e/test_drop.py

retrieval: install ## every search setting, on all labelled questions and on SciFact; writes docs/evaluation.md
	OSML_ENGINE_OPTIMIZE=1 OSML_RETRIEVAL=docs/evaluation.md $(BIN)/pytest -q tests/e2e/recipes/test_retrieval.py
	$(BIN)/python -m benchmarks.scifact
	$(BIN)/python -m benchmarks.quantizations
	OSML_SCIFACT_SHARE=3 $(BIN)/python -m benchmarks.follow_ups

soak: install ## deploy, update and destroy 200 times, with random kills
	$(BIN)/python -m tests.contract.soak --rounds 200

site: .venv-docs/.installed ## the documentation as a site, in site/; a link that leads nowhere fails
	@.venv-docs/bin/zensical build --clean --strict

.venv-docs/.installed: $(VENV)/.installed requirements-docs.txt
	@test -x $(@D)/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python $(@D)
	@$(BIN)/uv pip install --quiet --python $(@D)/bin/python --no-deps --require-hashes --requirement requirements-docs.txt
	@touch $@

dist: install checkers ## the distributions of the version TAG, such as v1.2.0, checked for PyPI, in dist/
	$(BIN)/python -m osml.deploy.release $(TAG)
	.venv-checkers/bin/twine check --strict dist/*/*

wheel: install ## the construct library for other teams' apps, in dist/
	rm -rf constructs/build
	$(BIN)/uv build --quiet --wheel --out-dir dist constructs

clean: down
	rm -rf $(VENV) .venv-checkers .venv-docs site .cache node_modules cdk.out
