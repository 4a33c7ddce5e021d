# Two commands: `make run` starts the product, `make test` proves it. Both do whatever set-up is missing.
# Settings come from the environment, from .env, or from here: `make run PORT=9000`.

.DEFAULT_GOAL := help
.PHONY: help run setup test format lock

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

run: ## set up what is missing and start: Ctrl-C ends it
	@echo "Starting sttweb …"
	@scripts/setup
	@exec .venv/bin/python manage.py serve

setup: ## virtual environment, locked dependencies, static files, data folder
	@exec scripts/setup

test: ## lint, types and every test, on SQLite and where it is installed on PostgreSQL
	@exec scripts/test

format: ## put the code into shape
	@scripts/setup test
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

lock: ## resolve the dependencies in pyproject.toml anew
	@scripts/setup test
	@exec scripts/lock
