package refs

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/verify"
)

// plantedSize is the height and width of the networks that errors are planted
// in.
const plantedSize = 64

// truth is a network, and a right run of it to compare with.
type truth struct {
	network convert.Network
	weights convert.Weights
	run     string          // path of its .npz
	values  map[string]bool // that it has, by name
}

// plant is an error, and the value that must be the first to show it.
type plant struct {
	name, first string
	apply       func(*testing.T, *attempt)
}

// attempt is a conversion that goes wrong: a network with weights, which are
// replaced and not written to, and what is done to the model behind it.
type attempt struct {
	network convert.Network
	weights convert.Weights
	alter   func(*testing.T, *onnx.Model)
}

// TestPlantedErrors plants one error at a time in a MixNet-S of a quarter of the width,
// which is compared with a recorded run of the right one on the reference
// engine: `mixconv verify` finds each, says so by its exit code, and names the
// layer.
func TestPlantedErrors(t *testing.T) {
	n, err := convert.Named("mixnet_s")
	if err != nil {
		t.Fatal(err)
	}
	n.DepthMultiplier, n.DepthDivisor, n.FeatureSize, n.Classes = 0.25, 4, 128, 50
	right := truth{network: n, weights: convert.Random(n, 1)}
	reference, err := verify.Model("right", right.lower(t), verify.Options{Layers: true, Session: mixconv.Options{Engine: mixconv.Reference}})
	if err != nil {
		t.Fatal(err)
	}
	right.record(t, reference)
	right.plantAll(t)
}

// TestPlantedErrorsTimm does so with a whole MixNet-S, and timm's run of it.
func TestPlantedErrorsTimm(t *testing.T) {
	folder := t.TempDir()
	python(t, nil, "weights.py", folder, "mixnet_s")
	file := filepath.Join(folder, "mixnet_s.npz")
	source, err := torch.Load(file, convert.Options{Model: "mixnet_s"})
	if err != nil {
		t.Fatal(err)
	}
	right := truth{network: source.Network, weights: source.Weights}
	reference, err := verify.Timm(verify.Live{Weights: file})
	if err != nil {
		t.Fatal(err)
	}
	right.record(t, reference)
	right.plantAll(t)
}

func (r *truth) lower(t *testing.T) *onnx.Model {
	t.Helper()
	m, err := convert.Lower(r.network, r.weights, convert.Options{ImageSize: plantedSize})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// record runs the reference and keeps what it gives of modules: values that
// have a / in their name are not theirs.
func (r *truth) record(t *testing.T, reference verify.Reference) {
	t.Helper()
	input := mixconv.Tensors{"input": noise(2, plantedSize)}
	report, err := verify.Run(t.Context(), r.lower(t), []verify.Reference{reference}, verify.Options{Tolerance: verify.DefaultTolerance, Layers: true, Input: input, Record: true})
	if err != nil {
		t.Fatal(err)
	}
	c := report.References[0]
	if !c.Pass {
		t.Fatalf("without an error, different from %s at %s by %v", c.Name, *c.FirstDifferent, c.LeastRtol)
	}
	t.Logf("without an error, different from %s by %v", c.Name, c.LeastRtol)
	run := c.Record()
	r.values = map[string]bool{}
	for name := range run {
		if strings.Contains(name, "/") {
			delete(run, name)
		} else {
			r.values[name] = true
		}
	}
	r.run = filepath.Join(t.TempDir(), "right.npz")
	writeArrays(t, r.run, run)
}

func (r *truth) plantAll(t *testing.T) {
	plants := slices.Concat(r.kernels(), r.norms(), r.networks(), graphErrors(t, r.lower(t)))
	if len(plants) < 100 {
		t.Errorf("only %d errors", len(plants))
	}
	t.Logf("%d errors", len(plants))
	command, file := buildProgram(t), filepath.Join(t.TempDir(), "planted.onnx")
	if c, code := command.verify(t, write(t, file, r.lower(t)), "--ref", "npz:"+r.run, "--layers"); code != 0 || !c.Pass {
		t.Errorf("without an error: exit code %d, pass %v", code, c.Pass)
	}
	for _, p := range plants {
		a := attempt{network: r.network, weights: make(convert.Weights), alter: func(*testing.T, *onnx.Model) {}}
		for role, w := range r.weights {
			a.weights[role] = w
		}
		p.apply(t, &a)
		m, err := convert.Lower(a.network, a.weights, convert.Options{ImageSize: plantedSize})
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
			continue
		}
		a.alter(t, m)
		command.requireFound(t, p.name, p.first, write(t, file, m), "--ref", "npz:"+r.run, "--layers")
	}
}

// write writes m to a file, whose path it returns.
func write(t *testing.T, path string, m *onnx.Model) string {
	t.Helper()
	if err := m.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// shown is the value that is the first to show what a parameter does: the
// result of its own module, or of the batch norm behind it, which is folded
// into it, or of the block if the batch norm is its last.
func (r *truth) shown(p convert.Param) string {
	name := p.Module
	if !strings.Contains(p.Role, ".se.") && p.Role != "classifier.weight" && p.Role != "classifier.bias" {
		part := p.Role[:strings.LastIndex(p.Role, ".")] // blocks.3.depthwise.0, stem.bn
		part = strings.TrimSuffix(part, ".bn")
		if i := strings.LastIndex(part, "."); i >= 0 && len(part)-i <= 2 && strings.Count(part, ".") == 3 {
			part = part[:i]
		}
		part = strings.TrimSuffix(part, ".conv")
		for _, q := range r.network.Params() {
			if q.Role == part+".bn.gamma" {
				name = q.Module
			}
		}
	}
	if !r.values[name] {
		name = name[:strings.LastIndex(name, ".")]
	}
	return name
}

// spread picks n of list, evenly.
func spread[T any](list []T, n int) []T {
	var some []T
	for i := range min(n, len(list)) {
		some = append(some, list[i*len(list)/min(n, len(list))])
	}
	return some
}

// pick returns parameters that fit, n of them.
func (r *truth) pick(n int, fits func(convert.Param) bool) []convert.Param {
	var list []convert.Param
	for _, p := range r.network.Params() {
		if fits(p) {
			list = append(list, p)
		}
	}
	return spread(list, n)
}

// change plants an error in each of some parameters, whose elements f returns
// anew.
func (r *truth) change(what string, params []convert.Param, f func(shape []int, w []float32) []float32) []plant {
	var plants []plant
	for _, p := range params {
		plants = append(plants, plant{what + ": " + p.Role, r.shown(p), func(_ *testing.T, a *attempt) {
			w := a.weights[p.Role]
			a.weights[p.Role] = mixconv.NewTensor(f(w.Shape, slices.Clone(mixconv.Floats(w))), w.Shape...)
		}})
	}
	return plants
}

// kernels are errors in what convolutions and the classifier multiply with.
func (r *truth) kernels() []plant {
	depthwise := func(p convert.Param) bool { return p.Kind == convert.Depthwise }
	pointwise := func(p convert.Param) bool { return p.Kind == convert.Kernel && !strings.Contains(p.Role, ".se.") }
	squeeze := func(p convert.Param) bool { return strings.Contains(p.Role, ".se.") && p.Kind == convert.Kernel }
	bias := func(p convert.Param) bool { return p.Kind == convert.Bias }
	dense := func(p convert.Param) bool { return p.Kind == convert.Dense }
	return slices.Concat(
		r.change("kernel transposed", r.pick(5, depthwise), transposeKernels),
		r.change("kernel upside down", r.pick(4, depthwise), func(s []int, w []float32) []float32 { return reverseRuns(w, s[2]*s[3], s[3]) }),
		r.change("channels in reverse", r.pick(5, depthwise), func(s []int, w []float32) []float32 { return reverseRuns(w, len(w), len(w)/s[0]) }),
		r.change("average missing", r.pick(4, depthwise), notAveraged),
		r.change("output channels in reverse", r.pick(5, pointwise), func(s []int, w []float32) []float32 { return reverseRuns(w, len(w), len(w)/s[0]) }),
		r.change("input channels in reverse", r.pick(6, pointwise), func(s []int, w []float32) []float32 { return reverseRuns(w, len(w)/s[0], s[2]*s[3]) }),
		r.change("average missing", r.pick(4, pointwise), notAveraged),
		r.change("half precision", r.pick(3, pointwise), halfPrecision),
		r.change("input channels in reverse", r.pick(4, squeeze), func(s []int, w []float32) []float32 { return reverseRuns(w, len(w)/s[0], 1) }),
		r.change("bias missing", r.pick(5, bias), func(_ []int, w []float32) []float32 { return make([]float32, len(w)) }),
		r.change("classes off by one", r.pick(1, dense), func(s []int, w []float32) []float32 { return append(w[s[1]:], w[:s[1]]...) }),
	)
}

// norms are errors in batch norms.
func (r *truth) norms() []plant {
	of := func(kind convert.Kind, n int) []convert.Param {
		return r.pick(n, func(p convert.Param) bool { return p.Kind == kind })
	}
	plants := slices.Concat(
		r.change("mean missing", of(convert.Mean, 4), func(_ []int, w []float32) []float32 { return make([]float32, len(w)) }),
		r.change("variance missing", of(convert.Variance, 4), func(_ []int, w []float32) []float32 { return slices.Repeat([]float32{1}, len(w)) }),
		r.change("epsilon 1e-3 for 1e-5", of(convert.Variance, 4), func(_ []int, w []float32) []float32 {
			for i := range w {
				w[i] += 1e-3 - 1e-5
			}
			return w
		}),
		r.change("average missing", of(convert.Gamma, 4), notAveraged),
	)
	for _, p := range of(convert.Gamma, 6) {
		beta := strings.TrimSuffix(p.Role, "gamma") + "beta"
		plants = append(plants, plant{"gamma and beta exchanged: " + p.Role, r.shown(p), func(_ *testing.T, a *attempt) {
			a.weights[p.Role], a.weights[beta] = a.weights[beta], a.weights[p.Role]
		}})
	}
	return append(plants, r.swappedNorms(5)...)
}

// swappedNorms exchange all of two batch norms of the same width.
func (r *truth) swappedNorms(n int) []plant {
	gammas := r.pick(1000, func(p convert.Param) bool { return p.Kind == convert.Gamma && strings.HasPrefix(p.Role, "blocks") })
	var plants []plant
	for i, p := range gammas {
		for _, q := range gammas[i+1:] {
			if !q.Shape.Equal(p.Shape) {
				continue
			}
			plants = append(plants, plant{"batch norms exchanged: " + p.Role + ", " + q.Role, r.shown(p), func(_ *testing.T, a *attempt) {
				for _, leaf := range []string{"gamma", "beta", "mean", "variance"} {
					x, y := strings.TrimSuffix(p.Role, "gamma")+leaf, strings.TrimSuffix(q.Role, "gamma")+leaf
					a.weights[x], a.weights[y] = a.weights[y], a.weights[x]
				}
			}})
			break
		}
	}
	return spread(plants, n)
}

// networks are errors in what is taken for granted about all layers.
func (r *truth) networks() []plant {
	return []plant{
		{"epsilon 1e-3 for 1e-5 everywhere", "bn1", func(_ *testing.T, a *attempt) { a.network.BatchNormEpsilon = 1e-3 }},
		{"TensorFlow's padding", "bn1", func(_ *testing.T, a *attempt) { a.network.Padding = convert.Same }},
	}
}

// transposeKernels exchanges height and width.
func transposeKernels(s []int, w []float32) []float32 {
	out := make([]float32, len(w))
	k := s[2]
	for i := range w {
		y, x := i/k%k, i%k
		out[i-y*k-x+x*k+y] = w[i]
	}
	return out
}

// reverseRuns takes, within each stretch of w, its runs backwards.
func reverseRuns(w []float32, stretch, run int) []float32 {
	var out []float32
	for part := range slices.Chunk(w, stretch) {
		runs := slices.Collect(slices.Chunk(part, run))
		slices.Reverse(runs)
		out = append(out, slices.Concat(runs...)...)
	}
	return out
}

// notAveraged is off by what a last step of training may change.
func notAveraged(_ []int, w []float32) []float32 {
	for i := range w {
		w[i] *= 1 + 2e-3*float32(math.Sin(float64(i)))
	}
	return w
}

// halfPrecision keeps 11 bits of each number.
func halfPrecision(_ []int, w []float32) []float32 {
	for i := range w {
		w[i] = math.Float32frombits((math.Float32bits(w[i]) + 1<<12) &^ (1<<13 - 1))
	}
	return w
}
