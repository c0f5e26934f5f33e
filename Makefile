# SPDX-License-Identifier: Apache-2.0 OR MIT
# The front door.  `make help` lists what there is.

PRESET ?= release
PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
BUILD := build/$(PRESET)
# Variables of the longer suites.
SECONDS_SOAK ?= 3600
SECONDS_FUZZ ?= 60
SEED ?=

.DEFAULT_GOAL := build
.PHONY: build bootstrap configure run test test-long soak check bench fuzz install clean help

build: configure  ## build the programs into build/release/bin (PRESET=debug, asan, tsan, clang, fuzz for others)
	@cmake --build --preset $(PRESET) -j $(JOBS)

bootstrap:  ## bring this machine to where it builds (Debian packages, engine, guest toolchains)
	@tools/bootstrap

configure: bootstrap
	@test -f $(BUILD)/build.ninja || cmake --preset $(PRESET) -DCMAKE_INSTALL_PREFIX=$(PREFIX)

run: build  ## build, then watch a daemon install, start, list, log and stop real programs
	@examples/run $(BUILD)/bin

test: bootstrap  ## everything that fits into 12 minutes on two cores
	@tools/test short

test-long: bootstrap  ## everything, under the sanitizers too (an hour)
	@tools/test long

soak: build  ## kill loops, load and fuzzing by the hour: SECONDS_SOAK=3600 SEED=n
	@tools/test soak --seconds $(SECONDS_SOAK) $(if $(SEED),--seed $(SEED))

check: bootstrap  ## format, clang-tidy, cppcheck, codespell, banned names, docstrings, SPDX, drift of generated pages
	@tools/check

bench: build  ## measure, print the table, write build/bench.json
	@env -u RUST_BACKTRACE bench/run $(BUILD)

fuzz: bootstrap  ## run every fuzz target: SECONDS_FUZZ=60 each
	@tools/test fuzz --seconds $(SECONDS_FUZZ)

# What is built is installed as it is: `make && sudo make install` builds nothing as root.
install:  ## install below PREFIX=/usr/local (DESTDIR=D: put the files below D)
	@test -x $(BUILD)/bin/arcella-worker || $(MAKE) build
	@DESTDIR="$(DESTDIR)" cmake --install $(BUILD) --prefix "$(PREFIX)"

clean:  ## remove the build folder
	@rm -rf build

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
