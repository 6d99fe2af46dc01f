# All that one does with this site. `make demo` and `make test` need only Python 3.11
# (or newer) and make; what they install lies in .venv/, what they write in .data/.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready-$(shell cat requirements.lock | cksum | cut -d' ' -f1)
TEST_WORKERS ?= 2

# Keys of this checkout's own; the demo listens on this machine only.
DEMO_ENV = SECRET_KEY="$$(cat .data/secret-key)" \
    ADDRESS_KEY="$$(cat .data/address-key)" SITE_URL=http://127.0.0.1:$(PORT)

.PHONY: demo dev test coverage check bench backup restore reset lock

demo: $(READY) .data/secret-key .data/address-key
	@DEMO=1 $(DEMO_ENV) exec $(RUN) manage.py demo --port $(PORT)

dev: $(READY) .data/secret-key .data/address-key
	@DEMO=1 DEBUG=1 $(DEMO_ENV) exec $(RUN) manage.py demo --port $(PORT) --reload

test: $(READY)
	$(RUN) -m pytest -n $(TEST_WORKERS) --dist worksteal $(ARGS)

# The same, counting which lines ran: nearly twice the time.
coverage: ARGS += --cov --cov-branch --cov-report=term --cov-fail-under=90
coverage: test

check: $(READY)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" sh .ci/check

bench: $(READY)
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(RUN) -m benchmarks $(ARGS)

backup: $(READY)
	@test -n "$(FILE)" || { echo "Name the file: make backup FILE=newsroom.tar"; exit 2; }
	@$(ANY_ENV) $(RUN) manage.py backup --file "$(FILE)"

restore: $(READY)
	@test -n "$(FILE)" || { echo "Name the file: make restore FILE=newsroom.tar"; exit 2; }
	@$(ANY_ENV) $(RUN) manage.py restore --file "$(FILE)" $(ARGS)

reset: $(READY) .data/secret-key .data/address-key
	@DEMO=1 DATABASE_URL=embedded $(DEMO_ENV) $(RUN) manage.py reset

# Writes requirements.lock anew from pyproject.toml.
lock: $(READY)
	$(VENV)/bin/uv pip compile pyproject.toml --universal --group dev \
	    --generate-hashes --no-emit-index-url --python-version 3.11 \
	    --upgrade --output-file requirements.lock

# Where DATABASE_URL is set the real settings hold; else it is the demo's data.
ANY_ENV = $(if $(DATABASE_URL),,DEMO=1 $(DEMO_ENV))
backup restore: .data/secret-key .data/address-key

.data/secret-key .data/address-key:
	@mkdir -p .data
	@$(PYTHON) -c "import secrets; print(secrets.token_urlsafe(50))" > $@
	@chmod 600 $@

$(READY): requirements.lock
	@echo "Installing what the site needs into $(VENV)/"
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" \
	    || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
	    --require-hashes --requirement requirements.lock
	@rm -f $(VENV)/.ready-* && touch $@
