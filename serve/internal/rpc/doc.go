// Package rpc is the protocol over gRPC: inference.GRPCInferenceService as tritonclient
// calls it, and grpc.health.v1.Health. Methods that are not here, as those of shared memory,
// are UNIMPLEMENTED.
package rpc
