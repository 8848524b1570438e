package draw_test

import (
	"strings"
	"testing"

	"github.com/mixconv/mixconv/internal/draw"
)

// TestLayout: nodes are below what they read, no two boxes meet, and an edge that passes
// a row keeps to the right of all boxes.
func TestLayout(t *testing.T) {
	d := draw.Layout([]draw.Node{
		{Head: "Split"},
		{Head: "Conv 3×3", From: []int{0}}, {Head: "Conv 5×5", From: []int{0}}, {Head: "Conv 7×7", From: []int{0}},
		{Head: "Concat", From: []int{1, 2, 3}, Lines: []string{strings.Repeat("a long name", 9), "[1,2]"}},
		{Head: "MDConv", From: []int{4, 4}, Cells: []string{"3×3", "5×5", "7×7"}},
		{Head: "Add", From: []int{5, 0, 1}},
	})
	if len(d.Boxes) != 7 || len(d.Edges) != 3+3+1+1+2 {
		t.Fatalf("%d boxes, %d edges", len(d.Boxes), len(d.Edges))
	}
	for i, b := range d.Boxes {
		for _, from := range b.From {
			if f := d.Boxes[from]; f.Y+f.H >= b.Y {
				t.Errorf("%s is not below %s", b.Head, f.Head)
			}
		}
		if b.X < 0 || b.Y < 0 || b.X+b.W > d.Width || b.Y+b.H > d.Height {
			t.Errorf("%s is outside", b.Head)
		}
		for _, o := range d.Boxes[:i] {
			if b.X < o.X+o.W && o.X < b.X+b.W && b.Y < o.Y+o.H && o.Y < b.Y+b.H {
				t.Errorf("%s meets %s", b.Head, o.Head)
			}
		}
		for _, c := range b.CellBoxes {
			if c.X < b.X || c.X+c.W > b.X+b.W || c.Y < b.Y || c.Y+c.H > b.Y+b.H {
				t.Errorf("a cell is outside %s", b.Head)
			}
		}
		for _, text := range b.Texts {
			if len([]rune(text.Text)) > 27 {
				t.Errorf("%q is too long", text.Text)
			}
		}
	}
	if empty := draw.Layout(nil); len(empty.Boxes) != 0 {
		t.Error("boxes of nothing")
	}
}
