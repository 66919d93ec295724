# What one does here, by name. Each target is a line or two; whatever is longer is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run test verify build bench format lint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{ printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build and start a server to try out: loopback only, with a demo project and a fresh access token
	@scripts/run

test: ## build for debugging and run every test, loops at small counts
	@scripts/test

verify: ## run the same tests at full counts on a release build, sanitize and fuzz, then hold the benchmark to its bounds
	@scripts/verify

build: ## build the release binary, .build/release/latchkey
	@scripts/build

bench: ## measure beside nginx, and beside another commit: make bench BASE=<commit> ARGS="--rounds 3"
	@BASE="$(BASE)" scripts/bench $(ARGS)

format: ## lay out the Swift sources by the house rules
	@swift format --in-place --recursive --configuration .swift-format Package.swift Sources Tests web

lint: ## look for what the formatter or shellcheck would complain about, and change nothing
	@scripts/lint

clean: ## remove everything that building, testing, measuring and run left here; data/ stays
	@scripts/clean
