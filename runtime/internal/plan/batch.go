package plan

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/mixconv/mixconv/tensor"
)

// Batch runs the pictures of a batch in chunks, with plans for a few pictures.
// Each worker takes one chunk after another and computes it alone, in a State
// of its own: nobody waits between steps, and a State's memory stays in the
// caches. A worker that finds nothing left helps with what is not finished. One
// run at a time uses a Batch.
type Batch struct {
	ctx     context.Context
	in, out []*tensor.Tensor
	parts   [2]Chunks
	next    [2]atomic.Int64 // chunk of each part to claim
	busy    atomic.Int32    // workers that may still claim one
	errs    []error         // of each worker
	group   sync.WaitGroup
	helpers []func() // one per goroutine but the caller's, made once so that a run allocates nothing
}

// Chunks are what one plan does of a batch: Count chunks of Size pictures, as the
// plan's inputs have, from picture First on. There is a State for each of at most
// as many workers as the plan has.
type Chunks struct {
	States             []*State
	First, Count, Size int
}

// NewBatch makes a Batch for plans of so many workers.
func NewBatch(workers int) *Batch {
	b := &Batch{errs: make([]error, workers)}
	for w := 1; w < workers; w++ {
		b.helpers = append(b.helpers, func() {
			defer b.group.Done()
			b.work(w)
		})
	}
	return b
}

// Run computes both parts, the first one first, on so many of the workers. Otherwise it is
// as State.Run.
func (b *Batch) Run(ctx context.Context, workers int, in, out []*tensor.Tensor, parts [2]Chunks) (err error) {
	b.ctx, b.in, b.out, b.parts = ctx, in, out, parts
	for i := range b.next {
		b.next[i].Store(0)
	}
	workers = min(max(workers, 1), len(b.errs))
	helpers := b.helpers[:workers-1]
	b.busy.Store(int32(workers))
	b.group.Add(len(helpers))
	for _, f := range helpers {
		go f()
	}
	b.work(0)
	b.group.Wait()
	for _, e := range b.errs[:workers] {
		if err == nil {
			err = e
		}
	}
	b.ctx, b.in, b.out, b.parts = nil, nil, nil, [2]Chunks{}
	return err
}

// work is what worker w does: chunks as long as there are any, then what
// others have not finished.
func (b *Batch) work(w int) {
	b.errs[w] = nil
	for i := range b.parts {
		if states := b.parts[i].States; w < len(states) && b.errs[w] == nil {
			b.errs[w] = b.claim(i, states[w])
		}
	}
	b.busy.Add(-1)
	for i := 0; b.busy.Load() > 0; i++ {
		if c := b.neediest(); c != nil {
			c.join()
		} else if i > spins {
			runtime.Gosched()
		}
	}
}

// claim computes chunks of a part in st until there are none left.
func (b *Batch) claim(part int, st *State) error {
	st.workers.open()
	defer st.workers.over.Store(true)
	s := &b.parts[part]
	for {
		i := int(b.next[part].Add(1) - 1)
		if i >= s.Count {
			return nil
		}
		if err := st.run(b.ctx, b.in, b.out, s.First+i*s.Size, nil); err != nil {
			for i := range b.next { // nobody begins another
				b.next[i].Store(int64(b.parts[i].Count))
			}
			return err
		}
	}
}

// neediest is the workers at work that has the fewest helping.
func (b *Batch) neediest() (least *workers) {
	for _, part := range b.parts {
		for _, st := range part.States {
			if c := &st.workers; !c.over.Load() && (least == nil || c.helping.Load() < least.helping.Load()) {
				least = c
			}
		}
	}
	return least
}
