#!/bin/sh
# Regenerates oip.pb.go from oip.proto. Run by `go generate`, from any folder.
#
# Needs protoc and protoc-gen-go 1.36.12 (the version of google.golang.org/protobuf
# in go.mod). PROTOC may name another way to call the compiler, for instance
# PROTOC="python3 -m grpc_tools.protoc".
set -eu
cd "$(dirname "$0")/../../.."
# The file's registered path is the module's, so that no other package
# can claim it as well.
path=github.com/mixconv/mixconv
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/$path/serve/internal/oippb"
cp serve/internal/oippb/oip.proto "$root/$path/serve/internal/oippb/"
${PROTOC:-protoc} -I "$root" --go_out=. --go_opt=module="$path" "$root/$path/serve/internal/oippb/oip.proto"
