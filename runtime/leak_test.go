package runtime

import (
	"context"
	"errors"
	goruntime "runtime"
	"sync"
	"testing"
	"time"

	"github.com/mixconv/mixconv/tensor"
)

// requireGoroutines waits until no more goroutines are there than before.
func requireGoroutines(t *testing.T, what string, before int) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for goruntime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%s: %d goroutines, before %d\n%s", what, goruntime.NumGoroutine(), before, stacks[:goruntime.Stack(stacks, true)])
		}
		time.Sleep(time.Millisecond)
	}
}

// TestNoGoroutinesRemain: after runs that succeed, fail or are cancelled, and
// after models that cannot be loaded, no goroutine is left, and nothing has to
// be closed.
func TestNoGoroutinesRemain(t *testing.T) {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(4))
	before := goruntime.NumGoroutine()
	for _, o := range []Options{{Threads: 4}, {Engine: Reference, Threads: 4}} {
		s := newSession(t, network(), o)
		in := randomInput(s, 4, 1)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if _, err := s.Run(context.Background(), in); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		requireGoroutines(t, o.Engine.String()+": after runs", before)

		for delay := range 20 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(delay)*100*time.Microsecond)
			if _, err := s.Run(ctx, in); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			cancel()
		}
		requireGoroutines(t, o.Engine.String()+": after cancelled runs", before)

		f := newSession(t, forked(), o)
		for range 5 {
			if _, err := f.Run(context.Background(), forkedInput(f, 99)); err == nil {
				t.Error("an index out of range is no error")
			}
			if _, err := s.Run(context.Background(), Tensors{"x": tensor.New(tensor.Float32, 1)}); err == nil {
				t.Error("a wrong shape is no error")
			}
			if _, err := LoadBytes([]byte("no model"), o); err == nil {
				t.Error("no model is no error")
			}
		}
		requireGoroutines(t, o.Engine.String()+": after failed runs", before)
	}
}
