package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/mixconv/mixconv/errs"
)

// evaluated is what was said of one picture of a known class.
type evaluated struct {
	File  string  `json:"file"`
	Class int     `json:"class"`
	Top   []guess `json:"top,omitempty"` // the five likeliest, likeliest first; none if the picture failed
	Error string  `json:"error,omitempty"`
}

// guess is a class that a model says, and how sure it is.
type guess struct {
	Class       int     `json:"class"`
	Probability float64 `json:"probability"`
}

// rank is the place of the picture's class among the guesses, from 0; -1: it is not
// among them.
func (e *evaluated) rank() int {
	return slices.IndexFunc(e.Top, func(g guess) bool { return g.Class == e.Class })
}

// valid reports whether e can be an answer of this program.
func (e *evaluated) valid() bool {
	return e.File != "" && e.Class >= 0 && !slices.ContainsFunc(e.Top, func(g guess) bool {
		return g.Class < 0 || !(g.Probability >= 0 && g.Probability <= 1.001) // as preprocess.RankProbabilities has it
	})
}

// evaluation is what eval reports. Shares are of the pictures that could be read.
type evaluation struct {
	Pictures  int              `json:"pictures"` // that could be read
	Failed    int              `json:"failed"`
	Top1      float64          `json:"top1"`
	Top5      float64          `json:"top5"`
	ECE       float64          `json:"ece"` // expected calibration error
	ClassesBy string           `json:"classes_by"`
	Classes   []classAccuracy  `json:"classes"`
	Confusion []confusion      `json:"confusion"` // the most frequent first
	Wrong     []wrongPicture   `json:"wrong"`     // the surest first
	Bins      []calibrationBin `json:"calibration"`

	labels []string
}

// label is the name of a class, "" if it has none.
func (e *evaluation) label(class int) string {
	if class < len(e.labels) {
		return e.labels[class]
	}
	return ""
}

// classAccuracy is how the pictures of one class did.
type classAccuracy struct {
	Class    int     `json:"class"`
	Label    string  `json:"label"`
	Pictures int     `json:"pictures"`
	Top1     float64 `json:"top1"`
	Top5     float64 `json:"top5"`
}

// confusion is how often pictures of one class were taken for another.
type confusion struct {
	Class    int    `json:"class"`
	Label    string `json:"label"`
	As       int    `json:"as"`
	AsLabel  string `json:"as_label"`
	Pictures int    `json:"pictures"`
}

// wrongPicture is a picture that was taken for another class.
type wrongPicture struct {
	File        string  `json:"file"`
	Class       int     `json:"class"`
	As          int     `json:"as"`
	Label       string  `json:"label"`
	AsLabel     string  `json:"as_label"`
	Probability float64 `json:"probability"`
}

// calibrationBin has the pictures whose likeliest class has a probability above From, up
// to To.
type calibrationBin struct {
	From        float64 `json:"from"`
	To          float64 `json:"to"`
	Pictures    int     `json:"pictures"`
	Probability float64 `json:"probability"` // on average
	Accuracy    float64 `json:"accuracy"`
}

// calibrationBins is how many bins of equal width the calibration has, as in Guo et al.,
// On Calibration of Modern Neural Networks (2017), equation 3.
const calibrationBins = 15

// How many confusions and wrong pictures are listed.
const (
	mostConfusions = 20
	mostWrong      = 20
)

// evaluate sums up what was said of all pictures. labels are the classes' names, or none.
func evaluate(list []evaluated, labels []string) evaluation {
	e := evaluation{Classes: []classAccuracy{}, Confusion: []confusion{}, Wrong: []wrongPicture{}, labels: labels}
	classes, confusions := map[int]*classAccuracy{}, map[[2]int]int{}
	label := e.label
	for i := range list {
		p := &list[i]
		if len(p.Top) == 0 {
			e.Failed++
			continue
		}
		c := classes[p.Class]
		if c == nil {
			c = &classAccuracy{Class: p.Class, Label: label(p.Class)}
			classes[p.Class] = c
		}
		e.Pictures++
		c.Pictures++
		switch rank := p.rank(); {
		case rank == 0:
			e.Top1++
			c.Top1++
			fallthrough
		case rank > 0:
			e.Top5++
			c.Top5++
		}
		if first := p.Top[0]; first.Class != p.Class {
			confusions[[2]int{p.Class, first.Class}]++
			e.Wrong = append(e.Wrong, wrongPicture{p.File, p.Class, first.Class, label(p.Class), label(first.Class), first.Probability})
		}
	}
	e.calibrate(list)
	n := float64(max(e.Pictures, 1))
	e.Top1, e.Top5 = e.Top1/n, e.Top5/n
	for _, c := range classes {
		c.Top1, c.Top5 = c.Top1/float64(c.Pictures), c.Top5/float64(c.Pictures)
		e.Classes = append(e.Classes, *c)
	}
	for pair, count := range confusions {
		e.Confusion = append(e.Confusion, confusion{pair[0], label(pair[0]), pair[1], label(pair[1]), count})
	}
	e.order()
	return e
}

// calibrate compares how sure the model is with how often it is right.
func (e *evaluation) calibrate(list []evaluated) {
	bins := make([]calibrationBin, calibrationBins)
	for i := range bins {
		bins[i].From, bins[i].To = float64(i)/calibrationBins, float64(i+1)/calibrationBins
	}
	for i := range list {
		if len(list[i].Top) == 0 {
			continue
		}
		first := list[i].Top[0]
		at := slices.IndexFunc(bins, func(b calibrationBin) bool { return first.Probability <= b.To })
		if at < 0 { // above 1 by rounding
			at = len(bins) - 1
		}
		b := &bins[at]
		b.Pictures++
		b.Probability += first.Probability
		if first.Class == list[i].Class {
			b.Accuracy++
		}
	}
	for i := range bins {
		b := &bins[i]
		if b.Pictures == 0 {
			continue
		}
		b.Probability, b.Accuracy = b.Probability/float64(b.Pictures), b.Accuracy/float64(b.Pictures)
		e.ECE += max(b.Accuracy-b.Probability, b.Probability-b.Accuracy) * float64(b.Pictures) / float64(e.Pictures)
	}
	e.Bins = bins
}

// order sorts the lists and cuts those that may be long.
func (e *evaluation) order() {
	slices.SortFunc(e.Classes, func(a, b classAccuracy) int { return cmp.Compare(a.Class, b.Class) })
	slices.SortFunc(e.Confusion, func(a, b confusion) int {
		return cmp.Or(cmp.Compare(b.Pictures, a.Pictures), cmp.Compare(a.Class, b.Class), cmp.Compare(a.As, b.As))
	})
	slices.SortStableFunc(e.Wrong, func(a, b wrongPicture) int { return cmp.Compare(b.Probability, a.Probability) })
	e.Confusion = e.Confusion[:min(len(e.Confusion), mostConfusions)]
	e.Wrong = e.Wrong[:min(len(e.Wrong), mostWrong)]
}

func (e evaluation) text(w io.Writer) {
	fmt.Fprintf(w, "%d pictures, %d failed; classes by %s\n", e.Pictures, e.Failed, e.ClassesBy)
	fmt.Fprintf(w, "top-1 %.2f %%, top-5 %.2f %%, expected calibration error %.4f\n", 100*e.Top1, 100*e.Top5, e.ECE)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nclass\tpictures\ttop-1\ttop-5")
	for _, c := range e.Classes {
		fmt.Fprintf(t, "%s\t%d\t%.1f %%\t%.1f %%\n", nameOf(c.Class, c.Label), c.Pictures, 100*c.Top1, 100*c.Top5)
	}
	if len(e.Confusion) > 0 {
		fmt.Fprintln(t, "\nclass\ttaken for\tpictures")
	}
	for _, c := range e.Confusion {
		fmt.Fprintf(t, "%s\t%s\t%d\n", nameOf(c.Class, c.Label), nameOf(c.As, c.AsLabel), c.Pictures)
	}
	if len(e.Wrong) > 0 {
		fmt.Fprintln(t, "\nsurest and wrong\tclass\ttaken for\tprobability")
	}
	for _, p := range e.Wrong {
		fmt.Fprintf(t, "%s\t%s\t%s\t%.4f\n", errs.Quote(p.File), nameOf(p.Class, p.Label), nameOf(p.As, p.AsLabel), p.Probability)
	}
	t.Flush()
}

// nameOf is a class's label, or its number.
func nameOf(class int, label string) string {
	if label == "" {
		return fmt.Sprintf("class %d", class)
	}
	return errs.Quote(label)
}
