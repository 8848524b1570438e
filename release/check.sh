#!/usr/bin/env bash
# Builds a release here and, for two platforms, from a clone in another folder: the bytes
# must be the same. Committed changes only.
set -euo pipefail
cd "$(dirname "$0")/.."

release/build.sh
other=$(mktemp -d)
trap 'rm -rf "$other"' EXIT
git clone -q . "$other/clone"
"$other/clone/release/build.sh" linux/amd64 windows/arm64
for file in "$other"/clone/dist/*; do
	name=$(basename "$file")
	if [ "$name" != SHA256SUMS ]; then
		cmp "$file" "dist/$name"
	fi
done
(cd dist && sha256sum --quiet -c SHA256SUMS)
echo "the same bytes from another folder"
