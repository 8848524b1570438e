package oip

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"unsafe"

	"github.com/mixconv/mixconv/tensor"
)

// A request's tensor comes off the wire as bytes in little-endian order. It is read into
// memory that is aligned for any element and becomes the tensor's own: nothing is copied.

// Memory is such memory. Whoever is done with it frees it.
type Memory struct {
	words []uint64
	class int
}

// pools keep freed memory by the power of two that it has room for.
var pools [64]sync.Pool

// smallest is the least that is kept: what is smaller is not worth it.
const smallest = 12

// NewMemory has room for so many bytes, with any content.
func NewMemory(bytes int) *Memory {
	class := max(smallest, bits.Len(uint(max(bytes, 1)-1)))
	if m, ok := pools[class].Get().(*Memory); ok {
		return m
	}
	return &Memory{words: make([]uint64, 1<<class/8), class: class}
}

// Free gives m back. Nothing may use it, or a tensor in it, afterwards. nil is nothing.
func (m *Memory) Free() {
	if m != nil {
		pools[m.class].Put(m)
	}
}

// Bytes is the first n bytes of m.
func (m *Memory) Bytes(n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(m.words))), 8*len(m.words))[:n:n]
}

// littleEndian reports whether numbers in memory are in the wire's order.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// Tensor makes a tensor of the first elements in m, which are as the wire has them. It
// is of a type that has a fixed size.
func (m *Memory) Tensor(d tensor.DType, shape []int) (*tensor.Tensor, error) {
	t := &tensor.Tensor{DType: d, Shape: shape}
	n := t.Shape.Elements()
	data := m.Bytes(n * ElementBytes(d))
	if !littleEndian {
		swap(data, ElementBytes(d))
	}
	switch d {
	case tensor.Bool:
		for i, b := range data {
			if b > 1 {
				return nil, Invalidf("BOOL element %d is the byte %#x, allowed are 0 and 1", i, b)
			}
		}
		t.Data = as[bool](m, n)
	case tensor.Int8:
		t.Data = as[int8](m, n)
	case tensor.Uint8:
		t.Data = as[uint8](m, n)
	case tensor.Int16:
		t.Data = as[int16](m, n)
	case tensor.Uint16, tensor.Float16, tensor.BFloat16:
		t.Data = as[uint16](m, n)
	case tensor.Int32:
		t.Data = as[int32](m, n)
	case tensor.Uint32:
		t.Data = as[uint32](m, n)
	case tensor.Int64:
		t.Data = as[int64](m, n)
	case tensor.Uint64:
		t.Data = as[uint64](m, n)
	case tensor.Float32:
		t.Data = as[float32](m, n)
	case tensor.Float64:
		t.Data = as[float64](m, n)
	}
	return t, nil
}

// as is m's first n elements of a type without pointers, of at most 8 bytes.
func as[T tensor.Element](m *Memory, n int) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(m.words))), n)[:n:n]
}

// swap turns the bytes of every element around.
func swap(data []byte, size int) {
	for ; size > 1 && len(data) >= size; data = data[size:] {
		for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
			data[i], data[j] = data[j], data[i]
		}
	}
}

// AppendBinary appends a tensor's elements as the wire has them.
func AppendBinary(dst []byte, t *tensor.Tensor) []byte {
	from := len(dst)
	switch data := t.Data.(type) {
	case []string:
		for _, s := range data {
			dst = append(binary.LittleEndian.AppendUint32(dst, uint32(len(s))), s...)
		}
		return dst
	case []bool:
		dst = append(dst, bytesOf(data)...)
	case []int8:
		dst = append(dst, bytesOf(data)...)
	case []uint8:
		return append(dst, data...)
	case []int16:
		dst = append(dst, bytesOf(data)...)
	case []uint16:
		dst = append(dst, bytesOf(data)...)
	case []int32:
		dst = append(dst, bytesOf(data)...)
	case []uint32:
		dst = append(dst, bytesOf(data)...)
	case []int64:
		dst = append(dst, bytesOf(data)...)
	case []uint64:
		dst = append(dst, bytesOf(data)...)
	case []float32:
		dst = append(dst, bytesOf(data)...)
	case []float64:
		dst = append(dst, bytesOf(data)...)
	}
	if !littleEndian {
		swap(dst[from:], ElementBytes(t.DType))
	}
	return dst
}

func bytesOf[T tensor.Element](data []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), len(data)*int(unsafe.Sizeof(one)))
}

// BinarySize is how many bytes AppendBinary appends.
func BinarySize(t *tensor.Tensor) int {
	if list, ok := t.Data.([]string); ok {
		n := 4 * len(list)
		for _, s := range list {
			n += len(s)
		}
		return n
	}
	return t.Elements() * ElementBytes(t.DType)
}

// Strings makes a BYTES tensor of its binary data: each element's length, in 4 bytes,
// and its bytes.
func Strings(data []byte, shape []int) (*tensor.Tensor, error) {
	n := tensor.Shape(shape).Elements()
	if n > len(data)/4 {
		return nil, Invalidf("%d bytes for %d elements of BYTES, which have 4 bytes of length each", len(data), n)
	}
	list := make([]string, n)
	for i := range list {
		if len(data) < 4 {
			return nil, Invalidf("BYTES element %d of %d: the data ends", i, n)
		}
		length := binary.LittleEndian.Uint32(data)
		if data = data[4:]; uint64(length) > uint64(len(data)) {
			return nil, Invalidf("BYTES element %d of %d has %d bytes, and %d are left", i, n, length, len(data))
		}
		list[i], data = string(data[:length]), data[length:]
	}
	if len(data) > 0 {
		return nil, Invalidf("%d bytes behind the %d elements of BYTES", len(data), n)
	}
	return tensor.Of(list, shape...), nil
}
