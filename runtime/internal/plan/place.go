package plan

import (
	"slices"

	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// Buffer is a piece of the arena, or a constant.
type Buffer struct {
	dtype  tensor.DType // of its elements
	size   int          // elements
	data   []float32    // set for constants only
	offset int          // bytes from the arena's start, once it is laid out
	first  int          // first step that writes it; -1: filled before the first step
	last   int          // last step that touches it
}

// bytes is the memory that b takes.
func (b *Buffer) bytes() int { return (b.size*b.dtype.Bits() + 7) / 8 }

// Place is where a value lies: a strided view of a buffer. Views of one buffer
// are how Split, Concat, Transpose and Reshape cost nothing.
type Place struct {
	buf     *Buffer
	offset  int // elements from the buffer's start
	dims    tensor.Shape
	strides []int // elements, per dimension
}

// rowMajor returns the strides of ONNX's own order.
func rowMajor(dims []int) []int {
	strides := make([]int, len(dims))
	n := 1
	for i := len(dims) - 1; i >= 0; i-- {
		strides[i] = n
		n *= max(dims[i], 1)
	}
	return strides
}

// channelsLast returns the strides of [N,C,H,W] stored as N, H, W, C.
func channelsLast(dims []int) []int {
	c, h, w := dims[1], dims[2], dims[3]
	return []int{h * w * c, 1, w * c, c}
}

// natural is the order in which a fresh value is stored: channels last for
// rank 4, row-major otherwise.
func natural(dims []int) []int {
	if len(dims) == 4 {
		return channelsLast(dims)
	}
	return rowMajor(dims)
}

// sameOrder reports whether strides a and b visit dims alike; the stride of a
// dimension of size 1 does not matter.
func sameOrder(dims, a, b []int) bool {
	for i, d := range dims {
		if d != 1 && a[i] != b[i] {
			return false
		}
	}
	return true
}

// isPlain reports whether p is row-major without gaps.
func (p *Place) isPlain() bool { return sameOrder(p.dims, p.strides, rowMajor(p.dims)) }

// pixel returns the distance between neighbouring pixels if p can be read as a
// kernel.Image, else 0.
func (p *Place) pixel() int {
	if len(p.dims) != 4 || p.dims.Elements() == 0 {
		return 0
	}
	n, c, h, w := p.dims[0], p.dims[1], p.dims[2], p.dims[3]
	var pixel int
	switch {
	case w != 1:
		pixel = p.strides[3]
	case h != 1:
		pixel = p.strides[2]
	case n != 1:
		pixel = p.strides[0]
	default:
		pixel = c
	}
	if pixel < c || !sameOrder(p.dims, p.strides, []int{h * w * pixel, 1, w * pixel, pixel}) {
		return 0
	}
	return pixel
}

// image is p as a kernel reads or writes it; p.pixel() must not be 0.
func (p *Place) image(mem *memory) kernel.Image {
	return kernel.Image{Data: mem.floats(p), N: p.dims[0], C: p.dims[1], H: p.dims[2], W: p.dims[3], Pixel: p.pixel()}
}

// view returns a place in the same buffer.
func (p *Place) view(offset int, dims, strides []int) *Place {
	return &Place{buf: p.buf, offset: p.offset + offset, dims: slices.Clone(dims), strides: slices.Clone(strides)}
}

// narrow is the part of p that begins at from along axis and has size entries.
func (p *Place) narrow(axis, from, size int) *Place {
	v := p.view(from*p.strides[axis], p.dims, p.strides)
	v.dims[axis] = size
	return v
}

// broadcast returns strides that read p as the larger shape dims, 0 where one
// entry serves for all.
func (p *Place) broadcast(dims []int) []int {
	strides := make([]int, len(dims))
	skip := len(dims) - len(p.dims)
	for i := skip; i < len(dims); i++ {
		if p.dims[i-skip] != 1 {
			strides[i] = p.strides[i-skip]
		}
	}
	return strides
}

// reshape returns p read as dims if no data has to move. Both have the same
// number of elements, and that is not 0.
func (p *Place) reshape(dims []int) (*Place, bool) {
	var sizes, steps []int // p without dimensions of size 1, evenly spaced ones merged
	for i, d := range p.dims {
		if d == 1 {
			continue
		}
		if last := len(sizes) - 1; last >= 0 && steps[last] == d*p.strides[i] {
			sizes[last] *= d
			steps[last] = p.strides[i]
			continue
		}
		sizes, steps = append(sizes, d), append(steps, p.strides[i])
	}
	strides := make([]int, len(dims))
	run, at := 1, len(sizes)-1 // elements of sizes[at] that are taken so far
	for i := len(dims) - 1; i >= 0; i-- {
		strides[i] = 1
		if dims[i] == 1 {
			continue
		}
		if at >= 0 && run == sizes[at] {
			at, run = at-1, 1
		}
		if at < 0 || sizes[at]%(run*dims[i]) != 0 {
			return nil, false
		}
		strides[i] = steps[at] * run
		run *= dims[i]
	}
	return p.view(0, dims, strides), true
}

// rows returns p as rows of n neighbouring elements each, if it lies so.
func (p *Place) rows(n int) (*Place, bool) {
	if p.dims.Elements() == 0 || p.dims.Elements()%n != 0 {
		return nil, false
	}
	m, ok := p.reshape([]int{p.dims.Elements() / n, n})
	if !ok || m.strides[1] != 1 {
		return nil, false
	}
	if m.dims[0] == 1 {
		m.strides[0] = n
	}
	return m, m.strides[0] >= n
}

// likeOrder returns the strides of dims without gaps in the order in which
// strides visit them.
func likeOrder(dims, strides []int) []int {
	order := make([]int, len(dims))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strides[b] - strides[a] })
	dense, n := make([]int, len(dims)), 1
	for _, d := range slices.Backward(order) {
		dense[d] = n
		n *= max(dims[d], 1)
	}
	return dense
}
