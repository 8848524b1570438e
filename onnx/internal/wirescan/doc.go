// Package wirescan checks protobuf bytes against a message descriptor before
// anything is decoded. It finds the first malformed field, with its byte
// offset and path, and bounds what decoding would cost: nesting, number of
// messages, length of names, memory.
//
// It decides which bytes protobuf may decode. It knows no message of ONNX: the
// descriptor says all. schema.go lays the descriptor out, scan.go goes over the bytes,
// locate.go finds the name of the place once something is wrong.
package wirescan
