package onnx

import (
	"io"

	"github.com/mixconv/mixconv/internal/atomicfile"
	"github.com/mixconv/mixconv/onnx/internal/source"
	"google.golang.org/protobuf/proto"
)

// Encode returns the model as the bytes of an ONNX file. The same model gives
// the same bytes: fields in the order of their numbers, then the unknown ones
// as they came.
func (m *Model) Encode() ([]byte, error) {
	p, err := m.embedded()
	if err != nil {
		return nil, m.inFile(err)
	}
	if size := int64(proto.Size(p)); size > m.limits.FileBytes {
		return nil, m.inFile(source.TooLarge(size, m.limits.FileBytes))
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(p)
	return data, m.inFile(err)
}

// WriteFile writes the model to path, whole or not at all. External data stays
// where it is, and is found from path's folder only if that is the model's:
// see EmbedData.
func (m *Model) WriteFile(path string) error {
	data, err := m.Encode()
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
