package npy

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"codeberg.org/sbinet/npyio"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// readData lets npyio read n elements of size bytes together. It is given a header
// that says what the file's says in the one spelling it is known to understand: a
// plain vector, 16-bit floats as the integers that hold them, booleans as bytes.
func readData(r io.Reader, h header, n int, size, offset int64) (*tensor.Tensor, error) {
	held := h.dtype
	if held == tensor.Bool {
		held = tensor.Uint8
	}
	t := tensor.New(held, n)
	// No larger than the data: an archive may have thousands of small arrays.
	body := bufio.NewReaderSize(r, int(min(size, 64<<10)))
	if n > 0 {
		reader, err := npyio.NewReader(io.MultiReader(bytes.NewReader(plainHeader(h, n)), body))
		if err == nil {
			err = reader.Read(target(t))
		}
		if err != nil {
			return nil, readError(offset, err)
		}
	}
	// Reading to the end lets an archive check the sum of what was read.
	if rest, err := io.Copy(io.Discard, body); err != nil {
		return nil, readError(offset, err)
	} else if n > 0 && rest != 0 {
		return nil, errs.FormatAt(offset, "data", "%d bytes too many", rest)
	}
	if h.dtype == tensor.Bool {
		var err error
		if t, err = booleans(tensor.Data[uint8](t), offset); err != nil {
			return nil, err
		}
	}
	if h.fortran {
		t = rowMajor(t, h.shape)
	}
	return t.Reshape(h.shape...), nil
}

// npyioTypes names the types as npyio reads them into tensor's slices.
var npyioTypes = map[tensor.DType]string{
	tensor.Bool: "u1",
	tensor.Int8: "i1", tensor.Int16: "i2", tensor.Int32: "i4", tensor.Int64: "i8",
	tensor.Uint8: "u1", tensor.Uint16: "u2", tensor.Uint32: "u4", tensor.Uint64: "u8",
	tensor.Float16: "u2", tensor.BFloat16: "u2", tensor.Float32: "f4", tensor.Float64: "f8",
	tensor.Complex64: "c8", tensor.Complex128: "c16",
}

func plainHeader(h header, n int) []byte {
	order := "<"
	if h.big {
		order = ">"
	}
	text := fmt.Sprintf("{'descr': '%s%s', 'fortran_order': False, 'shape': (%d,), }\n", order, npyioTypes[h.dtype], n)
	b := append([]byte(magic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return append(b, text...)
}

// booleans converts bytes; npyio takes any that is not 1 for false.
func booleans(b []uint8, offset int64) (*tensor.Tensor, error) {
	t := tensor.New(tensor.Bool, len(b))
	d := tensor.Data[bool](t)
	for i, v := range b {
		if v > 1 {
			return nil, errs.FormatAt(offset+int64(i), "data", "boolean %d, allowed 0 and 1", v)
		}
		d[i] = v == 1
	}
	return t, nil
}

// target is the pointer to t's slice that npyio's Read fills in place.
func target(t *tensor.Tensor) any {
	switch d := t.Data.(type) {
	case []float32:
		return &d
	case []float64:
		return &d
	case []int8:
		return &d
	case []int16:
		return &d
	case []int32:
		return &d
	case []int64:
		return &d
	case []uint8:
		return &d
	case []uint16:
		return &d
	case []uint32:
		return &d
	case []uint64:
		return &d
	case []complex64:
		return &d
	case []complex128:
		return &d
	}
	return nil
}

// rowMajor returns the elements of t, which stand in Fortran's order for
// shape, in row-major order.
func rowMajor(t *tensor.Tensor, shape []int) *tensor.Tensor {
	switch d := t.Data.(type) {
	case []float32:
		t.Data = reorder(d, shape)
	case []float64:
		t.Data = reorder(d, shape)
	case []int8:
		t.Data = reorder(d, shape)
	case []int16:
		t.Data = reorder(d, shape)
	case []int32:
		t.Data = reorder(d, shape)
	case []int64:
		t.Data = reorder(d, shape)
	case []uint8:
		t.Data = reorder(d, shape)
	case []uint16:
		t.Data = reorder(d, shape)
	case []uint32:
		t.Data = reorder(d, shape)
	case []uint64:
		t.Data = reorder(d, shape)
	case []bool:
		t.Data = reorder(d, shape)
	case []complex64:
		t.Data = reorder(d, shape)
	case []complex128:
		t.Data = reorder(d, shape)
	}
	return t
}

// reorder walks the result in row-major order and keeps the offset of the same
// element in src, where dimension i has the stride shape[0]·…·shape[i-1].
func reorder[T any](src []T, shape []int) []T {
	stride := make([]int, len(shape))
	for i, s := 0, 1; i < len(shape); i++ {
		stride[i] = s
		s *= shape[i]
	}
	dst := make([]T, len(src))
	index := make([]int, len(shape))
	from := 0
	for i := range dst {
		dst[i] = src[from]
		for d := len(shape) - 1; d >= 0; d-- {
			if index[d]++; index[d] < shape[d] {
				from += stride[d]
				break
			}
			from -= (shape[d] - 1) * stride[d]
			index[d] = 0
		}
	}
	return dst
}
