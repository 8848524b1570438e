package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/verify"
)

// against is what another engine takes for the same runs, made in turns with ours.
type against struct {
	Name     string        `json:"name"`
	Version  string        `json:"version"`
	MedianMS float64       `json:"median_ms"`
	P90MS    float64       `json:"p90_ms"`
	MinMS    float64       `json:"min_ms"`
	LoadMS   float64       `json:"load_ms"`
	FirstMS  float64       `json:"first_ms"`
	Ratio    float64       `json:"ratio"`   // of our median to its: less than 1 is faster
	MaxRel   verify.Number `json:"max_rel"` // largest difference of the outputs, by the largest value; null if it is not finite
}

// turnRuns is how many runs an engine makes before the other one has its turn.
const turnRuns = 5

// startPeer starts the engine that --against names.
func (f *benching) startPeer(ctx context.Context, path string, m *onnx.Model, in runtime.Tensors, threads int) (*verify.Peer, error) {
	live := verify.Live{Python: f.python}
	if path != dash {
		live.File = path
	}
	peer, err := verify.StartORT(ctx, live, m, in, threads)
	if err != nil {
		return nil, unavailable("--against", err)
	}
	return peer, nil
}

// turns makes the runs of both engines, a few of one and then of the other, so that what
// else the machine does meets both. The first run of a turn does not count.
func (b *benchmark) turns(ctx context.Context, t *timing, peer *verify.Peer) error {
	var theirs []time.Duration
	for left := b.Runs; left > 0; left -= turnRuns {
		n := min(left, turnRuns)
		if _, err := t.warm(ctx, 1, -1); err != nil {
			return err
		}
		if err := t.count(ctx, n); err != nil {
			return err
		}
		times, err := peer.Turn(ctx, n)
		if err != nil {
			return unavailable("--against", err)
		}
		theirs = append(theirs, times...)
	}
	slices.Sort(theirs)
	at := func(q float64) float64 { return milliseconds(quantile(theirs, q)) }
	b.Against = &against{Name: peer.Name, Version: peer.Version, MedianMS: at(0.5), P90MS: at(0.9), MinMS: at(0),
		LoadMS: peer.LoadMS, FirstMS: peer.FirstMS, MaxRel: peer.Difference(t.outs[0])}
	return nil
}

func (a *against) text(w io.Writer) {
	fmt.Fprintf(w, "%s %s: median %.2f ms  p90 %.2f  min %.2f  load %.1f  first run %.1f\n",
		errs.Quote(a.Name), errs.Quote(a.Version), a.MedianMS, a.P90MS, a.MinMS, a.LoadMS, a.FirstMS)
	fmt.Fprintf(w, "mixconv takes %.2f of its time; outputs differ by at most %s of the largest value\n", a.Ratio, a.MaxRel)
}
