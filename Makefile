# `make run` and `make test` do everything on a machine with only Python 3, make and git.
PYTHON ?= python3
STIPPLE = .venv/bin/stipple

.DEFAULT_GOAL := help
.PHONY: help setup run chat test check train bench clean environment

help:  ## list these verbs
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

environment:
	@$(PYTHON) stipple/bootstrap.py

setup: environment  ## install and build everything that is not up to date
	@$(STIPPLE) setup

run: environment  ## set up, then serve the chat page and print its address
	@$(STIPPLE) serve

chat: setup  ## talk to the assistant in the terminal
	@$(STIPPLE) chat

test: setup check  ## set up the same way, then check and test everything
	@.venv/bin/pytest

check: environment  ## style, types, and the house rules for the answers
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@$(STIPPLE) check

train: environment  ## train the dialogue model again
	@$(STIPPLE) train

bench: setup  ## measure accuracy and speed, side by side
	@.venv/bin/python -m benchmarks

clean:  ## remove everything that was built; bookings and conversations stay
	rm -rf .venv .build var/encoder var/spacy* var/safety var/models
