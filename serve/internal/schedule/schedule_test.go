package schedule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mixconv/mixconv/tensor"
)

// slow is a model that takes a while for each row, and doubles its input.
type slow struct {
	row time.Duration

	mu      sync.Mutex
	batches []int // rows of each run
}

func (s *slow) run(ctx context.Context, _ int, in Tensors, _ ...string) (Tensors, error) {
	x := in["x"]
	s.mu.Lock()
	s.batches = append(s.batches, x.Shape[0])
	s.mu.Unlock()
	select {
	case <-time.After(time.Duration(x.Shape[0]) * s.row):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	y := x.Clone()
	for i, v := range tensor.Data[float32](y) {
		tensor.Data[float32](y)[i] = 2 * v
	}
	return Tensors{"y": y}, nil
}

// job is a request of so many rows, all of this value.
func job(rows int, value float32) *Job {
	x := tensor.New(tensor.Float32, rows, 2)
	for i := range tensor.Data[float32](x) {
		tensor.Data[float32](x)[i] = value
	}
	return &Job{In: Tensors{"x": x}, Rows: rows}
}

// result says whether a job's answer is its own.
func result(j *Job, out Tensors, err error) error {
	if err != nil {
		return err
	}
	y, x := out["y"], j.In["x"]
	if !y.Shape.Equal(x.Shape) {
		return fmt.Errorf("shape %s for %s", y.Shape, x.Shape)
	}
	for i, v := range tensor.Data[float32](y) {
		if v != 2*tensor.Data[float32](x)[i] {
			return fmt.Errorf("element %d is %v of %v", i, v, tensor.Data[float32](x)[i])
		}
	}
	return nil
}

func newBatcher(s *slow, o Options) *Batcher {
	o.Names = []string{"x"}
	return NewBatcher(NewBudget(1).Flow(1), s.run, o)
}

// TestBatches: requests that come while a run goes on are run together, as many as make
// a preferred size, and each gets its own answer.
func TestBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{row: 10 * time.Millisecond}
		b := newBatcher(s, Options{Queue: 100, Preferred: []int{1, 2, 4}})
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Microsecond)
				j := job(1, float32(i))
				out, times, err := b.Submit(t.Context(), j)
				if err := result(j, out, err); err != nil {
					t.Errorf("request %d: %v", i, err)
				}
				if err == nil && times.Infer != time.Duration(times.Rows)*s.row {
					t.Errorf("request %d: %+v", i, times)
				}
			})
		}
		all.Wait()
		b.Close()
		if want := []int{1, 4, 2, 1}; !slices.Equal(s.batches, want) {
			t.Errorf("batches %v, want %v", s.batches, want)
		}
	})
}

// TestOwnRows: requests of several rows are joined whole.
func TestOwnRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{row: time.Millisecond}
		b := newBatcher(s, Options{Queue: 100, Preferred: []int{1, 2, 4, 8}})
		var all sync.WaitGroup
		for i, rows := range []int{1, 3, 2, 3, 20, 1} {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Microsecond)
				j := job(rows, float32(i))
				out, _, err := b.Submit(t.Context(), j)
				if err := result(j, out, err); err != nil {
					t.Errorf("request %d: %v", i, err)
				}
			})
		}
		all.Wait()
		b.Close()
		if want := []int{1, 8, 1, 20}; !slices.Equal(sortedFrom(s.batches), sortedFrom(want)) {
			t.Errorf("batches %v, want %v", s.batches, want)
		}
	})
}

func sortedFrom(list []int) []int { return slices.Sorted(slices.Values(list)) }

// TestOtherShapes: requests that do not fit together are run one after the other.
func TestOtherShapes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{row: time.Millisecond}
		b := newBatcher(s, Options{Queue: 100, Preferred: []int{1, 2, 4}})
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Microsecond)
				j := &Job{In: Tensors{"x": tensor.New(tensor.Float32, 1, 1+i%2)}, Rows: 1}
				if i == 5 {
					j.Rows = 0 // not to be joined
				}
				out, _, err := b.Submit(t.Context(), j)
				if err := result(j, out, err); err != nil {
					t.Errorf("request %d: %v", i, err)
				}
			})
		}
		all.Wait()
		b.Close()
		if want := []int{1, 2, 2, 1}; !slices.Equal(sortedFrom(s.batches), sortedFrom(want)) {
			t.Errorf("batches %v, want %v", s.batches, want)
		}
	})
}

// TestMaxDelay: a request waits for others as long as it is told, and no longer than
// until the batch is full.
func TestMaxDelay(t *testing.T) {
	for _, c := range []struct {
		requests int
		took     time.Duration
	}{{1, 6 * time.Millisecond}, {3, 8 * time.Millisecond}, {4, 4*time.Millisecond + 3*time.Microsecond}} {
		synctest.Test(t, func(t *testing.T) {
			s := &slow{row: time.Millisecond}
			b := newBatcher(s, Options{Queue: 100, Preferred: []int{1, 2, 3, 4}, MaxDelay: 5 * time.Millisecond})
			start := time.Now()
			var all sync.WaitGroup
			for i := range c.requests {
				all.Go(func() {
					time.Sleep(time.Duration(i) * time.Microsecond)
					j := job(1, float32(i))
					out, _, err := b.Submit(t.Context(), j)
					if err := result(j, out, err); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if took := time.Since(start); took != c.took || !slices.Equal(s.batches, []int{c.requests}) {
				t.Errorf("%d requests took %s in batches %v, want %s", c.requests, took, s.batches, c.took)
			}
			b.Close()
		})
	}
}

// TestFull: what comes beyond the queue is refused at once, with the time that the queue
// is likely to take; afterwards all is as before.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{row: 100 * time.Millisecond}
		b := newBatcher(s, Options{Queue: 3, Preferred: []int{1}})
		if _, _, err := b.Submit(t.Context(), job(1, 0)); err != nil {
			t.Fatal(err) // it tells how long a run takes
		}
		var all sync.WaitGroup
		for i := range 4 { // one is run, three wait
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Microsecond)
				if _, _, err := b.Submit(t.Context(), job(1, 1)); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Millisecond)
		start := time.Now()
		freed := 0
		j := job(1, 2)
		j.Done = func() { freed++ }
		_, _, err := b.Submit(t.Context(), j)
		var full *Full
		if !errors.As(err, &full) || full.RetryAfter != 300*time.Millisecond || time.Since(start) != 0 || freed != 1 {
			t.Errorf("%v (%+v) after %s, freed %d times", err, full, time.Since(start), freed)
		}
		all.Wait()
		if _, _, err := b.Submit(t.Context(), job(1, 3)); err != nil {
			t.Errorf("when nobody waits: %v", err)
		}
		b.Close()
	})
}

// TestDeadlines: who cannot be answered in time is told so at once or when its turn
// comes, and is not run.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{row: 100 * time.Millisecond}
		b := newBatcher(s, Options{Queue: 100, Preferred: []int{1}, Least: 100 * time.Millisecond})
		if _, _, err := b.Submit(t.Context(), job(1, 0)); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		submit := func(within, after time.Duration, want func(error) bool) {
			all.Go(func() {
				time.Sleep(after)
				ctx, cancel := context.WithTimeout(t.Context(), within)
				defer cancel()
				start := time.Now()
				_, _, err := b.Submit(ctx, job(1, 1))
				if !want(err) {
					t.Errorf("within %s: %v after %s", within, err, time.Since(start))
				}
			})
		}
		answered := func(err error) bool { return err == nil }
		late := func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }
		refused := func(err error) bool { return errors.As(err, new(*Full)) }
		submit(time.Second, 0, answered)                          // runs until 100 ms
		submit(150*time.Millisecond, time.Millisecond, late)      // has 51 ms left at its turn
		submit(time.Second, 2*time.Millisecond, answered)         // is run in its place
		submit(190*time.Millisecond, 3*time.Millisecond, refused) // two before it need 200 ms
		all.Wait()
		b.Close()
		if len(s.batches) != 3 {
			t.Errorf("%d runs, want 3", len(s.batches))
		}
	})
}

// TestCancel: a caller that is gone leaves the queue, and a run that nobody waits for
// ends; one that somebody waits for goes on.
func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{row: time.Second}
		b := newBatcher(s, Options{Queue: 100, Preferred: []int{1, 2}})
		start := time.Now()
		var all sync.WaitGroup
		freed := make([]bool, 4)
		submit := func(i int, after, until time.Duration, want error) {
			all.Go(func() {
				time.Sleep(after)
				ctx, cancel := context.WithTimeout(t.Context(), until)
				defer cancel()
				j := job(1, float32(i))
				j.Done = func() { freed[i] = true }
				out, _, err := b.Submit(ctx, j)
				if !errors.Is(err, want) {
					t.Errorf("request %d: %v, want %v", i, err, want)
				}
				if err == nil {
					if err := result(j, out, err); err != nil {
						t.Error(err)
					}
				}
			})
		}
		submit(0, 0, 10*time.Millisecond, context.DeadlineExceeded)               // run alone, and cancelled
		submit(1, time.Millisecond, 5*time.Millisecond, context.DeadlineExceeded) // leaves the queue
		submit(2, 2*time.Millisecond, 100*time.Millisecond, context.DeadlineExceeded)
		submit(3, 3*time.Millisecond, time.Hour, nil) // run with 2, which leaves
		all.Wait()
		b.Close()
		if took := time.Since(start); took != 2010*time.Millisecond || !slices.Equal(s.batches, []int{1, 2}) {
			t.Errorf("took %s in batches %v", took, s.batches)
		}
		if slices.Contains(freed, false) {
			t.Errorf("freed %v", freed)
		}
	})
}

// TestClose: what waits is answered, and nothing more is accepted.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{row: time.Second}
		b := newBatcher(s, Options{Queue: 100, Preferred: []int{1}, MaxDelay: time.Minute})
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if _, _, err := b.Submit(t.Context(), job(1, 1)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		b.Close()
		all.Wait()
		if _, _, err := b.Submit(t.Context(), job(1, 1)); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		if len(s.batches) != 3 {
			t.Errorf("%d runs", len(s.batches))
		}
	})
}

// TestFairness: of two models that always have requests, each computes as long as the
// other, however many requests it has and however long each takes.
func TestFairness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := NewBudget(1)
		models := []*slow{{row: 30 * time.Millisecond}, {row: 2 * time.Millisecond}}
		callers := []int{40, 3}
		end := time.Now().Add(10 * time.Second)
		var all sync.WaitGroup
		var batchers []*Batcher
		for i, m := range models {
			b := NewBatcher(budget.Flow(1), m.run, Options{Queue: 1000, Preferred: []int{1}, Names: []string{"x"}})
			batchers = append(batchers, b)
			for range callers[i] {
				all.Go(func() {
					for time.Now().Before(end) {
						if _, _, err := b.Submit(t.Context(), job(1, 1)); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
		}
		time.Sleep(time.Until(end))
		computed := func(s *slow) time.Duration {
			s.mu.Lock()
			defer s.mu.Unlock()
			return time.Duration(len(s.batches)) * s.row
		}
		first, second := computed(models[0]), computed(models[1])
		if share := first.Seconds() / (first + second).Seconds(); share < 0.48 || share > 0.52 {
			t.Errorf("one computed %s, the other %s", first, second)
		}
		all.Wait()
		for _, b := range batchers {
			b.Close()
		}
	})
}

// TestBudget: no more threads are taken than there are, and a run that may have all of them
// gets its turn among those that need one, and all if nobody else waits.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(4)
		var mu sync.Mutex
		taken, wide := 0, 0
		var all sync.WaitGroup
		for i, threads := range []int{1, 1, 1, 9} {
			f := b.Flow(threads)
			all.Go(func() {
				for range 50 {
					turn, err := f.Acquire(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if taken += turn.Threads; taken > 4 || turn.Threads < 1 || turn.Threads > threads {
						t.Errorf("%d threads", taken)
					}
					if i == 3 {
						wide++
					}
					mu.Unlock()
					time.Sleep(time.Millisecond)
					mu.Lock()
					taken -= turn.Threads
					mu.Unlock()
					turn.Release(time.Millisecond)
				}
			})
		}
		all.Wait()
		if wide != 50 {
			t.Errorf("the wide one had %d turns", wide)
		}
		turn, err := b.Flow(4).Acquire(t.Context())
		if err != nil || turn.Threads != 4 {
			t.Fatal(turn, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Flow(1).Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("without threads: %v", err)
		}
		turn.Release(time.Second)
		if _, err := b.Flow(4).Acquire(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestThreadsOfTurns: a run has all threads of its model while nobody else waits, and one
// if as many wait as there are threads. A batch is one run.
func TestThreadsOfTurns(t *testing.T) {
	for _, c := range []struct {
		requests  int
		preferred []int
		want      []int // threads of each run
	}{
		{1, []int{1}, []int{4}},
		{2, []int{1}, []int{2, 2}},
		{3, []int{1}, []int{1, 1, 2}},
		{5, []int{1}, []int{1, 1, 1, 1, 1}},
		{4, []int{1, 2}, []int{2, 2}},
		{4, []int{1, 2, 4}, []int{4}},
	} {
		synctest.Test(t, func(t *testing.T) {
			budget := NewBudget(4)
			all, err := budget.Flow(4).Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s := &slow{row: time.Second}
			var threads []int
			b := NewBatcher(budget.Flow(4), func(ctx context.Context, n int, in Tensors, outputs ...string) (Tensors, error) {
				s.mu.Lock()
				threads = append(threads, n)
				s.mu.Unlock()
				return s.run(ctx, n, in, outputs...)
			}, Options{Queue: 100, Preferred: c.preferred, Names: []string{"x"}})
			var callers sync.WaitGroup
			for range c.requests {
				callers.Go(func() {
					if _, _, err := b.Submit(t.Context(), job(1, 1)); err != nil {
						t.Error(err)
					}
				})
			}
			synctest.Wait()
			all.Release(time.Second)
			callers.Wait()
			b.Close()
			if slices.Sort(threads); !slices.Equal(threads, c.want) {
				t.Errorf("%d requests, batches of %v: runs on %v threads, want %v", c.requests, c.preferred, threads, c.want)
			}
		})
	}
}

// TestMeasure: batches are preferred as long as they compute more rows a second.
func TestMeasure(t *testing.T) {
	for _, c := range []struct {
		most int
		cost func(rows int) time.Duration
		want []int
	}{
		{16, func(rows int) time.Duration { return time.Duration(rows) * time.Millisecond }, []int{1}},
		{16, func(rows int) time.Duration { return time.Duration(9+rows) * time.Millisecond }, []int{1, 2, 4, 8, 16}},
		{6, func(rows int) time.Duration { return time.Duration(9+rows) * time.Millisecond }, []int{1, 2, 4, 6}},
		{8, func(rows int) time.Duration { return time.Duration((rows+1)/2) * time.Millisecond }, []int{1, 2}},
		{1, func(rows int) time.Duration { return time.Millisecond }, []int{1}},
		{64, func(rows int) time.Duration { return time.Duration(900+rows) * time.Millisecond }, []int{1}}, // two take too long
	} {
		synctest.Test(t, func(t *testing.T) {
			m, err := Measure(t.Context(), c.most, 2*time.Second, func(_ context.Context, rows int) error {
				time.Sleep(c.cost(rows))
				return nil
			})
			if err != nil || !slices.Equal(m, c.want) {
				t.Errorf("%v, %v, want %v", m, err, c.want)
			}
			if took, err := Shortest(func() error { time.Sleep(c.cost(1)); return nil }); err != nil || took != c.cost(1) {
				t.Errorf("the shortest run takes %s, want %s", took, c.cost(1))
			}
		})
	}
	failed := errors.New("no")
	if _, err := Measure(t.Context(), 4, time.Second, func(context.Context, int) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
}
