package verify

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Report is the outcome for all references; as JSON it is what
// `mixconv verify --json` prints.
type Report struct {
	Pass       bool          `json:"pass"`
	Tolerance  Tolerance     `json:"tolerance"`
	References []*Comparison `json:"references"`
}

// Number is a float64 that JSON has as null where it is NaN or infinite.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if !finite(float64(n)) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(n), 'g', -1, 64), nil
}

func (n Number) String() string {
	switch {
	case math.IsInf(float64(n), 1):
		return "∞"
	case math.IsNaN(float64(n)):
		return "–"
	}
	return strconv.FormatFloat(float64(n), 'g', 3, 64)
}

// least returns the least absolute tolerance that passes without a relative
// one, and the least relative one without an absolute one.
func (v *Value) least() (atol, rtol Number) {
	if v.NaN > 0 || v.Compared == 0 {
		return Number(math.Inf(1)), Number(math.Inf(1))
	}
	return v.MaxAbs, v.MaxRel
}

// WriteText writes the report as tables for people: one a reference and, if
// there are several, one of them all.
func (r *Report) WriteText(w io.Writer) error {
	for _, c := range r.References {
		fmt.Fprintln(w, escape(c.title()))
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		if len(c.Values) > 0 {
			fmt.Fprintln(t, "  value\tpictures\tmax |a−b|\tof max |ref|\ttop-1\ttop-5\tNaN\t")
		}
		for _, list := range [][]Value{c.Stages, c.Values} {
			for i := range list {
				fmt.Fprintln(t, list[i].row())
			}
		}
		t.Flush()
		c.writeRankings(w)
		if _, err := fmt.Fprintln(w, c.summary()); err != nil {
			return err
		}
	}
	if len(r.References) > 1 {
		return r.writeOverview(w)
	}
	return nil
}

// title is the reference's name and which network it built, if it did.
func (c *Comparison) title() string {
	if c.Network == "" {
		return c.Name
	}
	return fmt.Sprintf("%s: %s, named by %s", c.Name, c.Network, c.NamedBy)
}

// writeOverview has a row for each reference.
func (r *Report) writeOverview(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nreference\tvalues\tmax |a−b|\tof max |ref|\tleast rtol\ttop-1\ttop-5\tNaN\t")
	for _, c := range r.References {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", escape(c.Name), len(c.Values), c.MaxAbs, c.MaxRel, c.LeastRtol,
			percent(c.Top1Agree), percent(c.Top5Agree), c.NaN, c.verdict())
	}
	return t.Flush()
}

func percent(share *float64) string {
	if share == nil {
		return ""
	}
	return fmt.Sprintf("%.4g %%", 100**share)
}

// verdict says whether the reference agrees or what the first difference is.
func (c *Comparison) verdict() string {
	switch {
	case c.Pass:
		return "pass"
	case c.FirstDifferent == nil:
		return "DIFFERENT: nothing compared"
	}
	return "DIFFERENT: first at " + escape(*c.FirstDifferent)
}

// writeRankings lists what both sides take pictures for.
func (c *Comparison) writeRankings(w io.Writer) {
	for _, r := range c.Rankings {
		fmt.Fprintf(w, "  %s\n    model      %s\n    reference  %s\n", escape(r.Picture), rankLine(r.Model), rankLine(r.Reference))
	}
}

func rankLine(list []Rank) string {
	parts := make([]string, len(list))
	for i, r := range list {
		parts[i] = r.String()
	}
	return strings.Join(parts, ", ")
}

func (r Rank) String() string { return r.class() + " " + r.share() }

// class is the class's number, and its name if it has one.
func (r Rank) class() string {
	name := strconv.Itoa(r.Class)
	if r.Label != "" {
		name += " " + escape(r.Label)
	}
	return name
}

// share is the class's probability in percent.
func (r Rank) share() string { return fmt.Sprintf("%.1f %%", 100*float64(r.Probability)) }

// escape makes a name from a file safe to print.
func escape(name string) string {
	q := strconv.Quote(name)
	return q[1 : len(q)-1]
}

func (v *Value) row() string {
	verdict := "pass"
	if !v.Pass {
		verdict = "DIFFERENT"
	}
	if v.Note != "" {
		verdict += ": " + escape(v.Note)
	}
	agree, agree5 := "", ""
	if v.Output && v.classifies() {
		agree, agree5 = fmt.Sprintf("%d/%d", v.Top1Agree, v.Pictures), fmt.Sprintf("%d/%d", v.Top5Agree, v.Pictures)
	}
	return fmt.Sprintf("  %s\t%d\t%s\t%s\t%s\t%s\t%d\t%s", escape(v.Name), v.Pictures, v.MaxAbs, v.MaxRel, agree, agree5, v.NaN, verdict)
}

// summary says in a sentence how a reference did, and lists what only one side
// has.
func (c *Comparison) summary() string {
	var s strings.Builder
	s.WriteString("  " + c.verdict())
	switch {
	case c.Pass:
		fmt.Fprintf(&s, ": %d compared, largest difference %s of the largest value", len(c.Values), c.MaxRel)
	case c.FirstDifferent != nil:
		fmt.Fprintf(&s, "; least atol that passes: %s, least rtol: %s", c.LeastAtol, c.LeastRtol)
	}
	if errors := c.Histogram.String(); errors != "" {
		fmt.Fprintf(&s, "\n  of the outputs' elements, by error of max |ref|: %s", errors)
	}
	if c.NaN > 0 {
		fmt.Fprintf(&s, "\n  %d elements are NaN or infinite, %d of them infinite", c.NaN, c.Infinite)
	}
	if c.Note != "" {
		fmt.Fprintf(&s, "\n  %s", escape(c.Note))
	}
	for _, sibling := range c.Siblings {
		fmt.Fprintf(&s, "\n  %s", escape(sibling.String()))
	}
	list := func(names []string, where string) {
		const most = 6
		if len(names) == 0 {
			return
		}
		more := ""
		if len(names) > most {
			more = fmt.Sprintf(" and %d more", len(names)-most)
			names = names[:most]
		}
		quoted := make([]string, len(names))
		for i, n := range names {
			quoted[i] = escape(n)
		}
		fmt.Fprintf(&s, "\n  only in the %s: %s%s", where, strings.Join(quoted, ", "), more)
	}
	list(c.OnlyReference, "reference")
	list(c.OnlyModel, "model")
	return s.String()
}
