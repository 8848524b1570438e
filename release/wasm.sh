#!/usr/bin/env bash
# Builds the playground for WebAssembly into dist/wasm: a folder of files that any web
# server can send, in which the engine runs the digits model without one.
set -euo pipefail
cd "$(dirname "$0")/.."
out=dist/wasm
rm -rf "$out"
mkdir -p "$out"

cp internal/playground/web/assets/{index.html,playground.js,playground.css} internal/page/style.css "$out"
cp cmd/mixconv-wasm/backend.js "$out"
cp "$(go env GOROOT)/lib/wasm/wasm_exec.js" "$out"
sed -i 's|<script src="backend.js"></script>|<script src="wasm_exec.js"></script>\n&|' "$out/index.html"

GOOS=js GOARCH=wasm CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$out/mixconv.wasm" ./cmd/mixconv-wasm
printf '%s\n' zero one two three four five six seven eight nine >"$out/labels.txt"
go run ./cmd/mixconv tf2onnx testdata/digits -o "$out/digits.onnx" --image-size 64 --labels "$out/labels.txt" \
	--crop 1 --interpolation bicubic --mean 127.5,127.5,127.5 --std 127.5,127.5,127.5 >/dev/null
rm "$out/labels.txt"
echo '["digits.onnx"]' >"$out/models.json"

for file in "$out"/*; do
	printf '%9d bytes, %8d as gzip  %s\n' "$(stat -c %s "$file")" "$(gzip -9 -c "$file" | wc -c)" "$file"
done
