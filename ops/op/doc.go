// Package op names operators: one constant for each of ai.onnx that package ops
// knows, and MDConv. Code that is about an operator says op.Conv, so that a
// misspelling does not compile. codes.go is generated from the operator schemas.
package op

//go:generate go run generate.go

// Code is an operator's op_type (ONNX's NodeProto, field 4) as a number. Numbers
// change from version to version of this package: they are for one run of a
// program. The zero value is none of these operators.
type Code uint8

// String is the operator's op_type.
func (c Code) String() string { return names[c] }
