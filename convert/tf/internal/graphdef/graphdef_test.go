package graphdef_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/mixconv/mixconv/convert/tf/internal/graphdef"
	"github.com/mixconv/mixconv/convert/tf/internal/graphtest"
	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
	"github.com/mixconv/mixconv/limit"
)

func TestParse(t *testing.T) {
	value := graphtest.Content(tftype.Float32, []byte{0, 0, 128, 63, 0, 0, 0, 64}, 2)
	data := graphtest.Graph(
		graphtest.Node("w", "Const", nil, graphtest.TensorAttr("value", value)),
		graphtest.Node("w/read", "Identity", []string{"w", "^init"}),
		graphtest.Node("conv", "Conv2D", []string{"x:12", "w/read"},
			graphtest.IntsAttr("strides", 1, 2, 2, 1), graphtest.StringAttr("padding", "SAME"), graphtest.IntsAttr("dilations")),
		graphtest.Node("bn", "FusedBatchNormV3", []string{"conv"}, graphtest.FloatAttr("epsilon", 1e-3), graphtest.BoolAttr("is_training", false)),
		graphtest.Node("x", "Placeholder", nil, graphtest.ShapeAttr("shape", -1, 96, 96, 3)),
		graphtest.Node("init", "NoOp", nil, graphtest.IntsAttr("unknown", 1)),
	)
	g, err := graphdef.Parse(data, 0, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	conv := g.Node("conv")
	if in := conv.Inputs; len(in) != 2 || in[0].Node != g.Node("x") || in[0].Output != 12 || in[1].Node != g.Node("w/read") {
		t.Errorf("inputs of conv: %v", in)
	}
	if a := conv.Attrs; len(a) != 3 || len(a["strides"].Ints) != 4 || a["strides"].Ints[1] != 2 || a["padding"].String != "SAME" || len(a["dilations"].Ints) != 0 {
		t.Errorf("attributes of conv: %v", a)
	}
	if a := g.Node("bn").Attrs; a["epsilon"].Float != 1e-3 || a["is_training"].Bool {
		t.Errorf("attributes of bn: %v", a)
	}
	if s := g.Node("x").Attrs["shape"].Shape; len(s) != 4 || s[0] != -1 || s[1] != 96 {
		t.Errorf("shape of x: %v", s)
	}
	w := g.Node("w").Attrs["value"].Tensor
	budget := int64(0)
	if got, err := w.Data(&budget); err != nil || len(w.Shape) != 1 || !bytes.Equal(got, []byte{0, 0, 128, 63, 0, 0, 0, 64}) {
		t.Errorf("w: %v, % x, %v", w.Shape, got, err)
	}
	if len(g.Node("init").Attrs) != 0 {
		t.Errorf("attributes of init: %v", g.Node("init").Attrs)
	}
}

func TestTensorValues(t *testing.T) {
	f32 := func(v ...float32) (b []byte) {
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		return b
	}
	packed := func(t tftype.Type, number protowire.Number, values []byte, dims ...int64) []byte {
		b := graphtest.Tensor(t, dims...)
		return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), values)
	}
	single := protowire.AppendTag(graphtest.Tensor(tftype.Float32), 5, protowire.Fixed32Type)
	for name, c := range map[string]struct {
		tensor []byte
		want   []byte // nil: an error
	}{
		"one value for all": {packed(tftype.Float32, 5, f32(3), 2, 2), f32(3, 3, 3, 3)},
		"last value":        {packed(tftype.Float32, 5, f32(1, 2), 3), f32(1, 2, 2)},
		"no value":          {packed(tftype.Float32, 5, nil, 2), f32(0, 0)},
		"not packed":        {protowire.AppendFixed32(single, math.Float32bits(7)), f32(7)},
		"half":              {packed(tftype.Float16, 13, []byte{0x80, 0x78}, 2), []byte{0, 0x3c, 0, 0x3c}},
		"int32":             {packed(tftype.Int32, 7, []byte{5, 6}, 2), []byte{5, 0, 0, 0, 6, 0, 0, 0}},
		"too many":          {packed(tftype.Float32, 5, f32(1, 2, 3), 2), nil},
		"beyond the budget": {packed(tftype.Float32, 5, f32(1), 1<<40), nil},
		"wrong field":       {packed(tftype.Float32, 13, []byte{1}, 2), nil},
		"ragged":            {packed(tftype.Float32, 5, []byte{1, 2, 3}, 2), nil},
		"both":              {protowire.AppendFixed32(protowire.AppendTag(graphtest.Content(tftype.Float32, f32(1), 1), 5, protowire.Fixed32Type), 0), nil},
		"another type":      {graphtest.Tensor(9, 2), nil},
	} {
		g, err := graphdef.Parse(graphtest.Graph(graphtest.Node("c", "Const", nil, graphtest.TensorAttr("value", c.tensor))), 0, limit.Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		budget := int64(1 << 20)
		got, err := g.Node("c").Attrs["value"].Tensor.Data(&budget)
		if (err != nil) != (c.want == nil) || !bytes.Equal(got, c.want) {
			t.Errorf("%s: % x, %v, want % x", name, got, err, c.want)
		}
	}
}

func TestBadGraphs(t *testing.T) {
	node := graphtest.Node
	conv := func(attrs ...[]byte) []byte { return graphtest.Graph(node("c", "Conv2D", nil, attrs...)) }
	constant := func(value []byte) []byte {
		return graphtest.Graph(node("c", "Const", nil, graphtest.TensorAttr("value", value)))
	}
	for want, data := range map[string][]byte{
		"output must be a number up to 99999": graphtest.Graph(node("a", "A", []string{"a:-1"})),
		`input "a:99999999999"`:               graphtest.Graph(node("a", "A", []string{"a:99999999999"})),
		`input 0 is b, which no node`:         graphtest.Graph(node("a", "A", []string{"b"})),
		"control input b":                     graphtest.Graph(node("a", "A", []string{"^b"})),
		"follows a control input":             graphtest.Graph(node("a", "A", []string{"^a", "a"})),
		"node a (A): is in a cycle":           graphtest.Graph(node("a", "A", []string{"b"}), node("b", "B", []string{"a"})),
		"node c (B): is in a cycle":           graphtest.Graph(node("c", "B", []string{"c"})),
		"the name comes twice":                graphtest.Graph(node("a", "A", nil), node("a", "A", nil)),
		"the name has 0 bytes":                graphtest.Graph(node("", "A", nil)),
		"the name has 5000 bytes":             graphtest.Graph(node(strings.Repeat("n", 5000), "A", nil)),
		"field 1 is not UTF-8":                graphtest.Graph(node("\xff", "A", nil)),
		"attribute strides has the AttrValue": conv(graphtest.StringAttr("strides", "1")),
		"attribute strides comes twice":       conv(graphtest.IntsAttr("strides", 1), graphtest.IntsAttr("strides", 1)),
		"more than 64 integers":               conv(graphtest.IntsAttr("strides", make([]int64, 65)...)),
		"no field tag":                        {0},
		"malformed or goes past":              {0x0a, 5, 0},
		"tensor_content has 4 bytes":          constant(graphtest.Content(tftype.Float32, make([]byte, 4), 2)),
		"dimensions overflow":                 constant(graphtest.Tensor(tftype.Float32, 1<<32, 1<<32)),
		"elements":                            constant(graphtest.Tensor(tftype.Float32, 1<<62)),
		"dimension 0 is -1":                   constant(graphtest.Tensor(tftype.Float32, -1)),
		"dtype 0 cannot be a constant":        constant(graphtest.Tensor(0, 1)),
	} {
		_, err := graphdef.Parse(data, 0, limit.Limits{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	loop := graphtest.Graph(node("merge", "Merge", []string{"next"}), node("next", "NextIteration", []string{"merge"}))
	if _, err := graphdef.Parse(loop, 0, limit.Limits{}); err != nil {
		t.Errorf("a loop through NextIteration: %v", err)
	}
}

func FuzzGraphDef(f *testing.F) {
	value := graphtest.Content(tftype.Float32, []byte{0, 0, 128, 63}, 1)
	f.Add(graphtest.Graph(
		graphtest.Node("w", "Const", nil, graphtest.TensorAttr("value", value)),
		graphtest.Node("i", "Identity", []string{"w:0", "^w"}),
		graphtest.Node("c", "Conv2D", []string{"i", "w"}, graphtest.IntsAttr("strides", 1, 2, 2, 1), graphtest.StringAttr("padding", "SAME")),
		graphtest.Node("p", "Placeholder", nil, graphtest.ShapeAttr("shape", -1, 8, 8, 3)),
		graphtest.Node("b", "FusedBatchNorm", nil, graphtest.FloatAttr("epsilon", 1), graphtest.BoolAttr("is_training", true)),
	))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := graphdef.Parse(data, 0, limit.Limits{})
		if err != nil {
			return
		}
		budget := int64(1 << 16)
		for _, n := range g.Nodes {
			if g.Node(n.Name) != n {
				t.Fatalf("node %q is not found by its name", n.Name)
			}
			for _, in := range n.Inputs {
				if in.Node == nil {
					t.Fatalf("an input of %q is not resolved", n.Name)
				}
			}
			if v := n.Attrs["value"].Tensor; v != nil {
				if b, err := v.Data(&budget); err == nil && int64(len(b)) != v.Size && v.Size != 0 {
					t.Fatalf("constant %q has %d bytes, its shape takes %d", n.Name, len(b), v.Size)
				}
			}
		}
	})
}
