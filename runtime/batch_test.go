package runtime

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
)

// always has every batch run in chunks where that is possible.
func always(work) bool { return true }

// processors lets sessions have so many threads while t runs.
func processors(t *testing.T, n int) {
	before := goruntime.GOMAXPROCS(n)
	t.Cleanup(func() { goruntime.GOMAXPROCS(before) })
}

// TestBatchCases: models that mix the pictures of a batch in many ways, and such
// that do not, give what the reference engine gives. The former are run as a
// whole, the latter in chunks, to the same bits as one at a time.
func TestBatchCases(t *testing.T) {
	processors(t, 4)
	for _, c := range batchCases {
		t.Run(c.name, func(t *testing.T) {
			reference := newSession(t, c.model(), Options{Engine: Reference})
			in := randomInput(reference, batchSize, 3)
			want, err := reference.Run(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			for threads := 1; threads <= 4; threads += 3 {
				s := newSession(t, c.model(), Options{Threads: threads})
				s.pays = always
				got, err := s.Run(context.Background(), in)
				if err != nil {
					t.Fatal(err)
				}
				requireClose(t, "planned", want, got)
				requireSameIntegers(t, want, got)
				if p, err := preparedFor(s, in); err != nil || inChunks(p) == c.mixes {
					t.Errorf("in chunks: %v, want %v; error %v", inChunks(p), !c.mixes, err)
				}
				if !c.mixes && c.x[0] == tensor.Unknown {
					requireSingles(t, s, in, got)
				}
			}
		})
	}
}

func inChunks(p prepared) bool {
	_, ok := p.(*batch)
	return ok
}

// preparedFor is what computes all outputs for in.
func preparedFor(s *Session, in Tensors) (prepared, error) {
	args, err := s.scratch.get()
	if err != nil {
		return nil, err
	}
	defer s.scratch.put(args, nil)
	if err := s.ask(args, nil); err != nil {
		return nil, err
	}
	return s.bind(context.Background(), args, in)
}

func requireSameIntegers(t *testing.T, want, got Tensors) {
	t.Helper()
	for name, w := range want {
		if w.DType != tensor.Float32 && !reflect.DeepEqual(w.Data, got[name].Data) {
			t.Errorf("output %s: %v, want %v", name, got[name].Data, w.Data)
		}
	}
}

// requireSingles fails unless each picture alone gives the same bits as in the
// batch.
func requireSingles(t *testing.T, s *Session, in, all Tensors) {
	t.Helper()
	for i := range batchSize {
		one := Tensors{}
		for name, x := range in {
			one[name] = x.Rows(i, 1)
		}
		out, err := s.Run(context.Background(), one)
		if err != nil {
			t.Fatal(err)
		}
		for name, y := range out {
			if part := all[name].Rows(i, 1); !reflect.DeepEqual(y.Data, part.Data) {
				t.Fatalf("picture %d, output %s: %v, alone %v", i, name, part.Data, y.Data)
			}
		}
	}
}

// TestBatchBits: a batch gives the same bits as its pictures one at a time, for
// any number of threads, from several goroutines, and into the caller's tensors.
func TestBatchBits(t *testing.T) {
	const most = 17
	processors(t, 8)
	single := newSession(t, network(), Options{})
	in := randomInput(single, most, 7)
	want := tensor.New(tensor.Float32, most, 10)
	for i := range most {
		out, err := single.Run(context.Background(), Tensors{"x": in["x"].Rows(i, 1)})
		if err != nil {
			t.Fatal(err)
		}
		copy(tensor.Data[float32](want)[i*10:], tensor.Data[float32](out["y"]))
	}
	for _, threads := range []int{1, 2, 3, 8} {
		s := newSession(t, network(), Options{Threads: threads})
		for n := 2; n <= most; n += 1 + n/8 {
			t.Run(fmt.Sprint(threads, " threads, batch ", n), func(t *testing.T) {
				t.Parallel()
				part := Tensors{"x": in["x"].Rows(0, n)}
				out := Tensors{"y": tensor.New(tensor.Float32, n, 10)}
				for range 5 {
					clear(tensor.Data[float32](out["y"]))
					if err := s.RunInto(context.Background(), part, out); err != nil {
						t.Fatal(err)
					}
					if got, want := out["y"].Data, want.Rows(0, n).Data; !reflect.DeepEqual(got, want) {
						t.Fatalf("%v, want %v", got, want)
					}
				}
				if p, err := preparedFor(s, part); err != nil || inChunks(p) != s.splits([]tensor.Shape{part["x"].Shape}) {
					t.Errorf("in chunks: %v, error %v", inChunks(p), err)
				}
			})
		}
	}
}

// TestBatchPlan: a batch is run with the plans and in the memory of smaller
// batches; a model that uses its weights but once a
// picture is run as a whole.
func TestBatchPlan(t *testing.T) {
	s := newSession(t, network(), Options{})
	ready := func(s *Session, n int) prepared {
		in := randomInput(s, n, 1)
		if _, err := s.Run(context.Background(), in); err != nil {
			t.Fatal(err)
		}
		p, err := preparedFor(s, in)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	five, three, two := ready(s, 5).(*batch).parts, ready(s, 3).(*planned), ready(s, 2).(*planned)
	if five[0].plan() != three || five[1].plan() != two || five[0].size != 3 || five[1].first != 3 || five[0].count+five[1].count != 2 ||
		len(three.free) != 1 || len(two.free) != 1 {
		t.Errorf("parts %+v, %d and %d States", five, len(three.free), len(two.free))
	}
	out := Tensors{"y": tensor.New(tensor.Float32, 1, 10)}
	if err := s.RunInto(context.Background(), randomInput(s, 5, 1), out); err == nil {
		t.Error("an output for one picture of five is accepted")
	}
	b := newBuilder(14)
	b.node("Gemm", "y", []string{b.node("Relu", "", []string{b.input("x", -1, 512)}), b.weight(512, 512)})
	b.output("y", 2)
	if inChunks(ready(newSession(t, b.model(), Options{}), 4)) {
		t.Error("weights are read again for every row")
	}
}

// TestBatchSteps: a profile is that of a chunk, for all of them.
func TestBatchSteps(t *testing.T) {
	s := newSession(t, network(), Options{Threads: 2})
	one, err := s.Profile(context.Background(), randomInput(s, 1, 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	five, err := s.Profile(context.Background(), randomInput(s, 5, 1), 2)
	if err != nil || len(five) != len(one) {
		t.Fatalf("%d steps, want %d; error %v", len(five), len(one), err)
	}
	for i, step := range five {
		if step.MACs != 5*one[i].MACs {
			t.Errorf("step %s: %d MACs, want five times %d", step.Name, step.MACs, one[i].MACs)
		}
	}
}

// TestBatchCancel: a batch ends within milliseconds, too, and an error of one
// picture ends it.
func TestBatchCancel(t *testing.T) {
	b := newBuilder(13)
	x := b.input("x", -1, 64, 64, 64)
	for range 5 {
		x = b.conv(x, 64, 64, 3, 1, 1, "")
	}
	b.node("Identity", "y", []string{x})
	b.output("y", 4)
	processors(t, 3)
	most := 800 * time.Millisecond
	if testing.Short() { // a processor is emulated, or races are looked for: the whole batch takes minutes
		most *= 10
	}
	for threads := 1; threads <= 3; threads++ {
		s := newSession(t, b.model(), Options{Threads: threads})
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
		defer cancel()
		start := time.Now()
		if _, err := s.Run(ctx, randomInput(s, 8, 1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%d threads: %v, want the deadline", threads, err)
		}
		if took := time.Since(start); took > most {
			t.Errorf("%d threads: ended after %v", threads, took)
		}
	}
	b = newBuilder(14)
	index := b.node("Cast", "", []string{b.input("x", -1, 2)}, onnx.IntAttr("to", int64(tensor.Int64)))
	b.node("Gather", "y", []string{b.weight(4, 2), index})
	b.output("y", 3)
	s := newSession(t, b.model(), Options{Threads: 2})
	s.pays = always
	in := Tensors{"x": tensor.Of([]float32{0, 1, 2, 9, 3, 3, 1, 1}, 4, 2)}
	if _, err := s.Run(context.Background(), in); err == nil {
		t.Error("an index out of range is accepted")
	}
	in["x"] = tensor.Of([]float32{0, 1, 2, 1, 3, 3, 1, 1}, 4, 2)
	if _, err := s.Run(context.Background(), in); err != nil {
		t.Errorf("after an error: %v", err)
	}
}

// TestSplit: chunks cover the batch, each thread has as many as any other if
// that can be, and none is larger than allowed.
func TestSplit(t *testing.T) {
	for threads := 1; threads <= 9; threads++ {
		s := &Session{options: Options{Threads: threads}}
		for pictures := range 200 {
			parts := s.split(pictures)
			chunks, at := 0, 0
			for _, part := range parts {
				if part.count > 0 && (part.first != at || part.size > chunk || part.size < 1) && pictures > 0 {
					t.Fatalf("%d threads, %d pictures: %+v", threads, pictures, parts)
				}
				chunks += part.count
				at += part.count * part.size
			}
			if at != pictures || pictures >= threads && chunks%threads != 0 {
				t.Fatalf("%d threads, %d pictures: %+v", threads, pictures, parts)
			}
		}
	}
}
