# The commands of the README. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PACKAGES := libssh2-1-dev libcurl4-openssl-dev \
  openssh-server openssh-client iptables nftables iproute2 e2fsprogs util-linux tini procps sudo \
  etcd-server etcd-client
SWIFT_SOURCES := Sources Tests Package.swift
BINARY := dist/faultline
PEER ?=
FUZZING_SECONDS ?= 600
SOAK ?= 1000
SOAK_ROUNDS ?= 1000000
HELPER ?=

.PHONY: help setup build test machine lint format bench release demo clean fuzz soak soak-checkers helper

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# Debian starts a service when its package is installed, unless policy-rc.d forbids it: a host must not
# run etcd or sshd because of us.
setup: ## install the Debian packages that building and testing need
	@missing=; for p in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" != 0 ]; then \
	  echo "missing packages: install them as root with: apt-get install$$missing" >&2; exit 1; \
	fi; \
	policy=/usr/sbin/policy-rc.d; made=; \
	if [ ! -e $$policy ]; then printf '#!/bin/sh\nexit 101\n' > $$policy; chmod 755 $$policy; made=1; fi; \
	trap '[ -z "$$made" ] || rm -f $$policy' EXIT; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing

build: setup ## build for debugging
	swift build

# One target after the other: those on real nodes have the two cores of a small machine to themselves.
test: setup ## run the tests; those on real nodes need root
	@[ "$$(id -u)" = 0 ] || echo "not root: tests that need namespaces, iptables or mounts are skipped by name"
	swift build --build-tests
	@failed=; for tests in Tests/*Tests; do \
	  swift test --skip-build --filter "$$(basename $$tests)" || failed="$$failed $$(basename $$tests)"; \
	done; \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

machine: PACKAGES += qemu-system-x86 mmdebstrap xfsprogs
machine: setup ## make the disks of emulated machines, which the tests use where it is there; needs root
	Tests/Machine/make-image.sh .build/machine

lint: ## check formatting and style
	swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)

format: ## format the sources
	swift format --in-place --recursive --parallel $(SWIFT_SOURCES)

bench: setup release ## measure recording, checking and partitions; beside PEER='command with {model} and {file}'
	swift build -c release --product faultline-bench
	.build/release/faultline-bench record
	.build/release/faultline-bench solvers
	.build/release/faultline-bench search
	.build/release/faultline-bench check --program $(BINARY) --peer "$(PEER)"
	.build/release/faultline-bench partition

soak: setup ## inject SOAK=1000 random faults on real nodes and kill programs and scripts between, as root
	FAULTLINE_SOAK=$(SOAK) FAULTLINE_SOAK_SEED=$${FAULTLINE_SOAK_SEED:-$$RANDOM} \
	  swift test --filter "SoakTests|whatIsKilledAmidst"

# The compiler and the linker of the Swift toolchain make the same bytes everywhere; a test compares.
helper: ## build the program that is uploaded to nodes, for both processors
	cd Sources/Nemesis/Helper && for processor in x86_64 aarch64; do \
	  clang --target=$$processor-linux-gnu -Os -std=c11 -Wall -Wextra -Werror -ffreestanding -fpie \
	    -mgeneral-regs-only -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables \
	    -nostdlib -static -fuse-ld=lld -Wl,--build-id=none,-z,noseparate-code,-z,norelro,-s \
	    -o $(HELPER)helper.$$processor helper.c queue.c skew.c || exit 1; \
	done

# Everything in one module, so that the parsers are instrumented and need not be public.
fuzz: ## feed the parsers with mutated histories for FUZZING_SECONDS=600
	@mkdir -p .build/fuzzing/corpus
	swiftc -parse-as-library -swift-version 6 -O -package-name faultline -module-name ParserFuzzing \
	  -sanitize=fuzzer Sources/Histories/*.swift Sources/Histories/*/*.swift \
	  Tests/Fuzzing/ParserFuzzing.swift -o .build/fuzzing/fuzz
	.build/fuzzing/fuzz .build/fuzzing/corpus histories/good histories/bad \
	  -max_len=4096 -timeout=5 -artifact_prefix=.build/fuzzing/ -max_total_time=$(FUZZING_SECONDS)

# Optimized, and in a folder of its own, so that the next build is not from scratch.
soak-checkers: ## try solvers against brute force on SOAK_ROUNDS=1000000 histories each, for hours
	FAULTLINE_ORACLE_ROUNDS=$(SOAK_ROUNDS) FAULTLINE_EXHAUSTIVE=1 FAULTLINE_WEAKER_ROUNDS=20000 \
	  FAULTLINE_MODEL_ROUNDS=20000 swift test -c release -Xswiftc -enable-testing \
	  --scratch-path .build/soak --filter \
	  'LinearizabilityTests.(SimpleSolver|RegisterChains|Exhaustive|FailedCAS|Weaker|Reason|ModelLaw)'

release: setup ## build one stripped binary with the Swift runtime inside: dist/faultline
	swift build -c release --static-swift-stdlib --product faultline
	@mkdir -p dist
	strip -o $(BINARY) .build/release/faultline
	@ls -l $(BINARY) | awk '{ printf "$(BINARY): %.1f MB\n", $$5 / 1e6 }'

demo: ## test a real etcd cluster through real faults on this machine, as root
	@if [ "$$(id -u)" != 0 ]; then \
	  echo "make demo needs root: it makes five nodes out of namespaces, mounts and iptables; try: sudo make demo" >&2; \
	  exit 1; \
	fi
	@$(MAKE) --no-print-directory release
	@bash workloads/demo.sh $(BINARY)

clean: ## remove what was built
	rm -rf .build dist
