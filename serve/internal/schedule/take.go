package schedule

import (
	"context"
	"slices"
	"time"
)

// take takes the next batch out of the queue; nil if nothing is left there. Requests
// that cannot be answered in time are dropped.
func (b *Batcher) take() *batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropLate(time.Now())
	if len(b.queue) == 0 {
		return nil
	}
	jobs, rows := b.choose()
	batch := &batch{jobs: jobs, rows: rows, live: len(jobs)}
	batch.ctx, batch.cancel = context.WithCancel(context.Background())
	for _, j := range jobs {
		j.batch = batch
		b.rows -= max(j.Rows, 1)
	}
	b.queue = slices.DeleteFunc(b.queue, func(j *Job) bool { return j.batch != nil })
	return batch
}

// dropLate answers the requests that have too little time left.
func (b *Batcher) dropLate(now time.Time) {
	b.queue = slices.DeleteFunc(b.queue, func(j *Job) bool {
		late := !j.deadline.IsZero() && now.Add(b.options.Least).After(j.deadline)
		if late {
			b.rows -= max(j.Rows, 1)
			j.end(nil, context.DeadlineExceeded)
		}
		return late
	})
}

// choose finds the jobs of the next batch: the one that waits longest, and of those that
// fit to it as many as make a preferred size.
func (b *Batcher) choose() (jobs []*Job, rows int) {
	first := b.queue[0]
	sizes := b.options.Preferred
	most := sizes[len(sizes)-1]
	if first.Rows == 0 || first.Rows >= most {
		return []*Job{first}, max(first.Rows, 1)
	}
	var fits []*Job
	for _, j := range b.queue {
		if j.Rows == 0 || j.key != first.key || rows+j.Rows > most {
			continue
		}
		fits, rows = append(fits, j), rows+j.Rows
		if rows == most {
			break
		}
	}
	target := first.Rows
	for _, size := range sizes {
		if size <= rows {
			target = max(target, size)
		}
	}
	rows = 0
	for _, j := range fits {
		if rows+j.Rows > target {
			continue
		}
		jobs, rows = append(jobs, j), rows+j.Rows
	}
	return jobs, rows
}
