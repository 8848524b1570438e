package tensor

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// MaxRank is the largest number of dimensions that anything here accepts.
const MaxRank = 64

// Unknown marks a dimension that is not known before a run.
const Unknown = -1

// Shape is a tensor's dimensions, outermost first. An empty Shape is a scalar,
// a nil one (where a package says so) an unknown rank. Dimensions of a type,
// never of a Tensor, may be Unknown.
type Shape []int

// Elements is the number of elements, Unknown if a dimension is. Of a shape that Size
// does not accept it may be more than an int has room for: it is the largest int then.
func (s Shape) Elements() int {
	n := 1
	for _, d := range s {
		if d < 0 {
			return Unknown
		}
		hi, lo := bits.Mul64(uint64(n), uint64(d))
		if n = int(lo); hi != 0 || lo > math.MaxInt {
			n = math.MaxInt
		}
	}
	return n
}

// Known reports whether rank and every dimension are known.
func (s Shape) Known() bool { return s != nil && !slices.Contains(s, Unknown) }

// Equal reports whether both have the same rank and dimensions.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

// Clone returns a copy that shares nothing; nil stays nil.
func (s Shape) Clone() Shape { return slices.Clone(s) }

func (s Shape) String() string {
	if s == nil {
		return "[…]"
	}
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = "?"
		if d != Unknown {
			parts[i] = strconv.Itoa(d)
		}
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// Size multiplies dims and returns the element count and the bytes that the
// elements take in a file (sub-byte types packed, rounded up; 0 bytes for
// String). It is the only place where sizes from a file are multiplied: a
// negative dimension, a rank above MaxRank, an unknown type or a product
// beyond 2^63-1 bits is an error.
func Size[T int | int64](d DType, dims []T) (elements, bytes int64, err error) {
	if !d.Valid() {
		return 0, 0, fmt.Errorf("element type %d, allowed 1 to %d", int32(d), len(dtypes)-1)
	}
	if len(dims) > MaxRank {
		return 0, 0, fmt.Errorf("rank %d, allowed at most %d", len(dims), MaxRank)
	}
	zero := false
	n := uint64(1)
	for i, dim := range dims {
		if dim < 0 {
			return 0, 0, fmt.Errorf("dimension %d is %d, allowed 0 or more", i, dim)
		}
		if dim == 0 {
			zero = true
			continue
		}
		hi, lo := bits.Mul64(n, uint64(dim))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, 0, fmt.Errorf("dimensions overflow at dimension %d = %d", i, dim)
		}
		n = lo
	}
	if zero {
		return 0, 0, nil
	}
	hi, total := bits.Mul64(n, uint64(d.Bits()))
	if hi != 0 || total > math.MaxInt64-7 || n > math.MaxInt {
		return 0, 0, fmt.Errorf("%d elements of %s overflow", n, d)
	}
	return int64(n), int64(total+7) / 8, nil
}
