// Package elements finds and decodes the elements of a TensorProto. They are in one of
// five fields, packed in raw_data, in a file beside the model, or, in a model that was
// opened, still in its own file. The package opens no file: whoever has one reads the
// bytes that a Layout asks for.
//
// It decides whether a tensor's type, dimensions and amount of data fit together, and
// within which sizes. layout.go says what a tensor declares, external.go what it says
// of a file beside the model, read.go and typed.go decode, write.go encodes; pack.go is
// about elements of less than 8 bits, view.go about floats that need no decoding.
package elements
