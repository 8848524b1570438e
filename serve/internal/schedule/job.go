package schedule

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mixconv/mixconv/tensor"
)

// Tensors are inputs or outputs by name.
type Tensors = map[string]*tensor.Tensor

// Run computes outputs for inputs, as runtime.Session.RunThreads does.
type Run func(ctx context.Context, threads int, in Tensors, outputs ...string) (Tensors, error)

// Job is a request to a Batcher.
type Job struct {
	In      Tensors
	Outputs []string // none: all
	// Rows is the first dimension of every input and output; 0 if they have none in
	// common: such a request is run by itself.
	Rows int
	// Done is called once, when In is not needed any more. It may be after Submit has
	// returned. nil is nothing.
	Done func()

	key      string
	deadline time.Time // zero: none
	queued   time.Time
	batch    *batch // that it is in, under the Batcher's lock; nil: it is in the queue
	answer   chan struct{}
	freed    sync.Once
	out      Tensors
	err      error
	times    Times
}

// Times are what an answered request took.
type Times struct {
	Queue  time.Duration // before its run's turn
	Input  time.Duration // joining inputs
	Infer  time.Duration // the run
	Output time.Duration // parting outputs
	Rows   int           // of the whole batch
	Own    int           // of the request
	First  bool          // of the batch's requests
}

// makeKey says which jobs fit together: those with the same outputs and inputs of the
// same shapes but for the first dimension.
func (j *Job) makeKey(names []string) {
	var b strings.Builder
	for _, name := range names {
		switch t := j.In[name]; {
		case t == nil:
			b.WriteString("-")
		case len(t.Shape) > 0:
			fmt.Fprint(&b, []int(t.Shape[1:]))
		}
	}
	for _, name := range j.Outputs {
		fmt.Fprintf(&b, "%q", name)
	}
	j.key = b.String()
}

func (j *Job) free() {
	j.freed.Do(func() {
		if j.Done != nil {
			j.Done()
		}
	})
}

// end answers j. It is called once.
func (j *Job) end(out Tensors, err error) {
	j.out, j.err = out, err
	j.free()
	close(j.answer)
}
