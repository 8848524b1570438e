package preprocess

import (
	"math"
	"testing"
)

// slowTensorFlow resizes as the documentation of the operators defines it, in
// float64 and without tables of taps: the plain twin of tensorflowResize. The
// kernel's argument is still rounded to 1/1024, which is part of the result.
func slowTensorFlow(p *Picture, size int, f Interpolation, x, y, ch int) float64 {
	at := func(i, in int) float64 {
		scale := float64(float32(in) / float32(size))
		if f == BilinearHalfPixel || f == BicubicHalfPixel {
			return float64(float32(float32(float64(i)+0.5)*float32(scale)) - 0.5)
		}
		return float64(float32(i) * float32(scale))
	}
	atX, atY := at(x, p.Width), at(y, p.Height)
	sum, weights := 0.0, 0.0
	for j := -2; j <= 3; j++ {
		for i := -2; i <= 3; i++ {
			px, py := int(math.Floor(atX))+i, int(math.Floor(atY))+j
			w := slowKernel(f, float64(px)-atX) * slowKernel(f, float64(py)-atY)
			inX, inY := min(max(px, 0), p.Width-1), min(max(py, 0), p.Height-1)
			if f == BicubicHalfPixel && (inX != px || inY != py) {
				continue
			}
			sum += w * float64(p.row(inY)[3*inX+ch])
			weights += w
		}
	}
	if f == BicubicHalfPixel {
		return sum / weights
	}
	return sum
}

func slowKernel(f Interpolation, x float64) float64 {
	if f == Bilinear || f == BilinearHalfPixel {
		return max(0, 1-math.Abs(x))
	}
	a := -0.75
	if f == BicubicHalfPixel {
		a = -0.5
	}
	x = math.Abs(math.RoundToEven(x*1024) / 1024)
	switch {
	case x < 1:
		return (a+2)*x*x*x - (a+3)*x*x + 1
	case x < 2:
		return a * (x*x*x - 5*x*x + 8*x - 4)
	}
	return 0
}

func TestSlowTensorFlow(t *testing.T) {
	for seed, side := range [][2]int{{1, 1}, {5, 9}, {40, 31}, {7, 64}, {100, 2}} {
		p := madeUp(uint32(seed), side[0], side[1])
		for _, f := range []Interpolation{Bilinear, Bicubic, BilinearHalfPixel, BicubicHalfPixel} {
			const size = 17
			got := tensorflowResize(p, size, size, f)
			for i, v := range got {
				want := slowTensorFlow(p, size, f, i/3%size, i/3/size, i%3)
				if math.Abs(float64(v)-want) > 2e-4 {
					t.Fatalf("%s %v at %d: %v, want %v", f, side, i, v, want)
				}
			}
		}
	}
}

// slowPillow is Pillow's resize as a formula, without rounding between the
// passes: within 2 of the fixed-point result.
func slowPillow(p *Picture, w, h int, f Interpolation, x, y, ch int) float64 {
	filter := pillowFilters[f]
	weights := func(i, in, out int) (v []float64) {
		stretch := max(float64(in)/float64(out), 1)
		centre, sum := (float64(i)+0.5)*float64(in)/float64(out), 0.0
		for j := range in {
			d := (float64(j) + 0.5 - centre) / stretch
			if math.Abs(d) <= filter.support {
				v = append(v, filter.at(d))
			} else {
				v = append(v, 0)
			}
			sum += v[j]
		}
		for j := range v {
			v[j] /= sum
		}
		return v
	}
	across, down, sum := weights(x, p.Width, w), weights(y, p.Height, h), 0.0
	for j, wy := range down {
		for i, wx := range across {
			sum += wx * wy * float64(p.row(j)[3*i+ch])
		}
	}
	return min(max(sum, 0), 255)
}

func TestSlowPillow(t *testing.T) {
	for seed, side := range [][2]int{{1, 1}, {5, 9}, {40, 31}, {7, 30}, {50, 2}} {
		p := madeUp(uint32(4*seed+1), side[0], side[1]) // little noise: clipping between the passes would show
		for _, f := range []Interpolation{Bilinear, Bicubic, Hamming, Lanczos} {
			got := pillowResize(p, 13, 11, f, window{0, 0, 13, 11})
			for i, v := range got.Pix {
				if want := slowPillow(p, 13, 11, f, i/3%13, i/3/13, i%3); math.Abs(float64(v)-want) > 2 {
					t.Errorf("%s %v at %d: %v, want %v", f, side, i, v, want)
				}
			}
		}
	}
}
