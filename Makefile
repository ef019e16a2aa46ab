# `make` alone lists the targets. Go and Node are all that must be there.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Without a home to write to (some CI) the tools get one that lasts.
ifneq ($(shell test -w "$${HOME:-}" && echo writable),writable)
export HOME := $(or $(TMPDIR),/tmp)/piaohao-home-$(shell id -u)
$(shell mkdir -p "$(HOME)")
endif

VERSION       ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOLANGCI_LINT := v2.15.0
FUZZTIME      ?= 30s
TEST_TIMEOUT  ?= 12m

GO_SOURCES  := $(shell find app bench cmd web sql -name '*.go' -not -path '*/node_modules/*' 2>/dev/null) go.mod go.sum
SQL_SOURCES := $(shell find sql -name '*.sql')
WEB_SOURCES := $(shell find web/static/js web/static/css web/static/img web/build -type f 2>/dev/null)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## start the whole product on http://127.0.0.1:8080 with demo data
	bin/piaohao demo

.PHONY: build
build: bin/piaohao ## build the binary, bin/piaohao

bin/piaohao: $(GO_SOURCES) $(SQL_SOURCES) web/static/dist/app.js config.example.toml
	go build -buildvcs=false -ldflags "-X main.version=$(VERSION)" -o $@ ./cmd/server

# npm writes this file last, so its age tells whether the packages are current.
node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

web/static/dist/app.js: node_modules/.package-lock.json $(WEB_SOURCES)
	npm run --silent build
	@touch $@

# Official clients of both channels, written by others, that test the sandbox.
app/sandbox/oracle/node_modules/.package-lock.json: app/sandbox/oracle/package.json app/sandbox/oracle/package-lock.json
	cd app/sandbox/oracle && npm ci --no-audit --no-fund
	@touch $@

.PHONY: test-deps
test-deps: web/static/dist/app.js app/sandbox/oracle/node_modules/.package-lock.json
	scripts/install-test-deps.sh

# The packages that take longest begin first: beside one that began last, nothing
# would be left to run.
LONGEST := ./cmd/server ./app/payments ./app/admin/console ./web/gallery ./app/payments/channel/wechat ./bench

.PHONY: test
test: test-deps ## run every test: both databases, the browser, the examples
	go test -timeout $(TEST_TIMEOUT) $(LONGEST) ./...

.PHONY: e2e
e2e: test-deps ## run the browser's tests alone
	go test -count=1 -timeout $(TEST_TIMEOUT) ./cmd/server/...

.PHONY: sim
sim: test-deps ## run the randomised state machines for longer (SIMCHECKS=2000)
	scripts/sim.sh $(or $(SIMCHECKS),2000)

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (30s)
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: test-deps ## measure payments, reconciliation and pages against the unavoidable work
	go test -count=1 -run '^$$' -bench 'Platform|Pages' -benchtime 1x -timeout 60m ./bench
	go test -run '^$$' -bench . -benchmem -timeout 30m $$(grep -rlE --include='*_test.go' '^func Benchmark' app cmd web | xargs -n1 dirname | sort -u | sed 's|^|./|')

.PHONY: screenshots
screenshots: test-deps ## photograph every page into screenshots/, both widths, languages and themes
	go run ./web/gallery/shots -out screenshots

.PHONY: lint
lint: web/static/dist/app.js tools ## check drift, formatting, dependency direction and style
	scripts/check-drift.sh
	go vet ./...
	bin/golangci-lint run

.PHONY: generate
generate: ## regenerate *_templ.go
	go tool templ generate -log-level warn
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

.PHONY: tools
tools: bin/.golangci-lint-$(GOLANGCI_LINT) ## install golangci-lint into bin/

bin/.golangci-lint-$(GOLANGCI_LINT):
	GOBIN="$(CURDIR)/bin" go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	@rm -f bin/.golangci-lint-* && touch $@

.PHONY: clean
clean: ## delete what was built; data/ stays
	rm -rf bin web/static/dist node_modules app/sandbox/oracle/node_modules screenshots coverage.out
