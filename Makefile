# What people and machines run. `make help` lists it; each target can be run on its own.

PREFIX ?= /usr/local
SWIFT ?= swift
RELEASE = -c release --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker -s

.DEFAULT_GOAL := help
.PHONY: help bootstrap build test sanitize demo bench lint format docs install torture resume delta interop clouds storm fuzz soak mutants clean

help: ## Show this
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

bootstrap: ## Check the toolchain; install the Debian packages that are missing
	@scripts/bootstrap

build: bootstrap ## Build the command for use: .build/release/isobar
	$(SWIFT) build $(RELEASE) --product isobar

test: bootstrap ## Run all tests, and build the examples
	$(SWIFT) test --disable-xctest
	@scripts/build-examples

# Each sanitizer has a build of its own; what it finds makes the run fail. A thread that has ended is no finding because somebody still
# holds its value when the process exits. What a test measures of memory is no measure under AddressSanitizer.
THREAD_SUITES = Concurrency|HTTPClient|SQL|Observability|StoreLayers|Sync|LocalStorage
MEMORY_TEST_SUITES = Memory(Conformance|Tests)
ADDRESS_SUITES = Primitives|Markup|Crypto|Files|SQL|Catalog|Sync

sanitize: bootstrap ## Run the suites of threads and of bytes under ThreadSanitizer and AddressSanitizer
	TSAN_OPTIONS=report_thread_leaks=0 $(SWIFT) test --disable-xctest --sanitize=thread --scratch-path .build/thread \
	  --filter '^($(THREAD_SUITES))Tests\.' --filter '^ConformanceTests\.$(MEMORY_TEST_SUITES)'
	$(SWIFT) test --disable-xctest --sanitize=address --scratch-path .build/address \
	  --filter '^($(ADDRESS_SUITES))Tests\.' --filter '^S3StorageTests\.' --skip '^S3StorageTests\.(S3Conformance|LiveStore)Tests' --skip 'little memory'

demo: build ## Show the main job in a temporary folder: no account, nothing to set up
	@scripts/demo.sh .build/release/isobar

# MINUTES and SEEDS as wanted: make soak MINUTES=60 SEEDS=1..1000000
MINUTES ?= 10
SEEDS ?= 1..1000000000
soak: bootstrap ## Run simulated worlds for MINUTES (10), from SEEDS
	$(SWIFT) build $(RELEASE) --product isobar-sim
	@.build/release/isobar-sim --seeds $(SEEDS) --minutes $(MINUTES)

mutants: bootstrap ## Put known bugs into copies of the engine, and let the simulation find each
	@scripts/mutants

bench: build ## Measure against s5cmd, rclone and awscli; writes Benchmarks/results
	$(SWIFT) build $(RELEASE) --product PlanBenchmark
	@Benchmarks/run

lint: bootstrap ## Check formatting and the rules that a compiler cannot
	@scripts/lint

format: ## Format the sources
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

docs: bootstrap ## Build the library's reference with DocC into .docs
	@scripts/docs

# Often run by root, who may have no toolchain: builds only if nobody has.
install: ## Install the command, its manual and completions below PREFIX (/usr/local)
	@test -x .build/release/isobar || $(MAKE) build
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" scripts/install

torture: build ## Kill syncs at a thousand random moments; check that nothing is lost
	@scripts/torture

resume: build ## Kill large transfers at random moments; count what crosses the wire
	@scripts/resume

delta: build ## Change a large file; count what crosses the wire
	@scripts/delta

interop: build ## Sync with five S3 servers; boto3 and rclone judge
	@scripts/interop

clouds: build ## Keep a folder equal on four clouds at once; their own clients judge
	@scripts/clouds

storm: build ## Move files to and from services over a bad connection
	@scripts/storm

fuzz: bootstrap ## Fuzz the parsers of hostile bytes
	@scripts/fuzz

clean: ## Remove what was built
	rm -rf .build .docs
