package onnxpb

//go:generate ./generate.sh
