package plan

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/mixconv/mixconv/tensor"
)

// Batch runs a plan for one picture on every picture of a batch. Each worker
// takes one picture after another and computes it alone, in a State of its own:
// nobody waits between steps, and a State's memory stays in the caches. A
// worker that finds no picture left helps with those that are not finished. One
// run at a time uses a Batch.
type Batch struct {
	lanes    []*State // one for each picture that is computed at the same time
	in, out  []*tensor.Tensor
	ctx      context.Context
	pictures int64
	next     atomic.Int64 // picture to claim
	busy     atomic.Int32 // lanes that may still have work to share
	errs     []error      // of each lane
	group    sync.WaitGroup
	helpers  []func() // one per goroutine but the caller's, made once so that a run allocates nothing
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

// Run computes every picture of in: each input and output is as long as
// so many of the plan's. lanes are States of one plan for as many workers as the
// Batch has, at most one for each. Otherwise it is as State.Run.
func (b *Batch) Run(ctx context.Context, lanes []*State, in, out []*tensor.Tensor, pictures int) error {
	b.ctx, b.lanes, b.in, b.out, b.pictures = ctx, lanes, in, out, int64(pictures)
	b.next.Store(0)
	b.busy.Store(int32(len(lanes)))
	for _, st := range lanes {
		st.crew.open()
	}
	b.group.Add(len(b.helpers))
	for _, f := range b.helpers {
		go f()
	}
	b.work(0)
	b.group.Wait()
	var err error
	for i, e := range b.errs {
		if err == nil {
			err = e
		}
		b.errs[i] = nil
	}
	b.ctx, b.lanes, b.in, b.out = nil, nil, nil, nil
	return err
}

// work is what worker w does: pictures in its lane, if it has one, then what
// others have not finished.
func (b *Batch) work(w int) {
	if w < len(b.lanes) {
		b.errs[w] = b.claim(b.lanes[w])
	}
	for i := 0; b.busy.Load() > 0; i++ {
		if st := b.neediest(); st != nil {
			st.crew.join()
		} else if i > spins {
			runtime.Gosched()
		}
	}
}

// claim computes pictures in st until there are none left.
func (b *Batch) claim(st *State) (err error) {
	for err == nil {
		i := b.next.Add(1) - 1
		if i >= b.pictures {
			break
		}
		err = st.run(b.ctx, b.in, b.out, int(i), nil)
	}
	if err != nil {
		b.next.Store(b.pictures) // nobody begins another
	}
	st.crew.over.Store(true)
	b.busy.Add(-1)
	return err
}

// neediest is the unfinished lane that the fewest help with.
func (b *Batch) neediest() (least *State) {
	for _, st := range b.lanes {
		if !st.crew.over.Load() && (least == nil || st.crew.hands.Load() < least.crew.hands.Load()) {
			least = st
		}
	}
	return least
}
