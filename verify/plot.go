package verify

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// plot is a reference's error by value as SVG shows it: one point a value in
// the model's order, the error on a logarithmic scale.
type plot struct {
	Width, Height       int
	Left, Right, Bottom int
	Points              []point
	Line                string // through all points
	Lines               []gridLine
	Tolerance           float64 // y of the relative tolerance; 0 if off the scale
	top                 int     // the highest decade
	infinite            bool    // a line above it has the errors that are infinite or not known
}

type point struct {
	X, Y  float64
	Label string // below the axis; "" where there is no room
	Title string
	Pass  bool
}

type gridLine struct {
	Y     float64
	Label string
}

// The scale: errors below the lowest decade stand on the axis. It ends at 1, or where
// the largest error does.
const (
	lowestDecade = -10
	leastTop     = 0
	plotWidth    = 1000
	plotMargin   = 50
	plotHeight   = 240 // of the decades
	labelHeight  = 170 // below the axis
	infiniteRoom = 24  // above the highest decade
)

// plotOf draws values with the given relative tolerance.
func plotOf(values []Value, rtol float64) *plot {
	if len(values) < 2 {
		return nil
	}
	p := &plot{Width: plotWidth, Left: plotMargin, Right: plotWidth - 10, top: leastTop}
	for _, v := range values {
		if !finite(float64(v.MaxRel)) {
			p.infinite = true
		} else if v.MaxRel > 1 {
			p.top = max(p.top, tensor.IntWithin(math.Ceil(math.Log10(float64(v.MaxRel))), leastTop, 400))
		}
	}
	p.Bottom = 10 + plotHeight
	if p.infinite {
		p.Bottom += infiniteRoom
		p.Lines = append(p.Lines, gridLine{10, "∞"})
	}
	p.Height = p.Bottom + labelHeight
	p.scale()
	if rtol > math.Pow10(lowestDecade) && math.Log10(rtol) < float64(p.top) {
		p.Tolerance = p.y(rtol)
	}
	step := float64(p.Right-p.Left-20) / float64(len(values)-1)
	every := tensor.IntWithin(math.Ceil(16/step), 1, len(values)) // a label is 16 units wide
	for i, v := range values {
		pt := point{X: float64(p.Left) + 10 + float64(i)*step, Y: p.y(float64(v.MaxRel)), Pass: v.Pass}
		pt.Title = fmt.Sprintf("%s: %s", v.Name, v.MaxRel)
		if i%every == 0 {
			pt.Label = v.Name
		}
		p.Points = append(p.Points, pt)
		p.Line += fmt.Sprintf("%.1f,%.1f ", pt.X, pt.Y)
	}
	return p
}

// scale draws a line for every second decade, or fewer if there are many.
func (p *plot) scale() {
	const most = 12 // lines
	every := 2 * ((p.top-lowestDecade)/(2*most) + 1)
	for decade := lowestDecade; decade <= p.top; decade += every {
		label := fmt.Sprintf("1e%d", decade)
		switch decade {
		case lowestDecade:
			label = "≤ " + label
		case 0:
			label = "1"
		}
		p.Lines = append(p.Lines, gridLine{p.y(math.Pow10(decade)), label})
	}
}

// y is the height at which a relative error stands.
func (p *plot) y(rel float64) float64 {
	if !finite(rel) {
		return 10
	}
	decade := min(max(math.Log10(rel), lowestDecade), float64(p.top))
	return float64(p.Bottom) - (decade-lowestDecade)*plotHeight/float64(p.top-lowestDecade)
}

// bar is a place of a Histogram as the page shows it.
type bar struct {
	Label   string
	Percent float64
	Length  float64 // in percent of the longest
	Count   int
}

// bars are a Histogram's places.
func (h Histogram) bars() []bar {
	total, most := 0, 0
	for _, n := range h {
		total += n
		most = max(most, n)
	}
	if total == 0 {
		return nil
	}
	list := make([]bar, len(h))
	for i, n := range h {
		list[i] = bar{bucketNames[i], 100 * float64(n) / float64(total), 100 * float64(n) / float64(most), n}
	}
	return list
}
