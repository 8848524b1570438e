package eval

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// fourier computes discrete Fourier transforms; turn is −1 forwards and 1
// backwards, where nothing is divided. The way back rounds every product and
// sum to float32, unless the elements are float64: ONNX's cases of it expect,
// where the exact result is 0, what that leaves, and those of the way there 0.
type fourier struct {
	run   *run
	turn  float64
	round func(float64) float64
}

func (r *run) fourier(turn float64) fourier {
	if turn < 0 || r.in[0].DType == tensor.Float64 {
		return fourier{r, turn, func(v float64) float64 { return v }}
	}
	return fourier{r, turn, func(v float64) float64 { return float64(float32(v)) }}
}

func (f fourier) times(a, b complex128) complex128 {
	return complex(
		f.round(f.round(real(a)*real(b))-f.round(imag(a)*imag(b))),
		f.round(f.round(real(a)*imag(b))+f.round(imag(a)*real(b))))
}

// root is the k-th power of the n-th root of one.
func (f fourier) root(k, n int) complex128 {
	sin, cos := math.Sincos(f.turn * 2 * math.Pi * float64(k%n) / float64(n))
	return complex(f.round(cos), f.round(sin))
}

// rootCost is what a root of one takes, in operations on elements.
const rootCost = 32

// sum is the transform of x by its definition.
func (f fourier) sum(x []complex128) ([]complex128, error) {
	out := make([]complex128, len(x))
	for k := range out {
		for i, v := range x {
			v = f.times(v, f.root(i*k, len(x)))
			out[k] = complex(f.round(real(out[k])+real(v)), f.round(imag(out[k])+imag(v)))
			if err := f.run.spend(rootCost); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// transform divides by the smallest prime factor p: transforms of p elements
// each, then p transforms of the rest.
func (f fourier) transform(x []complex128) ([]complex128, error) {
	n, p := len(x), 2
	for p*p <= n && n%p != 0 {
		p++
	}
	if n%p != 0 || n == p {
		return f.sum(x)
	}
	m := n / p
	parts := make([][]complex128, p)
	for i := range m {
		column := make([]complex128, p)
		for j := range column {
			column[j] = x[i+j*m]
		}
		column, err := f.sum(column)
		if err != nil {
			return nil, err
		}
		for q, v := range column {
			parts[q] = append(parts[q], f.times(v, f.root(i*q, n)))
		}
	}
	out := make([]complex128, n)
	for q, part := range parts {
		y, err := f.transform(part)
		if err != nil {
			return nil, err
		}
		for k, v := range y {
			out[q+p*k] = v
		}
	}
	return out, nil
}

// padded is x with n elements: zeros added, or the last ones left out.
func padded(x []complex128, n int) []complex128 {
	if len(x) >= n {
		return x[:n]
	}
	return append(x, make([]complex128, n-len(x))...)
}

// complexes returns elements of x, pairs of real and imaginary part, or reals.
func complexes(x []float64, parts, first, step, n int) []complex128 {
	out := make([]complex128, n)
	for i := range out {
		at := (first + i*step) * parts
		if out[i] = complex(x[at], 0); parts == 2 {
			out[i] = complex(x[at], x[at+1])
		}
	}
	return out
}

func dft(r *run) error {
	d, ok, err := ops.DFTOf(r.Call)
	if err != nil || !ok {
		return fmt.Errorf("axis or length are not known: %w", err)
	}
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	if _, err := r.scratch(4 * (d.Length + 1)); err != nil {
		return err
	}
	in, out := r.in[0].Shape, r.out[0].Shape
	last := len(in) - 1
	outer, inner := in[:d.Axis].Elements(), in[d.Axis+1:last].Elements()
	turn, scale := -1.0, 1.0
	inverse, onesided := r.Attrs.Int("inverse", 0) != 0, r.Attrs.Int("onesided", 0) != 0
	if inverse {
		turn, scale = 1, 1/float64(d.Length)
	}
	f := r.fourier(turn)
	for o := range outer {
		for i := range inner {
			row := complexes(x, in[last], o*in[d.Axis]*inner+i, inner, in[d.Axis])
			if inverse && onesided {
				row = mirrored(row, d.Length)
			}
			y, err := f.transform(padded(row, d.Length))
			if err != nil {
				return err
			}
			for k, v := range y[:out[d.Axis]] {
				parts := []float64{f.round(real(v) * f.round(scale)), f.round(imag(v) * f.round(scale))}
				store(r.out[0], ((o*out[d.Axis]+k)*inner+i)*out[last], 1, parts[:out[last]])
			}
		}
	}
	return nil
}

// mirrored completes the first half of a spectrum to that of n real numbers.
func mirrored(half []complex128, n int) []complex128 {
	all := make([]complex128, n)
	copy(all, half[:min(len(half), n/2+1)])
	for k := n/2 + 1; k < n; k++ {
		all[k] = complex(real(all[n-k]), -imag(all[n-k]))
	}
	all[0] = complex(real(all[0]), 0)
	if n%2 == 0 {
		all[n/2] = complex(real(all[n/2]), 0)
	}
	return all
}

// stft is the Fourier transform of every frame of a signal, times a window.
func stft(r *run) error {
	s, ok, err := ops.STFTOf(r.Call)
	if err != nil || !ok {
		return fmt.Errorf("frames are not known: %w", err)
	}
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	window, err := r.optional(2)
	if err != nil {
		return err
	}
	in := r.in[0].Shape
	return r.eachIndex(tensor.Shape{in[0], s.Frames}, func(frame int, index []int) error {
		row := complexes(x, in[2], index[0]*in[1]+index[1]*s.Step, 1, s.Length)
		for i, w := range window {
			row[i] *= complex(w, 0)
		}
		y, err := r.fourier(-1).transform(row)
		if err != nil {
			return err
		}
		for k, v := range y[:s.Bins] {
			store(r.out[0], (frame*s.Bins+k)*2, 1, []float64{real(v), imag(v)})
		}
		return nil
	})
}

// window is the kernel of a sum of cosines, one less for every multiple of the
// angle.
func window(terms ...float64) kernel {
	return func(r *run) error {
		n := r.out[0].Elements()
		period := float64(n)
		if r.Attrs.Int("periodic", 1) == 0 {
			period = float64(max(n-1, 1))
		}
		for i := range n {
			sum := 0.0
			for k, a := range terms {
				sum += a * math.Cos(float64(k)*2*math.Pi*float64(i)/period)
			}
			if err := put(r.out[0], i, sum); err != nil {
				return err
			}
		}
		return r.spend(n)
	}
}

// melWeights are triangles over the bins of a spectrum, whose corners are
// equally far from each other on the mel scale.
func melWeights(r *run) error {
	bins, out := r.out[0].Shape[1], r.out[0]
	var in [5]float64 // num_mel_bins, dft_length, sample_rate, lower and upper edge
	for i := range in {
		x, err := r.floats(r.in[i])
		if err != nil {
			return err
		}
		in[i] = x[0]
	}
	mel := func(hertz float64) float64 { return 2595 * math.Log10(1+hertz/700) }
	low, high := mel(in[3]), mel(in[4])
	corner := func(i int) int {
		hertz := 700 * (math.Pow(10, (low+float64(i)*(high-low)/float64(bins+2))/2595) - 1)
		at := math.Floor((in[1] + 1) * hertz / in[2])
		return tensor.IntWithin(at, -1, out.Shape[0]) // whatever lies outside
	}
	set := func(row, col int, v float64) error {
		if row < 0 || row >= out.Shape[0] {
			return nil
		}
		return put(out, row*bins+col, v)
	}
	for b := range bins {
		left, centre, right := corner(b), corner(b+1), corner(b+2)
		if err := set(centre, b, 1); err != nil {
			return err
		}
		for j := left; j < right; j++ {
			v := float64(right-j) / float64(right-centre)
			if j <= centre && left < centre {
				v = float64(j-left) / float64(centre-left)
			}
			if err := set(j, b, v); err != nil {
				return err
			}
		}
		if err := r.spend(right - left + 1); err != nil {
			return err
		}
	}
	return nil
}
