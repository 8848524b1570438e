package npy

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// readData reads n elements of size bytes together. 16-bit floats are the integers that
// hold them, booleans are bytes first.
func readData(r io.Reader, h header, n int, size, offset int64) (*tensor.Tensor, error) {
	held := h.dtype
	if held == tensor.Bool {
		held = tensor.Uint8
	}
	t := tensor.New(held, n)
	// No larger than the data: an archive may have thousands of small arrays.
	body := bufio.NewReaderSize(r, int(min(size, 64<<10)))
	order := binary.ByteOrder(binary.LittleEndian)
	if h.big {
		order = binary.BigEndian
	}
	if err := readElements(body, order, t.Data); err != nil {
		return nil, readError(offset, err)
	}
	// Reading to the end lets an archive check the sum of what was read.
	if rest, err := io.Copy(io.Discard, body); err != nil {
		return nil, readError(offset, err)
	} else if rest != 0 {
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

// readElements fills a slice of fixed-size elements.
func readElements(r io.Reader, order binary.ByteOrder, data any) error {
	switch d := data.(type) {
	case []float32:
		return readPieces(r, order, d)
	case []float64:
		return readPieces(r, order, d)
	case []int8:
		return readPieces(r, order, d)
	case []int16:
		return readPieces(r, order, d)
	case []int32:
		return readPieces(r, order, d)
	case []int64:
		return readPieces(r, order, d)
	case []uint8:
		return readPieces(r, order, d)
	case []uint16:
		return readPieces(r, order, d)
	case []uint32:
		return readPieces(r, order, d)
	case []uint64:
		return readPieces(r, order, d)
	case []complex64:
		return readPieces(r, order, d)
	case []complex128:
		return readPieces(r, order, d)
	}
	return fmt.Errorf("npy: %T cannot be read", data)
}

// piece is how many elements are read and written at a time.
const piece = 8 << 10

func readPieces[T any](r io.Reader, order binary.ByteOrder, data []T) error {
	var element T
	buf := make([]byte, binary.Size(element)*min(piece, len(data)))
	for len(data) > 0 {
		n := min(piece, len(data))
		some := buf[:binary.Size(element)*n]
		if _, err := io.ReadFull(r, some); err != nil {
			return err
		}
		if _, err := binary.Decode(some, order, data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

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
