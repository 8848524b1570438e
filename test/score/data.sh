#!/usr/bin/env bash
# Makes two models and so many pictures in the folder DIR, if they are not there: data.sh DIR N
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p "$1"
bin/mixconv tf2onnx testdata/digits -o "$1/digits.onnx" --image-size 64 --crop 1 --interpolation bicubic \
	--mean 127.5,127.5,127.5 --std 127.5,127.5,127.5 >/dev/null
bin/mixconv new --arch mixnet-s -o "$1/mixnet-s.onnx" >/dev/null
if [ ! -d "$1/pictures-$2" ]; then
	go run ./test/score/pictures -n "$2" "$1/making"
	mv "$1/making" "$1/pictures-$2"
fi
