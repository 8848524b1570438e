#!/bin/sh
# Regenerates onnx.pb.go from onnx.proto. Run by `go generate`, from any folder.
#
# Needs protoc and protoc-gen-go 1.36.12 (the version of google.golang.org/protobuf
# in go.mod). PROTOC may name another way to call the compiler, for instance
# PROTOC="python3 -m grpc_tools.protoc".
set -eu
cd "$(dirname "$0")/../.."
# The file's registered path is the module's, so that no other ONNX package
# can claim it as well.
path=github.com/mixconv/mixconv
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/$path/onnx/onnxpb"
cp onnx/onnxpb/onnx.proto "$root/$path/onnx/onnxpb/"
${PROTOC:-protoc} -I "$root" --go_out=. --go_opt=module="$path" "$root/$path/onnx/onnxpb/onnx.proto"
