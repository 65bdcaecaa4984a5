# hospes: make run, make test. Each target makes the environment that it needs; nothing else has to be installed.
#
#   make run [FRESH=1]             everything from nothing to a running demo; Ctrl-C stops all of it
#   make test [ARGS="tests/cli"]   everything from nothing to a full test run; ARGS go to pytest
#   make setup                     the environment in .venv, for development
#   make check                     lint, types, import contracts, hospes check
#   make bench                     the benchmarks
#
# HOSPES_PORT_BASE=9000 chooses other ports, DATABASE_URL=postgresql://… an existing PostgreSQL (15 to 18).

.PHONY: run test setup check bench
.DEFAULT_GOAL := run

run:
	@scripts/setup base
	@HOSPES_UNDER_MAKE=1 exec .venv/bin/hospes run $(if $(filter-out 0,$(FRESH)),--fresh)

test:
	@scripts/test $(ARGS)

setup:
	@scripts/setup dev

check:
	@scripts/check

bench:
	@scripts/setup dev
	@.venv/bin/hospes bench enforcement
	@.venv/bin/hospes bench pages
	@.venv/bin/hospes bench login
	@.venv/bin/hospes bench documents
	@.venv/bin/hospes bench billing-run
	@.venv/bin/hospes bench webhooks

.PHONY: css messages
css:
	@.venv/bin/python scripts/build_css.py

messages:
	@.venv/bin/python scripts/messages.py
