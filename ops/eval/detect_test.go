package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// TestSuppression compares NonMaxSuppression, which looks only at boxes that are
// near, with a loop over all that were chosen.
func TestSuppression(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for trial := range 60 {
		n := 1 + trial*3
		boxes, scores := tensor.New(tensor.Float32, 1, n, 4), tensor.New(tensor.Float32, 1, 1, n)
		apart := []float64{0, 1, 1e4, 1e30}[trial%4] // of classes, as batched detectors lay them
		for i := range n {
			at := apart * float64(r.IntN(5))
			for k := range 4 {
				tensor.Data[float32](boxes)[i*4+k] = float32(at + r.Float64())
			}
			tensor.Data[float32](scores)[i] = float32(r.Float64())
		}
		switch trial {
		case 20:
			tensor.Data[float32](boxes)[1] = float32(math.NaN())
		case 21:
			tensor.Data[float32](boxes)[2] = float32(math.Inf(1))
		}
		for _, iou := range []float32{-1, 0, 0.1, 0.5} {
			out, err := call(t, "NonMaxSuppression", 11, 1, nil, boxes, scores, int64s(1000), floats([]int{1}, iou))
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for i, v := range tensor.Data[int64](out[0]) {
				if i%3 == 2 {
					got = append(got, int(v))
				}
			}
			if want := suppressed(tensor.Data[float32](boxes), tensor.Data[float32](scores), float64(iou)); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("trial %d, %g: %v, want %v", trial, iou, got, want)
			}
		}
	}
}

// suppressed takes the box with the best score that overlaps with none taken
// before, until there is none left.
func suppressed(boxes, scores []float32, iou float64) (chosen []int) {
	side := func(a, b, c, d float64) float64 { return max(0, min(max(a, b), max(c, d))-max(min(a, b), min(c, d))) }
	at := func(i, k int) float64 { return float64(boxes[i*4+k]) }
	area := func(i, j int) float64 { // of what both share
		return side(at(i, 0), at(i, 2), at(j, 0), at(j, 2)) * side(at(i, 1), at(i, 3), at(j, 1), at(j, 3))
	}
	done := make([]bool, len(scores))
	for {
		best := -1
		for i, s := range scores {
			if !done[i] && (best < 0 || s > scores[best]) {
				best = i
			}
		}
		if best < 0 {
			return chosen
		}
		done[best] = true
		free := true
		for _, c := range chosen {
			both := area(best, c)
			union := area(best, best) + area(c, c) - both
			overlap := both / union
			if both <= 0 || union <= 0 {
				overlap = 0
			}
			free = free && !(overlap > iou)
		}
		if free {
			chosen = append(chosen, best)
		}
	}
}

// TestReach compares ConvTranspose's walk over rows with one over every place.
func TestReach(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		g := ops.Conv{}
		var places, to tensor.Shape
		for range 1 + r.IntN(2) {
			g.Kernel, g.Stride, g.Dilation = append(g.Kernel, 1+r.IntN(4)), append(g.Stride, 1+r.IntN(3)), append(g.Dilation, 1+r.IntN(3))
			g.PadBegin = append(g.PadBegin, r.IntN(5)-1)
			places, to = append(places, 1+r.IntN(5)), append(to, 1+r.IntN(9))
		}
		count := func(walk func(f func(k, i, o int))) map[[3]int]int {
			seen := map[[3]int]int{}
			walk(func(k, i, o int) { seen[[3]int{k, i, o}]++ })
			return seen
		}
		got := count(func(f func(k, i, o int)) {
			err := (&run{budget: limit.NewBudget(t.Context(), limit.Limits{}), work: workBetweenChecks}).eachReach(g, places, to, func(k, i, n, o, step int) {
				for at := range n {
					f(k, i+at, o+at*step)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		})
		want := count(func(f func(k, i, o int)) {
			forEach(g.Kernel, func(tap []int) {
				forEach(places, func(from []int) {
					reached := make([]int, len(to))
					for axis := range to {
						reached[axis] = from[axis]*g.Stride[axis] + tap[axis]*g.Dilation[axis] - g.PadBegin[axis]
						if reached[axis] < 0 || reached[axis] >= to[axis] {
							return
						}
					}
					f(offset(g.Kernel, tap), offset(places, from), offset(to, reached))
				})
			})
		})
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%+v of %v to %v: %v, want %v", g, places, to, got, want)
		}
	}
}

// TestMaxRoiPool: NaN and −∞ of a picture stay, and regions that are none are refused.
func TestMaxRoiPool(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	x := floats([]int{1, 2, 2, 2}, 1, nan, 2, 3, -inf, -inf, -inf, -inf)
	attrs := ops.Attrs{"pooled_shape": []int64{1, 1}}
	out, err := call(t, "MaxRoiPool", 16, 1, attrs, x, floats([]int{1, 5}, 0, 0, 0, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	if got := tensor.Data[float32](out[0]); got[0] == got[0] || got[1] != -inf {
		t.Errorf("%v, want NaN and −∞", got)
	}
	for _, c := range []struct {
		attrs ops.Attrs
		roi   []float32
		want  string
	}{
		{attrs, []float32{0, 0, nan, 1, 1}, "input 1 (rois): element 2 is NaN, allowed are finite numbers"},
		{attrs, []float32{0, 0, 0, inf, 1}, "input 1 (rois): element 3 is +Inf, allowed are finite numbers"},
		{attrs, []float32{1, 0, 0, 1, 1}, "input 1 (rois): region 0 is of picture 1, X has 1"},
		{attrs, []float32{-1, 0, 0, 1, 1}, "input 1 (rois): region 0 is of picture -1, X has 1"},
		{ops.Attrs{"pooled_shape": []int64{1}}, []float32{0, 0, 0, 1, 1}, "attribute pooled_shape: 1 entries, must be 2"},
		{ops.Attrs{"pooled_shape": []int64{1, 0}}, []float32{0, 0, 0, 1, 1}, "attribute pooled_shape: 0, allowed 1 or more"},
		{ops.Attrs{"pooled_shape": []int64{1, 1}, "spatial_scale": nan}, []float32{0, 0, 0, 1, 1}, "attribute spatial_scale: NaN, allowed are finite numbers above 0"},
	} {
		if _, err := call(t, "MaxRoiPool", 16, 1, c.attrs, x, floats([]int{1, 5}, c.roi...)); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
