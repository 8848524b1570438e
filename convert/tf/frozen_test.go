package tf

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf/internal/graphtest"
	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
)

// graphStyle is what varies in graphs.
type graphStyle struct {
	variables bool // variables in place of constants
	nchw      bool
	batched   bool // dilation through SpaceToBatchND
	unfused   bool // batch norms of single operations
}

// freeze is a graph that uses every parameter of n as the network says. change
// may alter what a convolution of a role or a batch norm is given.
func freeze(n convert.Network, s graphStyle, change func(role string, a *convAttrs)) []byte {
	size := []int64{-1, 64, 64, 3}
	if s.nchw {
		size = []int64{-1, 3, 64, 64}
	}
	nodes := [][]byte{
		graphtest.Node("input", "Placeholder", nil, graphtest.ShapeAttr("shape", size...)),
		graphtest.Node("swish/se/beta", "Const", nil, graphtest.TensorAttr("value", graphtest.Content(tftype.Float32, floatBytes(1)))),
		graphtest.Node("epsilon", "Const", nil, graphtest.TensorAttr("value", graphtest.Content(tftype.Float32, floatBytes(1e-3)))),
	}
	geometry := geometryOf(n)
	for i, p := range synthesize(n, official) {
		name := p.Name
		if s.variables {
			nodes = append(nodes,
				graphtest.Node(name, "VarHandleOp", nil),
				graphtest.Node(name+"/read", "ReadVariableOp", []string{name}))
		} else {
			nodes = append(nodes,
				graphtest.Node(name, "Const", nil, graphtest.TensorAttr("value", graphtest.Content(tftype.Float32, p.Data, p.Tensor.Shape...))),
				graphtest.Node(name+"/read", "Identity", []string{name}))
		}
		a := convAttrs{op: "Conv2D", padding: "SAME", window: geometry[p.Role], epsilon: n.BatchNormEpsilon}
		if a.window == (window{}) {
			a.window = window{1, 1}
		}
		if p.Kind == convert.Depthwise {
			a.op = "DepthwiseConv2dNative"
		}
		if change != nil {
			change(p.Role, &a)
		}
		id := strconv.Itoa(i)
		switch p.Kind {
		case convert.Kernel, convert.Depthwise:
			nodes = append(nodes, a.nodes("conv"+id, name+"/read", s)...)
		case convert.Variance:
			nodes = append(nodes, a.norm("bn"+id, strings.TrimSuffix(name, "moving_variance"), s)...)
		}
	}
	return graphtest.Graph(nodes...)
}

type convAttrs struct {
	op, padding string
	window
	epsilon  float32
	training bool
	skip     bool
}

func (a convAttrs) nodes(name, kernel string, s graphStyle) [][]byte {
	if a.skip {
		return nil
	}
	stride, dilation := int64(a.stride), int64(a.dilation)
	input := "input"
	var nodes [][]byte
	if s.batched && dilation != 1 {
		block := graphtest.Content(tftype.Int32, []byte{byte(dilation), 0, 0, 0, byte(dilation), 0, 0, 0}, 2)
		nodes = append(nodes,
			graphtest.Node(name+"/block", "Const", nil, graphtest.TensorAttr("value", block)),
			graphtest.Node(name+"/batch", "SpaceToBatchND", []string{"input", name + "/block"}))
		input, dilation, a.padding = name+"/batch", 1, "VALID"
	}
	format, strides, dilations := "NHWC", []int64{1, stride, stride, 1}, []int64{1, dilation, dilation, 1}
	if s.nchw {
		format, strides, dilations = "NCHW", []int64{1, 1, stride, stride}, []int64{1, 1, dilation, dilation}
	}
	return append(nodes, graphtest.Node(name, a.op, []string{input, kernel},
		graphtest.IntsAttr("strides", strides...), graphtest.IntsAttr("dilations", dilations...),
		graphtest.StringAttr("padding", a.padding), graphtest.StringAttr("data_format", format)))
}

func (a convAttrs) norm(name, layer string, s graphStyle) [][]byte {
	if a.skip {
		return nil
	}
	if s.unfused {
		return [][]byte{graphtest.Node(name, "AddV2", []string{layer + "moving_variance/read", "epsilon"})}
	}
	inputs := []string{"input", layer + "gamma/read", layer + "beta/read", layer + "moving_mean/read", layer + "moving_variance/read"}
	return [][]byte{graphtest.Node(name, "FusedBatchNormV3", inputs,
		graphtest.FloatAttr("epsilon", a.epsilon), graphtest.BoolAttr("is_training", a.training))}
}

func loadGraph(t *testing.T, data []byte) (*convert.Source, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "g.pb")
	writeFile(t, path, data)
	return Load(path, convert.Options{})
}

func TestFrozen(t *testing.T) {
	n := small(t)
	dilated := n
	dilated.Blocks = dilateAll(n.Blocks)
	for _, s := range []graphStyle{{}, {nchw: true}, {unfused: true}, {batched: true}} {
		for _, n := range []convert.Network{n, dilated} {
			source, err := loadGraph(t, freeze(n, s, nil))
			if err != nil {
				t.Errorf("%+v: %v", s, err)
				continue
			}
			checkWeights(t, n, source.Weights, 1)
			if source.ImageSize != 64 || source.Averages {
				t.Errorf("%+v: image size %d, averages %t", s, source.ImageSize, source.Averages)
			}
		}
	}
}

// What a graph says is compared with the network, and a difference is an error
// that names the node or the tensor.
func TestGraphDiffers(t *testing.T) {
	n := small(t)
	dilated := n
	dilated.Blocks = dilateAll(n.Blocks)
	at := func(role string, change func(*convAttrs)) func(string, *convAttrs) {
		return func(r string, a *convAttrs) {
			if r == role {
				change(a)
			}
		}
	}
	for _, c := range []struct {
		n      convert.Network
		s      graphStyle
		change func(string, *convAttrs)
		want   string
	}{
		{n, graphStyle{}, at("stem.conv.weight", func(a *convAttrs) { a.stride = 1 }), "stride 1 and dilation 1, stem.conv.weight has 2 and 1"},
		{n, graphStyle{}, at("blocks.3.depthwise.1.weight", func(a *convAttrs) { a.stride = 1 }), "blocks.3.depthwise.1.weight has 2 and 1"},
		{n, graphStyle{}, at("blocks.5.depthwise.1.weight", func(a *convAttrs) { a.dilation = 2 }), "stride 1 and dilation 2"},
		{dilated, graphStyle{}, at("blocks.5.depthwise.1.weight", func(a *convAttrs) { a.dilation = 1 }), "has 1 and 2"},
		{dilated, graphStyle{batched: true}, at("blocks.5.depthwise.1.weight", func(a *convAttrs) { a.dilation = 3 }), "dilation 3"},
		{n, graphStyle{}, at("stem.conv.weight", func(a *convAttrs) { a.padding = "VALID" }), `padding "VALID", allowed SAME`},
		{n, graphStyle{}, at("stem.conv.weight", func(a *convAttrs) { a.padding = "EXPLICIT" }), `padding "EXPLICIT"`},
		{n, graphStyle{}, at("head.bn.variance", func(a *convAttrs) { a.epsilon = 1e-5 }), "epsilon 1e-05 uses it, the network's is 0.001"},
		{n, graphStyle{}, at("head.bn.variance", func(a *convAttrs) { a.training = true }), "is_training"},
		{n, graphStyle{}, at("head.bn.variance", func(a *convAttrs) { a.skip = true }), "no batch norm in the graph uses it"},
		{n, graphStyle{}, at("head.conv.weight", func(a *convAttrs) { a.skip = true }), "no convolution in the graph uses it"},
		{n, graphStyle{}, at("stem.conv.weight", func(a *convAttrs) { a.op = "DepthwiseConv2dNative" }), "wants a Conv2D"},
		{n, graphStyle{}, at("stem.conv.weight", func(a *convAttrs) { a.op = "PyFunc" }), "unsupported: PyFunc"},
	} {
		_, err := loadGraph(t, freeze(c.n, c.s, c.change))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "g.pb: ") {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	if _, err := loadGraph(t, freeze(n, graphStyle{}, at("head.conv.weight", func(a *convAttrs) { a.padding = "VALID" }))); err != nil {
		t.Errorf("a 1×1 convolution without padding: %v", err)
	}
}

// The graph of a SavedModel is compared like a frozen one.
func TestSavedModelDiffers(t *testing.T) {
	n := small(t)
	for _, stride := range []int{2, 1} {
		graph := freeze(n, graphStyle{variables: true}, func(role string, a *convAttrs) {
			if role == "stem.conv.weight" {
				a.stride = stride
			}
		})
		prefix := write(t, tensorsOf(synthesize(n, official)), 1)
		folder := filepath.Dir(prefix)
		moveInto(t, prefix, filepath.Join(folder, "variables", "variables"))
		writeFile(t, filepath.Join(folder, "saved_model.pb"), savedModel(metaGraphDef(graph, "serve")))
		s, err := Load(folder, convert.Options{})
		if stride == 2 {
			if err != nil {
				t.Error(err)
			} else if s.ImageSize != 64 {
				t.Errorf("image size %d", s.ImageSize)
			}
		} else if err == nil || !strings.Contains(err.Error(), "stride 1 and dilation 1") {
			t.Errorf("stride 1: %v", err)
		}
	}
}

// A small file must not become gigabytes: TensorFlow writes equal values once.
func TestExpansion(t *testing.T) {
	shape := []int64{1, 1, 1 << 15, 1 << 15}
	value := graphtest.Bytes(graphtest.Tensor(tftype.Float32, shape...), 5, floatBytes(1))
	graph := freeze(small(t), graphStyle{}, nil)
	graph = append(graph, graphtest.Graph(graphtest.Node("m/head/conv2d_500/kernel", "Const", nil, graphtest.TensorAttr("value", value)))...)
	if _, err := loadGraph(t, graph); err == nil || !strings.Contains(err.Error(), "no role takes") {
		t.Errorf("error %v", err)
	}
}
