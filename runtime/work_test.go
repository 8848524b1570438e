package runtime

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	goruntime "runtime"
	"sync/atomic"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/runtime/internal/pass"
	"github.com/mixconv/mixconv/tensor"
)

// askedContext is a context that is cancelled when it has been asked so many times:
// it tells, without a clock, whether long work looks at its context.
type askedContext struct {
	context.Context
	left, asked atomic.Int64
}

func endsAfter(t *testing.T, left int64) *askedContext {
	c := &askedContext{Context: t.Context()}
	c.left.Store(left)
	return c
}

func (c *askedContext) Err() error {
	c.asked.Add(1)
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// allocated is how many bytes f allocates.
func allocated(f func()) int64 {
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	f()
	goruntime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// loadWork lists small files whose constants would take minutes, or gigabytes.
func loadWork(t *testing.T) []string {
	files, err := filepath.Glob("testdata/load-work/*.onnx")
	if err != nil || len(files) < 7 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	return files
}

// TestLoadDoesBoundedWork: what would take more than FoldOperations or FoldBytes is
// left to the run, and what was computed stays within them.
func TestLoadDoesBoundedWork(t *testing.T) {
	sameEverywhere(t)
	for _, file := range loadWork(t) {
		for _, engine := range []Engine{Planned, Reference} {
			var s *Session
			var err error
			took := allocated(func() { s, err = Load(file, Options{Engine: engine}) })
			if err != nil {
				t.Errorf("%s %v: %v", file, engine, err)
				continue
			}
			if took > 192<<20 {
				t.Errorf("%s %v: %d MiB allocated", file, engine, took>>20)
			}
			if len(s.typed.Nodes) == 0 {
				t.Errorf("%s %v: all of it was computed", file, engine)
			}
		}
	}
}

// TestLoadObservesContext: whenever the context ends, so does loading, with its error,
// and it is asked at every node and at least once for every 2^19 operations.
func TestLoadObservesContext(t *testing.T) {
	sameEverywhere(t)
	for _, file := range loadWork(t) {
		whole := endsAfter(t, 1<<62)
		s, err := Load(file, Options{Context: whole})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		n := whole.asked.Load()
		if n < int64(len(s.typed.Nodes)) {
			t.Errorf("%s: asked %d times for %d nodes", file, n, len(s.typed.Nodes))
		}
		for _, at := range []int64{0, n / 2, n - 1} {
			if _, err := Load(file, Options{Context: endsAfter(t, at)}); err != context.Canceled {
				t.Errorf("%s: cancelled at %d of %d: %v", file, at, n, err)
			}
		}
		if _, err := Survey(s.model, Options{Context: endsAfter(t, 1)}); err != context.Canceled {
			t.Errorf("%s: a survey that is cancelled: %v", file, err)
		}
	}
}

// TestRunObservesLimits: a run whose values need more than TotalBytes is refused on
// both engines, and of what loading leaves to the run the context is asked.
func TestRunObservesLimits(t *testing.T) {
	sameEverywhere(t)
	for _, engine := range []Engine{Planned, Reference} {
		o := Options{Engine: engine, Limits: limit.Limits{TotalBytes: 64 << 20}}
		s, err := Load("testdata/load-work/lim_run40.onnx", o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = s.Run(t.Context(), randomInput(s, 1, 1)); engine == Reference && !errors.Is(err, limit.ErrExceeded) {
			t.Errorf("%v: 40 values of 16 MB within 64 MiB: %v", engine, err)
		}
		for _, name := range []string{"conv_fold_big", "einsum_bomb", "loops_nested_2_1e5_const", "matmul_fold_2000_chain20", "maxpool_fold_big"} {
			s, err := Load("testdata/load-work/"+name+".onnx", Options{Engine: engine})
			if err != nil {
				t.Fatal(err)
			}
			c := endsAfter(t, 60)
			if _, err := s.Run(c, randomInput(s, 1, 1)); !errors.Is(err, context.Canceled) {
				t.Errorf("%s %v: cancelled: %v", name, engine, err)
			}
		}
	}
}

// TestPoolOfTooManyTaps: a window of 2^32 by 2^32 has more places than an int can count.
// They were 0, and the reference loops counted 2^32 of them for every element.
func TestPoolOfTooManyTaps(t *testing.T) {
	for _, op := range []string{"AveragePool", "LpPool", "MaxPool"} {
		b := newBuilder(17)
		b.node(op, "y", []string{b.input("x", 1, 1, 4, 4)}, intsAttr("kernel_shape", 1<<32, 1<<32), intsAttr("pads", 1<<31, 1<<31, 1<<31, 1<<31))
		b.output("y", 4)
		for _, engine := range []Engine{Planned, Reference} {
			s := newSession(t, b.model(), Options{Engine: engine})
			if _, err := s.Run(t.Context(), randomInput(s, 1, 1)); !errors.Is(err, limit.ErrExceeded) {
				t.Errorf("%s, %v: %v", op, engine, err)
			}
		}
	}
}

// TestEinsumOfTooManyIndices: 8 to the power of 26 is no number of indices that a
// loop can count.
func TestEinsumOfTooManyIndices(t *testing.T) {
	b := newBuilder(17)
	in := []string{b.input("x", 8)}
	for range 25 {
		in = append(in, b.weight(8))
	}
	b.node("Einsum", "y", in, onnx.StringAttr("equation", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z->"))
	b.output("y", 0)
	for _, engine := range []Engine{Planned, Reference} {
		s := newSession(t, b.model(), Options{Engine: engine})
		if _, err := s.Run(t.Context(), randomInput(s, 1, 1)); !errors.Is(err, limit.ErrExceeded) {
			t.Errorf("%v: %v", engine, err)
		}
	}
}

// TestFoldingChangesNoResult: with any budget for constants a model gives the same.
func TestFoldingChangesNoResult(t *testing.T) {
	build := func() *onnx.Model {
		b := newBuilder(17)
		x := b.input("x", 2, 8, 6, 6)
		w := b.node("MatMul", "", []string{b.weight(24, 16), b.weight(16, 72)})
		w = b.node("Reshape", "", []string{b.node("Tanh", "", []string{w}), b.ints(24, 8, 3, 3)})
		y := b.node("Conv", "", []string{x, w}, intsAttr("pads", 1, 1, 1, 1))
		y = b.node("Reshape", "", []string{y, b.node("Concat", "", []string{b.ints(2), b.node("Mul", "", []string{b.ints(2), b.ints(12)}), b.ints(36)}, onnx.IntAttr("axis", 0))})
		b.node("MatMul", "y", []string{y, b.node("Sum", "", []string{b.weight(36, 5), b.weight(36, 5), b.weight(5)})})
		b.output("y", 3)
		return b.model()
	}
	want := runRandom(t, newSession(t, build(), Options{}))
	for _, l := range []limit.Limits{{FoldOperations: 1}, {FoldBytes: 1}, {FoldBytes: 10_000}, {FoldOperations: 8_000}} {
		for _, engine := range []Engine{Planned, Reference} {
			s := newSession(t, build(), Options{Engine: engine, Limits: l})
			requireClose(t, fmt.Sprintf("%+v %v", l, engine), want, runRandom(t, s))
		}
	}
	s := newSession(t, build(), Options{Engine: Reference, Limits: limit.Limits{FoldBytes: 1}})
	if n := len(s.typed.Nodes); n < 7 {
		t.Errorf("%d nodes are left, so constants were computed beyond the budget", n)
	}
}

func runRandom(t *testing.T, s *Session) Tensors {
	t.Helper()
	out, err := s.Run(t.Context(), randomInput(s, 1, 3))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPlanningObservesContext: a run with new shapes ends with its context while it
// plans, and the next one plans again.
func TestPlanningObservesContext(t *testing.T) {
	const n = 400
	s := newSession(t, chain(n, "conv"), Options{})
	in := randomInput(s, 2, 1)
	whole := endsAfter(t, 1<<62)
	if _, err := s.Run(whole, in); err != nil {
		t.Fatal(err)
	}
	for at := range int64(12) {
		s := newSession(t, chain(n, "conv"), Options{})
		at *= n / 6
		if _, err := s.Run(endsAfter(t, at), in); err != context.Canceled {
			t.Errorf("cancelled at %d of %d: %v", at, whole.asked.Load(), err)
		}
		if _, err := s.Run(t.Context(), in); err != nil {
			t.Errorf("after a run that was cancelled at %d: %v", at, err)
		}
	}
}

// TestPassesObserveContext: a pass looks at its context as it walks, so that it ends
// within a few thousand nodes.
func TestPassesObserveContext(t *testing.T) {
	n := 20_000
	if testing.Short() {
		n = 4_000 // an emulated processor takes a quarter of an hour for more
	}
	for _, op := range []string{"Identity", "Transpose", "Add", "conv", "Slice"} {
		build := func() *graph.Graph {
			g, err := graph.Build(limit.NewLoad(t.Context(), limit.Limits{}), chain(n, op))
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		whole := endsAfter(t, 1<<62)
		if err := pass.Run(limit.NewLoad(whole, limit.Limits{}), build(), kernel.Portable.Computes); err != nil {
			t.Fatal(err)
		}
		asked := whole.asked.Load()
		if asked < int64(n/1024) {
			t.Errorf("%s: asked %d times for %d nodes", op, asked, n)
		}
		for _, at := range []int64{0, 3, asked / 2, asked - 1} {
			if err := pass.Run(limit.NewLoad(endsAfter(t, at), limit.Limits{}), build(), kernel.Portable.Computes); err != context.Canceled {
				t.Errorf("%s: cancelled at %d of %d: %v", op, at, asked, err)
			}
		}
	}
}

// chain is a model of n nodes, each of which reads the one before.
func chain(n int, op string) *onnx.Model {
	b := newBuilder(17)
	x := b.input("x", tensor.Unknown, 4, 4, 4)
	w, axis := b.weight(4, 4, 1, 1), b.weight(1, 4, 1, 1)
	zero, end := b.ints(0), b.ints(4)
	for range n {
		switch op {
		case "conv":
			x = b.node("Conv", "", []string{x, w})
		case "Add":
			x = b.node("Add", "", []string{x, axis})
		case "Transpose":
			x = b.node("Transpose", "", []string{x}, intsAttr("perm", 0, 2, 3, 1))
		case "Slice":
			x = b.node("Slice", "", []string{x, zero, end})
		default:
			x = b.node(op, "", []string{x})
		}
	}
	b.node("Sin", "y", []string{x})
	b.output("y", 4)
	return b.model()
}

// fan is a model of n nodes that read the input, or n inputs, and one that reads all.
func fan(n int, inputs bool, op, join string) *onnx.Model {
	b := newBuilder(17)
	var all []string
	x := "x"
	for i := range n {
		if i == 0 || inputs {
			x = b.input(fmt.Sprintf("x%d", i), 1, 2, 2, 2)
		}
		name := ""
		if join == "" {
			name = fmt.Sprintf("y%d", i)
			b.output(name, 4)
		}
		all = append(all, b.node(op, name, []string{x}))
	}
	switch join {
	case "":
		return b.model()
	case "Concat":
		b.node(join, "y", all, onnx.IntAttr("axis", 1))
	default:
		b.node(join, "y", all)
	}
	b.output("y", 4)
	return b.model()
}

// TestWorkGrowsWithTheModel: twice the nodes, inputs or outputs allocate no more than
// two and a half times as much, on the way to the first run's end.
func TestWorkGrowsWithTheModel(t *testing.T) {
	sameEverywhere(t)
	models := map[string]func(n int) *onnx.Model{}
	for _, op := range []string{"Identity", "Relu", "Sin", "Add", "Transpose", "conv"} {
		models["a chain of "+op] = func(n int) *onnx.Model { return chain(n, op) }
	}
	for _, join := range []string{"", "Concat", "Sum", "Max"} {
		models["outputs, joined by "+join] = func(n int) *onnx.Model { return fan(n, false, "Sin", join) }
		models["inputs, joined by "+join] = func(n int) *onnx.Model { return fan(n, true, "Relu", join) }
	}
	for name, build := range models {
		t.Run(name, func(t *testing.T) {
			var took [2]int64
			for i, n := range []int{1000, 2000} {
				m := build(n)
				took[i] = allocated(func() {
					s := newSession(t, m, Options{})
					runRandom(t, s)
				})
			}
			if took[1] > took[0]*5/2 {
				t.Errorf("%d bytes for 1000, %d for 2000", took[0], took[1])
			}
		})
	}
}
