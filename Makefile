# Everything that a contributor runs. Each target sets itself up: Python, git and make are all that it needs.
.PHONY: demo test quick lint format docs bench clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

$(STAMP): pyproject.toml requirements-dev.txt
	python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt --editable .
	touch $@

demo: $(STAMP)  ## lint a small shop and print its bills
	@cd examples/shop && ../../$(BIN)/memlint check; true
	@echo
	@cd examples/shop && ../../$(BIN)/memlint budget
	@echo
	@echo 'Next: $(BIN)/memlint check PATH on a repository of yours, $(BIN)/memlint explain MEM201, $(BIN)/memlint forecast --host-memory 8GiB examples/shop'

test: $(STAMP) lint  ## everything that CI runs
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -q
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report
	scripts/test-wheel

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

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage* .hypothesis .mypy_cache .ruff_cache .pytest_cache
