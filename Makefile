# demo, test and bench-go need nothing but Go. test-refs and bench also need Python
# 3.11 and a C compiler; the first time, test-refs fetches 600 MB from PyPI into
# .venv, test-zoo as much and 300 MB into .venv-keras, bench 100 MB into .venv-bench,
# and what test-refs does for the networks that PyTorch exports.

GO          ?= go
STATICCHECK  = honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME    ?= 30s

.PHONY: build mixconv-score install release wasm demo test test-browser test-serve serve-conformance bench-serve test-score bench-score test-isa test-refs test-zoo lint bench bench-go fuzz error-coverage reliability

build:
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=auto -o bin/ ./cmd/...

# mixconv score with Parquet and Arrow, which a module of its own has.
mixconv-score:
	cd cmd/mixconv-score && CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=auto -o ../../bin/ .

# The command, into the folder that `go env GOBIN` or `go env GOPATH` says.
install:
	CGO_ENABLED=0 $(GO) install -trimpath -buildvcs=auto ./cmd/mixconv

# What a release has, into dist/.
release:
	release/build.sh

# A page that runs the digits model in the browser, without a server, into dist/wasm/.
wasm:
	release/wasm.sh

demo:
	@$(GO) run ./cmd/mixconv demo

test:
	$(GO) test ./...

# The tests on the instruction set that the processor has not, or would not take:
# all for AVX2, those due today for AVX-512, which is emulated.
test-isa:
	test/avx512/suite.sh

# The pages, in headless Chromium, which Debian's package installs where it is missing.
test-browser:
	test/browser/chromium.sh
	cd test/browser && MIXCONV_BROWSER=$$(command -v chromium) $(GO) test -count=1 ./...

# Clients of others, unmodified, against `mixconv serve`.
test-serve:
	test/refs/venv.sh .venv-serve test/serve/requirements.txt
	test/serve/run.sh .venv-serve/bin/python

# What oip-check finds of our server, MLServer and KServe, into docs/serving-conformance.md.
serve-conformance:
	test/refs/venv.sh .venv-serve test/serve/requirements.txt
	test/refs/venv.sh .venv-mlserver test/serve/requirements-mlserver.txt
	test/serve/models.sh .cache/serve
	python3 test/serve/conformance.py .cache/serve/mixconv .cache/serve/models/digits.onnx .venv-serve/bin/python .venv-mlserver/bin/python

# What a request takes beside the model's run, and requests a second beside FastAPI and
# KServe with ONNX Runtime, two minutes a round.
bench-serve:
	cd serve/overhead && go test -run '^$$' -bench . -benchtime 500x .
	test/refs/venv.sh .venv-serve test/serve/requirements.txt
	test/serve/models.sh .cache/serve
	python3 test/serve/throughput.py .cache/serve/mixconv .cache/serve/load .cache/serve/models/mixnet-s.onnx 224 .venv-serve/bin/python $(ROUNDS)

# Scores the same pictures by one process, eight shards, Spark and Ray: the same bits of all.
# KILLS=100 kills processes and workers of Spark meanwhile, PICTURES=20000 makes more.
PICTURES ?= 2000
KILLS    ?= 4
test-score: build mixconv-score
	test/score/java.sh
	test/refs/venv.sh .venv-score test/score/requirements.txt
	test/score/data.sh .cache/score $(PICTURES)
	.venv-score/bin/python -W ignore test/score/engines.py bin .cache/score/digits.onnx .cache/score/pictures-$(PICTURES) --kills $(KILLS)

# Pictures a second beside Spark and Ray with ONNX Runtime.
bench-score: build mixconv-score
	test/score/java.sh
	test/refs/venv.sh .venv-score test/score/requirements.txt
	test/score/data.sh .cache/score $(PICTURES)
	.venv-score/bin/python -W ignore test/score/throughput.py bin .cache/score/mixnet-s.onnx .cache/score/pictures-$(PICTURES)

test-refs:
	test/refs/venv.sh .venv
	test/refs/cases.sh .venv/bin/python .cache/onnx
	test/packages/fetch.sh .venv/bin/python .cache/packages
	MIXCONV_PYTHON=$(CURDIR)/.venv/bin/python MIXCONV_ONNX_DATA=$(CURDIR)/.cache/onnx MIXCONV_PACKAGES=$(CURDIR)/.cache/packages MIXCONV_FETCH=1 \
		$(GO) test -count=1 -timeout 60m ./test/refs/... ./test/packages ./test/geometry ./test/special ./test/fetch ./convert/torch ./preprocess ./verify/conform

# Every network of test/zoo/networks.txt, an hour or more, into ZOO.md.
# make test-zoo ZOO='-zoo ten' does ten, others every day; -date 2026-11-25 those
# of another day; -zoo mixnet_s,resnet18/int8 what is named.
ZOO ?= -zoo all -update
test-zoo:
	test/refs/venv.sh .venv
	test/refs/venv.sh .venv-keras test/zoo/requirements-keras.txt
	MIXCONV_PYTHON=$(CURDIR)/.venv/bin/python MIXCONV_KERAS_PYTHON=$(CURDIR)/.venv-keras/bin/python \
		$(GO) test -count=1 -timeout 4h -v -run '^TestZoo$$' ./test/zoo $(ZOO)

lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted"; exit 1; fi
	$(GO) vet ./... ./testdata/digits
	$(GO) run $(STATICCHECK) ./... ./testdata/digits

# Three quarters of an hour beside ONNX Runtime and OpenVINO, into BENCHMARKS.md.
# make bench BENCH='--models mixnet_s --rounds 3' does less, BENCH=--help says how.
bench: build
	test/refs/venv.sh .venv-bench test/bench/requirements.txt
	.venv-bench/bin/python test/bench/bench.py $(BENCH)

bench-go:
	$(GO) test -run '^$$' -bench . .

# Which returns of errors the tests of the parsers do not reach.
PARSERS = ./onnx/... ./convert/tf/... ./convert/torch/... ./npy/... ./preprocess/... ./metadata/... ./internal/zipfile ./internal/regular
error-coverage:
	mkdir -p .cache
	$(GO) test -coverprofile=.cache/cover -coverpkg=$$($(GO) list $(PARSERS) | grep -v 'onnxpb\|pthtest' | paste -sd, -) $(PARSERS) >/dev/null
	$(GO) run ./test/errorcoverage .cache/cover

# A thousand kills in the middle of writing, a million runs: what the tests do a few of.
reliability:
	$(GO) test -count=1 ./internal/atomicfile -run '^TestKills$$' -v -kills 1000
	$(GO) test -count=1 -timeout 60m ./runtime -run '^TestEndurance$$' -v -inferences 1000000

# Every fuzz target of every package in turn, FUZZTIME each. Minimising what is merely
# interesting, as Go does by default, would take nearly all of the time.
fuzz:
	@for pkg in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			echo "$$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$pkg || exit 1; \
		done; \
	done
