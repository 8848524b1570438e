package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

// geometry is one convolution to test, on every Set.
type geometry struct {
	n, h, w, in, out, groups int
	win                      Window
	bottom, right            int // padding
	residual                 bool
	f                        act.Func
	subnormal                bool // numbers are a mixture
}

func (g geometry) String() string {
	return fmt.Sprintf("n%d %dx%d c%d-%d g%d %+v pad %d,%d res=%t %v", g.n, g.h, g.w, g.in, g.out, g.groups, g.win, g.bottom, g.right, g.residual, g.f)
}

// outSize is the output's height and width; not positive if the kernel does
// not fit.
func (g geometry) outSize() (int, int) {
	w := g.win
	return (g.h+w.Top+g.bottom-(w.KH-1)*w.DH-1)/w.SH + 1, (g.w+w.Lft+g.right-(w.KW-1)*w.DW-1)/w.SW + 1
}

// rounds is n, or a tenth of it where -short says that the machine is slow.
func rounds(n int) int {
	if testing.Short() {
		return n / 10
	}
	return n
}

func randomGeometry(r *rand.Rand, depthwise bool) geometry {
	acts := []act.Func{{}, {Kind: act.Relu}, {Kind: act.Clip, B: 6}, {Kind: act.Swish, A: 1}, {Kind: act.HardSwish, A: 1.0 / 6, B: 0.5}, {Kind: act.Sigmoid}}
	for {
		g := geometry{n: 1 + r.IntN(2), h: 1 + r.IntN(13), w: 1 + r.IntN(50), groups: 1 + r.IntN(3), residual: r.IntN(2) == 0, f: acts[r.IntN(len(acts))]}
		g.win = Window{KH: 1 + r.IntN(5), KW: 1 + r.IntN(5), SH: 1 + r.IntN(3), SW: 1 + r.IntN(3), DH: 1 + r.IntN(3), DW: 1 + r.IntN(3), Top: r.IntN(4), Lft: r.IntN(4)}
		if r.IntN(3) == 0 {
			g.win = Window{KH: 1, KW: 1, SH: 1, SW: 1, DH: 1, DW: 1}
		} else {
			g.bottom, g.right = r.IntN(4), r.IntN(4)
		}
		g.in, g.out = g.groups*(1+r.IntN(20)), g.groups*(1+r.IntN(20))
		if depthwise {
			g.in = 1 + r.IntN(40)
			g.out, g.groups = g.in, g.in
		}
		if oh, ow := g.outSize(); oh > 0 && ow > 0 && (g.h+g.win.Top+g.bottom) >= (g.win.KH-1)*g.win.DH+1 && (g.w+g.win.Lft+g.right) >= (g.win.KW-1)*g.win.DW+1 {
			return g
		}
	}
}

// randomImage lies at an odd place in a buffer with canaries around it: other
// channels before and behind each pixel's own.
func randomImage(r *rand.Rand, n, h, w, c int) Image {
	before, behind := r.IntN(4), r.IntN(4)
	pixel := before + c + behind
	data := make([]float32, n*h*w*pixel+before)
	for i := range data {
		data[i] = float32(r.NormFloat64())
	}
	return Image{Data: data[before:], N: n, H: h, W: w, C: c, Pixel: pixel}
}

// value is the plain definition of one output element, in float64. weights are
// [out][in/groups][kh][kw].
func (g geometry) value(in Image, weights, bias []float32, n, y, x, o int) float64 {
	return g.sum(in, weights, bias, n, y, x, o, func(v float32) float64 { return float64(v) })
}

// sum is value with every number replaced by of.
func (g geometry) sum(in Image, weights, bias []float32, n, y, x, o int, of func(float32) float64) float64 {
	sum := of(bias[o])
	perGroup := g.in / g.groups
	first := o / (g.out / g.groups) * perGroup
	for c := range perGroup {
		for ky := range g.win.KH {
			for kx := range g.win.KW {
				iy, ix := y*g.win.SH-g.win.Top+ky*g.win.DH, x*g.win.SW-g.win.Lft+kx*g.win.DW
				if iy < 0 || iy >= g.h || ix < 0 || ix >= g.w {
					continue
				}
				v := in.at((n*g.h+iy)*g.w + ix)[first+c]
				sum += of(v) * of(weights[((o*perGroup+c)*g.win.KH+ky)*g.win.KW+kx])
			}
		}
	}
	return sum
}

func exact(f act.Func, v float64) float64 {
	a, b := float64(f.A), float64(f.B)
	hard := math.Max(0, math.Min(1, a*v+b))
	switch f.Kind {
	case act.Relu:
		return math.Max(v, 0)
	case act.Clip:
		return math.Min(math.Max(v, a), b)
	case act.Sigmoid:
		return 1 / (1 + math.Exp(-v))
	case act.Swish:
		return v / (1 + math.Exp(-a*v))
	case act.HardSigmoid:
		return hard
	case act.HardSwish:
		return v * hard
	case act.LeakyRelu:
		return math.Max(v, 0) + a*math.Min(v, 0)
	case act.Round:
		return math.RoundToEven(v)
	case act.Exp:
		return math.Exp(v - a)
	case act.Tanh:
		return math.Tanh(v)
	case act.Erf:
		return math.Erf(v)
	case act.Gelu:
		return v * math.Erfc(-v/math.Sqrt2) / 2
	case act.GeluTanh:
		return v / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(v+0.044715*v*v*v)))
	}
	return v
}

func randoms(r *rand.Rand, n int) []float32 {
	list := make([]float32, n)
	for i := range list {
		list[i] = float32(r.NormFloat64())
	}
	return list
}

// check runs the job that bind makes in a random task order and compares with
// the definition; floats outside the output's channels must not change.
func (g geometry) check(t *testing.T, r *rand.Rand, bind func(in, out Image, f Finish, weights, bias []float32) Job) {
	t.Helper()
	oh, ow := g.outSize()
	in, out := randomImage(r, g.n, g.h, g.w, g.in), randomImage(r, g.n, oh, ow, g.out)
	weights, bias := randoms(r, g.out*g.in/g.groups*g.win.KH*g.win.KW), randoms(r, g.out)
	finish := Finish{Act: g.f}
	if g.residual {
		finish.Residual = randomImage(r, g.n, oh, ow, g.out)
	}
	if g.subnormal {
		for _, list := range [][]float32{in.Data, weights, bias, finish.Residual.Data} {
			copy(list, mixture(r, len(list)))
		}
	}
	before := append([]float32(nil), out.Data...)
	job := bind(in, out, finish, weights, bias)
	for _, task := range r.Perm(job.Tasks) {
		job.Run(task, 0)
	}
	for i := range g.n * oh * ow {
		got, old := out.Data[i*out.Pixel:], before[i*out.Pixel:]
		for c := range min(out.Pixel, len(got)) {
			if c >= g.out {
				if got[c] != old[c] {
					t.Fatalf("%v: pixel %d: wrote behind the channels", g, i)
				}
				continue
			}
			want := g.value(in, weights, bias, i/(oh*ow), i/ow%oh, i%ow, c)
			if g.residual {
				want += float64(finish.Residual.at(i)[c])
			}
			want = exact(g.f, want)
			most := 1e-4 * (1 + math.Abs(want))
			if g.subnormal {
				most = slack(g.in/g.groups*g.win.KH*g.win.KW, func(more float64) float64 {
					sum := g.sum(in, weights, bias, i/(oh*ow), i/ow%oh, i%ow, c, func(v float32) float64 { return plus(v, more) })
					if g.residual {
						sum += plus(finish.Residual.at(i)[c], more)
					}
					return sum
				})
			}
			if diff := math.Abs(float64(got[c]) - want); !(diff <= most) {
				t.Fatalf("%v: pixel %d channel %d: %g, want %g", g, i, c, got[c], want)
			}
		}
	}
}

// testSlab has the weights of all tests.
var testSlab Slab

func TestConv(t *testing.T) {
	for _, s := range Sets {
		r := rand.New(rand.NewPCG(1, 2))
		planar := 0
		for i := range rounds(300) {
			g := randomGeometry(r, false)
			if i%4 == 0 { // like a stem
				g.groups, g.in, g.out, g.win.DW, g.w = 1, 1+r.IntN(4), 1+r.IntN(20), 1, 40+r.IntN(20)
			}
			g.check(t, r, func(in, out Image, f Finish, weights, bias []float32) Job {
				c := packedConv(s, g, in, out, f, weights, bias)
				if c.Planar {
					planar++
				}
				return bindConv(s, c)
			})
		}
		if planar == 0 {
			t.Error("no planar picture")
		}
	}
}

// packedConv is g's convolution, planar where that can be.
func packedConv(s *Set, g geometry, in, out Image, f Finish, weights, bias []float32) Conv {
	c := Conv{In: in, Out: out, Window: g.win, Bias: bias, Finish: f}
	perGroup, rows, area := g.in/g.groups, g.out/g.groups, g.win.KH*g.win.KW
	c.Weights = s.PackConv(&testSlab, rowsOf(weights, perGroup*area), g.groups, rows, perGroup, area)
	if g.groups == 1 && c.CanPlanar() {
		c.Planar, c.In.Data = true, planes(in)
		c.Weights = s.PackConv(&testSlab, rowsOf(weights, perGroup*area), 1, rows, perGroup*area, 1)
	}
	return c
}

// bindConv gives c memory.
func bindConv(s *Set, c Conv) Job {
	c.Work = testWork(c.ScratchSize(s, c.Scale.Data != nil), c.MaxPieces())
	testSlab.Wait()
	return c.Bind(s)
}

// planes returns a picture's channels in planes.
func planes(m Image) []float32 {
	data := make([]float32, m.pixels()*m.C)
	area := m.H * m.W
	for i := range m.pixels() {
		for c, v := range m.at(i) {
			data[(i/area*m.C+c)*area+i%area] = v
		}
	}
	return data
}

// TestMixed covers depthwise convolutions of one group; channels of several
// groups with windows of their own are put together in TestMixedGroups.
func TestMixed(t *testing.T) {
	for _, s := range Sets {
		r := rand.New(rand.NewPCG(3, 4))
		for range rounds(300) {
			g := randomGeometry(r, true)
			g.check(t, r, func(in, out Image, f Finish, weights, bias []float32) Job {
				return bindMixed(s, Mixed{In: in, Out: out, Finish: f, Groups: []MixedGroup{{g.in, g.win}}}, weights, bias)
			})
		}
	}
}

// tapsOf cuts weights, of each channel its taps, into groups.
func tapsOf(groups []MixedGroup, weights []float32) (taps []Rows) {
	for _, g := range groups {
		area := g.Window.KH * g.Window.KW
		taps = append(taps, rowsOf(weights, area))
		weights = weights[g.Channels*area:]
	}
	return taps
}

// bindMixed packs weights, of each channel its taps, one channel after another.
func bindMixed(s *Set, m Mixed, weights, bias []float32) Job {
	m.Panels = s.PackMixed(&testSlab, m.Groups, 0, tapsOf(m.Groups, weights), bias)
	return bind(s, m)
}

// TestMixedGroups compares MDConv of several kernel sizes with one depthwise
// convolution per range of channels: bit for bit.
func TestMixedGroups(t *testing.T) {
	for _, s := range Sets {
		r := rand.New(rand.NewPCG(5, 6))
		for _, split := range [][]int{{3, 3, 2}, {60, 60}, {1, 2, 3, 4, 5}, {31, 30, 30, 29}} {
			channels := 0
			for _, c := range split {
				channels += c
			}
			stride := 1 + r.IntN(2)
			in := randomImage(r, 2, 9, 7, channels)
			size := func(n int) int { return (n-1)/stride + 1 }
			whole, parts := randomImage(r, 2, size(9), size(7), channels), randomImage(r, 2, size(9), size(7), channels)
			m := Mixed{In: in, Out: whole}
			bias := randoms(r, channels)
			var weights []float32
			from := 0
			for i, c := range split {
				k := 3 + 2*i
				g := MixedGroup{Channels: c, Window: Window{KH: k, KW: k, SH: stride, SW: stride, DH: 1, DW: 1, Top: k / 2, Lft: k / 2}}
				m.Groups = append(m.Groups, g)
				own := randoms(r, k*k*c)
				weights = append(weights, own...)
				bindMixed(s, Mixed{In: in.channels(from, c), Out: parts.channels(from, c), Groups: []MixedGroup{g}}, own, bias[from:]).All()
				from += c
			}
			bindMixed(s, m, weights, bias).All()
			for i := range whole.pixels() {
				if a, b := whole.at(i), parts.at(i); fmt.Sprint(a) != fmt.Sprint(b) {
					t.Fatalf("%s split %v pixel %d: %v, by parts %v", s.Name, split, i, a, b)
				}
			}
		}
	}
}
