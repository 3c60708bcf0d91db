# setup  the environment in .venv, nothing else           test   everything, as CI does; ARGS="tests/bot -k danger" for less
# run    a working phone at http://localhost:8000/try     lint   style, types, imports, dependencies
# serve  only the server (HOST, PORT and the rest of      lock   pins with hashes from the *.in files; ARGS=--upgrade renews them
#        the environment: see README.md)                  audit  known weaknesses and licences of what we depend on
#                                                         messages  the packs' sentences brought in step with the flows
#                                                         pictures  what the bot says, drawn: docs/flows

BIN := .venv/bin
READY := .venv/.ready
READY_TO_TEST := .venv/.ready-to-test
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" $(ARGS)
BABEL := $(BIN)/python -m babel.messages.frontend --quiet

.PHONY: setup run serve test lint lock audit messages pictures

setup: $(READY)

run: $(READY)
	exec $(BIN)/python -m simulator.demo

serve: | $(BIN)/gunicorn
	exec $(BIN)/gunicorn --config gunicorn.conf.py

test: $(READY_TO_TEST)
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(READY_TO_TEST)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

lock: $(READY_TO_TEST)
	$(LOCK) --output-file requirements.txt requirements.in
	$(LOCK) --constraint requirements.txt --output-file requirements-dev.txt requirements-dev.in

# --strict: without it an audit that could ask nobody about anything says "no known vulnerabilities" and passes.
audit: $(READY_TO_TEST)
	$(BIN)/python .ci/licences.py requirements.txt
	$(BIN)/pip-audit --strict --progress-spinner off --requirement requirements.txt --require-hashes --disable-pip

# messages.pot is for translators' tools alone; the packs are brought in step by the program itself.
messages: $(READY)
	$(BABEL) extract --mapping-file babel.cfg --no-wrap --sort-by-file --output-file locales/messages.pot .
	$(BIN)/flask --app app packs update

pictures: $(READY)
	$(BIN)/flask --app app flows draw

$(BIN)/gunicorn:
	$(MAKE) $(READY)

# A half-made environment has no pip yet and is made again; python3.11 may be there in name only (version managers).
$(READY): requirements.txt
	@test -x $(BIN)/pip || for python in python3.11 python3; do \
	    $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	    && echo "Making .venv with $$($$python --version)" && $$python -m venv .venv && break; done; \
	test -x $(BIN)/pip || { echo "Python 3.11, 3.12 or 3.13 with its venv module is needed (Debian: apt-get install python3-venv)" >&2; exit 1; }
	@echo "Installing what the program needs"
	@$(INSTALL) --requirement requirements.txt
	@touch $@

$(READY_TO_TEST): requirements-dev.txt $(READY)
	@echo "Installing what the tests need"
	@$(INSTALL) --requirement requirements-dev.txt
	@touch $@
