# The verbs; each does its own set-up. What they do stands in scripts/.
#   make run [PORT_BASE=20000] [ADDRESS=::]   the whole server with demo data below var/demo
#   make test [ARGS=tests/imap]               tests; all of them without ARGS
#   make check                                lint, types, layers, generated files, roles
#   make deploy                               the whole system on a host of its own, to look at (root, systemd-nspawn)
#   make undeploy                             removes that host
#   make bench [RECORD=1]                     ours and Dovecot side by side; RECORD writes docs/performance.md
#   make dist                                 what a release consists of, in dist/
#   make generate                             tables and settings documents from their sources
#   make lock                                 versions and hashes from python/pyproject.toml
#   make format                               put the code into its form

PORT_BASE ?= 10000
ADDRESS ?= localhost
ARGS ?=
RECORD ?=
export PORT_BASE ADDRESS RECORD

.PHONY: help run test check deploy undeploy bench dist generate lock format clean

help:
	@sed -n '2,11s/^# *//p' Makefile

run:
	@scripts/run $(ARGS)

test:
	@scripts/test $(ARGS)

check:
	@scripts/check

deploy:
	@scripts/deploy $(ARGS)

undeploy:
	@scripts/undeploy $(ARGS)

bench:
	@scripts/bench $(ARGS)

dist:
	@scripts/dist

generate:
	@scripts/setup dev
	@cd python && ../.venv/bin/python -m generators && ../.venv/bin/python -m generators.settings_docs && ../.venv/bin/python -m generators.requirements && ../.venv/bin/python -m generators.standards

lock:
	@scripts/lock $(ARGS)

format:
	@scripts/setup dev
	@cd python && ../.venv/bin/ruff check --fix-only --quiet . ; ../.venv/bin/ruff format --quiet .

clean:
	rm -rf dist var/coverage python/.mypy_cache python/.ruff_cache python/.pytest_cache
