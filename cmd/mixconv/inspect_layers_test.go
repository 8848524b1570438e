package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/internal/page"
	"github.com/mixconv/mixconv/onnx"
	"google.golang.org/protobuf/proto"
)

// drawnModel is MixNet-S with all names of nodes and values replaced, as exporters do
// that number them.
func drawnModel(t *testing.T, form convert.Form) *onnx.Model {
	t.Helper()
	n, err := convert.Named("mixnet-s")
	if err != nil {
		t.Fatal(err)
	}
	m, err := convert.Lower(n, convert.Random(n, 1), convert.Options{MDConv: form, ImageSize: 64})
	if err != nil {
		t.Fatal(err)
	}
	g := m.Proto.GetGraph()
	names := map[string]string{g.GetOutput()[0].GetName(): g.GetOutput()[0].GetName()}
	for i, node := range g.GetNode() {
		node.Name = proto.String(fmt.Sprintf("Node_%d", i))
		for k, in := range node.GetInput() {
			if other, ok := names[in]; ok {
				node.Input[k] = other
			}
		}
		for k, out := range node.GetOutput() {
			if _, ok := names[out]; !ok {
				names[out] = fmt.Sprint(1000*i + k)
			}
			node.Output[k] = names[out]
		}
	}
	g.ValueInfo = nil
	return m
}

// graphOf is the page of a model.
func graphOf(t *testing.T, m *onnx.Model) (*modelFile, string) {
	t.Helper()
	f, err := describeModel(t.Context(), "m.onnx", m)
	if err != nil {
		t.Fatal(err)
	}
	if f.layered, err = new(app).describeLayers(t.Context(), m, new(sampleFlags)); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := f.writeGraph(&b, page.About{Title: "m.onnx"}); err != nil {
		t.Fatal(err)
	}
	return f, b.String()
}

// TestGraphByStructure: where no name tells a block, residual connections and gates do:
// one of the 16 blocks has neither.
func TestGraphByStructure(t *testing.T) {
	for _, form := range []convert.Form{convert.Split, convert.Fused} {
		f, text := graphOf(t, drawnModel(t, form))
		parts := 0
		for _, s := range f.layered.segments {
			if s.Block != "" {
				parts++
			}
		}
		if parts < 15 || !strings.Contains(text, `<span class="title">part 9`) || !strings.Contains(text, ">residual<") {
			t.Errorf("%s: %d parts", form, parts)
		}
		if n := strings.Count(text, `<g class="node`) - strings.Count(text, `<g class="node from`); n != len(f.Layers) {
			t.Errorf("%s: %d nodes drawn of %d", form, n, len(f.Layers))
		}
	}
}

// TestGraphUnsupported: a model that does not run is drawn, and says why it does not.
func TestGraphUnsupported(t *testing.T) {
	m := drawnModel(t, convert.Split)
	node := m.Proto.GetGraph().GetNode()[1]
	node.OpType, node.Attribute, node.Domain = proto.String("Wonder"), nil, proto.String("com.example")
	m.Proto.OpsetImport = append(m.Proto.OpsetImport, proto.CloneOf(m.Proto.OpsetImport[0]))
	m.Proto.OpsetImport[len(m.Proto.OpsetImport)-1].Domain = proto.String("com.example")
	f, text := graphOf(t, m)
	if len(f.Unsupported) != 1 || f.PeakBytes != nil || f.ActivationBytes != nil {
		t.Errorf("%+v", f.Unsupported)
	}
	for _, want := range []string{`<h2 class="different">Unsupported`, "<td>Node_1<", `data-find="Wonder Node_1`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	var b strings.Builder
	if f.text(&b); !strings.Contains(b.String(), "unsupported     ") || !strings.Contains(b.String(), "peak activation memory not known") {
		t.Error(b.String())
	}
}

func TestWindowText(t *testing.T) {
	for want, l := range map[string]layer{
		"3×3/2":       {Windows: []window{{Kernel: []int{3, 3}, Stride: []int{2, 2}, Group: 1}}},
		"5×5 d2 dw":   {Windows: []window{{Kernel: []int{5, 5}, Stride: []int{1, 1}, Dilation: []int{2, 2}, Group: 8, In: 8}}},
		"1×3/1×2 g4":  {Windows: []window{{Kernel: []int{1, 3}, Stride: []int{1, 2}, Group: 4, In: 8}}},
		"3×3, 5×5 dw": {Windows: []window{{Kernel: []int{3, 3}, Group: 8, In: 8}, {Kernel: []int{5, 5}, Group: 8, In: 8}}},
		"":            {},
	} {
		if got := l.windowText(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
