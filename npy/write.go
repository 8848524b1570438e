package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/tensor"
)

// descrs has the types that are written, spelled as NumPy does.
var descrs = map[tensor.DType]string{
	tensor.Bool: "|b1",
	tensor.Int8: "|i1", tensor.Int16: "<i2", tensor.Int32: "<i4", tensor.Int64: "<i8",
	tensor.Uint8: "|u1", tensor.Uint16: "<u2", tensor.Uint32: "<u4", tensor.Uint64: "<u8",
	tensor.Float16: "<f2", tensor.BFloat16: "<V2", tensor.Float32: "<f4", tensor.Float64: "<f8",
	tensor.Complex64: "<c8", tensor.Complex128: "<c16",
}

// Write writes t as numpy.save does, byte for byte: version 1.0, little-endian,
// row-major, data at a multiple of 64. Strings and types of less than 8 bits
// have no place in the format.
func Write(w io.Writer, t *tensor.Tensor) error {
	head, err := encodeHeader(t)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	return writeData(w, t.Data)
}

func encodeHeader(t *tensor.Tensor) ([]byte, error) {
	if t == nil {
		return nil, errors.New("npy: no array")
	}
	descr, ok := descrs[t.DType]
	if !ok {
		return nil, fmt.Errorf("npy: %s cannot be written", t.DType)
	}
	if err := t.Check(); err != nil {
		return nil, fmt.Errorf("npy: %w", err)
	}
	dims := make([]string, len(t.Shape))
	for i, d := range t.Shape {
		dims[i] = strconv.Itoa(d)
	}
	shape := strings.Join(dims, ", ")
	if len(dims) == 1 {
		shape += ","
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, shape)
	if len(dims) > 0 {
		text += strings.Repeat(" ", 21-len(dims[0])) // NumPy's room for a first dimension that grows
	}
	const prefix = len(magic) + 4
	text += strings.Repeat(" ", 64-(prefix+len(text)+1)%64) + "\n"
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return append(b, text...), nil
}

// writeData writes a slice of fixed-size elements, a piece at a time.
func writeData(w io.Writer, data any) error {
	switch d := data.(type) {
	case []float32:
		return writePieces(w, d)
	case []float64:
		return writePieces(w, d)
	case []int8:
		return writePieces(w, d)
	case []int16:
		return writePieces(w, d)
	case []int32:
		return writePieces(w, d)
	case []int64:
		return writePieces(w, d)
	case []uint8:
		return writePieces(w, d)
	case []uint16:
		return writePieces(w, d)
	case []uint32:
		return writePieces(w, d)
	case []uint64:
		return writePieces(w, d)
	case []bool:
		return writePieces(w, d)
	case []complex64:
		return writePieces(w, d)
	case []complex128:
		return writePieces(w, d)
	}
	return fmt.Errorf("npy: %T cannot be written", data)
}

func writePieces[T any](w io.Writer, data []T) error {
	var buf []byte
	for len(data) > 0 {
		n := min(piece, len(data))
		var err error
		if buf, err = binary.Append(buf[:0], binary.LittleEndian, data[:n]); err != nil {
			return err
		}
		if _, err = w.Write(buf); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}
