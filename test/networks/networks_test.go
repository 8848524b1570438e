// Package networks runs every network that convert knows, with random weights,
// on the engines.
package networks

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/verify"
)

// narrow is the named network with a quarter of its channels: the same layers,
// and a test that is quick.
func narrow(t *testing.T, name string) convert.Network {
	t.Helper()
	n, err := convert.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	if n.DepthMultiplier == 0 {
		n.DepthMultiplier = 1
	}
	n.DepthMultiplier /= 4
	n.FeatureSize = (n.FeatureSize + 15) / 16
	n.Classes = 10
	return n
}

// ablations are MobileNets with mixed depthwise convolutions.
func ablations(t *testing.T) []convert.Network {
	t.Helper()
	var list []convert.Network
	for _, name := range []string{"mobilenet_v1", "mobilenet_v2"} {
		for _, m := range []convert.MDConv{
			{Kernels: []int{3, 5, 7, 9, 11}},
			{Kernels: []int{3, 5, 7, 9}, Exponential: true},
			{Kernels: []int{3, 5, 7}, Dilated: true},
			{Kernels: []int{9}, Exponential: true, Dilated: true},
		} {
			n, err := narrow(t, name).WithMDConv(m)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, n)
		}
	}
	return list
}

func picture(size int) *mixconv.Tensor {
	x := make([]float32, 3*size*size)
	for i := range x {
		x[i] = float32(i*7919%2003)/1001 - 1
	}
	return mixconv.NewTensor(x, 1, 3, size, size)
}

// run lowers n and runs it; the planned engine must have kernels for all of it.
func run(t *testing.T, n convert.Network, w convert.Weights, lowering convert.Options, engine mixconv.Options, x *mixconv.Tensor) mixconv.Tensors {
	t.Helper()
	m, err := convert.Lower(n, w, lowering)
	if err != nil {
		t.Fatal(err)
	}
	s, err := mixconv.LoadModel(m, engine)
	if err != nil {
		t.Fatal(err)
	}
	if engine.Engine == mixconv.Planned {
		if fallbacks, err := s.Fallbacks(); err != nil || len(fallbacks) > 0 {
			t.Errorf("%s: fallbacks %q, %v", n.Name, fallbacks, err)
		}
	}
	out, err := s.Run(context.Background(), mixconv.Tensors{"input": x})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNetworks: both forms of every network give the same logits on the planned
// engine, which are those of the reference engine and of the same network
// written for an open size of pictures with its batch norms kept.
func TestNetworks(t *testing.T) {
	list := ablations(t)
	for _, name := range slices.Concat(convert.Names(), convert.TorchNames()) {
		list = append(list, narrow(t, name))
	}
	x := picture(64)
	for i, n := range list {
		if testing.Short() && i%8 != 0 { // where a processor is emulated, all take hours
			continue
		}
		w := convert.Random(n, 1)
		split := run(t, n, w, convert.Options{ImageSize: 64}, mixconv.Options{}, x)["logits"]
		requireAlive(t, n.Name, split)
		fused := run(t, n, w, convert.Options{ImageSize: 64, MDConv: convert.Fused}, mixconv.Options{}, x)["logits"]
		if !slices.Equal(mixconv.Floats(split), mixconv.Floats(fused)) {
			t.Errorf("%s: the forms' logits differ", n.Name)
		}
		open := run(t, n, w, convert.Options{MDConv: convert.Fused, KeepBN: true, ImageSize: convert.Dynamic}, mixconv.Options{}, x)["logits"]
		requireClose(t, n.Name+", open size", open, split)
		reference := run(t, n, w, convert.Options{ImageSize: 64, MDConv: convert.Fused}, mixconv.Options{Engine: mixconv.Reference}, x)["logits"]
		requireClose(t, n.Name+", reference engine", split, reference)
	}
}

func requireAlive(t *testing.T, name string, logits *tensor.Tensor) {
	t.Helper()
	data := mixconv.Floats(logits)
	low, high := slices.Min(data), slices.Max(data)
	if !(high-low > 0.01) || math.IsInf(float64(high), 0) || math.IsInf(float64(low), 0) {
		t.Errorf("%s: logits from %g to %g", name, low, high)
	}
}

func requireClose(t *testing.T, name string, got, want *tensor.Tensor) {
	t.Helper()
	if v := verify.Compare("logits", got, want, verify.DefaultTolerance); !v.Pass {
		t.Errorf("%s: logits differ by %v of the largest %s", name, v.MaxRel, v.Note)
	}
}

// TestFeatures: there is a map at each stride from 4 to 32, of that size.
func TestFeatures(t *testing.T) {
	for _, name := range []string{"mixnet-s", "tf_mixnet_m", "mobilenetv3_large_100", "proxylessnas_cpu", "shufflenet_v2_x1_0"} {
		n := narrow(t, name)
		w := convert.Random(n, 1)
		x := picture(96)
		maps := run(t, n, w, convert.Options{ImageSize: 96, Features: true}, mixconv.Options{}, x)
		for stride, output := range map[int]string{4: "features_4", 8: "features_8", 16: "features_16", 32: "features_32"} {
			if got := maps[output]; got == nil || got.Shape[2] != 96/stride || got.Shape[3] != 96/stride {
				t.Errorf("%s: %s is %v", name, output, got)
			}
		}
		if len(maps) != 4 {
			t.Errorf("%s: %d outputs, want 4", name, len(maps))
		}
	}
}
