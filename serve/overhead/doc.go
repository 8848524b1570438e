// Package overhead has no code but tests: what a request to the server costs beside the
// model's run, and what connect-go costs beside grpc-go. It is a module of its own, so
// that grpc-go is not among the dependencies of the command.
package overhead
