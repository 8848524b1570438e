package schedule

import (
	"context"
	"time"
)

// worth is how much more a larger batch must compute in the same time to be preferred.
const worth = 1.03

// Measured is what Measure finds.
type Measured struct {
	Preferred []int         // ascending, 1 the first
	Least     time.Duration // the shortest run of one row
}

// Measure times batches of 1, 2, 4 … and at last most rows, and returns those that
// compute more rows a second than all smaller ones. run runs so many rows once. After
// limit it stops: larger batches are not preferred then.
func Measure(ctx context.Context, most int, limit time.Duration, run func(ctx context.Context, rows int) error) (Measured, error) {
	var m Measured
	var best float64 // rows a second
	begin := time.Now()
	for rows := 1; ; rows = min(2*rows, most) {
		took, err := shortest(ctx, rows, run)
		if err != nil {
			return m, err
		}
		if rows == 1 {
			m.Least = took
		}
		if rate := float64(rows) / max(took.Seconds(), 1e-9); rate > best*worth {
			best = rate
			m.Preferred = append(m.Preferred, rows)
		}
		if rows >= most || time.Since(begin) > limit {
			return m, nil
		}
	}
}

// shortest is the shortest of a few runs; the first, which prepares, does not count.
func shortest(ctx context.Context, rows int, run func(ctx context.Context, rows int) error) (best time.Duration, err error) {
	const times = 3
	for i := range times + 1 {
		start := time.Now()
		if err := run(ctx, rows); err != nil {
			return 0, err
		}
		if took := time.Since(start); i == 1 || i > 1 && took < best {
			best = took
		}
	}
	return best, nil
}
