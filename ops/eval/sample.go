package eval

import (
	"math"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// sampler interpolates in a plane of any number of axes.
type sampler struct {
	shape   tensor.Shape
	steps   []int
	mode    string // nearest, linear or cubic
	padding string // zeros, border or reflection
	corners bool   // −1 and 1 are the centres of the outermost elements, not their edges
}

func newSampler(shape tensor.Shape, mode, padding string, corners bool) sampler {
	switch mode {
	case "bilinear":
		mode = "linear"
	case "bicubic":
		mode = "cubic"
	}
	return sampler{shape, strides(shape), mode, padding, corners}
}

// at returns the value of x at a place, one coordinate an axis in units of
// elements.
func (s sampler) at(x []float64, place []float64) float64 { return s.along(x, place, 0, 0) }

// along sums over the elements around the place on one axis after another.
func (s sampler) along(x, place []float64, axis, base int) float64 {
	if axis == len(s.shape) {
		return x[base]
	}
	c, sum := place[axis], 0.0
	first, _ := tensor.IntOf(math.Floor(c))
	reach, weight := 1, ops.Triangle
	switch s.mode {
	case "nearest":
		first, _ = tensor.IntOf(math.RoundToEven(c))
		reach, weight = 0, func(float64) float64 { return 1 }
	case "cubic":
		first, reach, weight = first-1, 3, ops.Cubic(-0.75)
	}
	for i := first; i <= first+reach; i++ {
		if at, ok := s.inside(i, axis); ok {
			sum += weight(float64(i)-c) * s.along(x, place, axis+1, base+at*s.steps[axis])
		}
	}
	return sum
}

// inside is the element that stands for index i of an axis; ok is false where
// that is zero.
func (s sampler) inside(i, axis int) (at int, ok bool) {
	n := s.shape[axis]
	switch {
	case i >= 0 && i < n:
		return i, true
	case s.padding == "border":
		return min(max(i, 0), n-1), true
	case s.padding == "reflection":
		return tensor.IntWithin(s.reflect(float64(i), n), 0, n-1), true
	}
	return 0, false
}

// reflect mirrors c at the borders of n elements until it is within.
func (s sampler) reflect(c float64, n int) float64 {
	low, high := s.borders(n)
	size := high - low
	if size <= 0 {
		return low
	}
	c = math.Mod(math.Abs(c-low), 2*size)
	if c > size {
		c = 2*size - c
	}
	return low + c
}

func (s sampler) borders(n int) (low, high float64) {
	if s.corners {
		return 0, float64(n - 1)
	}
	return -0.5, float64(n) - 0.5
}

// coordinate turns −1 … 1 into units of elements. Where the grid is no float64 it
// is computed in float32, as PyTorch and ONNX Runtime do: of nearest elements, the
// last digit decides. Not a number counts as the element before the first.
func (s sampler) coordinate(v float64, axis int, double bool) float64 {
	n := float64(s.shape[axis])
	var c float64
	switch {
	case s.corners && double:
		c = (v + 1) / 2 * (n - 1)
	case s.corners:
		c = float64((float32(v) + 1) / 2 * float32(n-1))
	case double:
		c = (float64((v+1)*n) - 1) / 2
	default:
		c = float64((float32((float32(v)+1)*float32(n)) - 1) / 2)
	}
	if math.IsNaN(c) {
		return -1
	}
	return min(max(c, math.MinInt32), math.MaxInt32)
}

func gridSample(r *run) error {
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	grid, err := r.floats(r.in[1])
	if err != nil {
		return err
	}
	in, out := r.in[0].Shape, r.out[0].Shape
	s := newSampler(in[2:], r.Attrs.String("mode", "linear"), r.Attrs.String("padding_mode", "zeros"), r.Attrs.Int("align_corners", 0) != 0)
	plane, places, rank := in[2:].Elements(), out[2:].Elements(), len(in)-2
	place, double := make([]float64, rank), r.in[1].DType == tensor.Float64
	for n := range out[0] {
		for p := range places {
			for axis := range place { // the grid has x before y
				place[axis] = s.coordinate(grid[(n*places+p)*rank+rank-1-axis], axis, double)
			}
			for c := range out[1] {
				v := s.at(x[(n*in[1]+c)*plane:][:plane], place)
				if err := put(r.out[0], (n*out[1]+c)*places+p, v); err != nil {
					return err
				}
			}
			if err := r.spend(out[1] << (2 * rank)); err != nil {
				return err
			}
		}
	}
	return nil
}

// affineGrid is theta · (x, y, 1) for the places of an image.
func affineGrid(r *run) error {
	theta, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	out := r.out[0].Shape
	rank, corners := len(out)-2, r.Attrs.Int("align_corners", 0) != 0
	return r.eachIndex(out[:len(out)-1], func(i int, index []int) error {
		place := make([]float64, rank+1)
		place[rank] = 1
		for axis := range rank {
			n, at := float64(out[1+axis]), float64(index[1+axis])
			v := (2*at+1)/n - 1
			if corners {
				v = -1
				if n > 1 {
					v = 2*at/(n-1) - 1
				}
			}
			place[rank-1-axis] = v
		}
		for k := range rank {
			row := theta[(index[0]*rank+k)*(rank+1):][:rank+1]
			store(r.out[0], i*rank+k, 1, []float64{inner[float64, float64](row, place, 0, 1, 0, 1, rank+1)})
		}
		return nil
	})
}

// deformConv is a convolution whose taps lie between elements.
func deformConv(r *run) error {
	g, err := ops.ConvOf(r.Call)
	if err != nil {
		return err
	}
	var in [5][]float64 // X, W, offset, B, mask
	for i := range in {
		if in[i], err = r.optional(i); err != nil {
			return err
		}
	}
	x, w, out := r.in[0].Shape, r.in[1].Shape, g.Out
	s := newSampler(x[2:], "linear", "zeros", true)
	plane, taps, places := x[2:].Elements(), w[2:].Elements(), out[2:].Elements()
	perGroup := x[1] / int(r.Attrs.Int("offset_group", 1))
	return r.eachIndex(out, func(o int, index []int) error {
		n, m, p := index[0], index[1], index[2]*out[3]+index[3]
		sum := 0.0
		if in[3] != nil {
			sum = in[3][m]
		}
		for c := range w[1] {
			channel := m/(out[1]/g.Group)*w[1] + c
			for k := range taps {
				at := (n*(x[1]/perGroup)+channel/perGroup)*taps + k
				tap := []int{k / w[3], k % w[3]}
				place := make([]float64, 2)
				for axis := range place {
					place[axis] = float64(index[2+axis]*g.Stride[axis]-g.PadBegin[axis]+tap[axis]*g.Dilation[axis]) + in[2][(2*at+axis)*places+p]
					if !(math.Abs(place[axis]) < math.MaxInt32) {
						place[axis] = -2
					}
				}
				v := s.at(in[0][(n*x[1]+channel)*plane:][:plane], place) * in[1][(m*w[1]+c)*taps+k]
				if in[4] != nil {
					v *= in[4][at*places+p]
				}
				sum += v
			}
		}
		store(r.out[0], o, 1, []float64{sum})
		return r.spend(w[1] * taps * 4)
	})
}
