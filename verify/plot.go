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

// The scale: errors below the first decade stand on the axis.
const (
	lowestDecade, highestDecade = -10, 0
	decadeHeight                = 24
	plotWidth                   = 1000
	plotMargin                  = 50
	labelHeight                 = 170 // below the axis
)

// plotOf draws values with the given relative tolerance.
func plotOf(values []Value, rtol float64) *plot {
	if len(values) < 2 {
		return nil
	}
	p := &plot{Width: plotWidth, Left: plotMargin, Right: plotWidth - 10}
	p.Bottom = 10 + (highestDecade-lowestDecade)*decadeHeight
	p.Height = p.Bottom + labelHeight
	for decade := lowestDecade; decade <= highestDecade; decade += 2 {
		p.Lines = append(p.Lines, gridLine{plotY(math.Pow10(decade)), Number(math.Pow10(decade)).String()})
	}
	if rtol > math.Pow10(lowestDecade) && rtol < 1 {
		p.Tolerance = plotY(rtol)
	}
	step := float64(p.Right-p.Left-20) / float64(len(values)-1)
	every := tensor.IntWithin(math.Ceil(16/step), 1, len(values)) // a label is 16 units wide
	for i, v := range values {
		pt := point{X: float64(p.Left) + 10 + float64(i)*step, Y: plotY(float64(v.MaxRel)), Pass: v.Pass}
		pt.Title = fmt.Sprintf("%s: %s", v.Name, v.MaxRel)
		if i%every == 0 {
			pt.Label = v.Name
		}
		p.Points = append(p.Points, pt)
		p.Line += fmt.Sprintf("%.1f,%.1f ", pt.X, pt.Y)
	}
	return p
}

// plotY is the height at which a relative error stands.
func plotY(rel float64) float64 {
	decade := math.Log10(rel)
	if math.IsNaN(decade) || decade > highestDecade {
		decade = highestDecade
	}
	return 10 + (highestDecade-max(decade, lowestDecade))*decadeHeight
}

// bar is a place of a Histogram as the page shows it.
type bar struct {
	Label   string
	Percent float64
	Count   int
}

// bars are a Histogram's places.
func (h Histogram) bars() []bar {
	total := 0
	for _, n := range h {
		total += n
	}
	if total == 0 {
		return nil
	}
	list := make([]bar, len(h))
	for i, n := range h {
		list[i] = bar{bucketNames[i], 100 * float64(n) / float64(total), n}
	}
	return list
}
