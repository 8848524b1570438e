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

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// detector is a small network like Mask R-CNN. The pixels of a picture whose keep
// is positive go through a matrix of many weights and a convolution; those of them
// for which that gives much go through another one. A Reshape between takes the
// number of pixels from a value that is computed before the products. channels are
// those of a pixel's picture; from 64 on the matrix is worth a stage.
func detector(channels int) *onnx.Model {
	b := newBuilder(13)
	x, keep := b.input("x", 1, 3, 6, 6), b.input("keep", 36)
	features := b.node("Relu", "features", []string{b.conv(b.node("Relu", "", []string{b.conv(x, 3, 16, 3, 1, 1, "")}), 16, 16, 3, 1, 1, "")})
	rows := b.node("Reshape", "", []string{b.node("Transpose", "", []string{features}, intsAttr("perm", 0, 2, 3, 1)), b.ints(36, 16)})
	some := func(v, name string) string { // the places of what is positive
		found := b.node("NonZero", "", []string{b.node("Greater", "", []string{v, b.constant(tensor.Of([]float32{0}))})})
		return b.node("Squeeze", name, []string{found, b.ints(0)})
	}
	at := some(keep, "places")
	shape := b.node("Concat", "", []string{b.node("Shape", "", []string{at}), b.ints(int64(channels), 4, 4)}, onnx.IntAttr("axis", 0))
	y := b.node("Gather", "", []string{rows, at}, onnx.IntAttr("axis", 0))
	y = b.node("Reshape", "", []string{b.node("Relu", "", []string{b.node("MatMul", "", []string{y, b.weight(16, channels*16)})}), shape})
	y = b.node("Relu", "", []string{b.conv(y, channels, 8, 3, 1, 1, "boxes")})
	scores := b.node("ReduceMean", "", []string{b.node("Sub", "", []string{"boxes", b.constant(tensor.Of([]float32{0.05}))})}, intsAttr("axes", 1, 2, 3), onnx.IntAttr("keepdims", 0))
	y = b.node("Gather", "", []string{y, some(scores, "chosen")}, onnx.IntAttr("axis", 0))
	b.node("Sigmoid", "masks", []string{b.conv(y, 8, 4, 3, 1, 1, "")})
	for _, name := range []string{"features", "boxes", "masks"} {
		b.output(name, 4)
	}
	for _, name := range []string{"places", "chosen"} {
		b.output(name, 1)
		last := b.graph.Output[len(b.graph.Output)-1]
		last.Type.GetTensorType().ElemType = proto.Int32(int32(tensor.Int64))
	}
	return b.model()
}

// detectorInput keeps the given number of pixels.
func detectorInput(s *Session, count int, seed uint64) Tensors {
	in := randomInput(s, 1, seed)
	for i, v := range tensor.Data[float32](in["keep"]) {
		in["keep"].Data.([]float32)[i] = v*v + 1
		if i*5%36 >= count {
			in["keep"].Data.([]float32)[i] = -1
		}
	}
	return in
}

// TestStages: a model whose shapes depend on values gives what the reference
// engine gives, for any number of what it finds and for any of its outputs; the
// same bits on any number of threads.
func TestStages(t *testing.T) {
	reference := newSession(t, detector(64), Options{Engine: Reference})
	sessions := []*Session{newSession(t, detector(64), Options{}), newSession(t, detector(64), Options{Threads: 2}), newSession(t, detector(64), Options{Threads: 2, Layers: true})}
	for _, count := range []int{7, 0, 1, 36, 7} {
		in := detectorInput(reference, count, uint64(count))
		want := run(t, reference, in)
		if got := want["places"].Elements(); got != count {
			t.Fatalf("%d pixels kept, want %d", got, count)
		}
		var bits []byte
		for _, s := range sessions[:2] {
			got := run(t, s, in)
			requireClose(t, fmt.Sprint(count, " pixels"), want, got)
			if now := fmt.Append(nil, got["features"], got["boxes"], got["masks"]); bits == nil {
				bits = now
			} else if !bytes.Equal(bits, now) {
				t.Errorf("%d pixels: two threads give other bits", count)
			}
			for name := range want {
				requireClose(t, name, Tensors{name: want[name]}, run(t, s, in, name))
			}
		}
		layers := run(t, sessions[2], in)
		if len(layers) <= len(want) {
			t.Errorf("%d layers", len(layers))
		}
		for name := range want {
			requireClose(t, name, Tensors{name: want[name]}, Tensors{name: layers[name]})
		}
	}
}

// TestStagesTogether: goroutines that find different shapes share a session.
func TestStagesTogether(t *testing.T) {
	s, reference := newSession(t, detector(64), Options{Threads: 2}), newSession(t, detector(64), Options{Engine: Reference})
	var group sync.WaitGroup
	for count := range 8 {
		in := detectorInput(s, count, uint64(count))
		want := run(t, reference, in)
		group.Go(func() {
			for range 5 {
				got, err := s.Run(context.Background(), in)
				if err != nil {
					t.Error(err)
					return
				}
				requireClose(t, fmt.Sprint(count, " pixels"), want, got)
			}
		})
	}
	group.Wait()
}

func run(t *testing.T, s *Session, in Tensors, outputs ...string) Tensors {
	t.Helper()
	out, err := s.Run(context.Background(), in, outputs...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestStagesSay: every product has a planned kernel, and Fallbacks, Dump and
// Profile name what has none, those of later stages, too.
func TestStagesSay(t *testing.T) {
	s := newSession(t, detector(64), Options{})
	before, dump := said(t, s)
	if !strings.Contains(dump, "nodes, planned for the shapes that a run finds") {
		t.Error("the dump does not tell of later stages")
	}
	steps, err := s.Profile(context.Background(), detectorInput(s, 9, 1), 2)
	if err != nil {
		t.Fatal(err)
	}
	var profiled []string
	macs := int64(0)
	for _, step := range steps {
		macs += step.MACs
		if step.Fallback {
			profiled = append(profiled, step.Kernel)
		}
		if step.Best <= 0 {
			t.Errorf("step %s took %v", step.Name, step.Best)
		}
	}
	if least := int64(36*16*9*(3+16) + 9*(16*1024+16*8*64*9)); macs < least {
		t.Errorf("%d multiply-adds, want %d at least", macs, least)
	}
	after, dump := said(t, s)
	if n := strings.Count(dump, "plan arena="); n != 3 {
		t.Errorf("%d stages, want 3", n)
	}
	for _, list := range [][]string{before, profiled, after} {
		if n := count(list, "NonZero"); n != 2 || count(list, "Conv")+count(list, "MatMul") > 0 {
			t.Errorf("fallbacks %q, want two NonZero and no product", list)
		}
	}
	if !slices.Equal(profiled, after) {
		t.Errorf("fallbacks %q, %q in the profile", after, profiled)
	}
	if n := strings.Count(dump, "fallback "); n != len(after) {
		t.Errorf("%d fallbacks in the dump, %d listed", n, len(after))
	}
}

// said is the operators of s's fallbacks, and the dump of its plans.
func said(t *testing.T, s *Session) (fallbacks []string, dump string) {
	t.Helper()
	list, err := s.Fallbacks()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range list {
		op, _, _ := strings.Cut(step, " ")
		fallbacks = append(fallbacks, op)
	}
	var b strings.Builder
	if err := s.Dump(&b, "plan"); err != nil {
		t.Fatal(err)
	}
	return fallbacks, b.String()
}

func count(list []string, what string) (n int) {
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

// TestStagesInto: RunInto fills tensors of the right shape, and refuses others.
func TestStagesInto(t *testing.T) {
	for _, e := range []Engine{Planned, Reference} {
		s := newSession(t, detector(64), Options{Engine: e})
		in := detectorInput(s, 5, 2)
		want := run(t, s, in)
		out := Tensors{}
		for name, w := range want {
			out[name] = tensor.New(w.DType, w.Shape...)
		}
		if err := s.RunInto(context.Background(), in, out); err != nil {
			t.Fatal(err)
		}
		requireClose(t, e.String(), want, out)
		for _, bad := range []Tensors{{"boxes": nil}, {"boxes": tensor.New(tensor.Float32, 4, 8, 4, 4)}, {"places": tensor.New(tensor.Int32, 5)}} {
			if err := s.RunInto(context.Background(), in, bad); err == nil || !strings.HasPrefix(err.Error(), "output ") {
				t.Errorf("%v: %v: %v", e, bad, err)
			}
		}
	}
}

// TestStagesForgotten: counts that change with every run pile up neither plans nor
// packed weights, nor does the first stage get lost.
func TestStagesForgotten(t *testing.T) {
	s := newSession(t, detector(64), Options{})
	var first *slot
	packs := 0
	for count := range 37 {
		run(t, s, detectorInput(s, count, uint64(count)))
		switch i := slices.IndexFunc(s.cache.slots, func(sl *slot) bool { return sl.of == nil }); {
		case i < 0 || first != nil && s.cache.slots[i] != first:
			t.Fatalf("%d pixels: the first stage is planned again", count)
		default:
			first = s.cache.slots[i]
		}
		if n := len(s.cache.slots); n > maxPlans {
			t.Fatalf("%d plans, allowed %d", n, maxPlans)
		}
		if n := s.cache.packs.Len(); count == 20 {
			packs = n
		} else if count > 20 && n > packs {
			t.Fatalf("%d pixels: %d packs, %d before", count, n, packs)
		}
	}
}

// TestStagesCancelled: a context that ends while a later stage runs ends the run.
func TestStagesCancelled(t *testing.T) {
	s := newSession(t, detector(64), Options{})
	for _, at := range []int{1, 12, 20, 30} {
		ctx := &countdown{Context: context.Background(), left: at}
		if _, err := s.Run(ctx, detectorInput(s, 9, 1)); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at look %d: %v", at, err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), -time.Second)
	defer cancel()
	if _, err := s.Run(ctx, detectorInput(s, 9, 1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the deadline", err)
	}
}

// countdown is cancelled when it has been looked at left times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestStagesFail: what only a run finds wrong is said by the reference loops, as
// the reference engine says it, also in a stage that cannot be planned for that.
func TestStagesFail(t *testing.T) {
	b := newBuilder(13)
	x := b.input("x", 4)
	found := b.node("NonZero", "", []string{b.node("Relu", "", []string{x})})
	rows := b.node("Expand", "", []string{b.weight(1, 128), b.node("Concat", "", []string{b.node("Shape", "", []string{b.node("Squeeze", "", []string{found, b.ints(0)})}), b.ints(128)}, onnx.IntAttr("axis", 0))})
	y := b.node("MatMul", "", []string{rows, b.weight(128, 128)})
	b.node("Reshape", "y", []string{y, b.ints(2, 128)}) // fits two rows only
	b.output("y", 2)
	var errors []string
	for _, e := range []Engine{Planned, Reference} {
		s := newSession(t, b.model(), Options{Engine: e})
		if out := run(t, s, Tensors{"x": tensor.Of([]float32{1, 0, -1, 1}, 4)}); !out["y"].Shape.Equal(tensor.Shape{2, 128}) {
			t.Errorf("%v: %s", e, describe(out["y"]))
		}
		for range 2 {
			_, err := s.Run(context.Background(), Tensors{"x": tensor.Of([]float32{1, 1, 0, 1}, 4)})
			errors = append(errors, fmt.Sprint(err))
		}
	}
	if errors[0] == "<nil>" || len(slices.Compact(errors)) != 1 {
		t.Errorf("errors %q", errors)
	}
}

// TestStagesConstant: an output that values make known in a later stage is the
// caller's own.
func TestStagesConstant(t *testing.T) {
	b := newBuilder(13)
	at := b.node("Squeeze", "", []string{b.node("NonZero", "", []string{b.input("x", 4)}), b.ints(0)})
	rows := b.node("Gather", "", []string{b.weight(4, 128), at}, onnx.IntAttr("axis", 0))
	y := b.node("MatMul", "y", []string{rows, b.weight(128, 128)})
	b.node("ConstantOfShape", "z", []string{b.node("Shape", "", []string{y})}, &onnxpb.AttributeProto{
		Name: proto.String("value"), Type: onnxpb.AttributeProto_TENSOR.Enum(), T: onnx.NewTensor("one", tensor.Of([]float32{1}, 1))})
	b.output("y", 2)
	b.output("z", 2)
	s := newSession(t, b.model(), Options{})
	for range 2 {
		z := tensor.Data[float32](run(t, s, Tensors{"x": tensor.Of([]float32{0, 2, 3, 0}, 4)})["z"])
		if len(z) != 256 || z[0] != 1 {
			t.Fatalf("%d elements of %g, want 256 of 1", len(z), z[0])
		}
		z[0] = 77
	}
}
