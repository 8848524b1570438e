#!/usr/bin/env bash
# Builds the program and the load generator, and makes the models that are served, into
# the folder DIR: models.sh DIR
set -euo pipefail
dir=$(realpath "$1")
cd "$(dirname "$0")/../.."
mkdir -p "$dir/models"
CGO_ENABLED=0 go build -trimpath -o "$dir/mixconv" ./cmd/mixconv
go build -trimpath -o "$dir/load" ./test/serve/load
printf '%s\n' zero one two three four five six seven eight nine >"$dir/labels.txt"
"$dir/mixconv" tf2onnx testdata/digits -o "$dir/models/digits.onnx" --image-size 64 --labels "$dir/labels.txt" \
	--crop 1 --interpolation bicubic --mean 127.5,127.5,127.5 --std 127.5,127.5,127.5 >/dev/null
"$dir/mixconv" new --arch mixnet-s -o "$dir/models/mixnet-s.onnx" >/dev/null
