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
	for k, s := range scores {
		if s > least {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	for _, k := range order {
		if len(chosen) >= limit {
			break
		}
		if !slices.ContainsFunc(chosen, func(c int) bool { return boxes[k].overlap(boxes[c]) > iou }) {
			chosen = append(chosen, k)
		}
		if err := r.spend(len(chosen) + 1); err != nil {
			return nil, err
		}
	}
	return chosen, nil
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
	pictures := tensor.Data[int64](r.in[2])
	return r.eachIndex(out, func(o int, index []int) error {
		roi := rois[index[0]*4:][:4]
		plane := x[(wrapped(pictures[index[0]], in[0])*in[1]+index[1])*in[2]*in[3]:][:in[2]*in[3]]
		ys := r.samples(roi[1]*scale-half, roi[3]*scale-half, index[2], out[2], half == 0)
		xs := r.samples(roi[0]*scale-half, roi[2]*scale-half, index[3], out[3], half == 0)
		sum, most := 0.0, math.Inf(-1)
		for _, y := range ys {
			for _, x := range xs {
				for _, v := range corners(plane, in[2], in[3], y, x) {
					sum, most = sum+v, max(most, v)
				}
			}
		}
		if err := r.spend(4 * len(ys) * len(xs)); err != nil {
			return err
		}
		n := len(ys) * len(xs)
		v := sum / float64(max(n, 1))
		if r.Attrs.String("mode", "avg") == "max" && n > 0 {
			v = most
		}
		store(r.out[0], o, 1, []float64{v})
		return nil
	})
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
		n = int(min(max(math.Ceil(size), 0), 1<<10))
	}
	list := make([]float64, n)
	for i := range list {
		list[i] = start + size*(float64(cell)+(float64(i)+0.5)/float64(n))
	}
	return list
}

// corners are the four elements around a point, each times its weight; zeros
// for a point more than one outside.
func corners(plane []float64, height, width int, y, x float64) [4]float64 {
	if !(y >= -1 && y <= float64(height) && x >= -1 && x <= float64(width)) {
		return [4]float64{}
	}
	y0, y1, ly := between(y, height)
	x0, x1, lx := between(x, width)
	return [4]float64{
		(1 - ly) * (1 - lx) * plane[y0*width+x0], (1 - ly) * lx * plane[y0*width+x1],
		ly * (1 - lx) * plane[y1*width+x0], ly * lx * plane[y1*width+x1],
	}
}

// between are the two of n elements around c, and the weight of the second.
func between(c float64, n int) (low, high int, weight float64) {
	c = max(c, 0)
	if low = int(c); low >= n-1 {
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
			}
			if err := r.spend(n * n); err != nil {
				return err
			}
		}
		store(r.out[0], i, 1, []float64{d})
	}
	return nil
}
