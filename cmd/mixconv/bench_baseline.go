package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/tensor"
)

// percent is a flag such as 5%, as a share.
type percent float64

func (p *percent) Type() string { return "percent" }

func (p *percent) String() string { return fmt.Sprintf("%g%%", 100*float64(*p)) }

func (p *percent) Set(text string) error {
	digits, ok := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !ok || !(n >= 0) || math.IsInf(n, 0) {
		return errors.New("no percentage")
	}
	*p = percent(n / 100)
	return nil
}

// baseline is what an earlier bench --json printed.
type baseline struct {
	benchmark
	Results        []benchmark  `json:"results"`
	InstructionSet string       `json:"instruction_set"`
	Machine        machine      `json:"machine"`
	Model          benchedModel `json:"model"`
	Error          string       `json:"error"`
	path           string
	max            percent
}

// mostBaseline is far above what bench prints.
const mostBaseline = 64 << 20

func (a *app) readBaseline(path string, max percent) (*baseline, error) {
	if path == dash {
		return nil, noStdin("--baseline", path)
	}
	data, err := regular.Read(path, mostBaseline)
	if err != nil {
		return nil, err
	}
	a.read = append(a.read, path)
	b := &baseline{path: path, max: max}
	err = json.Unmarshal(data, b)
	switch {
	case err != nil:
		err = errs.Format("", "%v: allowed is what bench --json prints", err)
	case b.Error != "":
		err = errs.Format("", "a bench that failed: %s", errs.Quote(b.Error))
	default:
		err = b.check()
	}
	return b, errs.InFile(path, err)
}

// check demands a time of every setting. Before callers could be named, there was one.
func (b *baseline) check() error {
	if len(b.Results) == 0 {
		b.Results = []benchmark{b.benchmark}
	}
	for i := range b.Results {
		row := &b.Results[i]
		if row.Callers == 0 {
			row.Callers = 1
		}
		if !(row.MedianMS > 0) || row.Threads < 1 || row.Batch < 0 {
			return errs.Format("", "no median_ms, threads or batch: allowed is what bench --json prints")
		}
	}
	return nil
}

// regression is what a comparison with a baseline says.
type regression struct {
	File        string          `json:"file"`
	Pass        bool            `json:"pass"`
	MaxRegress  float64         `json:"max_regress"` // a share
	Differences []string        `json:"differences"` // of the machine and the model
	Compared    []comparedBench `json:"compared"`
	NotCompared int             `json:"not_compared"` // settings that the baseline has not
}

// comparedBench is one setting, now and before.
type comparedBench struct {
	Threads  int     `json:"threads"`
	Batch    int     `json:"batch"`
	Callers  int     `json:"callers"`
	BeforeMS float64 `json:"before_ms"`
	NowMS    float64 `json:"now_ms"`
	Change   float64 `json:"change"` // of BeforeMS: more than 0 is slower
	Pass     bool    `json:"pass"`
}

// compare holds the medians of r against the baseline's.
func (b *baseline) compare(r *benchReport) (*regression, error) {
	c := &regression{File: b.path, Pass: true, MaxRegress: float64(b.max), Differences: b.differences(r)}
	for _, now := range r.rows {
		before := b.find(now)
		if before == nil {
			c.NotCompared++
			continue
		}
		row := comparedBench{Threads: now.Threads, Batch: now.Batch, Callers: now.Callers, BeforeMS: before.MedianMS, NowMS: now.MedianMS, Change: now.MedianMS/before.MedianMS - 1}
		row.Pass = row.Change <= c.MaxRegress
		c.Pass = c.Pass && row.Pass
		c.Compared = append(c.Compared, row)
	}
	if len(c.Compared) == 0 {
		return nil, fmt.Errorf("--baseline %s: it has nothing to compare with %s, but %s", errs.Quote(b.path), r.rows[0].what(), b.Results[0].what())
	}
	return c, nil
}

// find returns the setting of the same threads, callers and inputs, or nil.
func (b *baseline) find(now *benchmark) *benchmark {
	for i := range b.Results {
		if b.Results[i].what() == now.what() {
			return &b.Results[i]
		}
	}
	return nil
}

// what names all that a time depends on beside the model and the machine.
func (b *benchmark) what() string {
	text := fmt.Sprintf("threads %d, callers %d", b.Threads, b.Callers)
	for _, v := range b.Inputs {
		text += fmt.Sprintf(", input %s %s %s", errs.Quote(v.Name), v.DType, tensor.Shape(v.Shape))
	}
	return text
}

// differences are what makes times of the baseline another thing than those of r.
func (b *baseline) differences(r *benchReport) []string {
	list := []string{}
	add := func(what, before, now string) {
		switch {
		case before == "":
			list = append(list, fmt.Sprintf("the baseline does not say its %s, now %s", what, errs.Quote(now)))
		case before != now:
			list = append(list, fmt.Sprintf("the baseline's %s is %s, now %s", what, errs.Quote(before), errs.Quote(now)))
		}
	}
	describe := func(m machine) string {
		if m.Platform == "" {
			return ""
		}
		return fmt.Sprintf("%s, %d cores, %s", m.Processor, m.Cores, m.Platform)
	}
	add("machine", describe(b.Machine), describe(r.Machine))
	add("instruction set", b.InstructionSet, r.InstructionSet)
	add("model's SHA-256", b.Model.SHA256, r.Model.SHA256)
	return list
}

func (c *regression) text(w io.Writer) {
	for _, d := range c.Differences {
		fmt.Fprintf(w, "%s: %s\n", errs.Quote(c.File), d)
	}
	for _, row := range c.Compared {
		verdict := "as allowed"
		if !row.Pass {
			verdict = "SLOWER than allowed"
		}
		fmt.Fprintf(w, "%s: threads %d, batch %d, callers %d: median %.2f ms, now %.2f: %+.1f %%, %s\n",
			errs.Quote(c.File), row.Threads, row.Batch, row.Callers, row.BeforeMS, row.NowMS, 100*row.Change, verdict)
	}
	if c.NotCompared > 0 {
		fmt.Fprintf(w, "%s: %d settings are not in it\n", errs.Quote(c.File), c.NotCompared)
	}
}

// verdict is an error with exit code 1 if a setting is slower than allowed.
func (c *regression) verdict(model string) error {
	if c == nil || c.Pass {
		return nil
	}
	worst := c.Compared[0]
	for _, row := range c.Compared {
		if row.Change > worst.Change {
			worst = row
		}
	}
	return &exitError{exitDifferent, fmt.Errorf("%s takes %.1f %% longer than %s says for threads %d, batch %d, callers %d, allowed %g %%",
		errs.Quote(model), 100*worst.Change, errs.Quote(c.File), worst.Threads, worst.Batch, worst.Callers, 100*c.MaxRegress)}
}
