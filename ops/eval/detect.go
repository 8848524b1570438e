package eval

import (
	"cmp"
	"math"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// box has its smaller and greater coordinates.
type box struct{ y1, x1, y2, x2 float64 }

func newBox(v []float64, centre bool) box {
	if centre { // x, y, width, height
		return box{v[1] - v[3]/2, v[0] - v[2]/2, v[1] + v[3]/2, v[0] + v[2]/2}
	}
	return box{min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3])}
}

func (b box) area() float64 { return max(0, b.y2-b.y1) * max(0, b.x2-b.x1) }

// overlap is the intersection over the union.
func (b box) overlap(o box) float64 {
	if b.x2 <= o.x1 || o.x2 <= b.x1 || b.y2 <= o.y1 || o.y2 <= b.y1 {
		return 0 // as most are
	}
	both := box{max(b.y1, o.y1), max(b.x1, o.x1), min(b.y2, o.y2), min(b.x2, o.x2)}.area()
	union := b.area() + o.area() - both
	if both <= 0 || union <= 0 {
		return 0
	}
	return both / union
}

// nonMaxSuppression selects for every picture and class the boxes with the
// highest scores that do not overlap with one selected before.
func nonMaxSuppression(r *run) error {
	boxes, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	scores, err := r.floats(r.in[1])
	if err != nil {
		return err
	}
	limit, iou, least := 0, 0.0, math.Inf(-1)
	if r.has(2) {
		limit = int(min(max(tensor.Data[int64](r.in[2])[0], 0), math.MaxInt32))
	}
	if r.has(3) {
		iou = at(r.in[3], 0)
	}
	if r.has(4) {
		least = at(r.in[4], 0)
	}
	n, classes := r.in[0].Shape[1], r.in[1].Shape[1]
	var found []int64
	err = r.eachIndex(r.in[1].Shape[:2], func(i int, index []int) error {
		all := make([]box, n)
		for k := range all {
			all[k] = newBox(boxes[(index[0]*n+k)*4:][:4], r.Attrs.Int("center_point_box", 0) != 0)
		}
		chosen, err := r.suppress(all, scores[i*n:][:n], limit, iou, least)
		for _, k := range chosen {
			found = append(found, int64(index[0]), int64(i%classes), int64(k))
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := r.make(0, tensor.Shape{len(found) / 3, 3}); err != nil {
		return err
	}
	copy(tensor.Data[int64](r.out[0]), found)
	return nil
}

func (r *run) suppress(boxes []box, scores []float64, limit int, iou, least float64) ([]int, error) {
	var order, chosen []int
	strip, strips := intoStrips(boxes)
	if !(iou >= 0) {
		clear(strip) // then boxes that are far apart overlap enough
	}
	near := make([][]box, strips+2) // the boxes chosen in each strip, one later
	for k, s := range scores {
		if s > least {
			order = append(order, k)
		}
	}
	if err := r.sort(order, 1, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) }); err != nil {
		return nil, err
	}
	for _, k := range order {
		if len(chosen) >= limit {
			break
		}
		b, at := boxes[k], strip[k]
		hidden := false
		for _, list := range near[at:][:3] {
			hidden = hidden || slices.ContainsFunc(list, func(c box) bool { return b.overlap(c) > iou })
			if err := r.spend(len(list) + 1); err != nil {
				return nil, err
			}
		}
		if !hidden {
			chosen, near[at+1] = append(chosen, k), append(near[at+1], b)
		}
	}
	return chosen, nil
}

// intoStrips cuts the plane into strips so wide that boxes which begin two apart do
// not overlap, and says in which each box begins. There are no more than boxes.
// Boxes of different classes are often laid far apart so that they do not compete.
func intoStrips(boxes []box) (strip []int, strips int) {
	strip, first, last, width := make([]int, len(boxes)), math.Inf(1), math.Inf(-1), 0.0
	for _, b := range boxes {
		first, last, width = min(first, b.x1), max(last, b.x1), max(width, b.x2-b.x1)
	}
	width = max(width*1.001, (last-first)/float64(len(boxes))) // to be safe from rounding
	if !(width > 0) || math.IsInf(width, 0) {
		return strip, 1
	}
	for i, b := range boxes {
		strip[i] = tensor.IntWithin((b.x1-first)/width, 0, len(boxes))
	}
	return strip, len(boxes) + 1
}

// roiAlign samples a grid of points in every cell of a region, between the
// elements, and averages them, or takes the greatest of what they are made of.
func roiAlign(r *run) error {
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	rois, err := r.floats(r.in[1])
	if err != nil {
		return err
	}
	in, out := r.in[0].Shape, r.out[0].Shape
	scale, half := float64(r.Attrs.Float("spatial_scale", 1)), 0.0
	if r.Attrs.String("coordinate_transformation_mode", "output_half_pixel") == "half_pixel" {
		half = 0.5
	}
	pictures, greatest := tensor.Data[int64](r.in[2]), r.Attrs.String("mode", "avg") == "max"
	area, cells := in[2]*in[3], out[2]*out[3]
	sum, most := make([]float64, out[1]), make([]float64, out[1])
	return r.eachIndex(tensor.Shape{out[0], out[2], out[3]}, func(i int, index []int) error {
		roi := rois[index[0]*4:][:4]
		picture := x[wrapped(pictures[index[0]], in[0])*in[1]*area:]
		ys := r.samples(roi[1]*scale-half, roi[3]*scale-half, index[1], out[2], half == 0)
		xs := r.samples(roi[0]*scale-half, roi[2]*scale-half, index[2], out[3], half == 0)
		fill(sum, 0)
		fill(most, math.Inf(-1))
		for _, y := range ys {
			for _, x := range xs {
				four := corners(in[2], in[3], y, x)
				for c := range sum {
					plane := picture[c*area:][:area]
					for _, p := range four {
						v := 0.0
						if p.at >= 0 {
							v = p.weight * plane[p.at]
						}
						sum[c], most[c] = sum[c]+v, max(most[c], v)
					}
				}
				if err := r.spend(4 * len(sum)); err != nil {
					return err
				}
			}
		}
		n := len(ys) * len(xs)
		for c := range sum {
			sum[c] /= float64(max(n, 1))
		}
		result := sum
		if greatest && n > 0 {
			result = most
		}
		store(r.out[0], index[0]*out[1]*cells+i%cells, cells, result)
		return nil
	})
}

// maxRoiPool takes the greatest element of every cell of a region, whose corners are
// rounded to whole elements, both of them inside; it is 0 where a cell is outside of
// the picture. Coordinates of float64 are computed in it, all others in float32.
func maxRoiPool(r *run) error {
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	rois, err := r.floats(r.in[1])
	if err != nil {
		return err
	}
	in, out := r.in[0].Shape, r.out[0].Shape
	area, cells, most := in[2]*in[3], out[2]*out[3], make([]float64, out[1])
	return r.eachIndex(tensor.Shape{out[0], out[2], out[3]}, func(i int, index []int) error {
		roi := rois[index[0]*5:][:5]
		picture := x[tensor.IntWithin(roi[0], 0, in[0]-1)*in[1]*area:]
		top, bottom := r.covered(roi[2], roi[4], index[1], out[2], in[2])
		left, right := r.covered(roi[1], roi[3], index[2], out[3], in[3])
		fill(most, math.Inf(-1))
		if top >= bottom || left >= right {
			fill(most, 0)
		}
		for c := range most {
			for y := top; y < bottom; y++ {
				for x := left; x < right; x++ {
					most[c] = max(most[c], picture[c*area+y*in[3]+x])
				}
				if err := r.spend(max(right-left, 0) + 1); err != nil {
					return err
				}
			}
		}
		store(r.out[0], index[0]*out[1]*cells+i%cells, cells, most)
		return nil
	})
}

// covered are the elements, from first to before end, that a cell of a region covers
// along an axis of n elements. The region has some length even if its corners are
// the wrong way round.
func (r *run) covered(from, to float64, cell, cells, n int) (first, end int) {
	round := func(v float64) float64 { return float64(float32(v)) }
	if r.in[1].DType == tensor.Float64 {
		round = func(v float64) float64 { return v }
	}
	scale := float64(r.Attrs.Float("spatial_scale", 1))
	from, to = math.Round(round(from*scale)), math.Round(round(to*scale))
	size := round(round(max(to-from+1, 1)) / float64(cells))
	return tensor.IntWithin(from+math.Floor(round(float64(cell)*size)), 0, n),
		tensor.IntWithin(from+math.Ceil(round(float64(cell+1)*size)), 0, n)
}

// samples are the coordinates along one axis of a region's cell: as many as
// sampling_ratio says, or one for each element that a cell covers.
func (r *run) samples(start, end float64, cell, cells int, atLeastOne bool) []float64 {
	size := end - start
	if atLeastOne {
		size = max(size, 1)
	}
	size /= float64(cells)
	n := int(r.Attrs.Int("sampling_ratio", 0))
	if n == 0 {
		n = tensor.IntWithin(math.Ceil(size), 0, 1<<10)
	}
	list := make([]float64, n)
	for i := range list {
		list[i] = start + size*(float64(cell)+(float64(i)+0.5)/float64(n))
	}
	return list
}

// corner is an element of a plane, -1 for none, and how much it counts.
type corner struct {
	at     int
	weight float64
}

// corners are the four elements around a point, none for a point more than one
// outside.
func corners(height, width int, y, x float64) [4]corner {
	if !(y >= -1 && y <= float64(height) && x >= -1 && x <= float64(width)) {
		return [4]corner{{at: -1}, {at: -1}, {at: -1}, {at: -1}}
	}
	y0, y1, ly := between(y, height)
	x0, x1, lx := between(x, width)
	return [4]corner{
		{y0*width + x0, (1 - ly) * (1 - lx)}, {y0*width + x1, (1 - ly) * lx},
		{y1*width + x0, ly * (1 - lx)}, {y1*width + x1, ly * lx},
	}
}

// between are the two of n elements around c, and the weight of the second.
func between(c float64, n int) (low, high int, weight float64) {
	c = max(c, 0)
	if low = tensor.IntWithin(c, 0, n-1); low >= n-1 {
		return n - 1, n - 1, 0
	}
	return low, low + 1, c - float64(low)
}

// det eliminates below the diagonal, with the largest element as pivot.
func det(r *run) error {
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	n := r.in[0].Shape[len(r.in[0].Shape)-1]
	if _, err := r.scratch(n * n); err != nil {
		return err
	}
	for i := range r.out[0].Elements() {
		a := slices.Clone(x[i*n*n:][:n*n])
		d := 1.0
		for k := range n {
			pivot := k
			for row := k + 1; row < n; row++ {
				if math.Abs(a[row*n+k]) > math.Abs(a[pivot*n+k]) {
					pivot = row
				}
			}
			if pivot != k {
				d = -d
				for col := range n {
					a[k*n+col], a[pivot*n+col] = a[pivot*n+col], a[k*n+col]
				}
			}
			if d *= a[k*n+k]; d == 0 {
				break
			}
			for row := k + 1; row < n; row++ {
				addScaled(a[row*n:][:n], -a[row*n+k]/a[k*n+k], a[k*n:][:n])
				if err := r.spend(n); err != nil {
					return err
				}
			}
			if err := r.spend(n); err != nil {
				return err
			}
		}
		store(r.out[0], i, 1, []float64{d})
	}
	return nil
}
