package pth

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// Tensor is a tensor of a checkpoint whose elements have not been read: a view
// of a storage that lies inside it.
type Tensor struct {
	DType tensor.DType
	Shape tensor.Shape

	storage *storage
	offset  int64 // of the first element, in elements
	strides []int64
	bytes   int64 // of all elements
}

// TypeName implements pickle.Named.
func (t *Tensor) TypeName() string { return "a tensor" }

// newTensor checks a view against its storage. d is Undefined for the
// storage's own element type.
func newTensor(s, offset, size, stride any, d tensor.DType) (*Tensor, error) {
	t := &Tensor{DType: d}
	var ok bool
	if t.storage, ok = s.(*storage); !ok {
		return nil, fmt.Errorf("the tensor's storage is %s", pickle.TypeName(s))
	}
	if d == tensor.Undefined {
		t.DType = t.storage.class
	}
	if t.offset, ok = offset.(int64); !ok || t.offset < 0 {
		return nil, t.wrong("storage offset", offset, "an integer from 0")
	}
	dims, ok := integers(size)
	if !ok {
		return nil, t.wrong("size", size, "a tuple of integers from 0")
	}
	if t.strides, ok = integers(stride); !ok || len(t.strides) != len(dims) {
		return nil, t.wrong("stride", stride, "a tuple of as many integers from 0 as there are dimensions")
	}
	var elements int64
	var err error
	if elements, t.bytes, err = tensor.Size(t.DType, dims); err != nil {
		return nil, fmt.Errorf("size of the tensor: %w", err)
	}
	t.Shape = make(tensor.Shape, len(dims))
	for i, dim := range dims {
		if dim > math.MaxInt {
			return nil, t.wrong("size", size, "what fits in memory")
		}
		t.Shape[i] = int(dim)
	}
	if elements == 0 {
		return t, nil
	}
	return t, t.checkInside()
}

// checkInside checks that the view's last element is in the storage.
func (t *Tensor) checkInside() error {
	last := uint64(t.offset)
	for i, dim := range t.Shape {
		hi, lo := bits.Mul64(uint64(dim-1), uint64(t.strides[i]))
		var carry uint64
		if last, carry = bits.Add64(last, lo, 0); hi != 0 || carry != 0 {
			last = math.MaxUint64
			break
		}
	}
	if have := uint64(t.storage.bytes() / t.elementBytes()); last >= have {
		return fmt.Errorf("size %s, stride %v and offset %d reach beyond the %d elements of storage %s",
			t.Shape, t.strides, t.offset, have, errs.Quote(t.storage.key))
	}
	return nil
}

func (t *Tensor) elementBytes() int64 { return int64(t.DType.Bits() / 8) }

func (t *Tensor) wrong(what string, found any, allowed string) error {
	value := pickle.TypeName(found)
	if n, ok := found.(int64); ok {
		value = fmt.Sprint(n)
	}
	return fmt.Errorf("the tensor's %s is %s, allowed is %s", what, value, allowed)
}

// integers returns the items of a tuple (a torch.Size counts as one) of
// non-negative integers.
func integers(v any) ([]int64, bool) {
	t, ok := v.(pickle.Tuple)
	if !ok || len(t) > tensor.MaxRank {
		return nil, false
	}
	list := make([]int64, len(t))
	for i, item := range t {
		if list[i], ok = item.(int64); !ok || list[i] < 0 {
			return nil, false
		}
	}
	return list, true
}

// contiguous reports whether the elements stand in row-major order without
// gaps.
func (t *Tensor) contiguous() bool {
	want := int64(1)
	for i := len(t.Shape) - 1; i >= 0; i-- {
		if t.Shape[i] != 1 && t.strides[i] != want {
			return false
		}
		want *= int64(t.Shape[i])
	}
	return true
}

// elements returns the bytes of the tensor's elements in row-major order:
// those of the storage itself where they stand so, else a copy.
func (t *Tensor) elements(data []byte) []byte {
	if t.bytes == 0 {
		return nil
	}
	size := t.elementBytes()
	data = data[t.offset*size:]
	if t.contiguous() {
		return data[:t.bytes]
	}
	dst := make([]byte, t.bytes)
	index := make([]int, len(t.Shape))
	var from int64
	for to := int64(0); to < t.bytes; to += size {
		copy(dst[to:to+size], data[from*size:])
		for d := len(index) - 1; d >= 0; d-- {
			if index[d]++; index[d] < t.Shape[d] {
				from += t.strides[d]
				break
			}
			from -= int64(t.Shape[d]-1) * t.strides[d]
			index[d] = 0
		}
	}
	return dst
}

// Same reports whether two tensors are the same view of the same storage.
func (t *Tensor) Same(other *Tensor) bool {
	return t == other || t.DType == other.DType && t.storage == other.storage && t.offset == other.offset &&
		t.Shape.Equal(other.Shape) && slices.Equal(t.strides, other.strides)
}
