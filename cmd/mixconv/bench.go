package main

import (
	"context"
	"fmt"
	"io"
	goruntime "runtime"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/spf13/cobra"
)

// benchmark is what bench reports.
type benchmark struct {
	MedianMS     float64       `json:"median_ms"`
	P90MS        float64       `json:"p90_ms"`
	P99MS        float64       `json:"p99_ms"`
	MinMS        float64       `json:"min_ms"`
	LoadMS       float64       `json:"load_ms"`
	FirstMS      float64       `json:"first_ms"`
	PeakRSSMB    *float64      `json:"peak_rss_mb"` // null where the system does not tell
	AllocsPerRun float64       `json:"allocs_per_run"`
	Threads      int           `json:"threads"`
	Batch        int           `json:"batch"`
	Runs         int           `json:"runs"`
	Inputs       []array       `json:"inputs"` // of a run
	Steps        []profileStep `json:"steps,omitempty"`
	batchGiven   bool          // by a flag
}

// profileStep is one step's shortest time.
type profileStep struct {
	Name     string  `json:"name"`
	Kernel   string  `json:"kernel"`
	Fallback bool    `json:"fallback"`
	US       float64 `json:"us"`
	MACs     int64   `json:"macs"`
	GFLOPS   float64 `json:"gflops"` // two operations for a multiply-add
}

// mostRuns bounds the memory for their times.
const mostRuns = 1_000_000

func (a *app) benchCommand() *cobra.Command {
	var threads, batch, runs int
	var profile bool
	var sample sampleFlags
	cmd := &cobra.Command{
		Use:   "bench M.onnx",
		Short: "time a model on random input",
		Long: "Time a model on random input: loading, the first run (which plans), and the\n" +
			"runs after it, of which a tenth more are made first and not counted. What the\n" +
			"model leaves open beside the batch is 224 or 1, whichever it takes, unless\n" +
			"--shape or the arrays of --input say otherwise.",
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			if threads < 1 || batch < 1 || runs < 1 {
				return fmt.Errorf("--threads %d --batch %d --runs %d: allowed from 1", threads, batch, runs)
			}
			if runs > mostRuns {
				return fmt.Errorf("--runs %d: allowed at most %d", runs, mostRuns)
			}
			return a.bench(cmd.Context(), args[0], benchmark{Threads: threads, Batch: batch, Runs: runs, batchGiven: cmd.Flags().Changed("batch")}, profile, &sample)
		},
	}
	cmd.Flags().IntVar(&threads, "threads", 1, "goroutines that compute")
	cmd.Flags().IntVar(&batch, "batch", 1, "pictures a run, where the model leaves that open")
	cmd.Flags().IntVar(&runs, "runs", 100, "runs to time")
	cmd.Flags().BoolVar(&profile, "profile", false, "the shortest time of each step, and its GFLOP/s")
	sample.register(cmd)
	return cmd
}

func (a *app) bench(ctx context.Context, path string, b benchmark, profile bool, sample *sampleFlags) error {
	start := time.Now()
	m, err := a.openModel(path)
	if err != nil {
		return err
	}
	s, err := runtime.New(m, runtime.Options{Threads: b.Threads, Context: ctx})
	if err != nil {
		return err
	}
	b.LoadMS = milliseconds(time.Since(start))
	if err := b.fixBatch(s.Inputs()); err != nil {
		return err
	}
	var out runtime.Tensors
	in, err := a.sample(ctx, s, sample, b.Batch, func(in runtime.Tensors) (err error) {
		start := time.Now()
		out, err = s.Run(ctx, in)
		b.FirstMS = milliseconds(time.Since(start))
		return err
	})
	if err != nil {
		return err
	}
	b.describe(s, in)
	if err := b.time(ctx, s, in, out); err != nil {
		return err
	}
	if profile {
		if err := b.profile(ctx, s, in); err != nil {
			return err
		}
	}
	b.PeakRSSMB = peakRSS()
	return a.print(b, b.text)
}

// describe notes what a run is given.
func (b *benchmark) describe(s *runtime.Session, in runtime.Tensors) {
	b.Inputs = describeArrays(in)
	if inputs := s.Inputs(); len(inputs) > 0 && len(in[inputs[0].Name].Shape) > 0 {
		b.Batch = in[inputs[0].Name].Shape[0]
	}
}

// fixBatch takes the batch of a model that leaves none open, which no flag may
// contradict.
func (b *benchmark) fixBatch(inputs []runtime.Value) error {
	if len(inputs) == 0 {
		return nil
	}
	for _, v := range inputs {
		if len(v.Shape) == 0 || v.Shape[0] == tensor.Unknown {
			return nil // the flag decides
		}
	}
	fixed := inputs[0].Shape[0]
	if b.batchGiven && b.Batch != fixed {
		return fmt.Errorf("--batch %d: the model's batch is %d, its input %s is %s %s", b.Batch, fixed, errs.Quote(inputs[0].Name), inputs[0].DType, inputs[0].Shape)
	}
	b.Batch = fixed
	return nil
}

// time makes the runs, the first tenth more uncounted.
func (b *benchmark) time(ctx context.Context, s *runtime.Session, in, out runtime.Tensors) error {
	warm := b.Runs/10 + 1
	times := make([]time.Duration, 0, b.Runs)
	var before, after goruntime.MemStats
	for i := range warm + b.Runs {
		if i == warm {
			goruntime.ReadMemStats(&before)
		}
		start := time.Now()
		if err := s.RunInto(ctx, in, out); err != nil {
			return err
		}
		if i >= warm {
			times = append(times, time.Since(start))
		}
	}
	goruntime.ReadMemStats(&after)
	slices.Sort(times)
	at := func(q float64) float64 {
		return milliseconds(times[tensor.IntWithin(q*float64(len(times)-1)+0.5, 0, len(times)-1)])
	}
	b.MinMS, b.MedianMS, b.P90MS, b.P99MS = at(0), at(0.5), at(0.9), at(0.99)
	b.AllocsPerRun = float64(after.Mallocs-before.Mallocs) / float64(b.Runs)
	return nil
}

func (b *benchmark) profile(ctx context.Context, s *runtime.Session, in runtime.Tensors) error {
	steps, err := s.Profile(ctx, in, b.Runs)
	for _, step := range steps {
		p := profileStep{Name: step.Name, Kernel: step.Kernel, Fallback: step.Fallback, MACs: step.MACs, US: float64(step.Best) / 1e3}
		if step.Best > 0 {
			p.GFLOPS = 2 * float64(step.MACs) / float64(step.Best)
		}
		b.Steps = append(b.Steps, p)
	}
	return err
}

func (b *benchmark) text(w io.Writer) {
	fmt.Fprintf(w, "%d threads, batch %d, %d runs\n", b.Threads, b.Batch, b.Runs)
	for _, v := range b.Inputs {
		fmt.Fprintf(w, "input %s %s %s\n", errs.Quote(v.Name), v.DType, tensor.Shape(v.Shape))
	}
	fmt.Fprintf(w, "median %.2f ms  p90 %.2f  p99 %.2f  min %.2f\n", b.MedianMS, b.P90MS, b.P99MS, b.MinMS)
	fmt.Fprintf(w, "load %.1f ms  first run %.1f ms  allocations a run %.2f", b.LoadMS, b.FirstMS, b.AllocsPerRun)
	if b.PeakRSSMB != nil {
		fmt.Fprintf(w, "  peak memory %.0f MB", *b.PeakRSSMB)
	}
	fmt.Fprintln(w)
	if len(b.Steps) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "µs\tGFLOP/s\tkernel\tnode\t")
	for _, s := range b.Steps {
		kernel := s.Kernel
		if s.Fallback {
			kernel = "fallback " + kernel
		}
		fmt.Fprintf(t, "%.1f\t%.1f\t%s\t%s\t\n", s.US, s.GFLOPS, kernel, errs.Quote(s.Name))
	}
	t.Flush()
}
