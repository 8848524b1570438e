package elements

import (
	"encoding/binary"

	"github.com/mixconv/mixconv/tensor"
)

// Bytes returns t's elements, which are neither strings nor a sequence, as raw_data has
// them: little-endian, without gaps.
func Bytes(t *tensor.Tensor) []byte {
	switch d := t.Data.(type) {
	case []uint8:
		return pack(d, t.DType)
	case []int8:
		return pack(d, t.DType)
	}
	data := make([]byte, binary.Size(t.Data))
	// A slice of fixed-size numbers in a buffer of their size: no error is possible.
	_, _ = binary.Encode(data, binary.LittleEndian, t.Data)
	return data
}
