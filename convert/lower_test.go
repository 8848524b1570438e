package convert_test

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// tiny has every kind of layer.
func tiny(t testing.TB) convert.Network {
	t.Helper()
	text, err := os.ReadFile("testdata/tiny.txt")
	if err != nil {
		t.Fatal(err)
	}
	n, err := convert.ParseArch(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func lower(t testing.TB, n convert.Network, w convert.Weights, o convert.Options) *onnx.Model {
	t.Helper()
	m, err := convert.Lower(n, w, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func encode(t testing.TB, m *onnx.Model) []byte {
	t.Helper()
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// eachOptions runs test for every opset, form, kind of image size and both ways
// to write batch norms.
func eachOptions(t *testing.T, test func(*testing.T, convert.Options)) {
	for opset := convert.MinOpset; opset <= convert.MaxOpset; opset++ {
		for _, form := range []convert.Form{convert.Split, convert.Fused} {
			for _, size := range []int{convert.Dynamic, 37, 64} {
				for _, keep := range []bool{false, true} {
					o := convert.Options{MDConv: form, ImageSize: size, Opset: opset, KeepBN: keep}
					t.Run(fmt.Sprintf("%d/%s/%d/%t", opset, form, size, keep), func(t *testing.T) { test(t, o) })
				}
			}
		}
	}
}

func TestLowerIsValid(t *testing.T) {
	n := tiny(t)
	w := convert.Random(n, 1)
	eachOptions(t, func(t *testing.T, o convert.Options) {
		m := lower(t, n, w, o)
		if err := check.Model(m); err != nil {
			t.Error(err)
		}
		if err := mdconv.Check(m); err != nil {
			t.Error(err)
		}
		if opset, _ := m.Opset(""); opset != int64(o.Opset) {
			t.Errorf("opset %d, want %d", opset, o.Opset)
		}
		wantFunctions := 0
		if o.MDConv == convert.Fused {
			wantFunctions = 3 // of 2, 3 and 4 groups
			if o.ImageSize == convert.Dynamic {
				wantFunctions = 5 // those of 3 and 4 at both strides
			}
		}
		if got := len(m.Proto.Functions); got != wantFunctions {
			t.Errorf("%d functions, want %d", got, wantFunctions)
		}
	})
}

// TestFormsTurnIntoEachOther: rewriting either form gives the other one to the
// byte, but for the IR version that functions ask for.
func TestFormsTurnIntoEachOther(t *testing.T) {
	n := tiny(t)
	w := convert.Random(n, 1)
	eachOptions(t, func(t *testing.T, o convert.Options) {
		if o.MDConv == convert.Fused || o.Opset%5 != 0 { // both forms are made below; 15, 20 and 25 will do
			return
		}
		split := lower(t, n, w, o)
		o.MDConv = convert.Fused
		fused := lower(t, n, w, o)
		wantSplit, wantFused := encode(t, split), encode(t, fused)

		for want, rewrite := range map[*[]byte]func(*onnx.Model) (int, error){&wantFused: mdconv.Fuse, &wantSplit: mdconv.Unfuse} {
			m := split
			if want == &wantSplit {
				m = fused
			}
			count, err := rewrite(m)
			if err != nil || count != 6 {
				t.Fatalf("%d rewritten, %v, want 6", count, err)
			}
			if got := encode(t, m); !bytes.Equal(got, *want) {
				t.Error("not the same file as written directly")
			}
		}
	})
}

func TestLowerIsDeterministic(t *testing.T) {
	n := tiny(t)
	o := convert.Options{MDConv: convert.Fused, ImageSize: 64, Metadata: map[string]string{"mixconv.a": "1", "mixconv.b": "2", "mixconv.c": "3"}}
	want := encode(t, lower(t, n, convert.Random(n, 1), o))
	for range 5 {
		if !bytes.Equal(encode(t, lower(t, n, convert.Random(n, 1), o)), want) {
			t.Fatal("not the same bytes again")
		}
	}
}

// TestLowerSizes has the figures of MixNet-S, M and L at 224×224 with 1000
// classes: stored floats when folded, and multiply-adds of convolutions and the
// classifier, padding taps included.
func TestLowerSizes(t *testing.T) {
	for _, c := range []struct {
		name   string
		params int
		macs   float64 // millions
	}{
		{"mixnet-s", 4_118_510, 239.2},
		{"mixnet-m", 4_993_526, 339.2},
		{"mixnet-l", 7_302_116, 555.3},
	} {
		n, err := convert.Named(c.name)
		if err != nil {
			t.Fatal(err)
		}
		m := lower(t, n, convert.Random(n, 1), convert.Options{ImageSize: 224})
		params := 0
		shapes := map[string]tensor.Shape{}
		for _, init := range m.Proto.Graph.Initializer {
			shapes[init.GetName()] = shapeOf(init)
			if tensor.DType(init.GetDataType()) == tensor.Float32 {
				params += shapeOf(init).Elements()
			}
		}
		if params != c.params {
			t.Errorf("%s: %d floats, want %d", c.name, params, c.params)
		}
		if got := float64(macs(m.Proto.Graph.Node, shapes, 224)) / 1e6; math.Abs(got-c.macs) > 0.05 {
			t.Errorf("%s: %.1f M multiply-adds, want %.1f M", c.name, got, c.macs)
		}
	}
}

func shapeOf(t *onnxpb.TensorProto) tensor.Shape {
	s := make(tensor.Shape, len(t.Dims))
	for i, d := range t.Dims {
		s[i] = int(d)
	}
	return s
}

// macs counts multiply-adds; size is the height and width of the input, those of
// every other value follow from the node that gives it.
func macs(nodes []*onnxpb.NodeProto, weights map[string]tensor.Shape, size int) int {
	sizes := map[string]int{"input": size}
	total := 0
	for _, n := range nodes {
		s := sizes[n.Input[0]]
		switch n.GetOpType() {
		case "GlobalAveragePool":
			s = 1
		case "MaxPool":
			s = (s + 1) / 2
		case "Conv":
			w := weights[n.Input[1]]
			pads := onnx.Attr(n, "pads").GetInts()
			dilation, stride := onnx.Attr(n, "dilations").GetInts()[0], onnx.Attr(n, "strides").GetInts()[0]
			s = (s+int(pads[0]+pads[2])-(w[2]-1)*int(dilation)-1)/int(stride) + 1
			total += w.Elements() * s * s
		case "Gemm":
			total += weights[n.Input[1]].Elements()
		}
		for _, out := range n.Output {
			sizes[out] = s
		}
	}
	return total
}

func TestLowerNames(t *testing.T) {
	n := tiny(t)
	want := []string{"stem", "head", "logits", "blocks_1/expand"}
	for i := range n.Expand() {
		want = append(want, fmt.Sprintf("block_%d", i), fmt.Sprintf("block_%d/expansion_output", i))
	}
	for _, form := range []convert.Form{convert.Split, convert.Fused} {
		m := lower(t, n, convert.Random(n, 1), convert.Options{MDConv: form, ImageSize: convert.Dynamic})
		var got []string
		for _, node := range m.Proto.Graph.Node {
			got = append(got, node.Output...)
		}
		for _, name := range want {
			if !slices.Contains(got, name) {
				t.Errorf("%s: no value %s", form, name)
			}
		}
	}
}

func TestLowerMetadata(t *testing.T) {
	n := tiny(t)
	m := lower(t, n, convert.Random(n, 1), convert.Options{ImageSize: 96, Metadata: map[string]string{
		metadata.SourceSHA256: "ab", metadata.PreprocessMean: "127.5,127.5,127.5", metadata.PreprocessStd: "",
	}})
	for key, want := range map[string]string{
		metadata.Network: "tiny", metadata.PreprocessSize: "96", metadata.PreprocessCrop: "0.75",
		metadata.SourceSHA256: "ab", metadata.PreprocessMean: "127.5,127.5,127.5", metadata.DepthMultiplier: "1",
	} {
		if got, _ := m.Metadata(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if v, found := m.Metadata(metadata.PreprocessStd); found {
		t.Errorf("%s is %q, want none", metadata.PreprocessStd, v)
	}
	blocks, _ := m.Metadata(metadata.Blocks)
	for i, s := range strings.Fields(blocks) {
		if s != n.Blocks[i].String() {
			t.Errorf("block %d is %s, want %s", i, s, n.Blocks[i])
		}
	}
}

func TestLowerErrors(t *testing.T) {
	n := tiny(t)
	good := convert.Random(n, 1)
	for _, c := range []struct {
		want   string
		change func(*convert.Network, convert.Weights, *convert.Options)
	}{
		{"opset 12: allowed 13 to 28", func(_ *convert.Network, _ convert.Weights, o *convert.Options) { o.Opset = 12 }},
		{"opset -1: allowed 13 to 28", func(_ *convert.Network, _ convert.Weights, o *convert.Options) { o.Opset = -1 }},
		{"opset 29: allowed 13 to 28", func(_ *convert.Network, _ convert.Weights, o *convert.Options) { o.Opset = 29 }},
		{"image size -2: allowed 0 to 16384", func(_ *convert.Network, _ convert.Weights, o *convert.Options) { o.ImageSize = -2 }},
		{"mdconv form both: unknown, allowed split, fused", func(_ *convert.Network, _ convert.Weights, o *convert.Options) { o.MDConv = "both" }},
		{"head.bn.beta [24] is missing", func(_ *convert.Network, w convert.Weights, _ *convert.Options) { delete(w, "head.bn.beta") }},
		{"no place for head.bn.delta", func(_ *convert.Network, w convert.Weights, _ *convert.Options) {
			w["head.bn.delta"] = good["head.bn.beta"]
		}},
		{"head.bn.beta is float32 [24,24,1], must be float32 [24]", func(_ *convert.Network, w convert.Weights, _ *convert.Options) {
			w["head.bn.beta"] = tensor.New(tensor.Float32, 24, 24, 1)
		}},
		{"classifier.bias is float64 [5], must be float32 [5]", func(_ *convert.Network, w convert.Weights, _ *convert.Options) {
			w["classifier.bias"] = tensor.New(tensor.Float64, 5)
		}},
		{"classifier.bias: the data of float32 are a []float64", func(_ *convert.Network, w convert.Weights, _ *convert.Options) {
			w["classifier.bias"] = &tensor.Tensor{DType: tensor.Float32, Shape: tensor.Shape{5}, Data: make([]float64, 5)}
		}},
		{"classifier.bias: 4 elements of data, the shape [5] has 5", func(_ *convert.Network, w convert.Weights, _ *convert.Options) {
			w["classifier.bias"] = &tensor.Tensor{DType: tensor.Float32, Shape: tensor.Shape{5}, Data: make([]float32, 4)}
		}},
		{"element 1 of classifier.bias is NaN, must be finite", func(_ *convert.Network, w convert.Weights, _ *convert.Options) {
			w["classifier.bias"] = tensor.Of([]float32{0, float32(math.NaN()), 0, 0, 0}, 5)
		}},
		{"element 4 of classifier.bias is -Inf, must be finite", func(_ *convert.Network, w convert.Weights, _ *convert.Options) {
			w["classifier.bias"] = tensor.Of([]float32{0, 0, 0, 0, float32(math.Inf(-1))}, 5)
		}},
		{"stem.bn.variance: channel 0 has -1, must be 0 or more", func(_ *convert.Network, w convert.Weights, _ *convert.Options) {
			w["stem.bn.variance"] = tensor.Of([]float32{-1, 0, 0, 0, 0, 0, 0, 0}, 8)
		}},
		{"block 0 takes 8 channels, the one before it gives 16", func(n *convert.Network, _ convert.Weights, _ *convert.Options) { n.Stem = 16 }},
		{"classes is 0, allowed 1", func(n *convert.Network, _ convert.Weights, _ *convert.Options) { n.Classes = 0 }},
		{"blocks is 0, allowed 1", func(n *convert.Network, _ convert.Weights, _ *convert.Options) { n.Blocks = nil }},
		{"must be a number from 1 to 100", func(n *convert.Network, _ convert.Weights, _ *convert.Options) {
			n.Blocks, n.Stages = append(slices.Clone(n.Blocks), convert.Block{}), nil
		}},
	} {
		n, w, o := tiny(t), maps.Clone(good), convert.Options{}
		c.change(&n, w, &o)
		_, err := convert.Lower(n, w, o)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q in it", err, c.want)
		}
	}
}

// TestNamedError: an unknown name is answered with those that are known.
func TestNamedError(t *testing.T) {
	_, err := convert.Named("mixnet s")
	if err == nil || !strings.Contains(err.Error(), `"mixnet s": unknown (did you mean mixnet-s or mixnet_s?), allowed mixnet-s, mixnet-m`) {
		t.Error(err)
	}
}
