# Everything one types. `make` alone lists it. What is needed: make, Python 3.11 or later, and the package index.
SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
MUTATION := $(VENV)/.installed-mutation
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# The first of these that is new enough and makes an environment; PYTHON=... on the command line wins. The system's is the
# first: distributions build Python with profile-guided optimisation, pyenv by default does not: 1.3 times as fast.
PYTHONS := /usr/bin/python3 python3 python3.13 python3.12 python3.11 python3.14 python
ENOUGH := import sys; raise SystemExit(sys.version_info < (3, 11))

.PHONY: help demo test check bench load chaos faults soak fuzz audit sbom fmt readme lock clean

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(RUN) ## a shop's day with its own PostgreSQL and broker; DEMO_ARGS="--once" ends by itself
	@exec $(BIN)/ordercase demo $(DEMO_ARGS)

# Most tests wait for real systems, so that two processes, each with systems of its own, take half as long as one. A cluster
# that is named is one for both, and each test begins without topics: then there is one process.
TOGETHER := $(if $(ORDERCASE_TEST_KAFKA)$(ORDERCASE_TEST_REGISTRY),,-n 2 --dist loadfile --no-loadscope-reorder)

test: $(DEV) ## all tests; real Kafka and registry where found or startable; TEST_ARGS go to pytest
	$(BIN)/pytest $(or $(TEST_ARGS),$(TOGETHER))

check: $(DEV) ## format, lint and types, as continuous integration runs them
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(DEV) ## input events/s, share per stage, latency, on real Kafka; BENCH_ARGS go to it
	$(BIN)/python -m benchmarks.throughput $(BENCH_ARGS)

load: $(DEV) ## a burst, a backlog, an endless order, a soak, as curves; LOAD_ARGS="burst soak --minutes 30", "--long"
	$(BIN)/python -m benchmarks.age $(LOAD_ARGS)

chaos: $(DEV) ## ten seeds of 5,000 orders with all their trouble, to the cent; CHAOS_ARGS="--seeds 7 --orders 500"
	$(BIN)/python -m benchmarks.chaos $(CHAOS_ARGS)

faults: $(DEV) ## strikes real systems while stories are told, and judges; FAULTS_ARGS="broker COMMIT --runs 5 --seconds 600"
	$(BIN)/python -m tests.faults $(FAULTS_ARGS)

soak: $(DEV) ## the whole domain under 20,000 random stories, on all cores; SOAK_ARGS="--examples 500"
	$(BIN)/python -m tests.soak $(SOAK_ARGS)

fuzz: $(DEV) ## a million hostile messages: none may crash, hang or take more memory; FUZZ_ARGS="--inputs 20000"
	$(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

mutation: $(MUTATION) ## thousands of small changes of the rules, and which no test notices; MUTATION_ARGS="money.py --jobs 4"
	$(BIN)/python -m tests.mutation $(MUTATION_ARGS)

audit: $(RUN) ## known weaknesses of what a worker runs with, asked of the package index by pip-audit (needs the network)
	@test -x $(VENV)/audit/bin/pip-audit || { \
		$(BIN)/python -m venv $(VENV)/audit && $(VENV)/audit/bin/python -m pip install --quiet pip-audit==$(PIP_AUDIT); }
	$(VENV)/audit/bin/pip-audit --require-hashes --disable-pip -r requirements/run.txt $(AUDIT_ARGS)

PIP_AUDIT := 2.10.1

sbom: $(RUN) ## what a worker is made of, with hashes, as CycloneDX: build/sbom.json
	@mkdir -p build
	@$(BIN)/python requirements/sbom.py > build/sbom.json && echo build/sbom.json >&2

fmt: $(DEV) ## put the code in its format and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

readme: $(DEV) ## write the README's generated blocks again (diagrams, tables, examples)
	$(BIN)/python tests/unit/test_readme.py

lock: ## resolve the requirements again and write them with hashes (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/" >&2; exit 4; }
	$(COMPILE) pyproject.toml -o requirements/run.txt
	$(COMPILE) pyproject.toml --extra dev -c requirements/run.txt -o requirements/dev.txt
	printf 'mutmut==3.8.1\n' | $(COMPILE) - -c requirements/dev.txt -o requirements/mutation.txt
	printf 'hatchling\neditables\n' | $(COMPILE) - -c requirements/dev.txt -o requirements/build.txt

# One list for every platform; never an index's address, which differs from place to place.
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links $(LOCK_ARGS)

clean: ## remove everything that make made, the virtual environment too
	rm -rf $(VENV) .work build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian's Python may come without ensurepip; its pip, where there is one, then fills the environment from outside.
$(BIN)/python:
	@for python in $(PYTHON) $(PYTHONS); do \
		"$$python" -c '$(ENOUGH)' 2>/dev/null || continue; \
		echo "making $(VENV) with $$("$$python" --version)" >&2; \
		"$$python" -m venv --clear $(VENV) >/dev/null && exit 0; \
		"$$python" -m venv --clear --without-pip $(VENV) && \
		"$$python" -m pip --python $(BIN)/python install --quiet pip && exit 0; \
		rm -rf $(VENV); \
		echo "$$python cannot make a virtual environment (on Debian: apt-get install python3-venv)" >&2; \
	done; \
	echo "no Python 3.11 or later that makes one: $(PYTHON) $(PYTHONS); make PYTHON=/path/to/python" >&2; exit 4

# The stamps are older than what they were made from when requirements change: then the install runs again.
$(RUN): requirements/run.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "installing what ordercase runs with" >&2
	@$(PIP) install --require-hashes -r requirements/build.txt -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	@echo "installing what its tests and checks run with" >&2
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(MUTATION): requirements/mutation.txt $(DEV)
	@echo "installing what makes mutants" >&2
	@$(PIP) install --require-hashes -r requirements/mutation.txt
	@touch $@
