package schedule

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// Options are the choices that a Batcher is made with.
type Options struct {
	Queue     int           // requests that may wait; at least 1
	MaxDelay  time.Duration // how long the first of a batch waits for others
	Preferred []int         // batches that run well, ascending, 1 the first; see Measure
	Names     []string      // of the inputs, in an order
	// Least is the shortest time in which a request can be run: who has less left is
	// dropped. It may be 0.
	Least time.Duration
}

// Full is the error of a request that is refused because others wait.
type Full struct {
	RetryAfter time.Duration // when the queue is likely to be shorter
}

func (e *Full) Error() string { return "too many requests wait for this model" }

// ErrClosed is what a request is told after Close.
var ErrClosed = errors.New("the model is being unloaded")

// Batcher has the queue of one model.
type Batcher struct {
	run     Run
	flow    *Flow
	options Options
	wake    chan struct{} // has something when the loop must look again

	mu      sync.Mutex
	queue   []*Job
	rows    int // in the queue
	pace    pace
	closed  bool
	stopped chan struct{} // closed when the loop has ended
	running sync.WaitGroup
}

// NewBatcher begins to run what is submitted, in turns of flow.
func NewBatcher(flow *Flow, run Run, o Options) *Batcher {
	b := &Batcher{run: run, flow: flow, options: o, wake: make(chan struct{}, 1), stopped: make(chan struct{})}
	flow.runs = b.runs
	go b.loop()
	return b
}

// Submit waits for the answer to j. An error is a *Full, the context's, ErrClosed, or
// what the run says. j may be used only once.
func (b *Batcher) Submit(ctx context.Context, j *Job) (Tensors, Times, error) {
	j.answer, j.queued = make(chan struct{}), time.Now()
	j.deadline, _ = ctx.Deadline()
	j.makeKey(b.options.Names)
	if err := b.enqueue(ctx, j); err != nil {
		j.free()
		return nil, Times{}, err
	}
	select {
	case <-j.answer:
		return j.out, j.times, j.err
	case <-ctx.Done():
	}
	b.leave(j)
	return nil, Times{Queue: time.Since(j.queued)}, ctx.Err()
}

func (b *Batcher) enqueue(ctx context.Context, j *Job) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.closed {
		return ErrClosed
	}
	wait := b.pace.of(b.rows)
	if len(b.queue) >= b.options.Queue || len(b.queue) > 0 && !j.deadline.IsZero() && j.queued.Add(wait).After(j.deadline) {
		return &Full{RetryAfter: wait}
	}
	b.queue = append(b.queue, j)
	b.rows += max(j.Rows, 1)
	b.signal()
	return nil
}

// leave is for a job whose caller is gone.
func (b *Batcher) leave(j *Job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.Index(b.queue, j); i >= 0 {
		b.queue = slices.Delete(b.queue, i, i+1)
		b.rows -= max(j.Rows, 1)
		j.free()
		b.signal()
		return
	}
	if j.batch == nil {
		return // it has been dropped
	}
	if j.batch.live--; j.batch.live == 0 {
		j.batch.cancel()
	}
}

// Full says whether a request would be refused now, and for how long perhaps.
func (b *Batcher) Full() (after time.Duration, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pace.of(b.rows), len(b.queue) >= b.options.Queue
}

// Waiting is how many requests wait.
func (b *Batcher) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue)
}

// runs is how many runs the queue would make.
func (b *Batcher) runs() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	most := b.options.Preferred[len(b.options.Preferred)-1]
	return (b.rows + most - 1) / most
}

// Close lets nothing more in, and waits until all that has been submitted is answered.
func (b *Batcher) Close() {
	b.mu.Lock()
	b.closed = true
	b.signal()
	b.mu.Unlock()
	<-b.stopped
	b.running.Wait()
}

func (b *Batcher) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// loop makes batches as long as there are requests.
func (b *Batcher) loop() {
	defer close(b.stopped)
	for {
		wait, ok := b.look()
		if !ok {
			return
		}
		if wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-b.wake:
			case <-timer.C:
			}
			timer.Stop()
			continue
		}
		if wait < 0 {
			<-b.wake
			continue
		}
		turn, _ := b.flow.Acquire(context.Background())
		batch := b.take()
		if batch == nil { // all have left meanwhile
			turn.Release(0)
			continue
		}
		b.running.Go(func() { b.runBatch(batch, turn) })
	}
}

// look says how long the loop must wait before it makes a batch: 0 not at all, negative
// until something comes. It is not ok if nothing will come.
func (b *Batcher) look() (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) == 0 {
		return -1, !b.closed
	}
	most := b.options.Preferred[len(b.options.Preferred)-1]
	if b.closed || b.rows >= most {
		return 0, true
	}
	return max(0, time.Until(b.queue[0].queued.Add(b.options.MaxDelay))), true
}

// runBatch runs a batch in its turn.
func (b *Batcher) runBatch(batch *batch, turn *Turn) {
	start := time.Now()
	took, err := batch.run(b.run, turn.Threads)
	batch.cancel()
	turn.Release(time.Since(start))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pace.ended(time.Now(), took, batch.rows, len(b.queue) > 0, err == nil)
}
