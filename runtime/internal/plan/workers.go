package plan

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// workers runs a step's tasks on several goroutines. They live for one run of the
// plan: between runs nothing waits and nothing has to be closed.
//
// A ticket is a step number and the next task to claim of it, in one word, so
// that a worker that is late can never claim a task of a step that it does not
// know yet.
type workers struct {
	jobs    []kernel.Job
	ticket  atomic.Uint64                      // step+1 in the upper half, next task in the lower
	left    atomic.Int64                       // tasks of the step that are not finished
	over    atomic.Bool                        // the run has ended, or has not begun
	failed  atomic.Pointer[errs.InternalError] // a task has panicked: the State is not used again
	helping atomic.Int32                       // goroutines that help, or have said that they will
	group   sync.WaitGroup
	helpers []func() // one per helper goroutine, made once so that a run allocates nothing
}

// spins is how often a waiting goroutine looks before it lets others run.
const spins = 200

func (c *workers) init(workers int, jobs []kernel.Job) {
	c.jobs = jobs
	c.over.Store(true)
	for w := 1; w < workers; w++ {
		c.helpers = append(c.helpers, func() {
			defer c.group.Done()
			c.help(w)
		})
	}
}

// start begins a run on so many goroutines, this one included.
func (c *workers) start(workers int) {
	c.open()
	helpers := c.helpers[:min(max(workers-1, 0), len(c.helpers))]
	c.helping.Store(int32(len(helpers)))
	c.group.Add(len(helpers))
	for _, f := range helpers {
		go f()
	}
}

// open begins a run of one goroutine; others may join.
func (c *workers) open() {
	c.ticket.Store(0)
	c.helping.Store(0)
	c.over.Store(false)
}

// join helps until the run is over. At most as many goroutines as there are
// helpers may join one.
func (c *workers) join() { c.help(int(c.helping.Add(1))) }

func (c *workers) stop() {
	c.over.Store(true)
	c.group.Wait()
}

// do runs step on all workers and returns when every task is finished, or
// the context's error, or that of a task that panicked, once no task runs any more.
// It panics if one does on this goroutine.
func (c *workers) do(ctx context.Context, step int) error {
	job := &c.jobs[step]
	if c.helping.Load() == 0 || job.Tasks < 2 {
		for task := range job.Tasks {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			job.Run(task, 0)
		}
		return nil
	}
	c.left.Store(int64(job.Tasks))
	c.ticket.Store(uint64(step+1) << 32)
	cancelled := false
	for {
		t := c.ticket.Add(1) - 1
		task := int(uint32(t))
		if task >= job.Tasks {
			break
		}
		// A run that has failed still claims every task, so that the count comes
		// out, but does none.
		cancelled = cancelled || ctx.Err() != nil || c.failed.Load() != nil
		if !cancelled {
			job.Run(task, 0)
		}
		c.left.Add(-1)
	}
	for i := 0; c.left.Load() > 0; i++ {
		if i > spins {
			runtime.Gosched()
		}
	}
	if err := c.failed.Load(); err != nil {
		return err
	}
	return ctx.Err()
}

// try runs a task of do on another goroutine.
func (c *workers) try(job *kernel.Job, task, worker int) {
	defer c.finish()
	job.Run(task, worker)
}

// finish counts a task, and keeps what it panicked with. It is deferred.
func (c *workers) finish() {
	if value := recover(); value != nil {
		c.failed.CompareAndSwap(nil, errs.Internal(value))
	}
	c.left.Add(-1)
}

// help claims tasks of whatever step is announced until the run is over.
func (c *workers) help(worker int) {
	for i := 0; !c.over.Load(); i++ {
		t := c.ticket.Load()
		step := int(t>>32) - 1
		if step < 0 || int(uint32(t)) >= c.jobs[step].Tasks {
			if i > spins {
				runtime.Gosched()
			}
			continue
		}
		t = c.ticket.Add(1) - 1
		step = int(t>>32) - 1
		if job := &c.jobs[step]; int(uint32(t)) < job.Tasks {
			c.try(job, int(uint32(t)), worker)
			i = 0
		}
	}
}
