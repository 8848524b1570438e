package runtime

import (
	"context"
	"errors"
	"io/fs"
	"reflect"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/pass"
	"github.com/mixconv/mixconv/tensor"
)

// planted makes one task of a session's runs panic.
type planted struct {
	left   atomic.Int64 // tasks until it does; below 1: none does
	worker int          // it is on this worker or a later one
	where  atomic.Value // the node
}

func (p *planted) hook(node string, worker int) {
	if worker < p.worker {
		time.Sleep(100 * time.Microsecond) // let others take a task
		return
	}
	if p.left.Add(-1) == 0 {
		p.where.Store(node)
		panic("planted\nin a test")
	}
}

// requireInternal fails unless err is one line that says where the fault is and
// whose it is, and has the stack.
func requireInternal(t *testing.T, what string, err error, parts ...string) {
	t.Helper()
	var e *errs.InternalError
	if !errors.As(err, &e) || !strings.Contains(string(e.Stack), "goroutine ") || strings.Contains(err.Error(), "\n") || errors.As(err, new(*errs.FormatError)) {
		t.Fatalf("%s: error %v, want one line and a stack", what, err)
	}
	for _, part := range append(parts, "fault of mixconv") {
		if !strings.Contains(err.Error(), part) {
			t.Fatalf("%s: error %v, want one with %q", what, err, part)
		}
	}
}

// TestPlantedPanics: wherever a task panics, in a kernel or in a fallback, on the
// caller's goroutine or another one, in a step, a chunk of a batch or a stage, it
// is an error of that run, which names the node. Nothing that the run used is used
// again, no goroutine stays, and other runs go on.
func TestPlantedPanics(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(4))
	for _, c := range []struct {
		name   string
		s      *Session
		in     func(*Session) Tensors
		worker int
		tasks  int64 // where to plant: the first so many
	}{
		{"one thread", newSession(t, network(), Options{}), func(s *Session) Tensors { return randomInput(s, 1, 1) }, 0, 12},
		{"threads", newSession(t, network(), Options{Threads: 3}), func(s *Session) Tensors { return randomInput(s, 1, 1) }, 0, 12},
		{"helpers", newSession(t, network(), Options{Threads: 3}), func(s *Session) Tensors { return randomInput(s, 2, 1) }, 1, 4},
		{"chunks", newSession(t, network(), Options{Threads: 2}), func(s *Session) Tensors { return randomInput(s, 13, 1) }, 0, 24},
		{"help with chunks", newSession(t, network(), Options{Threads: 3}), func(s *Session) Tensors { return randomInput(s, 4, 1) }, 1, 2},
		{"fallbacks", newSession(t, largeWeights(), Options{Threads: 2}), func(s *Session) Tensors { return randomInput(s, 1, 1) }, 0, 24},
		{"stages", newSession(t, detector(64), Options{Threads: 2}), func(s *Session) Tensors { return detectorInput(s, 7, 1) }, 0, 24},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &planted{worker: c.worker}
			s := c.s
			s.pays, s.hook = func(work) bool { return true }, p.hook
			in := c.in(s)
			want := run(t, s, in)
			before := goruntime.NumGoroutine()
			for task := int64(1); task <= c.tasks; task++ {
				err := p.until(s, in, task)
				if where, _ := p.where.Load().(string); err != nil || c.worker == 0 { // a helper need not get a task
					requireInternal(t, c.name, err, `node "`+where+`": internal error (planted in a test)`)
				}
				p.left.Store(0)
				if got := run(t, s, in); !reflect.DeepEqual(got, want) {
					t.Fatal("another result after a panic")
				}
			}
			requireGoroutines(t, c.name, before)
			requireOthers(t, s, p, in, want)
			requireGoroutines(t, c.name, before)
		})
	}
}

// until runs s until the task panics, on a helper more than once if need be.
func (p *planted) until(s *Session, in Tensors, task int64) error {
	for range 100 {
		p.left.Store(task)
		if _, err := s.Run(context.Background(), in); err != nil || p.worker == 0 {
			return err
		}
	}
	return nil
}

// requireOthers plants a panic while several goroutines run s: one run fails, all
// others give what they should.
func requireOthers(t *testing.T, s *Session, p *planted, in, want Tensors) {
	t.Helper()
	p.worker = 0
	var failed atomic.Int64
	var group sync.WaitGroup
	p.left.Store(30)
	for range 4 {
		group.Go(func() {
			for range 5 {
				got, err := s.Run(context.Background(), in)
				if internal(err) {
					failed.Add(1)
				} else if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("another run: results differ, error %v", err)
				}
			}
		})
	}
	group.Wait()
	if failed.Load() != 1 {
		t.Errorf("%d runs failed, 1 task panicked", failed.Load())
	}
}

// TestPanicDropsState: the memory of a run that panicked is not used again.
func TestPanicDropsState(t *testing.T) {
	p := new(planted)
	s := newSession(t, network(), Options{})
	s.hook = p.hook
	in := randomInput(s, 1, 1)
	out := run(t, s, in)
	ready, err := preparedFor(s, in)
	if err != nil {
		t.Fatal(err)
	}
	single := ready.(*planned)
	if len(single.free) != 1 || len(s.scratch.free) != 1 {
		t.Fatalf("%d idle states", len(single.free))
	}
	p.left.Store(5)
	requireInternal(t, "RunInto", s.RunInto(context.Background(), in, out))
	if len(single.free) != 0 || len(s.scratch.free) != 0 {
		t.Errorf("%d states, %d arguments kept", len(single.free), len(s.scratch.free))
	}
	p.left.Store(5)
	_, err = s.Profile(context.Background(), in, 1)
	requireInternal(t, "Profile", err)
}

// weightsOf are the constants that nodes of this operator read.
func weightsOf(g *graph.Graph, c op.Code) (list []*tensor.Tensor) {
	for _, n := range g.Nodes {
		if n.Is(c) {
			for _, v := range n.In[1:] {
				if v != nil && v.Type.Value != nil {
					list = append(list, v.Type.Value)
				}
			}
		}
	}
	return list
}

// TestPanicsBeforeRun: a panic while weights are packed, on other goroutines, while
// a plan is made or a graph specialised, and in the reference engine, is an error of
// every run that needs this; when the cause is gone, all is well.
func TestPanicsBeforeRun(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		harm func(s *Session) (undo func())
		want string
	}{
		{"packing", Options{Threads: 2}, func(s *Session) func() {
			w := weightsOf(s.passed, op.Conv)[0]
			data := w.Data
			w.Data = data.([]float32)[:5:5]
			return func() { w.Data = data }
		}, "packing weights: internal error"},
		{"planning", Options{}, func(s *Session) func() {
			w := weightsOf(s.passed, op.Conv)[0]
			data := w.Data
			w.Data = "no slice"
			return func() { w.Data = data }
		}, `node "`},
		{"specialising", Options{}, func(s *Session) func() {
			in := s.passed.Inputs[0]
			s.passed.Inputs[0] = nil
			return func() { s.passed.Inputs[0] = in }
		}, "internal error"},
		{"reference", Options{Engine: Reference}, func(s *Session) func() {
			w := weightsOf(s.typed, op.Gemm)[0]
			data := w.Data
			w.Data = data.([]float32)[:5:5]
			return func() { w.Data = data }
		}, `node "`},
	} {
		t.Run(c.name, func(t *testing.T) {
			watch := pass.Watch // would find the harm first
			pass.Watch = nil
			defer func() { pass.Watch = watch }()
			before := goruntime.NumGoroutine()
			s := newSession(t, network(), c.o)
			in := randomInput(s, 1, 1)
			undo := c.harm(s)
			for range 3 {
				_, err := s.Run(context.Background(), in)
				requireInternal(t, c.name, err, c.want)
			}
			requireGoroutines(t, c.name, before)
			undo()
			if got, want := run(t, s, in), run(t, newSession(t, network(), c.o), in); !reflect.DeepEqual(got, want) {
				t.Error("another result when the cause is gone")
			}
		})
	}
}

// panicking is a file system that panics.
type panicking struct{}

func (panicking) Open(string) (fs.File, error) { panic("planted") }

func TestPanicInLoad(t *testing.T) {
	_, err := LoadFS(panicking{}, "m.onnx", Options{})
	requireInternal(t, "LoadFS", err, "m.onnx: internal error (planted)")
}
