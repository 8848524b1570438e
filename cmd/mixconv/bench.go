package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"github.com/spf13/cobra"
)

// benching is what the flags of bench say.
type benching struct {
	threads, batch, callers numberList // every combination is timed
	batchGiven              bool       // by a flag
	runs                    int
	warmup                  time.Duration // how long runs are not counted; negative: a tenth of the runs
	profile                 bool
	sample                  sampleFlags
	baseline                string // path
	maxRegress              percent
	against, python, html   string
}

const (
	mostRuns     = 1_000_000 // bounds the memory for their times
	mostCallers  = 1000      // each has memory of its own
	mostSettings = 100
	mostWarmup   = time.Hour
)

func (a *app) benchCommand() *cobra.Command {
	f := benching{threads: numberList{1}, batch: numberList{1}, callers: numberList{1}, warmup: -1, maxRegress: 0.05}
	cmd := &cobra.Command{
		Use:   "bench M.onnx",
		Short: "time a model on random input",
		Long: "Time a model on random input: loading, the first run (which plans), and the\n" +
			"runs after it, of which a tenth more are made first and not counted. What the\n" +
			"model leaves open beside the batch is 224 or 1, whichever it takes, unless\n" +
			"--shape or the arrays of --input say otherwise.\n\n" +
			"Several numbers for --threads, --batch or --callers time every combination.\n" +
			"Callers share one session, as the requests to a server do: each makes its next\n" +
			"run as soon as it has the result of the last.\n\n" +
			"The machine's peak is measured too: multiply-adds of registers alone, with the\n" +
			"instruction set and as many threads as the runs have. GFLOP/s count two operations\n" +
			"for every multiply-add of convolutions and matrix products, and nothing else.\n\n" +
			"With --baseline the medians are held against what an earlier bench --json printed,\n" +
			"and the exit code is 1 if one is longer than --max-regress allows.\n\n" +
			"With --against ort the same model is timed in ONNX Runtime too, a few runs of one\n" +
			"engine and then of the other. It is run by the Python of --python, MIXCONV_PYTHON\n" +
			"or .venv; if that lacks it, or it cannot run the model, the exit code is 3.",
		Args: oneArgument,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.batchGiven = cmd.Flags().Changed("batch")
			if err := f.check(cmd.Flags().Changed("warmup")); err != nil {
				return err
			}
			if f.baseline == "" && cmd.Flags().Changed("max-regress") {
				return errors.New("--max-regress: of which --baseline?")
			}
			return a.bench(cmd.Context(), args[0], &f)
		},
	}
	flags := cmd.Flags()
	flags.Var(&f.threads, "threads", "goroutines that compute a run")
	flags.Var(&f.batch, "batch", "pictures a run, where the model leaves that open")
	flags.Var(&f.callers, "callers", "goroutines that run the model at the same time, on one session")
	flags.IntVar(&f.runs, "runs", 100, "runs to time")
	flags.DurationVar(&f.warmup, "warmup", f.warmup, "how long to run before times count, as 500ms (default a tenth of the runs)")
	flags.Lookup("warmup").DefValue = "0s" // which is not printed
	flags.BoolVar(&f.profile, "profile", false, "the shortest time of each step, and its GFLOP/s")
	flags.StringVar(&f.baseline, "baseline", "", "what bench --json printed earlier, to compare with")
	flags.Var(&f.maxRegress, "max-regress", "how much longer than the baseline's a median may be")
	flags.StringVar(&f.against, "against", "", "ort: time ONNX Runtime in turns")
	flags.StringVar(&f.python, "python", "", "the Python that runs ONNX Runtime")
	flags.StringVar(&f.html, "html", "", "write a web page too, with the profile as a drawing")
	f.sample.register(cmd)
	return cmd
}

// check says what flags may not be.
func (f *benching) check(warmupGiven bool) error {
	if f.runs < 1 {
		return fmt.Errorf("--runs %d: allowed from 1", f.runs)
	}
	if f.runs > mostRuns {
		return fmt.Errorf("--runs %d: allowed at most %d", f.runs, mostRuns)
	}
	if warmupGiven && (f.warmup < 0 || f.warmup > mostWarmup) {
		return fmt.Errorf("--warmup %s: allowed from 0s to %s", f.warmup, mostWarmup)
	}
	for _, n := range f.callers {
		if n > mostCallers {
			return fmt.Errorf("--callers %d: allowed at most %d", n, mostCallers)
		}
	}
	for name, list := range map[string]numberList{"threads": f.threads, "batch": f.batch, "callers": f.callers} {
		if n, twice := list.twice(); twice {
			return fmt.Errorf("--%s %s: %d is there twice", name, &list, n)
		}
	}
	if n := len(f.settings()); n > mostSettings {
		return fmt.Errorf("--threads, --batch and --callers have %d combinations, allowed at most %d", n, mostSettings)
	}
	if f.against != "" && f.against != "ort" {
		return allowed("--against", f.against, "ort")
	}
	if f.against == "" && f.python != "" {
		return errors.New("--python runs what --against names, and that is nothing")
	}
	if f.against != "" && !slices.Equal(f.callers, numberList{1}) {
		return fmt.Errorf("--callers %s: --against has one caller", &f.callers)
	}
	if f.html == dash {
		return errors.New("--html writes a file: stdout has the report")
	}
	if len(f.batch) > 1 && f.sample.input != "" {
		return fmt.Errorf("--batch %s: the arrays of --input have one batch", &f.batch)
	}
	return nil
}

// setting is one of a sweep.
type setting struct{ threads, batch, callers int }

func (f *benching) settings() (list []setting) {
	for _, threads := range f.threads {
		for _, callers := range f.callers {
			for _, batch := range f.batch {
				list = append(list, setting{threads, batch, callers})
			}
		}
	}
	return list
}

func (a *app) bench(ctx context.Context, path string, f *benching) error {
	a.read = append(a.read, path)
	var before *baseline
	var err error
	if f.baseline != "" {
		if before, err = a.readBaseline(f.baseline, f.maxRegress); err != nil {
			return err
		}
	}
	if f.html != "" {
		if err := a.checkOutput(f.html); err != nil {
			return err
		}
	}
	r := benchReport{Machine: thisMachine(), InstructionSet: runtime.InstructionSet()}
	if err := a.benchAll(ctx, path, f, &r); err != nil {
		return err
	}
	if before != nil {
		if r.Baseline, err = before.compare(&r); err != nil {
			return err
		}
	}
	if f.html != "" {
		if err := a.writePage(ctx, f.html, "mixconv bench "+path, r.writeHTML); err != nil {
			return err
		}
	}
	if err := a.print(r, r.text); err != nil {
		return err
	}
	return r.Baseline.verdict(path)
}

// benchAll times every setting.
func (a *app) benchAll(ctx context.Context, path string, f *benching, r *benchReport) error {
	peaks := map[int]float64{}
	settings := f.settings()
	for i, s := range settings {
		b, m, err := a.benchOne(ctx, path, f, s)
		if err != nil && len(settings) > 1 {
			return fmt.Errorf("threads %d, batch %d, callers %d: %w", s.threads, s.batch, s.callers, err)
		}
		if err != nil {
			return err
		}
		b.reach(peaks)
		r.rows = append(r.rows, b)
		if i > 0 {
			continue
		}
		sum, err := a.modelSum(path, m)
		if err != nil {
			return err
		}
		r.Model = benchedModel{path, sum}
	}
	r.arrange()
	return nil
}

// benchOne times one setting: a session of its own, as a program that has just started
// makes it.
func (a *app) benchOne(ctx context.Context, path string, f *benching, set setting) (*benchmark, *onnx.Model, error) {
	b := &benchmark{Threads: set.threads, Batch: set.batch, Callers: set.callers, Runs: f.runs}
	start := time.Now()
	m, err := a.openModel(path)
	if err != nil {
		return nil, nil, err
	}
	s, err := runtime.New(m, runtime.Options{Threads: b.Threads, Context: ctx})
	if err != nil {
		return nil, nil, err
	}
	b.LoadMS = milliseconds(time.Since(start))
	if err := b.fixBatch(s.Inputs(), f.batchGiven); err != nil {
		return nil, nil, err
	}
	var out runtime.Tensors
	in, err := a.sample(ctx, s, &f.sample, b.Batch, func(in runtime.Tensors) (err error) {
		start := time.Now()
		out, err = s.Run(ctx, in)
		b.FirstMS = milliseconds(time.Since(start))
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	b.describe(s, in)
	t := &timing{session: s, in: in, outs: []runtime.Tensors{out}}
	runs := func() error { return t.count(ctx, b.Runs) }
	if f.against != "" {
		peer, err := f.startPeer(ctx, path, m, in, b.Threads)
		if err != nil {
			return nil, nil, err
		}
		defer peer.Close()
		runs = func() error { return b.turns(ctx, t, peer) }
	}
	if err := b.time(ctx, t, f.warmup, runs); err != nil {
		return nil, nil, err
	}
	if err := b.profile(ctx, s, in, f.profile || f.html != ""); err != nil {
		return nil, nil, err
	}
	if f.profile {
		b.Steps = b.steps
	}
	b.PeakRSSMB = peakRSS()
	return b, m, nil
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
func (b *benchmark) fixBatch(inputs []runtime.Value, given bool) error {
	if len(inputs) == 0 {
		return nil
	}
	for _, v := range inputs {
		if len(v.Shape) == 0 || v.Shape[0] == tensor.Unknown {
			return nil // the flag decides
		}
	}
	fixed := inputs[0].Shape[0]
	if given && b.Batch != fixed {
		return fmt.Errorf("--batch %d: the model's batch is %d, its input %s is %s %s", b.Batch, fixed, errs.Quote(inputs[0].Name), inputs[0].DType, inputs[0].Shape)
	}
	b.Batch = fixed
	return nil
}

// profile notes the multiply-adds of a run and, if steps are wanted, the shortest time
// of each.
func (b *benchmark) profile(ctx context.Context, s *runtime.Session, in runtime.Tensors, steps bool) error {
	runs := 1
	if steps {
		runs = b.Runs
	}
	list, err := s.Profile(ctx, in, runs)
	for _, step := range list {
		b.MACs += step.MACs
		if !steps {
			continue
		}
		p := profileStep{Name: step.Name, Kernel: step.Kernel, Fallback: step.Fallback, MACs: step.MACs, US: float64(step.Best) / 1e3}
		if step.Best > 0 {
			p.GFLOPS = 2 * float64(step.MACs) / float64(step.Best)
		}
		b.steps = append(b.steps, p)
	}
	return err
}
