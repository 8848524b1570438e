package onnx

import (
	"bytes"

	"github.com/mixconv/mixconv/limit"
)

// Embedded is the model's message with all that is still in the file.
var Embedded = (*Model).embedded

// OpenBytes is OpenFile for a file with these bytes, where elements of as many bytes as
// least or more are left.
func OpenBytes(name string, data []byte, least int64, lim limit.Limits) (*Model, error) {
	file := openBytes{bytes.NewReader(data)}
	m, pieces, err := decodeCut(name, file, file.Size(), least, lim)
	if err != nil {
		return nil, err
	}
	return m, m.attach(file, pieces)
}

type openBytes struct{ *bytes.Reader }

func (openBytes) Close() error { return nil }
