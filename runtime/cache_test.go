package runtime

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/mixconv/mixconv/tensor"
)

// blocked takes the right to prepare away from s's runs until the returned function is
// called.
func blocked(s *Session) (goOn func()) {
	s.cache.preparing <- struct{}{}
	return func() { <-s.cache.preparing }
}

// TestRunsWhilePreparing: while something is prepared, runs of known shapes go on, and
// one of a new shape ends when its context does.
func TestRunsWhilePreparing(t *testing.T) {
	for _, o := range []Options{{}, {Threads: 2}, {Engine: Reference}} {
		s := newSession(t, network(), o)
		one, three := randomInput(s, 1, 1), randomInput(s, 3, 1)
		run(t, s, one)
		goOn := blocked(s)
		run(t, s, one)
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		if _, err := s.Run(ctx, three); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%+v: %v, want the deadline", o, err)
		}
		cancel()
		if n := len(s.cache.pending); n != 0 {
			t.Errorf("%+v: %d slots pending, and nobody waits", o, n)
		}
		goOn()
		run(t, s, three)
	}
}

// TestPreparedOnce: those who ask for the same new shape at the same time get the same
// plan, also if the one who prepares it gives up.
func TestPreparedOnce(t *testing.T) {
	s := newSession(t, network(), Options{})
	in := randomInput(s, 3, 1)
	goOn := blocked(s)
	giveUp, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	plans := make([]prepared, 8)
	for i := range plans {
		group.Go(func() {
			var err error
			if i == 0 {
				if _, err = s.Run(giveUp, in); !errors.Is(err, context.Canceled) {
					t.Errorf("%v, want the cancellation", err)
				}
				return
			}
			if plans[i], err = preparedFor(s, in); err != nil {
				t.Error(err)
			}
		})
	}
	for waiting := 0; waiting < len(plans); {
		s.cache.mu.Lock()
		if len(s.cache.pending) > 0 {
			waiting = s.cache.pending[0].waiting
		}
		s.cache.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	cancel()
	goOn()
	group.Wait()
	for i, p := range plans[1:] {
		if p == nil || p != plans[1] {
			t.Errorf("caller %d has another plan", i+1)
		}
	}
	if len(s.cache.pending) != 0 || len(s.cache.slots) != 1 {
		t.Errorf("%d slots pending, %d ready", len(s.cache.pending), len(s.cache.slots))
	}
}

// TestPreparedForParts: a batch needs a plan that somebody else waits for; it makes it
// itself, and both have the same.
func TestPreparedForParts(t *testing.T) {
	s := newSession(t, network(), Options{})
	goOn := blocked(s)
	var group sync.WaitGroup
	ready := map[int]prepared{}
	var mu sync.Mutex
	for _, n := range []int{5, 3, 2, 5, 3, 2, 9, 17} {
		in := randomInput(s, n, 1)
		group.Go(func() {
			p, err := preparedFor(s, in)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if had := ready[n]; had != nil && had != p {
				t.Errorf("two plans for a batch of %d", n)
			}
			ready[n] = p
		})
	}
	time.Sleep(10 * time.Millisecond)
	goOn()
	group.Wait()
	if five := ready[5].(*batch).parts; five[0].plan() != ready[3] || five[1].plan() != ready[2] {
		t.Error("the chunks of a batch of five have plans of their own")
	}
}

// TestErrorsAreNotRemembered: what could not be prepared is tried again, and everybody
// who waited for it hears why.
func TestErrorsAreNotRemembered(t *testing.T) {
	b := newBuilder(14)
	x := b.input("x", tensor.Unknown, 4)
	b.node("Reshape", "y", []string{x, b.ints(3, -1)})
	b.output("y", 2)
	s := newSession(t, b.model(), Options{})
	goOn := blocked(s)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := s.Run(context.Background(), randomInput(s, 2, 1)); err == nil {
				t.Error("8 elements in rows of three")
			}
		})
	}
	time.Sleep(10 * time.Millisecond)
	goOn()
	group.Wait()
	if len(s.cache.pending)+len(s.cache.slots) != 0 {
		t.Errorf("%d slots pending, %d ready", len(s.cache.pending), len(s.cache.slots))
	}
	run(t, s, randomInput(s, 3, 1))
}
