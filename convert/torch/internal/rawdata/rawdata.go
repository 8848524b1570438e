// Package rawdata turns the bytes of elements, as files hold them, into
// tensors.
package rawdata

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// Decode makes a tensor of row-major elements. The shape is one that
// tensor.Size has accepted for exactly len(data) bytes of d.
func Decode(d tensor.DType, shape tensor.Shape, data []byte, order binary.ByteOrder) (*tensor.Tensor, error) {
	t := tensor.New(d, shape...)
	switch elements := t.Data.(type) {
	case []bool:
		if i := slices.IndexFunc(data, func(b byte) bool { return b > 1 }); i >= 0 {
			return nil, fmt.Errorf("element %d is the boolean %d, allowed 0 and 1", i, data[i])
		}
		for i, b := range data {
			elements[i] = b == 1
		}
	case []uint8:
		copy(elements, data)
	default:
		if _, err := binary.Decode(data, order, t.Data); err != nil {
			return nil, err
		}
	}
	return t, nil
}
