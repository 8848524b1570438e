// Package message goes through the protobuf messages of a model: graphs in graphs,
// tensors, functions and whom they call, nodes in topological order. Reading, the
// checker, the inliner and the dump share it. It knows what refers to what, and
// decides on no model whether it is valid.
//
// walk.go has the walks, function.go the names of functions and domains, calls.go the
// graph of calls, order.go the topological order, copy.go a copy that shares.
package message
