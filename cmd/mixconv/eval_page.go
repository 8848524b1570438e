package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/internal/page"
)

//go:embed eval.html
var evalText string

var evalPage = page.Parse(evalText, template.FuncMap{
	"percent":  func(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) },
	"times100": func(v float64) float64 { return 100 * v },
	"name":     func(class int, label string) string { return plainName(mixconv.Class{Index: class, Label: label}) },
	"plain":    plain,
})

// What the page shows at once. Of more classes it shows the least accurate, and folds all;
// a matrix of more is no longer legible.
const (
	mostClasses  = 40
	leastClasses = 20
	mostMatrix   = 40
)

// evalView is what the page of eval --html shows.
type evalView struct {
	evaluation
	Least  []classAccuracy // the least accurate, if there are more than the page shows at once
	Plot   *reliability
	Matrix *matrix
	Thumbs []template.URL // of the wrong pictures, "" where there is none
	Errors []string       // of the pictures that failed
}

// Thumb is the small picture of wrong picture i.
func (v evalView) Thumb(i int) template.URL { return v.Thumbs[i] }

// writeEvaluation writes the report as a web page of one file.
func writeEvaluation(w io.Writer, about page.About, e evaluation, all []evaluated, thumb func(path string) template.URL) error {
	v := evalView{evaluation: e, Plot: reliabilityOf(e.Bins, e.Pictures), Matrix: matrixOf(all, e.label)}
	if len(e.Classes) > mostClasses {
		v.Least = slices.Clone(e.Classes)
		slices.SortStableFunc(v.Least, func(a, b classAccuracy) int { return cmp.Compare(a.Top1, b.Top1) })
		v.Least = v.Least[:leastClasses]
	}
	for _, p := range e.Wrong {
		v.Thumbs = append(v.Thumbs, thumb(p.File))
	}
	for _, p := range all {
		if len(p.Top) == 0 {
			v.Errors = append(v.Errors, p.Error)
		}
	}
	return page.Write(w, evalPage, about, v)
}

// reliability is a reliability diagram as SVG shows it: how often the model is right by
// how sure it is, and below it how many pictures each bin has.
type reliability struct {
	Width, Height            int
	Left, Right, Top, Bottom int // of the accuracies
	CountTop, CountBottom    int // of the numbers of pictures
	Mid, MidHeight           int
	Most                     int // pictures in a bin
	Ticks                    []reliabilityTick
	Bins                     []reliabilityBin
}

type reliabilityTick struct {
	X, Y  float64
	Label string
}

// reliabilityBin is the column of a bin: its accuracy, what is between that and the mean
// probability, and its share of the pictures.
type reliabilityBin struct {
	X, W           float64
	Y, H           float64
	GapY, GapH     float64
	CountY, CountH float64
	Title          string
}

// reliabilityOf draws bins; nil if they have no picture.
func reliabilityOf(bins []calibrationBin, pictures int) *reliability {
	if pictures == 0 {
		return nil
	}
	r := &reliability{Width: 400, Height: 440, Left: 44, Right: 392, Top: 10, Bottom: 310, CountTop: 350, CountBottom: 410}
	r.Mid, r.MidHeight = (r.Left+r.Right)/2, (r.Top+r.Bottom)/2
	x := func(v float64) float64 { return float64(r.Left) + v*float64(r.Right-r.Left) }
	y := func(v float64) float64 { return float64(r.Bottom) - v*float64(r.Bottom-r.Top) }
	for i := range 6 {
		v := float64(i) / 5
		r.Ticks = append(r.Ticks, reliabilityTick{x(v), y(v), fmt.Sprintf("%.1f", v)})
	}
	for _, b := range bins {
		r.Most = max(r.Most, b.Pictures)
	}
	for _, b := range bins {
		if b.Pictures == 0 {
			continue
		}
		c := reliabilityBin{X: x(b.From) + 1, W: x(b.To) - x(b.From) - 2, Y: y(b.Accuracy)}
		c.H = float64(r.Bottom) - c.Y
		c.GapY = y(max(b.Accuracy, b.Probability))
		c.GapH = y(min(b.Accuracy, b.Probability)) - c.GapY
		c.CountH = float64(b.Pictures) / float64(r.Most) * float64(r.CountBottom-r.CountTop)
		c.CountY = float64(r.CountBottom) - c.CountH
		c.Title = fmt.Sprintf("probability %.3f to %.3f: %d pictures, %.1f %% sure on average, %.1f %% right", b.From, b.To, b.Pictures, 100*b.Probability, 100*b.Accuracy)
		r.Bins = append(r.Bins, c)
	}
	return r
}

// matrix is a confusion matrix: a row for each class, a column for what its pictures were
// taken for.
type matrix struct {
	Names []string
	Rows  []matrixRow
}

type matrixRow struct {
	Name  string
	Cells []matrixCell
}

type matrixCell struct {
	Pictures int
	Opacity  float64 // by its share of the row
	Right    bool    // on the diagonal
	Title    string
}

// matrixOf counts the classes that pictures have or were taken for; nil if these are too
// many, or none.
func matrixOf(all []evaluated, label func(int) string) *matrix {
	counts, totals := map[[2]int]int{}, map[int]int{}
	var classes []int
	for _, p := range all {
		if len(p.Top) > 0 {
			counts[[2]int{p.Class, p.Top[0].Class}]++
			totals[p.Class]++
			classes = append(classes, p.Class, p.Top[0].Class)
		}
	}
	slices.Sort(classes)
	classes = slices.Compact(classes)
	if len(classes) == 0 || len(classes) > mostMatrix {
		return nil
	}
	m := &matrix{}
	for _, class := range classes {
		m.Names = append(m.Names, plainName(mixconv.Class{Index: class, Label: label(class)}))
	}
	for i, class := range classes {
		row := matrixRow{Name: m.Names[i]}
		for j, as := range classes {
			n := counts[[2]int{class, as}]
			c := matrixCell{Pictures: n, Right: i == j, Title: fmt.Sprintf("%s taken for %s: %d of %d", m.Names[i], m.Names[j], n, totals[class])}
			if n > 0 {
				c.Opacity = 0.1 + 0.5*float64(n)/float64(totals[class])
			}
			row.Cells = append(row.Cells, c)
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}
