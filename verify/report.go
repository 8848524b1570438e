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
	if math.IsInf(float64(n), 1) {
		return "∞"
	}
	return strconv.FormatFloat(float64(n), 'g', 3, 64)
}

// leastAtol is the least absolute tolerance that passes without a relative
// one.
func (v *Value) leastAtol() Number {
	if v.NaN > 0 || v.Compared == 0 {
		return Number(math.Inf(1))
	}
	return v.MaxAbs
}

// WriteText writes the report as tables for people, one a reference.
func (r *Report) WriteText(w io.Writer) error {
	for _, c := range r.References {
		fmt.Fprintln(w, escape(c.Name))
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		if len(c.Values) > 0 {
			fmt.Fprintln(t, "  value\tpictures\tmax |a−b|\tof max |ref|\ttop-1\tNaN\t")
		}
		for i := range c.Values {
			fmt.Fprintln(t, c.Values[i].row())
		}
		t.Flush()
		if _, err := fmt.Fprintln(w, c.summary()); err != nil {
			return err
		}
	}
	return nil
}

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
		verdict += ": " + v.Note
	}
	agree := ""
	if v.Output && v.classifies() {
		agree = fmt.Sprintf("%d/%d", v.Top1Agree, v.Pictures)
	}
	return fmt.Sprintf("  %s\t%d\t%s\t%s\t%s\t%d\t%s", escape(v.Name), v.Pictures, v.MaxAbs, v.MaxRel, agree, v.NaN, verdict)
}

// summary says in a sentence how a reference did, and lists what only one side
// has.
func (c *Comparison) summary() string {
	var s strings.Builder
	switch {
	case c.Pass:
		fmt.Fprintf(&s, "  pass: %d compared, largest difference %s of the largest value", len(c.Values), c.MaxRel)
	case c.FirstDifferent == nil:
		s.WriteString("  DIFFERENT: nothing compared")
	default:
		fmt.Fprintf(&s, "  DIFFERENT: first at %s; least atol that passes: %s", escape(*c.FirstDifferent), c.LeastAtol)
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
