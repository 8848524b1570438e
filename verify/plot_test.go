package verify

import (
	"math"
	"testing"
)

// TestPlotScale: errors above 1 stand above 1, and infinite ones above all.
func TestPlotScale(t *testing.T) {
	values := []Value{{Name: "small", MaxRel: 1e-30}, {Name: "one", MaxRel: 1}, {Name: "large", MaxRel: 350}, {Name: "none", MaxRel: Number(math.Inf(1))}, {Name: "zero"}}
	p := plotOf(values, 2e-5)
	y := map[string]float64{}
	for i, v := range values {
		y[v.Name] = p.Points[i].Y
	}
	if !(y["none"] < y["large"] && y["large"] < y["one"] && y["one"] < y["small"]) || y["small"] != float64(p.Bottom) || y["zero"] != y["small"] {
		t.Errorf("heights %v", y)
	}
	if p.top != 3 || p.Tolerance <= y["one"] || p.Tolerance >= y["small"] {
		t.Errorf("highest decade %d, tolerance at %g", p.top, p.Tolerance)
	}
	for _, pt := range p.Points {
		if pt.Y < 10 || pt.Y > float64(p.Bottom) {
			t.Errorf("%s outside", pt.Title)
		}
	}
	if p := plotOf(values[1:2], 1); p != nil {
		t.Error("a plot of one value")
	}
	if p := plotOf([]Value{{MaxRel: 0.1}, {MaxRel: 1e300}}, 1e200); len(p.Lines) > 14 || p.Tolerance == 0 {
		t.Errorf("%d lines, tolerance at %g", len(p.Lines), p.Tolerance)
	}
}
