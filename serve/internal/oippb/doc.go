// Package oippb has the messages of the gRPC services inference.GRPCInferenceService and
// grpc.health.v1.Health, as protoc-gen-go writes them from oip.proto.
package oippb

//go:generate ./generate.sh
