# The words to learn. Each makes .venv first where it is missing.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: start hub test install check book build lint benchmark lock pictures clean clean-state

start: install  ## build the book, open the course, the trainer's room and the formgrader on this machine; Ctrl-C stops
	@$(BIN)/singmuk start

hub: install  ## a real JupyterHub on this machine with made-up people, for demonstration; Ctrl-C stops
	@$(BIN)/singmuk hub laptop

test: install  ## run everything that must hold
	@$(BIN)/ruff check singmuk tests benchmarks course pictures hub/laptop hub/machine nbgrader_config.py
	@$(BIN)/ruff format --check singmuk tests benchmarks course pictures hub/laptop hub/machine nbgrader_config.py
	@$(BIN)/mypy
	@$(BIN)/singmuk check
	@$(BIN)/singmuk build --check
	@$(BIN)/singmuk translate --check
	@$(BIN)/pytest

install: $(STAMP)  ## make .venv with the locked versions

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Try: make install PYTHON=python3.12"; exit 1; }
	@echo "Installing the locked versions into .venv (about two minutes, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

check: install  ## list what is wrong in scenarios, assignments and registers
	@$(BIN)/singmuk check

book: install  ## build the book without opening it
	@$(BIN)/singmuk book --no-serve

build: install  ## bring every generated folder up to date
	@$(BIN)/singmuk build

benchmark: install  ## measure what the README claims
	@$(BIN)/python benchmarks/face.py
	@$(BIN)/python benchmarks/grading.py
	@$(BIN)/python benchmarks/desk.py
	@$(BIN)/python benchmarks/hub.py

pictures: install  ## take the guide's pictures from the running program
	@$(BIN)/python pictures/trainer.py
	@$(BIN)/python pictures/desk.py

clean:  ## remove what was built; .venv and state/ stay
	rm -rf _build

clean-state: install  ## remove all that a campaign left in state/, after asking (YES=1 does not ask)
	@$(BIN)/python -m singmuk.desk.state $(if $(filter 1,$(YES)),--yes)
