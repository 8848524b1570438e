// Package serve answers the Open Inference Protocol, version 2, over REST and gRPC on one
// port. Its rooms:
//
//	internal/oip         the protocol's types: requests, tensors as bytes, errors
//	internal/rest        the protocol over HTTP: JSON, binary tensors, compression
//	internal/rpc         the protocol over gRPC, internal/oippb its messages
//	internal/schedule    queues, batches, turns: who runs when
//	internal/model       one version of a model: session, labels, statistics
//	internal/repository  all models by name: loading, swapping, letting go
//	internal/guard       bounds on memory and connections, the token, certificates
//	internal/observe     log lines, metrics, identifiers of requests
//
// A request comes in by a wire (rest), becomes an oip.Request whose tensors lie where they
// were read, takes its turn in its model's queue (schedule), and goes out as it came.
package serve
