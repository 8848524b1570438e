package main

import (
	"errors"
	"fmt"
	"io"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// benchReport is what bench prints: of one setting its figures beside the rest, of
// several a list of them.
type benchReport struct {
	*benchmark
	Results        []*benchmark `json:"results,omitempty"`
	InstructionSet string       `json:"instruction_set"`
	Machine        machine      `json:"machine"`
	Model          benchedModel `json:"model"`
	Baseline       *regression  `json:"baseline,omitempty"`
	rows           []*benchmark
}

// benchedModel says which model was timed.
type benchedModel struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"` // of the file and its external data
}

// benchmark is what bench measures of one setting.
type benchmark struct {
	MedianMS     float64       `json:"median_ms"`
	P90MS        float64       `json:"p90_ms"`
	P95MS        float64       `json:"p95_ms"`
	P99MS        float64       `json:"p99_ms"`
	MinMS        float64       `json:"min_ms"`
	LoadMS       float64       `json:"load_ms"`
	FirstMS      float64       `json:"first_ms"`
	PeakRSSMB    *float64      `json:"peak_rss_mb"` // of the process so far; null where the system does not tell
	AllocsPerRun float64       `json:"allocs_per_run"`
	Threads      int           `json:"threads"`
	Batch        int           `json:"batch"`
	Callers      int           `json:"callers"`
	Runs         int           `json:"runs"`
	WarmupRuns   int           `json:"warmup_runs"`
	PicturesPerS float64       `json:"pictures_per_s"` // of all callers
	MACs         int64         `json:"macs"`           // of a run
	GFLOPS       float64       `json:"gflops"`         // of the median run or, of several callers, all of theirs; two operations for a multiply-add
	PeakGFLOPS   float64       `json:"peak_gflops"`    // of as many threads as the callers have
	OfPeak       float64       `json:"of_peak"`        // GFLOPS of PeakGFLOPS
	Inputs       []array       `json:"inputs"`         // of a run
	Steps        []profileStep `json:"steps,omitempty"`
	Against      *against      `json:"against,omitempty"`
	steps        []profileStep // for Steps or the web page
	seconds      float64       // that GFLOPS counts for a run
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

// reach says how much of what the machine can do a run does. peaks has what was
// measured, by the number of threads.
func (b *benchmark) reach(peaks map[int]float64) {
	threads := goruntime.GOMAXPROCS(0)
	if b.Threads < threads { // neither product can overflow
		threads = min(threads, b.Threads*b.Callers)
	}
	if peaks[threads] == 0 {
		peaks[threads] = runtime.PeakFLOPS(threads) / 1e9
	}
	b.PeakGFLOPS = peaks[threads]
	if b.seconds > 0 {
		b.GFLOPS = 2e-9 * float64(b.MACs) / b.seconds
	}
	if b.PeakGFLOPS > 0 {
		b.OfPeak = b.GFLOPS / b.PeakGFLOPS
	}
}

// arrange puts rows where they are printed.
func (r *benchReport) arrange() {
	if len(r.rows) == 1 {
		r.benchmark = r.rows[0]
	} else {
		r.Results = r.rows
	}
}

func (r *benchReport) text(w io.Writer) {
	r.Machine.text(w, r.InstructionSet)
	if len(r.rows) == 1 {
		r.rows[0].text(w)
	} else {
		r.table(w)
	}
	if r.Baseline != nil {
		r.Baseline.text(w)
	}
}

// table has a line for each setting.
func (r *benchReport) table(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "threads\tbatch\tcallers\tmedian ms\tp90\tp95\tp99\tmin\tpictures/s\tGFLOP/s\tof the peak\t")
	for _, b := range r.rows {
		fmt.Fprintf(t, "%d\t%d\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t%.0f %%\t\n",
			b.Threads, b.Batch, b.Callers, b.MedianMS, b.P90MS, b.P95MS, b.P99MS, b.MinMS, b.PicturesPerS, b.GFLOPS, 100*b.OfPeak)
	}
	t.Flush()
	for _, b := range r.rows {
		if b.Against != nil || len(b.Steps) > 0 {
			fmt.Fprintln(w, b.setting())
		}
		if b.Against != nil {
			b.Against.text(w)
		}
		if len(b.Steps) > 0 {
			b.stepsText(w)
		}
	}
}

// setting is the line that says what was timed.
func (b *benchmark) setting() string {
	callers := ""
	if b.Callers > 1 {
		callers = fmt.Sprintf(", %d callers", b.Callers)
	}
	return fmt.Sprintf("%d threads, batch %d%s, %d runs after %d to warm up", b.Threads, b.Batch, callers, b.Runs, b.WarmupRuns)
}

func (b *benchmark) text(w io.Writer) {
	fmt.Fprintln(w, b.setting())
	for _, v := range b.Inputs {
		fmt.Fprintf(w, "input %s %s %s\n", errs.Quote(v.Name), v.DType, tensor.Shape(v.Shape))
	}
	fmt.Fprintf(w, "median %.2f ms  p90 %.2f  p95 %.2f  p99 %.2f  min %.2f\n", b.MedianMS, b.P90MS, b.P95MS, b.P99MS, b.MinMS)
	fmt.Fprintf(w, "%.1f pictures/s  %.1f GFLOP/s, %.0f %% of the peak of %.1f\n", b.PicturesPerS, b.GFLOPS, 100*b.OfPeak, b.PeakGFLOPS)
	fmt.Fprintf(w, "load %.1f ms  first run %.1f ms  allocations a run %.2f", b.LoadMS, b.FirstMS, b.AllocsPerRun)
	if b.PeakRSSMB != nil {
		fmt.Fprintf(w, "  peak memory %.0f MB", *b.PeakRSSMB)
	}
	fmt.Fprintln(w)
	if b.Against != nil {
		b.Against.text(w)
	}
	if len(b.Steps) > 0 {
		b.stepsText(w)
	}
}

// stepsText lists the profile.
func (b *benchmark) stepsText(w io.Writer) {
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

// numberList is a flag of whole numbers from 1, with commas between them.
type numberList []int

func (l *numberList) Type() string { return "numbers" }

func (l *numberList) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(*l)), " ", ","), "[]")
}

// twice returns a number that the list has twice.
func (l *numberList) twice() (n int, ok bool) {
	for i, n := range *l {
		if slices.Contains((*l)[:i], n) {
			return n, true
		}
	}
	return 0, false
}

func (l *numberList) Set(text string) error {
	var list numberList
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return err
		}
		if n < 1 {
			return errors.New("less than 1")
		}
		list = append(list, n)
	}
	*l = list
	return nil
}
