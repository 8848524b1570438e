package mixconv_test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/internal/testenv"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
)

// reference is a checkpoint with what TensorFlow computed from it.
type reference struct {
	name   string // for the test
	path   string // below MIXCONV_REFS
	folder string // of io.npz and endpoints.npz
	model  string // the network that must be found
	size   int
	ema    string
	logits string // the array of io.npz
	layers bool   // endpoints.npz belongs to these weights
}

var references = []reference{
	{"mixnet-s", "tf/mixnet-s", "tf/mixnet-s", "mixnet-s", 224, "auto", "logits", true},
	{"mixnet-s raw", "tf/mixnet-s", "tf/mixnet-s", "mixnet-s", 224, "off", "logits_raw", false},
	{"mixnet-m", "tf/mixnet-m", "tf/mixnet-m", "mixnet-m", 224, "auto", "logits", true},
	{"mixnet-s dilated", "tf/mixnet-s-dilated-w050", "tf/mixnet-s-dilated-w050", "mixnet-s", 96, "auto", "logits", true},
	{"mixnet-m frozen", "tf/mixnet-m-w050-frozen/frozen.pb", "tf/mixnet-m-w050-frozen", "mixnet-m", 96, "auto", "logits", true},
}

// TestReferences is the main job: every checkpoint, in both forms, on both
// engines, against TensorFlow's logits (within 2e-5 of the largest) and block
// outputs (within 1e-4 of each output's largest).
func TestReferences(t *testing.T) {
	refs := testenv.Refs(t)
	for _, ref := range references {
		for _, form := range []convert.Form{convert.Split, convert.Fused} {
			t.Run(fmt.Sprintf("%s/%s", ref.name, form), func(t *testing.T) {
				m, err := tf.Convert(filepath.Join(refs, ref.path), convert.Options{MDConv: form, EMA: ref.ema, ImageSize: ref.size})
				if err != nil {
					t.Fatal(err)
				}
				if m.Network.Name != ref.model {
					t.Errorf("found %s, want %s", m.Network.Name, ref.model)
				}
				io := readArchive(t, filepath.Join(refs, ref.folder, "io.npz"))
				var endpoints map[string]*tensor.Tensor
				if ref.layers {
					endpoints = readArchive(t, filepath.Join(refs, ref.folder, "endpoints.npz"))
				}
				for _, engine := range []mixconv.Options{{Engine: mixconv.Planned, Threads: 2}, {Engine: mixconv.Reference}} {
					checkReference(t, m.Model, engine, nchw(io["input"]), io[ref.logits], endpoints)
				}
			})
		}
	}
}

func readArchive(t *testing.T, path string) map[string]*tensor.Tensor {
	t.Helper()
	arrays, err := npy.ReadArchive(path, mixconv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return arrays
}

func checkReference(t *testing.T, m *mixconv.Model, o mixconv.Options, input, logits *tensor.Tensor, endpoints map[string]*tensor.Tensor) {
	t.Helper()
	plain, err := mixconv.LoadModel(m, o)
	if err != nil {
		t.Fatal(err)
	}
	if o.Engine == mixconv.Planned {
		if fallbacks, err := plain.Fallbacks(); err != nil || len(fallbacks) > 0 {
			t.Errorf("fallbacks %q, %v", fallbacks, err)
		}
	}
	out, err := plain.Run(context.Background(), mixconv.Tensors{"input": input})
	if err != nil {
		t.Fatal(err)
	}
	requireWithin(t, fmt.Sprint(o.Engine, " logits"), logits, out["logits"], 2e-5)
	if endpoints == nil {
		return
	}
	o.Layers = true
	layers, err := mixconv.LoadModel(m, o)
	if err != nil {
		t.Fatal(err)
	}
	all, err := layers.Run(context.Background(), mixconv.Tensors{"input": firstPicture(input)})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range endpoints {
		got := all[name]
		if got == nil {
			t.Errorf("%v: the model has no value %q", o.Engine, name)
			continue
		}
		requireWithin(t, fmt.Sprint(o.Engine, " ", name), nchw(want), got, 1e-4)
	}
}

func requireWithin(t *testing.T, what string, want, got *tensor.Tensor, bound float64) {
	t.Helper()
	if got == nil || !got.Shape.Equal(want.Shape) {
		t.Fatalf("%s: shape %v, want %v", what, got, want.Shape)
	}
	most, diff := 0.0, 0.0
	for i, v := range tensor.Data[float32](want) {
		most = max(most, math.Abs(float64(v)))
		diff = max(diff, math.Abs(float64(v)-float64(tensor.Data[float32](got)[i])))
	}
	if !(diff <= bound*most) || most == 0 {
		t.Errorf("%s: differs by %.3g of %.3g: %.3g, allowed %.3g", what, diff, most, diff/most, bound)
	}
}

// nchw transposes [N,H,W,C] to [N,C,H,W]; other ranks stay.
func nchw(t *tensor.Tensor) *tensor.Tensor {
	if len(t.Shape) != 4 {
		return t
	}
	n, area, c := t.Shape[0], t.Shape[1]*t.Shape[2], t.Shape[3]
	out := tensor.New(tensor.Float32, n, c, t.Shape[1], t.Shape[2])
	src, dst := tensor.Data[float32](t), tensor.Data[float32](out)
	for i := range n {
		for p := range area {
			for k := range c {
				dst[(i*c+k)*area+p] = src[(i*area+p)*c+k]
			}
		}
	}
	return out
}

func firstPicture(t *tensor.Tensor) *tensor.Tensor {
	shape := t.Shape.Clone()
	shape[0] = 1
	return tensor.Of(tensor.Data[float32](t)[:shape.Elements()], shape...)
}
