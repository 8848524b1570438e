#!/usr/bin/env bash
# Builds what a release has, into dist/: a stripped binary for each platform, which is the
# same bytes wherever it is built, a list of its modules (CycloneDX), the manual's pages,
# and the checksum of every file.
#
#   release/build.sh           all platforms
#   release/build.sh linux/amd64 windows/amd64
set -euo pipefail
cd "$(dirname "$0")/.."

sbom=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
platforms=${*:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64}
version=$(sed -n 's/^const release = "\(.*\)"$/\1/p' cmd/mixconv/version.go)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) # the date of the pages
export CGO_ENABLED=0 SOURCE_DATE_EPOCH
unset GOFLAGS GOAMD64 GOARM64

rm -rf dist
mkdir dist
for platform in $platforms; do
	suffix=
	[ "${platform%/*}" != windows ] || suffix=.exe
	program=dist/mixconv_${version}_${platform/\//_}$suffix
	GOOS=${platform%/*} GOARCH=${platform#*/} go build -trimpath -buildvcs=true -ldflags='-s -w' -o "$program" ./cmd/mixconv
	go run "$sbom" bin -json -std -noserial -notimestamp -version "$version" -output "$program.cdx.json" "$program" 2>/dev/null
	printf '%9d bytes  %s\n' "$(wc -c <"$program")" "$program"
done
go run -tags man ./cmd/mixconv man dist/man
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C dist -cf - man | gzip -n >"dist/mixconv_${version}_man.tar.gz"
rm -r dist/man
cp LICENSE release/Containerfile dist/
(cd dist && sha256sum -- * >SHA256SUMS)
