package schedule

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Budget is the threads that all models compute with.
type Budget struct {
	threads int

	mu      sync.Mutex
	free    int
	waiting []*Turn
	now     time.Duration // the share of the flow that was last given a turn
}

// NewBudget makes a budget of so many threads.
func NewBudget(threads int) *Budget {
	threads = max(1, threads)
	return &Budget{threads: threads, free: threads}
}

// Flow is a model's part in a Budget. The budget's lock guards it.
type Flow struct {
	budget  *Budget
	threads int        // of each run, at most
	runs    func() int // how many runs what waits would make

	share   time.Duration // what the model has computed, in time of one thread
	last    time.Duration // what its last run took, which the next is charged in advance
	running int
}

// Turn is a flow's leave to run once.
type Turn struct {
	Threads int // that the run may compute with

	flow    *Flow
	granted chan struct{} // closed when it has its threads
	charged time.Duration
}

// Flow adds a model, whose runs take at most so many threads each.
func (b *Budget) Flow(threads int) *Flow {
	return &Flow{budget: b, threads: max(1, min(threads, b.threads)), runs: func() int { return 1 }}
}

// Acquire waits for f's turn, which Release must end. An error is the context's.
func (f *Flow) Acquire(ctx context.Context) (*Turn, error) {
	b := f.budget
	b.mu.Lock()
	if f.running == 0 {
		f.share = max(f.share, b.now) // who did nothing for a while is owed nothing
	}
	t := &Turn{flow: f, granted: make(chan struct{})}
	b.waiting = append(b.waiting, t)
	b.grant()
	b.mu.Unlock()
	select {
	case <-t.granted:
		return t, nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.waiting, t)
	if i < 0 {
		return t, nil // it was granted meanwhile
	}
	b.waiting = slices.Delete(b.waiting, i, i+1)
	b.grant()
	return nil, ctx.Err()
}

// Release ends a turn, in which the run took this time.
func (t *Turn) Release(took time.Duration) {
	f := t.flow
	b := f.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	cost := time.Duration(t.Threads) * took
	f.share += cost - t.charged
	f.last = cost
	f.running--
	b.free += t.Threads
	b.grant()
}

// grant gives threads to those who wait, the smallest share first. The free threads are
// shared by all runs that wait: several runs on a thread each compute more than one after
// the other on all, as none of their threads waits for another.
func (b *Budget) grant() {
	for len(b.waiting) > 0 && b.free > 0 {
		t := slices.MinFunc(b.waiting, func(x, y *Turn) int { return int(x.flow.share - y.flow.share) })
		f := t.flow
		t.Threads = min(f.threads, max(1, b.free/b.runs()))
		b.waiting = slices.DeleteFunc(b.waiting, func(w *Turn) bool { return w == t })
		b.free -= t.Threads
		b.now = max(b.now, f.share)
		f.running++
		t.charged = f.last
		f.share += t.charged
		close(t.granted)
	}
}

// runs is how many runs wait.
func (b *Budget) runs() (n int) {
	for _, t := range b.waiting {
		n += max(1, t.flow.runs())
	}
	return n
}
