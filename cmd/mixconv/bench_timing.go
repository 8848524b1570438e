package main

import (
	"context"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// timing makes runs of one session, by one caller or by several at the same time.
type timing struct {
	session *runtime.Session
	in      runtime.Tensors
	outs    []runtime.Tensors // of each caller

	times  []time.Duration // of the runs that count
	wall   time.Duration   // they took together
	allocs uint64          // they made
}

// notCounted is the place of a run that is only made to warm up.
const notCounted = -1

// warm makes runs that do not count, for some time, or n of them if it is negative, and
// one of each caller at least.
func (t *timing) warm(ctx context.Context, n int, long time.Duration) (runs int, err error) {
	end := time.Now().Add(long)
	var made atomic.Int64
	err = t.callers(ctx, func(first bool) (int, bool) {
		more := first || long >= 0 && time.Now().Before(end) || long < 0 && made.Load() < int64(n)
		if more {
			made.Add(1)
		}
		return notCounted, more
	})
	return int(made.Load()), err
}

// count makes n runs that count.
func (t *timing) count(ctx context.Context, n int) error {
	var before, after goruntime.MemStats
	begin := len(t.times)
	t.times = slices.Grow(t.times, n)[:begin+n]
	var next atomic.Int64
	more := func(bool) (int, bool) {
		i := int(next.Add(1)) - 1
		return begin + i, i < n
	}
	goruntime.ReadMemStats(&before)
	start := time.Now()
	err := t.callers(ctx, more)
	t.wall += time.Since(start)
	goruntime.ReadMemStats(&after)
	t.allocs += after.Mallocs - before.Mallocs
	return err
}

// callers lets every caller make runs as long as more says so, which also says at which
// place the run's time is kept. The first error ends all.
func (t *timing) callers(ctx context.Context, more func(first bool) (place int, ok bool)) error {
	if len(t.outs) == 1 {
		return t.call(ctx, t.outs[0], more) // without a goroutine's allocations
	}
	return together(ctx, len(t.outs), func(ctx context.Context, i int) error { return t.call(ctx, t.outs[i], more) })
}

// together runs n calls of f at the same time. The first error ends the context of the
// others, and is returned.
func together(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			if err := f(ctx, i); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	return context.Cause(ctx)
}

func (t *timing) call(ctx context.Context, out runtime.Tensors, more func(first bool) (int, bool)) error {
	for first := true; ; first = false {
		place, ok := more(first)
		if !ok {
			return nil
		}
		start := time.Now()
		if err := t.session.RunInto(ctx, t.in, out); err != nil {
			return err
		}
		if place != notCounted {
			t.times[place] = time.Since(start)
		}
	}
}

// time warms up and fills in what runs take, which count with t.
func (b *benchmark) time(ctx context.Context, t *timing, warmup time.Duration, runs func() error) error {
	for len(t.outs) < b.Callers {
		out, err := t.session.Run(ctx, t.in)
		if err != nil {
			return err
		}
		t.outs = append(t.outs, out)
	}
	var err error
	if b.WarmupRuns, err = t.warm(ctx, b.Runs/10+1, warmup); err != nil {
		return err
	}
	if err := runs(); err != nil {
		return err
	}
	slices.Sort(t.times)
	at := func(q float64) float64 { return milliseconds(quantile(t.times, q)) }
	b.MinMS, b.MedianMS, b.P90MS, b.P95MS, b.P99MS = at(0), at(0.5), at(0.9), at(0.95), at(0.99)
	b.AllocsPerRun = float64(t.allocs) / float64(b.Runs)
	perRun := t.wall.Seconds() / float64(b.Runs)
	if perRun > 0 {
		b.PicturesPerS = float64(b.Batch) / perRun
	}
	if b.seconds = perRun; b.Callers == 1 {
		b.seconds = b.MedianMS / 1e3
	}
	if b.Against != nil && b.Against.MedianMS > 0 {
		b.Against.Ratio = b.MedianMS / b.Against.MedianMS
	}
	return nil
}

// quantile is the time, of sorted ones, that a share q of them do not exceed.
func quantile(sorted []time.Duration, q float64) time.Duration {
	last := len(sorted) - 1
	return sorted[tensor.IntWithin(q*float64(last)+0.5, 0, last)]
}
