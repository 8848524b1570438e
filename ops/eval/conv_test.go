package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

func TestConvByHand(t *testing.T) {
	x := counted(1, 1, 3, 3)
	w := floats([]int{1, 1, 2, 2}, 1, 0, 0, -1)
	for _, c := range []struct {
		attrs ops.Attrs
		want  []float32
	}{
		{nil, []float32{6, 6, 6, 6}},
		{ops.Attrs{"auto_pad": "SAME_UPPER"}, []float32{6, 6, 13, 6, 6, 16, 17, 18, 19}},
		{ops.Attrs{"auto_pad": "SAME_LOWER", "strides": []int64{2, 2}}, []float32{9, 7, 3, 6}},
		{ops.Attrs{"dilations": []int64{2, 2}}, []float32{2}},
		{ops.Attrs{"pads": []int64{1, 0, 0, 0}, "strides": []int64{1, 9}}, []float32{8, 6, 6}},
		{ops.Attrs{"strides": []int64{math.MaxInt64, math.MaxInt64}}, []float32{6}},
	} {
		out, err := call(t, "Conv", 17, 1, c.attrs, x, w, floats([]int{1}, 10))
		if err != nil {
			t.Errorf("%v: %v", c.attrs, err)
			continue
		}
		if got := tensor.Data[float32](out[0]); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%v: %v, want %v", c.attrs, got, c.want)
		}
	}
}

// definition computes a convolution straight from its definition, one output
// at a time, with one index per axis and a test for every tap.
func definition(x, w, b *tensor.Tensor, g ops.Conv) []float64 {
	n := len(g.Kernel)
	out := make([]float64, 0, g.Out.Elements())
	forEach(g.Out, func(o []int) {
		sum := 0.0
		if b != nil {
			sum = at(b, o[1])
		}
		channels := w.Shape[1]
		first := o[1] / (w.Shape[0] / g.Group) * channels
		forEach(w.Shape[1:], func(k []int) {
			xi, wi := append([]int{o[0], first + k[0]}, make([]int, n)...), append([]int{o[1]}, k...)
			for i := range n {
				xi[2+i] = o[2+i]*g.Stride[i] + k[1+i]*g.Dilation[i] - g.PadBegin[i]
				if xi[2+i] < 0 || xi[2+i] >= x.Shape[2+i] {
					return
				}
			}
			sum += at(x, offset(x.Shape, xi)) * at(w, offset(w.Shape, wi))
		})
		out = append(out, sum)
	})
	return out
}

// forEach calls f with every index of a shape, in order.
func forEach(s tensor.Shape, f func(index []int)) {
	index := make([]int, len(s))
	for range s.Elements() {
		f(index)
		for i := len(s) - 1; i >= 0; i-- {
			if index[i]++; index[i] < s[i] {
				break
			}
			index[i] = 0
		}
	}
}

func offset(s tensor.Shape, index []int) int {
	at := 0
	for i, v := range index {
		at = at*s[i] + v
	}
	return at
}

func random(r *rand.Rand, shape ...int) *tensor.Tensor {
	t := tensor.New(tensor.Float32, shape...)
	for i := range tensor.Data[float32](t) {
		tensor.Data[float32](t)[i] = float32(r.NormFloat64())
	}
	return t
}

// TestConvDefinition compares random convolutions over one to three axes with
// the definition. Sums run in another order, so the last bit may differ.
func TestConvDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		attrs, x, w := randomConv(r)
		in := []*tensor.Tensor{x, w, nil}
		if r.IntN(2) == 0 {
			in[2] = random(r, w.Shape[0])
		}
		c, err := newCall(t, "Conv", 17, 1, attrs, in)
		if err != nil {
			t.Fatal(err)
		}
		g, err := ops.ConvOf(c)
		if err != nil {
			t.Fatalf("%v %v %v: %v", attrs, x.Shape, w.Shape, err)
		}
		out, err := call(t, "Conv", 17, 1, attrs, in...)
		if err != nil {
			t.Fatal(err)
		}
		got := tensor.Data[float32](out[0])
		for i, want := range definition(x, w, in[2], g) {
			if math.Abs(float64(got[i])-want) > 1e-6*math.Max(1, math.Abs(want)) {
				t.Fatalf("%v %v %v: element %d is %v, want %v", attrs, x.Shape, w.Shape, i, got[i], want)
			}
		}
	}
}

func randomConv(r *rand.Rand) (attrs ops.Attrs, x, w *tensor.Tensor) {
	n := 1 + r.IntN(3)
	group, channels, outputs := 1+r.IntN(3), 1+r.IntN(3), 1+r.IntN(3)
	xs, ws := []int{1 + r.IntN(2), group * channels}, []int{group * outputs, channels}
	strides, dilations, pads := make([]int64, n), make([]int64, n), make([]int64, 2*n)
	for i := range n {
		k, d := 1+r.IntN(4), 1+r.IntN(3)
		strides[i], dilations[i] = int64(1+r.IntN(3)), int64(d)
		pads[i], pads[n+i] = int64(r.IntN(4)), int64(r.IntN(4))
		xs, ws = append(xs, (k-1)*d+1+r.IntN(6)), append(ws, k)
	}
	attrs = ops.Attrs{"group": int64(group), "strides": strides, "dilations": dilations}
	switch mode := r.IntN(4); mode {
	case 0:
		attrs["pads"] = pads
	default:
		attrs["auto_pad"] = []string{"", "SAME_UPPER", "SAME_LOWER", "VALID"}[mode]
	}
	return attrs, random(r, xs...), random(r, ws...)
}

// TestMDConvIsSplitForm compares MDConv with Split, Conv and Concat, to the bit.
func TestMDConvIsSplitForm(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	split, kernels := []int{4, 3, 2}, []int{3, 5, 7}
	x, bias := random(r, 2, 9, 8, 7), random(r, 9)
	attrs := ops.Attrs{"split": []int64{4, 3, 2}, "strides": []int64{2, 1}}
	same := ops.Attrs{"split": []int64{4, 3, 2}, "strides": []int64{2, 1}, "auto_pad": "SAME_UPPER"}
	in := []*tensor.Tensor{x}
	parts := must(call(t, "Split", 13, 3, ops.Attrs{"axis": int64(1)}, x, int64s(4, 3, 2)))
	biases := must(call(t, "Split", 13, 3, nil, bias, int64s(4, 3, 2)))
	for i, k := range kernels {
		w := random(r, split[i], 1, k, k)
		in = append(in, w)
		p := int64(k / 2)
		pads, group := []int64{p - 1, p, p, p}, int64(split[i])
		attrs[fmt.Sprint("pads", i)], attrs[fmt.Sprint("dilations", i)], attrs[fmt.Sprint("group", i)] = pads, []int64{1, 1}, group
		parts[i] = must(call(t, "Conv", 17, 1, ops.Attrs{"pads": pads, "strides": []int64{2, 1}, "group": group}, parts[i], w, biases[i]))[0]
	}
	in = append(in, bias)
	want := must(call(t, "Concat", 17, 1, ops.Attrs{"axis": int64(1)}, parts...))[0]
	for _, a := range []ops.Attrs{attrs, same} {
		got := must(call(t, "MDConv", 0, 1, a, in...))[0]
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v differs from its split form", a)
		}
	}
}

func must(out []*tensor.Tensor, err error) []*tensor.Tensor {
	if err != nil {
		panic(err)
	}
	return out
}

func TestConvTypes(t *testing.T) {
	for _, d := range []tensor.DType{tensor.Float16, tensor.BFloat16, tensor.Float64} {
		x, w := tensor.New(d, 1, 2, 3, 3), tensor.New(d, 1, 2, 3, 3)
		store(x, 0, 1, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1})
		store(w, 0, 1, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2})
		out, err := call(t, "Conv", 22, 1, nil, x, w)
		if err != nil || at(out[0], 0) != 63 {
			t.Errorf("%s: %v, error %v", d, out, err)
		}
	}
}

func BenchmarkConv(b *testing.B) {
	for _, c := range []struct {
		name           string
		x, w           tensor.Shape
		group, padding int64
	}{
		{"pointwise7x7", tensor.Shape{1, 240, 7, 7}, tensor.Shape{240, 240, 1, 1}, 1, 0},
		{"depthwise5x5", tensor.Shape{1, 120, 28, 28}, tensor.Shape{120, 1, 5, 5}, 120, 2},
	} {
		b.Run(c.name, func(b *testing.B) {
			x, w := tensor.New(tensor.Float32, c.x...), tensor.New(tensor.Float32, c.w...)
			attrs := ops.Attrs{"group": c.group, "pads": []int64{c.padding, c.padding, c.padding, c.padding}}
			conv, err := newCall(b, "Conv", 17, 1, attrs, []*tensor.Tensor{x, w})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := call(b, "Conv", 17, 1, attrs, x, w); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(ops.MACs(conv))*float64(b.N)/b.Elapsed().Seconds()/1e6, "MMAC/s")
		})
	}
}
