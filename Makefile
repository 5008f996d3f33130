# Everything here sets up its own virtual environment in .venv: a fresh machine needs only make,
# Python 3.11 or newer with its venv module, and a way to PyPI.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

FAULTS := kill-nodes kill-telegram kill-chat kill-mail instants tests words fuzz slow storage power \
	damage clock apart

.PHONY: demo test check cover golden faults bench clean $(FAULTS:%=faults-%)

demo: $(READY)              ## a desk that mails itself and shows the answers; DEMO_EXIT=1 ends it
	$(BIN)/ventanilla demo

test: $(READY)              ## all tests
	$(BIN)/pytest -n auto

check: $(READY)             ## form, types, import directions, links in the docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/layers

cover: $(READY)             ## all tests, with the branches that none of them takes
	$(BIN)/pytest --cov=gateway --cov=channels --cov=rules --cov=templates --cov-branch \
		--cov-report=term-missing:skip-covered

golden: $(READY)            ## write the expected readings of the sample mails anew; review the diff
	$(BIN)/pytest -q tests/channels --update-golden

# About an hour one by one; make -k -j2 -O faults tries two at a time, and goes on after a fault.
faults: $(FAULTS:%=faults-%)  ## everything that kills, starves, cuts and races, in its long form

faults-tests: $(READY)
	$(BIN)/pytest -q -k "fault or poison or kill or crash or die or dies or race"
faults-words: $(READY)
	VENTANILLA_AGENT_MESSAGES=10000 VENTANILLA_QUOTES=500 VENTANILLA_PLATFORM_MESSAGES=1000 \
		$(BIN)/pytest -q tests/abuse/test_inside.py \
		tests/abuse/test_inside_quotes.py tests/abuse/test_inside_platforms.py
faults-instants: $(READY)
	$(BIN)/python -m tests.faults.instants
faults-power: $(READY)
	$(BIN)/python -m tests.faults.power --cuts 2000
faults-damage: $(READY)
	$(BIN)/python -m tests.faults.damage
faults-clock: $(READY)
	$(BIN)/python -m tests.faults.clock
faults-storage: $(READY)
	$(BIN)/python -m tests.faults.storage --cycles 50 --locked 60
faults-slow: $(READY)
	$(BIN)/python -m tests.faults.slow_consumer --seconds 120
faults-fuzz: $(READY)
	$(BIN)/python -m tests.fuzz
faults-kill-mail: $(READY)
	$(BIN)/python -m tests.faults.kill_cycles --kills 200
faults-kill-chat: $(READY)
	$(BIN)/python -m tests.faults.kill_chat --kills 200
faults-kill-telegram: $(READY)
	$(BIN)/python -m tests.faults.kill_telegram --kills 200
faults-apart: $(READY)
	$(BIN)/python -m tests.faults.nodes_apart --strict
faults-kill-nodes: $(READY)
	$(BIN)/python -m tests.faults.kill_nodes --nodes 4 --kills 200 --restarts 20

bench: $(READY)             ## measure
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Ventanilla needs Python 3.11 or newer, and $(PYTHON) is older or missing." >&2; \
		echo "Name another one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: its venv or ensurepip is missing." >&2; \
		echo "On Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,slack,telegram,postgres,semantic]'
	@touch $@
