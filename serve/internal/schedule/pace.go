package schedule

import "time"

// pace is how fast a model answers, as it was lately: in turn with all others.
type pace struct {
	row  time.Duration // from one row to the next, while requests wait
	last time.Time     // when a batch ended and others waited; zero: none did
}

// memory is how many batches the pace is an average of, the newest counting most.
const memory = 5

// ended notes that a batch has ended, whose run took this time. busy says that requests
// wait.
func (p *pace) ended(now time.Time, took time.Duration, rows int, busy, good bool) {
	if good {
		if !p.last.IsZero() {
			took = now.Sub(p.last)
		}
		each := took / time.Duration(max(rows, 1))
		if p.row == 0 {
			p.row = each
		}
		p.row += (each - p.row) / memory
	}
	p.last = time.Time{}
	if busy {
		p.last = now
	}
}

// of is how long so many rows are likely to take.
func (p *pace) of(rows int) time.Duration { return time.Duration(rows) * p.row }
