#!/usr/bin/env bash
# Runs the tests on the instruction set that `make test` leaves out.
#
# On a processor with AVX-512 that is AVX2: all tests run natively with AVX-512
# switched off. On any other it is AVX-512: tests run on emulate.sh's machine, a
# hundred times slower than natively. packages.txt says which are due on what days.
# What depends on nothing but the widths of vectors, such as plans, is tested
# natively and whole before, by plain Go with AVX-512's widths.
#
#   test/avx512/suite.sh                 what is due today
#   test/avx512/suite.sh all             every test, some hours
#   test/avx512/suite.sh all ./runtime   every test of these packages, emulated
#
# MIXCONV_AVX512_DATE=2026-11-25 repeats another day's; JOBS=1 emulates one processor at
# a time, else there are as many as this one has cores.
set -euo pipefail
cd "$(dirname "$0")/../.."

if grep -q avx512vl /proc/cpuinfo; then
	GODEBUG=cpu.avx512f=off exec go test -count=1 ./...
fi

which=${1:-today}
[ $# -eq 0 ] || shift
[ $# -ne 0 ] || MIXCONV_KERNELS=plain-avx512 go test . ./runtime/... ./verify/... ./cmd/...

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The guest has the files of the repository, as tests read some beside their own.
mkdir "$work/tree"
git ls-files -z | xargs -0 cp --parents --no-dereference -t "$work/tree"

# emulate PACKAGE PARTS PART [TESTS] runs one of so many parts of a package's tests, or
# those that are named.
emulate() {
	local package=$1 parts=$2 part=$3 tests=${4:-} name list skip status=0 start=$SECONDS
	name=$(tr / - <<<"$package")-$(cksum <<<"$tests" | cut -d ' ' -f 1)
	CGO_ENABLED=0 go test -c -o "$work/$name.test" "$package"
	if [ -z "$tests" ]; then
		list=$(cd "$package" && "$work/$name.test" -test.list '^(Test|Example|Fuzz)' | awk -v parts="$parts" -v part="$part" 'NR % parts == part' | paste -sd '|')
		tests="^($list)\$"
	fi
	skip=$(awk -v package="$package" '$1 == package { print $2 }' test/avx512/skipped.txt | paste -sd '|')
	DIR=$work/tree CD=$package MEGS=2048 test/avx512/emulate.sh "$work/$name.test" -test.short -test.v \
		-test.run "$tests" ${skip:+-test.skip "^($skip)\$"} >"$work/$name.out" 2>&1 || status=$?
	if [ "$status" -ne 0 ] || ! grep -q '^PASS' "$work/$name.out"; then
		printf 'FAIL  %s\n' "$package"
		cat "$work/$name.out"
		return 1
	fi
	printf 'ok    %-30s %-30s part %d of %d: %4d tests, %3d skipped, %5d s\n' "$package" "${4:-}" "$part" "$parts" \
		"$(grep -c '^--- PASS' "$work/$name.out")" "$(grep -c '^--- SKIP' "$work/$name.out")" $((SECONDS - start))
}
export -f emulate
export work

# schedule prints days, parts, package and perhaps tests for every package that has
# tests: those of packages.txt first.
schedule() {
	awk '!/^#/ && NF' test/avx512/packages.txt
	go list -f '{{if or .TestGoFiles .XTestGoFiles}}.{{slice .ImportPath (len .Module.Path)}}{{end}}' ./... |
		awk 'NR == FNR { listed[$3]; next } !($1 in listed) { print 14, 1, $1 }' test/avx512/packages.txt -
}

# due prints package, parts, part and tests of all that is due today. The offset is a
# package's line, so that some are due on any day.
due() {
	awk -v day="$(($(date -u -d "${MIXCONV_AVX512_DATE:-today}" +%s) / 86400))" '
		(day + NR) % $1 == 0 { print $3, $2, int(day / $1) % $2, $4 }'
}

if [ $# -gt 0 ]; then
	printf '%s 1 0\n' "$@"
elif [ "$which" = all ]; then
	schedule | awk '{ print $3, 1, 0, $4 }'
else
	schedule | due
fi | sed 's/ *$//' | xargs -P "${JOBS:-$(nproc)}" -L 1 bash -c 'set -euo pipefail; emulate "$@"' emulate
