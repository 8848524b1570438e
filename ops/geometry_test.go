package ops

import (
	"slices"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

func mustCall(t *testing.T, name string, opset, outputs int, attrs Attrs, in ...Type) *Call {
	t.Helper()
	op, version := MDConv, 0
	if name != "MDConv" {
		var err error
		if op, version, err = Lookup("", name, opset); err != nil {
			t.Fatal(err)
		}
	}
	c, err := NewCall(op, version, attrs, in, outputs)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAutoPad has the pads that TensorFlow's SAME means, odd ones at the end,
// and SAME_LOWER, odd ones at the beginning.
func TestAutoPad(t *testing.T) {
	for _, c := range []struct {
		in, kernel, stride, dilation int
		begin, end, out              int // SAME_UPPER
	}{
		{224, 3, 2, 1, 0, 1, 112},
		{224, 5, 2, 1, 1, 2, 112},
		{112, 3, 1, 1, 1, 1, 112},
		{7, 3, 2, 1, 1, 1, 4},
		{7, 11, 2, 1, 5, 5, 4},
		{5, 2, 1, 1, 0, 1, 5},
		{5, 1, 3, 1, 0, 0, 2},
		{14, 3, 1, 4, 4, 4, 14},
		{14, 3, 2, 3, 2, 3, 7},
		{1, 3, 5, 1, 1, 1, 1},
		{0, 3, 1, 1, 0, 0, 0},
	} {
		x, w := f32(1, 1, c.in), f32(1, 1, c.kernel)
		attrs := Attrs{"strides": []int64{int64(c.stride)}, "dilations": []int64{int64(c.dilation)}, "auto_pad": "SAME_UPPER"}
		g, err := ConvOf(mustCall(t, "Conv", 17, 1, attrs, x, w))
		if err != nil {
			t.Fatal(err)
		}
		if g.PadBegin[0] != c.begin || g.PadEnd[0] != c.end || g.Out[2] != c.out {
			t.Errorf("%+v: pads %d and %d, out %d", c, g.PadBegin[0], g.PadEnd[0], g.Out[2])
		}
		attrs["auto_pad"] = "SAME_LOWER"
		if g, err = ConvOf(mustCall(t, "Conv", 17, 1, attrs, x, w)); err != nil {
			t.Fatal(err)
		}
		if g.PadBegin[0] != c.end || g.PadEnd[0] != c.begin {
			t.Errorf("%+v: lower pads %d and %d", c, g.PadBegin[0], g.PadEnd[0])
		}
	}
}

func mixedAttrs() Attrs {
	return Attrs{
		"split": []int64{3, 2}, "strides": []int64{2, 2},
		"pads0": []int64{0, 0, 1, 1}, "dilations0": []int64{1, 1}, "group0": int64(3),
		"pads1": []int64{1, 1, 2, 2}, "dilations1": []int64{1, 1}, "group1": int64(2),
	}
}

func TestMDConv(t *testing.T) {
	in := []Type{f32(2, 5, 8, 8), f32(3, 1, 3, 3), f32(2, 1, 5, 5), f32(5)}
	check := func(attrs Attrs) {
		t.Helper()
		c := mustCall(t, "MDConv", 0, 1, attrs, in...)
		m, err := MDConvOf(c)
		if err != nil {
			t.Fatal(err)
		}
		if m.Out.String() != "[2,5,4,4]" || !slices.Equal(m.Split, []int{3, 2}) {
			t.Errorf("out %s, split %v", m.Out, m.Split)
		}
		if g := m.Groups[1]; g.Group != 2 || g.PadBegin[0] != 1 || g.PadEnd[1] != 2 || g.Out.String() != "[2,2,4,4]" {
			t.Errorf("group 1 is %+v", g)
		}
		if got, want := MACs(c), int64(2*16*(3*9+2*25)); got != want {
			t.Errorf("%d multiply-adds, want %d", got, want)
		}
	}
	check(mixedAttrs())
	check(Attrs{"split": []int64{3, 2}, "strides": []int64{2, 2}, "auto_pad": "SAME_UPPER"})
}

func TestMDConvRefused(t *testing.T) {
	good := []Type{f32(2, 5, 8, 8), f32(3, 1, 3, 3), f32(2, 1, 5, 5), f32(5)}
	change := func(i int, to Type) []Type {
		in := slices.Clone(good)
		in[i] = to
		return in
	}
	for name, c := range map[string]struct {
		attrs Attrs
		in    []Type
	}{
		"wrong group":      {Attrs{"group1": int64(1)}, good},
		"wrong split":      {Attrs{"split": []int64{3, 3}}, good},
		"split too long":   {Attrs{"split": []int64{3, 1, 1}}, good},
		"pads missing":     {Attrs{"pads1": nil}, good},
		"different height": {Attrs{"pads1": []int64{2, 2, 3, 3}}, good},
		"bias":             {nil, change(3, f32(4))},
		"kernel":           {nil, change(2, f32(2, 2, 5, 5))},
		"one group":        {nil, good[:3]},
		"too many groups":  {nil, append(slices.Clone(good), make([]Type, 8)...)},
		"rank 3":           {nil, change(0, f32(2, 5, 8))},
	} {
		attrs := mixedAttrs()
		for k, v := range c.attrs {
			if attrs[k] = v; v == nil {
				delete(attrs, k)
			}
		}
		call, err := NewCall(MDConv, 0, attrs, c.in, 1)
		if err == nil {
			_, err = call.Infer()
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestMACs(t *testing.T) {
	for _, c := range []struct {
		name  string
		attrs Attrs
		in    []Type
		want  int64
	}{
		{"Conv", Attrs{"pads": []int64{1, 1, 1, 1}, "group": int64(2)}, []Type{f32(1, 4, 5, 5), f32(6, 2, 3, 3)}, 6 * 25 * 2 * 9},
		{"Conv", nil, []Type{f32(u, 4, 5, 5), f32(6, 4, 3, 3)}, 0},
		{"Gemm", Attrs{"transA": int64(1)}, []Type{f32(3, 2), f32(3, 4), f32(4)}, 24},
		{"MatMul", nil, []Type{f32(5, 2, 3), f32(3, 4)}, 120},
		{"Relu", nil, []Type{f32(5)}, 0},
	} {
		if got := MACs(mustCall(t, c.name, 17, 1, c.attrs, c.in...)); got != c.want {
			t.Errorf("%s %v: %d, want %d", c.name, c.in, got, c.want)
		}
	}
}

func TestClipOf(t *testing.T) {
	bound := TypeOf(tensor.Of([]float32{6}))
	for _, c := range []struct {
		in     []Type
		lo, hi float64
		ok     bool
	}{
		{[]Type{f32(3), TypeOf(tensor.Of([]float32{0})), bound}, 0, 6, true},
		{[]Type{f32(3), {}, bound}, -0x1.fffffep127, 6, true},
		{[]Type{f32(3), f32(), bound}, 0, 6, false},
	} {
		lo, hi, ok := ClipOf(mustCall(t, "Clip", 13, 1, nil, c.in...))
		if lo != c.lo || hi != c.hi || ok != c.ok {
			t.Errorf("%v: %v, %v, %v", c.in, lo, hi, ok)
		}
	}
}

func TestSoftmaxOf(t *testing.T) {
	for opset, want := range map[int][2]int{11: {1, 4}, 13: {1, 2}} {
		from, to, err := SoftmaxOf(mustCall(t, "Softmax", opset, 1, Attrs{"axis": int64(-3)}, f32(2, 3, 4, 5)))
		if err != nil || [2]int{from, to} != want {
			t.Errorf("opset %d: %d to %d, error %v", opset, from, to, err)
		}
	}
}
