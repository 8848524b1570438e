#!/usr/bin/env bash
# How many bytes three programs have, stripped, for linux/amd64, and packages of which
# modules they are built from.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
export CGO_ENABLED=0 GOOS=linux GOARCH=amd64
for program in ./test/size/session ./test/size/classifier ./cmd/mixconv; do
	go build -trimpath -ldflags='-s -w' -o "$out/program" "$program"
	printf '%s: %d bytes\n' "$program" "$(wc -c <"$out/program")"
	go list -deps -f '{{if and .Module (not .Module.Main)}}{{.Module.Path}}{{end}}' "$program" | sort -u | sed '/^$/d; s/^/    /'
done
