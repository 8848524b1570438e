// Package conformance asks a server of the Open Inference Protocol, version 2, whether it
// does what the protocol's text and its extensions demand. It sees nothing but the wire, so
// it works on anybody's server.
//
// A case belongs to the protocol itself or to an extension. One of an extension counts
// only if the server's metadata lists the extension; else it is not offered. Some cases
// need more of the model than it has, such as two outputs; they do not apply.
//
// The text is that of the Open Inference Protocol (specification/protocol) and, of the
// extensions, that of Triton Inference Server (docs/protocol).
//
// suite.go runs the cases, rest.go and grpc.go speak to the server, sample.go makes
// requests that the model can answer. The cases are in the files cases_….go, one a part of
// the text.
package conformance
