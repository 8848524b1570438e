package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// network is a small MixNet-like model with a dynamic batch.
func network() *onnx.Model {
	b := newBuilder(13)
	in := b.input("x", -1, 3, 24, 24)
	x := b.swish(b.batchNorm(b.conv(in, 3, 16, 3, 2, 1, ""), 16, ""), "")
	for range 3 {
		p := b.split(x, 1, 6, 6, 4)
		y := b.node("Concat", "", []string{b.conv(p[0], 6, 6, 3, 1, 6, ""), b.conv(p[1], 6, 6, 5, 1, 6, ""), b.conv(p[2], 4, 4, 7, 1, 4, "")}, onnx.IntAttr("axis", 1))
		y = b.swish(b.batchNorm(y, 16, ""), "")
		gate := b.node("Sigmoid", "", []string{b.conv(b.node("GlobalAveragePool", "", []string{y}), 16, 16, 1, 1, 1, "")})
		x = b.node("Add", "", []string{b.conv(b.node("Mul", "", []string{y, gate}), 16, 16, 1, 1, 1, ""), x})
	}
	x = b.node("Flatten", "", []string{b.node("GlobalAveragePool", "", []string{x})})
	b.node("Gemm", "y", []string{x, b.weight(16, 10), b.weight(10)})
	b.output("y", 2)
	return b.model()
}

// requireNoAllocations: a steady RunInto into out allocates nothing.
func requireNoAllocations(t *testing.T, what string, s *Session, in, out Tensors) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	run := func() {
		if err := s.RunInto(ctx, in, out); err != nil {
			t.Fatal(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(50, run); n != 0 {
		t.Errorf("%s: %g allocations per run", what, n)
	}
}

// TestNoAllocations: a steady RunInto allocates nothing, for any number of
// threads, and for any of several outputs.
func TestNoAllocations(t *testing.T) {
	for _, threads := range []int{1, 2} {
		s := newSession(t, network(), Options{Threads: threads})
		requireNoAllocations(t, fmt.Sprint(threads, " threads"), s, randomInput(s, 2, 1), Tensors{"y": tensor.New(tensor.Float32, 2, 10)})
		s = newSession(t, forked(), Options{Threads: threads})
		near, early := tensor.New(tensor.Float32, 2, 8, 6, 6), tensor.New(tensor.Float32, 2, 8, 6, 6)
		for _, out := range []Tensors{{"near": near}, {"early": early}, {"near": near, "early": early}} {
			requireNoAllocations(t, fmt.Sprint(threads, " threads, ", len(out), " outputs"), s, forkedInput(s, 0), out)
		}
	}
}

// TestThreads: the same bits for any number of threads, of the session and of a run, and
// from any goroutine.
func TestThreads(t *testing.T) {
	var want []byte
	for _, threads := range []int{1, 2, 3, 8} {
		s := newSession(t, network(), Options{Threads: threads})
		in := randomInput(s, 3, 7)
		var group sync.WaitGroup
		results := make([][]byte, 6)
		for i := range results {
			group.Go(func() {
				for run := range 4 {
					out, err := s.RunThreads(context.Background(), run*threads/3, in)
					if err != nil {
						t.Error(err)
						return
					}
					results[i] = fmt.Append(nil, tensor.Data[float32](out["y"]))
				}
			})
		}
		group.Wait()
		for _, r := range results {
			if want == nil {
				want = r
			}
			if !bytes.Equal(r, want) {
				t.Fatalf("%d threads: %s, want %s", threads, r, want)
			}
		}
	}
}

// TestBatches: shapes may change from run to run, beyond the number of plans
// that a session remembers, and a picture's result does not depend on its
// neighbours.
func TestBatches(t *testing.T) {
	s := newSession(t, network(), Options{})
	alone := randomInput(s, 1, 3)
	want, err := s.Run(context.Background(), alone)
	if err != nil {
		t.Fatal(err)
	}
	for batch := range maxPlans + 3 {
		in := randomInput(s, batch+1, 4)
		copy(tensor.Data[float32](in["x"]), tensor.Data[float32](alone["x"]))
		out, err := s.Run(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range tensor.Data[float32](want["y"]) {
			if got := tensor.Data[float32](out["y"])[i]; got != v {
				t.Fatalf("batch %d: logit %d is %g, alone %g", batch+1, i, got, v)
			}
		}
	}
	if n := len(s.cache.slots); n > maxPlans {
		t.Errorf("%d plans remembered, want at most %d", n, maxPlans)
	}
}

func TestEmptyBatch(t *testing.T) {
	for _, e := range []Engine{Planned, Reference} {
		s := newSession(t, network(), Options{Engine: e})
		out, err := s.Run(context.Background(), randomInput(s, 0, 1))
		if err != nil {
			t.Fatal(e, err)
		}
		if got := out["y"].Shape; !got.Equal(tensor.Shape{0, 10}) {
			t.Errorf("%v: %v, want [0,10]", e, got)
		}
	}
}

// TestCancel: a context ends a run within milliseconds, and the session goes
// on.
func TestCancel(t *testing.T) {
	b := newBuilder(13)
	x := b.input("x", 1, 64, 128, 128)
	for range 20 {
		x = b.conv(x, 64, 64, 3, 1, 1, "")
	}
	b.node("Identity", "y", []string{x})
	b.output("y", 4)
	for _, o := range []Options{{}, {Threads: 2}, {Engine: Reference}} {
		s := newSession(t, b.model(), o)
		in := randomInput(s, 1, 1)
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
		defer cancel()
		start := time.Now()
		if _, err := s.Run(ctx, in); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%+v: %v, want the deadline", o, err)
		}
		// The whole run takes seconds; the bound leaves room for a busy
		// machine.
		if took := time.Since(start); took > 800*time.Millisecond {
			t.Errorf("%+v: ended after %v", o, took)
		}
	}
}

func TestRunErrors(t *testing.T) {
	s := newSession(t, network(), Options{})
	good := randomInput(s, 1, 1)
	for _, c := range []struct {
		in   Tensors
		want string
	}{
		{Tensors{}, "input x is missing"},
		{Tensors{"x": tensor.New(tensor.Float64, 1, 3, 24, 24)}, "takes float32 [?,3,24,24], given float64 [1,3,24,24]"},
		{Tensors{"x": tensor.New(tensor.Float32, 1, 3, 24, 25)}, "given float32 [1,3,24,25]"},
		{Tensors{"x": tensor.New(tensor.Float32, 3, 24, 24)}, "given float32 [3,24,24]"},
		{Tensors{"x": good["x"], "z": good["x"]}, "the model has no input z (did you mean x?), it has x"},
		{Tensors{"x": nil}, "input x is missing"},
	} {
		if _, err := s.Run(context.Background(), c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	makes := "output y: the model makes float32 [1,10]"
	for _, e := range []Engine{Planned, Reference} {
		s := newSession(t, network(), Options{Engine: e})
		for _, c := range []struct {
			out  Tensors
			want string
		}{
			{Tensors{}, "no tensor for any output"},
			{Tensors{"z": tensor.New(tensor.Float32, 10)}, "the model has no output z"},
			{Tensors{"y": nil}, makes},
			{Tensors{"y": tensor.New(tensor.Float32, 10)}, "output y: "},
			{Tensors{"y": tensor.New(tensor.Float64, 1, 10)}, "output y: "},
		} {
			if err := s.RunInto(context.Background(), good, c.out); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: RunInto %v: %v, want %q", e, c.out, err, c.want)
			}
		}
		if _, err := s.Run(context.Background(), good, "y", "x"); err == nil || !strings.Contains(err.Error(), "the model has no output x") {
			t.Errorf("%v: Run: %v", e, err)
		}
	}
}

// TestUnsupported: everything that is missing is reported at once: unknown
// operators, also in a branch and of another domain, and uses of known ones that
// only their types show.
func TestUnsupported(t *testing.T) {
	b := newBuilder(13)
	in := b.input("x", 1, 2)
	deep := b.constant(tensor.New(tensor.Float32, 1, 1, 2, 2, 2, 2))
	x := b.node("NoSuchOperator", "", []string{in})
	relu := b.node("Relu", "", []string{x})
	b.node("If", "b", []string{b.input("c"), relu}, graphAttr("then_branch", "NoneInside", "t", in), graphAttr("else_branch", "Neg", "e", in))
	b.node("Conv", "p", []string{b.node("Relu", "", []string{deep}), deep})
	b.node("Gelu", "y", []string{relu})
	b.graph.Node[len(b.graph.Node)-1].Domain = proto.String("com.example")
	b.graph.Input[1].GetType().GetTensorType().ElemType = proto.Int32(int32(tensor.Bool))
	b.output("y", 2)
	m := b.model()
	m.Proto.OpsetImport = append(m.Proto.OpsetImport, &onnxpb.OperatorSetIdProto{Domain: proto.String("com.example"), Version: proto.Int64(3)})
	_, err := New(m, Options{})
	var unsupported *errs.UnsupportedError
	if !errors.As(err, &unsupported) {
		t.Fatalf("%v: want an UnsupportedError", err)
	}
	var got []string
	for _, u := range unsupported.Items {
		got = append(got, fmt.Sprintf("%s-%d %t", u.Op, u.Version, u.Node != ""))
	}
	if want := []string{"NoSuchOperator-13 true", "NoneInside-13 true", "com.example.Gelu-3 true", "Conv-13 true"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q: %v", got, want, err)
	}
	summary, err := Survey(m, Options{})
	if err != nil || len(summary.Unsupported) != 4 || summary.Ops["Relu"] != 2 {
		t.Errorf("Survey: %+v, %v", summary, err)
	}
}

// TestRunLimits: a model that would need too much memory is refused before it
// gets any.
func TestRunLimits(t *testing.T) {
	b := newBuilder(13)
	b.node("Conv", "y", []string{b.input("x", 1, 1, 1, 1), b.weight(4, 1, 1, 1)}, intsAttr("pads", 1<<19, 1<<19, 1<<19, 1<<19))
	b.output("y", 4)
	for _, e := range []Engine{Planned, Reference} {
		s, err := New(b.model(), Options{Engine: e})
		if err == nil {
			_, err = s.Run(context.Background(), randomInput(s, 1, 1))
		}
		if err == nil || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("%v: %v, want a limit", e, err)
		}
	}
}

func TestSurvey(t *testing.T) {
	s, err := Survey(network(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	// stem 12·12·16·27, per block depthwise 12·12·(6·9+6·25+4·49), gate and
	// projection 16·16 and 144·256; head 160.
	if want := int64(144*16*27 + 3*(144*(54+150+196)+256+144*256) + 160); s.MACs != want {
		t.Errorf("MACs %d, want %d", s.MACs, want)
	}
	if s.Ops["Conv"] != 16 || s.Params == 0 || len(s.Inputs) != 1 || s.Inputs[0].Shape[0] != tensor.Unknown {
		t.Errorf("%+v", s)
	}
}

// unranked is a model whose input has no declared shape.
func unranked(build func(b *builder, x string) string) *onnx.Model {
	b := newBuilder(13)
	x := b.input("x")
	b.graph.Input[0].GetType().GetTensorType().Shape = nil
	b.node("Identity", "y", []string{build(b, x)})
	b.graph.Output = append(b.graph.Output, b.info("y", nil))
	b.graph.Output[0].GetType().GetTensorType().Shape = nil
	return b.model()
}

// TestUnranked: a batch norm before anything is known of its input's rank, and
// behind a convolution.
func TestUnranked(t *testing.T) {
	for name, build := range map[string]func(b *builder, x string) string{
		"alone":         func(b *builder, x string) string { return b.batchNorm(x, 8, "") },
		"behind a conv": func(b *builder, x string) string { return b.batchNorm(b.conv(x, 8, 8, 3, 1, 1, ""), 8, "") },
		"behind a mul": func(b *builder, x string) string {
			return b.node("Mul", "", []string{b.conv(x, 8, 8, 3, 1, 1, ""), b.positive(8)})
		},
	} {
		m := unranked(build)
		planned, reference := newSession(t, m, Options{}), newSession(t, m, Options{Engine: Reference})
		for _, width := range []int{8, 1, 5} {
			if name == "behind a mul" && width == 5 {
				continue // eight factors fit widths of 1 and 8
			}
			in := Tensors{"x": tensor.New(tensor.Float32, 2, 8, 7, width)}
			for i := range tensor.Data[float32](in["x"]) {
				tensor.Data[float32](in["x"])[i] = float32(i%13) - 6
			}
			want, err := reference.Run(context.Background(), in)
			if err != nil {
				t.Fatal(name, err)
			}
			got, err := planned.Run(context.Background(), in)
			if err != nil {
				t.Fatal(name, err)
			}
			requireClose(t, name, want, got)
		}
	}
}

// TestDataDependentShapes: where an input's values decide on a shape, the
// reference loops find it.
func TestDataDependentShapes(t *testing.T) {
	b := newBuilder(13)
	x, shape := b.input("x", 2, 6), b.input("shape", 2)
	b.graph.Input[1].GetType().GetTensorType().ElemType = proto.Int32(int32(tensor.Int64))
	b.node("Reshape", "y", []string{x, shape})
	b.output("y", 2)
	s := newSession(t, b.model(), Options{})
	if fallbacks, err := s.Fallbacks(); err != nil || len(fallbacks) != 1 {
		t.Errorf("fallbacks %q, %v", fallbacks, err)
	}
	in := randomInput(s, 1, 1)
	in["shape"] = tensor.Of([]int64{3, -1}, 2)
	out := Tensors{"y": tensor.New(tensor.Float32, 3, 4)}
	if err := s.RunInto(context.Background(), in, out); err != nil {
		t.Fatal(err)
	}
	for i, v := range tensor.Data[float32](in["x"]) {
		if tensor.Data[float32](out["y"])[i] != v {
			t.Fatalf("element %d: %g, want %g", i, tensor.Data[float32](out["y"])[i], v)
		}
	}
}

// TestIdleMemory: many batch sizes do not pile up arenas.
func TestIdleMemory(t *testing.T) {
	sameEverywhere(t)
	b := newBuilder(13)
	b.conv(b.input("x", -1, 3, 64, 64), 3, 64, 3, 1, 1, "y")
	b.output("y", 4)
	s := newSession(t, b.model(), Options{})
	s.pays = func(work) bool { return false } // all pictures together
	for batch := 40; batch < 46; batch++ {
		if _, err := s.Run(context.Background(), randomInput(s, batch, 1)); err != nil {
			t.Fatal(err)
		}
	}
	idle := int64(0)
	for _, sl := range s.cache.slots[:len(s.cache.slots)-1] {
		p := sl.prepared.(*planned)
		idle += p.plan.Bytes() * int64(len(p.free))
	}
	if idle > maxIdle {
		t.Errorf("%d bytes idle, allowed %d", idle, maxIdle)
	}
}

// TestFallbacksOfPatches: a network that cannot take a picture of one pixel is
// planned for one of usual size.
func TestFallbacksOfPatches(t *testing.T) {
	b := newBuilder(17)
	x := b.input("x", tensor.Unknown, 3, tensor.Unknown, tensor.Unknown)
	b.node("Conv", "y", []string{x, b.weight(8, 3, 4, 4)}, intsAttr("strides", 4, 4))
	b.output("y", 4)
	if list, err := newSession(t, b.model(), Options{}).Fallbacks(); err != nil || len(list) > 0 {
		t.Errorf("fallbacks %q, %v", list, err)
	}
}
