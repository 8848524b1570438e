// Package wire walks protobuf messages field by field, for the few messages of
// TensorFlow's that are read here. It is stricter than the protobuf format:
// varints take the least bytes, as every encoder writes them, and groups do
// not exist.
package wire
