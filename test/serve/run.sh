#!/usr/bin/env bash
# Tests of `mixconv serve` with clients of others: run.sh PYTHON
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(realpath -s "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
test/serve/models.sh "$work"
cd test/serve
for client in triton kserve health; do # in one process their protobuf descriptors collide
	MIXCONV=$work/mixconv MIXCONV_MODELS=$work/models "$python" -m unittest "${client}_test"
done
