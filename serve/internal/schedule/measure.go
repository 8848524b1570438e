package schedule

import (
	"context"
	"time"
)

// worth is how much more a larger batch must compute in the same time to be preferred: its
// requests wait for each other, and their inputs are copied.
const worth = 1.1

// Measure times batches of 1, 2, 4 … and at last most rows, and returns the sizes that
// compute more rows a second than all smaller ones, ascending. run runs so many rows once.
// After limit it stops: larger batches are not preferred then.
func Measure(ctx context.Context, most int, limit time.Duration, run func(ctx context.Context, rows int) error) (preferred []int, err error) {
	begin, best := time.Now(), 1
	preferred = []int{best}
	_, err = Shortest(func() error { return run(ctx, best) })
	for rows := 2; err == nil && best < most && rows < 2*most && time.Since(begin) < limit; rows *= 2 {
		rows := min(rows, most)
		var gain float64
		gain, err = ratio(ctx, best, rows, run)
		if err == nil && gain > worth {
			best = rows
			preferred = append(preferred, rows)
		}
	}
	return preferred, err
}

// ratio is how many rows a second large batches compute, by those that small ones do. Both
// are timed in turn, as a machine is not as fast at all times.
func ratio(ctx context.Context, small, large int, run func(ctx context.Context, rows int) error) (float64, error) {
	took, err := shortest(func() error { return run(ctx, small) }, func() error { return run(ctx, large) })
	if err != nil {
		return 0, err
	}
	return took[0].Seconds() / float64(small) / (max(took[1].Seconds(), 1e-9) / float64(large)), nil
}

// Shortest is the shortest of a few runs.
func Shortest(run func() error) (time.Duration, error) {
	took, err := shortest(run)
	return took[0], err
}

// shortest is the shortest of a few runs of each, made in turn; the first, which prepares,
// does not count.
func shortest(runs ...func() error) (best []time.Duration, err error) {
	const rounds = 5
	best = make([]time.Duration, len(runs))
	for round := range rounds + 1 {
		for i, run := range runs {
			start := time.Now()
			if err := run(); err != nil {
				return best, err
			}
			if took := time.Since(start); round == 1 || round > 1 && took < best[i] {
				best[i] = took
			}
		}
	}
	return best, nil
}
