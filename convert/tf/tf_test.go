package tf

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf/internal/bundletest"
	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/testenv"
	"github.com/mixconv/mixconv/limit"
)

const digits = "../../testdata/digits/model.ckpt-1600"

// loadTensors loads a checkpoint of these tensors.
func loadTensors(t *testing.T, o convert.Options, tensors ...bundletest.Tensor) (*convert.Source, error) {
	t.Helper()
	return Load(write(t, tensors, 2), o)
}

func TestLayouts(t *testing.T) {
	n := small(t)
	for _, s := range []style{
		official,
		{layers: "net/mixnet_model", norms: "net", norm: "tpu_batch_normalization"},
		{layers: "mixnet_model", norms: "mixnet_model", norm: "batch_normalization", gap: 3},
	} {
		source, err := loadTensors(t, convert.Options{}, tensorsOf(synthesize(n, s))...)
		if err != nil {
			t.Errorf("%+v: %v", s, err)
			continue
		}
		if g := source.Network; g.Name != "mixnet-s" || g.DepthMultiplier != 0.25 || g.FeatureSize != 16 || g.Classes != 3 {
			t.Errorf("%+v: found %s, %g, %d, %d", s, g.Name, g.DepthMultiplier, g.FeatureSize, g.Classes)
		}
		checkWeights(t, n, source.Weights, 1)
		if source.Averages || source.Network.TrainedParams() != n.TrainedParams() {
			t.Errorf("%+v: averages %t, %d trained parameters", s, source.Averages, source.Network.TrainedParams())
		}
	}
}

func TestEveryNetworkIsFound(t *testing.T) {
	for _, name := range convert.Names() {
		for _, change := range []func(*convert.Network){
			func(n *convert.Network) {},
			func(n *convert.Network) { n.Classes = 1001 },
			func(n *convert.Network) { n.Blocks = dilateAll(n.Blocks) },
			func(n *convert.Network) {
				n.Blocks = slices.Clone(n.Blocks)
				n.Blocks[4].Dilated = true
			},
			func(n *convert.Network) { n.DepthMultiplier = 0.35 },
		} {
			want, err := convert.Named(name)
			if err != nil {
				t.Fatal(err)
			}
			change(&want)
			tree, err := buildTree(&names{vars: unread(want, name)})
			if err != nil {
				t.Fatal(err)
			}
			all, _ := candidates("auto")
			got, roles, err := identify(tree, all)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if got.Name != name || got.Classes != want.Classes || len(roles) != len(want.Params()) {
				t.Errorf("%s found as %s with %d classes", describe(want), describe(got), got.Classes)
			}
			for i, b := range got.Expand() {
				if w := want.Expand()[i]; b.String() != w.String() {
					t.Errorf("%s: block %d is %s, want %s", describe(want), i, b, w)
				}
			}
		}
	}
}

// unread are the network's variables by name and shape alone.
func unread(n convert.Network, model string) []named {
	var list []named
	params := n.Params()
	names := nameParams(params, style{layers: model + "/mixnet_model", norms: model, norm: "batch_normalization"})
	for i, p := range params {
		list = append(list, named{name: names[i], shape: storedShape(p), raw: i, avg: -1})
	}
	return list
}

func TestAverages(t *testing.T) {
	n := small(t)
	raw := tensorsOf(synthesize(n, official))
	avg := averaged(raw)
	both := slices.Concat(raw, avg)
	withoutMoments := slices.DeleteFunc(slices.Clone(both), func(t bundletest.Tensor) bool {
		return strings.Contains(t.Name, "moving_") && strings.HasSuffix(t.Name, average)
	})
	without := func(list []bundletest.Tensor, suffix string) []bundletest.Tensor {
		return slices.DeleteFunc(slices.Clone(list), func(t bundletest.Tensor) bool { return strings.HasSuffix(t.Name, suffix) })
	}
	for _, c := range []struct {
		name, ema string
		tensors   []bundletest.Tensor
		sign      float32 // of the weights; 0: an error that contains want
		want      string
	}{
		{"both", "auto", both, -1, ""},
		{"both", "on", both, -1, ""},
		{"both", "off", both, 1, ""},
		{"raw", "auto", raw, 1, ""},
		{"raw", "off", raw, 1, ""},
		{"raw", "on", raw, 0, "no averages"},
		{"averages", "auto", avg, -1, ""},
		{"averages", "off", avg, 0, "only averages"},
		{"one average missing", "auto", without(both, "dense/bias"+average), 0, "dense/bias: no average of it"},
		{"one moment's average missing", "auto", without(both, "blocks_10/batch_normalization/moving_mean"+average), 0, "blocks_10/batch_normalization/moving_mean: no average of it"},
		{"one moment's average missing", "on", without(both, "blocks_10/batch_normalization/moving_variance"+average), 0, "blocks_10/batch_normalization/moving_variance: no average of it"},
		{"all averages of means missing", "auto", without(both, "moving_mean"+average), 0, "moving_mean: no average of it"},
		{"one variable missing", "auto", without(both, "dense/bias"), -1, ""},
		{"one variable missing", "off", without(both, "dense/bias"), 0, "dense/bias: only its average"},
		{"both", "maybe", both, 0, "allowed auto, on and off"},
	} {
		source, err := loadTensors(t, convert.Options{EMA: c.ema}, c.tensors...)
		switch {
		case c.sign == 0:
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %s: error %v, want %q", c.name, c.ema, err, c.want)
			}
		case err != nil:
			t.Errorf("%s, %s: %v", c.name, c.ema, err)
		case source.Averages != (c.sign < 0):
			t.Errorf("%s, %s: averages %t", c.name, c.ema, source.Averages)
		default:
			checkWeights(t, n, source.Weights, c.sign)
		}
	}
	// Where no moment has an average, TensorFlow restores them from their variables.
	source, err := loadTensors(t, convert.Options{}, withoutMoments...)
	if err != nil {
		t.Fatal(err)
	}
	beta, mean := source.Weights["stem.bn.beta"], source.Weights["stem.bn.mean"]
	if beta.Data.([]float32)[0] > 0 || mean.Data.([]float32)[0] < 0 {
		t.Errorf("beta %v, mean %v", beta.Data, mean.Data)
	}
}

func TestIgnored(t *testing.T) {
	n := small(t)
	tensors := tensorsOf(synthesize(n, official))
	kernel := tensors[0]
	for _, slot := range []string{"/RMSProp", "/RMSProp_1", "/Momentum", "/Adam", "/Adam_1", average, average + "/biased", average + "/local_step"} {
		extra := kernel
		extra.Name += slot
		tensors = append(tensors, extra)
	}
	for _, name := range []string{"global_step", "beta1_power", "training/beta2_power"} {
		tensors = append(tensors, bundletest.Tensor{Name: name, Type: 9, Data: make([]byte, 8)})
	}
	source, err := loadTensors(t, convert.Options{EMA: "off"}, tensors...)
	if err != nil {
		t.Fatal(err)
	}
	checkWeights(t, n, source.Weights, 1)
}

// Tensors too many, too few, of a wrong shape or type, ambiguous ones, other
// networks: one line that names what is wrong.
func TestMisfits(t *testing.T) {
	good := tensorsOf(synthesize(small(t), official))
	without := func(suffix string) []bundletest.Tensor {
		list := slices.DeleteFunc(slices.Clone(good), func(t bundletest.Tensor) bool { return strings.HasSuffix(t.Name, suffix) })
		if len(list) == len(good) {
			t.Fatalf("no tensor %s", suffix)
		}
		return list
	}
	with := func(tensors ...bundletest.Tensor) []bundletest.Tensor { return slices.Concat(good, tensors) }
	floats := func(name string, shape ...int64) bundletest.Tensor {
		size := int64(1)
		for _, d := range shape {
			size *= d
		}
		return bundletest.Floats(name, make([]float32, size), shape...)
	}
	half := bundletest.Tensor{Name: "mixnet-s/mixnet_model/head/dense/bias", Type: tftype.Float16, Shape: []int64{3}, Data: []byte{0, 0x3c, 0, 0xc0, 1, 0}}
	if s, err := loadTensors(t, convert.Options{}, append(without("dense/bias"), half)...); err != nil {
		t.Error(err)
	} else if got := s.Weights["classifier.bias"].Data.([]float32); !slices.Equal(got, []float32{1, -2, 1.0 / (1 << 24)}) {
		t.Errorf("float16 bias: %v", got)
	}
	double := bundletest.Tensor{Name: "mixnet-s/mixnet_model/head/dense/bias", Type: 2, Shape: []int64{3}, Data: make([]byte, 24)}
	for _, c := range []struct {
		name    string
		tensors []bundletest.Tensor
		want    []string
	}{
		{"a layer missing", without("blocks_3/depthwise_conv2d_5/depthwise_kernel"), []string{"blocks.3.depthwise.2.weight"}},
		{"a beta missing", without("stem/batch_normalization/beta"), []string{"no tensor fills: stem.bn.beta"}},
		{"a block missing", slices.DeleteFunc(slices.Clone(good), func(t bundletest.Tensor) bool { return strings.Contains(t.Name, "/blocks_9/") }), []string{"15 blocks, mixnet-s has 16"}},
		{"a stray", with(floats("other/w", 2)), []string{"no role takes: other/w"}},
		{"a slot of nothing", with(floats("other/w/Momentum", 2)), []string{"no role takes: other/w/Momentum"}},
		{"a layer too many", with(floats("mixnet-s/mixnet_model/stem/conv2d_99/kernel", 1, 1, 8, 8)), []string{"no role takes", "conv2d_99"}},
		{"a bias too many", with(floats("mixnet-s/mixnet_model/stem/conv2d_78/bias", 8)), []string{"no role takes", "stem/conv2d_78/bias"}},
		{"a wrong shape", append(without("dense/bias"), floats("mixnet-s/mixnet_model/head/dense/bias", 4)), []string{"dense/bias is [4], but classifier.bias takes [3]"}},
		{"a wrong type", append(without("dense/bias"), double), []string{"dense/bias: type float64"}},
		{"two models", with(floats("teacher/stem/batch_normalization/beta", 8)), []string{"same place in the network as mixnet-s/stem/batch_normalization/beta"}},
		{"two kinds of batch norm", with(floats("mixnet-s/stem/tpu_batch_normalization_1/beta", 8)), []string{"do not tell which batch norm was created first"}},
		{"an average of another shape", with(floats("mixnet-s/mixnet_model/head/dense/bias"+average, 4)), []string{"shape [4], but [3]"}},
		{"no MixNet", []bundletest.Tensor{floats("dense/kernel", 2, 2)}, []string{"not a MixNet", "blocks_<i>"}},
		{"an object-based checkpoint", with(bundletest.Tensor{Name: objectGraph, Type: tftype.String, Strings: []string{"x"}}), []string{"unsupported", "object-based"}},
	} {
		_, err := loadTensors(t, convert.Options{}, c.tensors...)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		for _, want := range append(c.want, "model.ckpt-7: ") {
			if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: error %q, want %q", c.name, err, want)
			}
		}
	}
}

func TestWrongName(t *testing.T) {
	for model, want := range map[string]string{
		"mixnet-m": "16 blocks, mixnet-m has 19",
		"resnet":   "allowed mixnet-s",
	} {
		_, err := Load(digits, convert.Options{Model: model})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", model, err, want)
		}
	}
}

func TestDigits(t *testing.T) {
	s, err := Load(digits, convert.Options{Model: "mixnet-s"})
	if err != nil {
		t.Fatal(err)
	}
	const sum = "7be515aae6c0c9810da386a54f5f199749a14e3804f78d9685eb345aedc81f92"
	if n := s.Network; n.DepthMultiplier != 0.25 || n.FeatureSize != 128 || n.Classes != 10 || !s.Averages || s.Network.TrainedParams() != 218186 || s.SHA256 != sum {
		t.Errorf("%+v, averages %t, %d trained parameters, %s", n, s.Averages, s.Network.TrainedParams(), s.SHA256)
	}
	list, err := ListTensors(filepath.Dir(digits), limit.Limits{})
	if err != nil || len(list) != 695 || list[0].Name != "global_step" || list[0].Type != "int64" || len(list[0].Shape) != 0 {
		t.Errorf("%d tensors, first %+v, %v", len(list), list[0], err)
	}
}

// A sample of the flipped bits of a real checkpoint; bundle's own test flips
// every one of small ones.
func TestDigitsFlipped(t *testing.T) {
	folder := t.TempDir()
	for _, suffix := range []string{".index", ".data-00000-of-00001"} {
		data, err := os.ReadFile(digits + suffix)
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(folder, "m"+suffix), data)
	}
	for _, suffix := range []string{".index", ".data-00000-of-00001"} {
		path := filepath.Join(folder, "m"+suffix)
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, _ := f.Stat()
		flip := func(bit int64) {
			b := make([]byte, 1)
			f.ReadAt(b, bit/8)
			b[0] ^= 1 << (bit % 8)
			f.WriteAt(b, bit/8)
		}
		const samples = 40
		for i := range int64(samples) {
			bit := i * (8*info.Size() - 1) / (samples - 1)
			flip(bit)
			_, err := Load(filepath.Join(folder, "m"), convert.Options{})
			if err == nil || !strings.HasPrefix(err.Error(), errs.Quote(path)) {
				t.Errorf("%s: bit %d flipped: %v", suffix, bit, err)
			}
			flip(bit)
		}
	}
}

// Files of other data: each shard is whole, and its checksums are others.
func TestSwappedData(t *testing.T) {
	a := write(t, tensorsOf(synthesize(small(t), official)), 1)
	b := write(t, averaged(tensorsOf(synthesize(small(t), official))), 1)
	data, err := os.ReadFile(b + ".data-00000-of-00001")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, a+".data-00000-of-00001", data)
	var format *errs.FormatError
	if _, err := Load(a, convert.Options{}); !errors.As(err, &format) || !strings.Contains(err.Error(), "CRC-32C") {
		t.Errorf("error %v", err)
	}
}

func TestRefs(t *testing.T) {
	refs := testenv.Refs(t)
	for _, c := range []struct {
		path       string
		name       string
		multiplier float64
		classes    int
		averages   bool
		image      int
		trained    int64
	}{
		{"digits", "mixnet-s", 0.25, 10, true, 0, 218186},
		{"mixnet-s", "mixnet-s", 0, 1000, true, 0, 4134606},
		{"mixnet-m", "mixnet-m", 0, 1000, false, 0, 5014382},
		{"mixnet-s-dilated-w050", "mixnet-s", 0.5, 10, true, 0, 662300},
		{"mixnet-m-w050-frozen/frozen.pb", "mixnet-m", 0.5, 11, false, 96, 988891},
	} {
		s, err := Load(filepath.Join(refs, "tf", c.path), convert.Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		n := s.Network
		if n.Name != c.name || n.DepthMultiplier != c.multiplier || n.Classes != c.classes || s.Averages != c.averages || s.ImageSize != c.image || s.Network.TrainedParams() != c.trained {
			t.Errorf("%s: %s, %d classes, averages %t, image %d, %d trained", c.path, describe(n), n.Classes, s.Averages, s.ImageSize, s.Network.TrainedParams())
		}
		if dilated := strings.Contains(c.path, "dilated"); n.Blocks[0].Dilated != dilated || n.Blocks[10].Dilated != dilated {
			t.Errorf("%s: blocks %v", c.path, n.Blocks)
		}
		for _, p := range n.Params() {
			if w := s.Weights[p.Role]; w == nil || !w.Shape.Equal(p.Shape) {
				t.Errorf("%s: %s is %v", c.path, p.Role, w)
			}
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	path := filepath.Join(testenv.Refs(b), "tf", "mixnet-s")
	for b.Loop() {
		if _, err := Load(path, convert.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys>>20), "sys-MB")
}

// TestNetworksOfPyTorch: a name of PyTorch's is no network of a checkpoint.
func TestNetworksOfPyTorch(t *testing.T) {
	_, err := Load("../../testdata/digits", convert.Options{Model: "mixnet_s"})
	if err == nil || !strings.Contains(err.Error(), "network mixnet_s is PyTorch's, allowed of TensorFlow's: auto, mixnet-s") {
		t.Error(err)
	}
}
