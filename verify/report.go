package verify

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/mixconv/mixconv/errs"
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

// WriteText writes the report as a table for people.
func (r *Report) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "reference\tvalue\tpictures\tmax |a−b|\tof max |ref|\ttop-1 agree\tNaN\t")
	for _, c := range r.References {
		for i := range c.Values {
			fmt.Fprintln(t, errs.Quote(c.Name)+"\t"+c.Values[i].row())
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, c := range r.References {
		if _, err := fmt.Fprintln(w, c.summary()); err != nil {
			return err
		}
	}
	return nil
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
	return fmt.Sprintf("%s\t%d\t%s\t%s\t%s\t%d\t%s", errs.Quote(v.Name), v.Pictures, v.MaxAbs, v.MaxRel, agree, v.NaN, verdict)
}

// summary says in a sentence or two how a reference did.
func (c *Comparison) summary() string {
	var s strings.Builder
	name := errs.Quote(c.Name)
	switch {
	case c.Pass:
		fmt.Fprintf(&s, "%s: pass, %d values compared, largest difference %s of the largest value", name, len(c.Values), c.MaxRel)
	case c.Compared == 0:
		fmt.Fprintf(&s, "%s: DIFFERENT, nothing compared", name)
	case c.FirstDifferent != nil:
		fmt.Fprintf(&s, "%s: DIFFERENT, first at %s; least atol that passes: %s", name, errs.Quote(*c.FirstDifferent), c.LeastAtol)
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
			quoted[i] = errs.Quote(n)
		}
		fmt.Fprintf(&s, "\n  only in the %s: %s%s", where, strings.Join(quoted, ", "), more)
	}
	list(c.OnlyReference, "reference")
	list(c.OnlyModel, "model")
	return s.String()
}
