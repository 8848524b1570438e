package eval

import (
	"cmp"
	"math"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// rearrange is the kernel of operators that take every output element from
// where from says in input 0, or leave it zero if that is negative.
func rearrange(from func(r *run) func(index []int) int) kernel {
	return func(r *run) error {
		source, move := from(r), mover(r.out[0], r.in[0])
		return r.eachIndex(r.out[0].Shape, func(i int, index []int) error {
			if at := source(index); at >= 0 {
				move(i, at, 1)
			}
			return nil
		})
	}
}

func tile(r *run) func(index []int) int {
	in, steps := r.in[0].Shape, strides(r.in[0].Shape)
	return func(index []int) int {
		at := 0
		for i, v := range index {
			at += v % in[i] * steps[i]
		}
		return at
	}
}

// trilu keeps one side of the diagonal k of every matrix.
func trilu(r *run) func(index []int) int {
	k, steps, upper := 0, strides(r.in[0].Shape), r.Attrs.Int("upper", 1) != 0
	if r.has(1) {
		k = int(tensor.Data[int64](r.in[1])[0])
	}
	return func(index []int) int {
		row, col := index[len(index)-2], index[len(index)-1]
		if d := cmp.Compare(col-row, k); upper && d < 0 || !upper && d > 0 {
			return -1
		}
		return offsetOf(index, steps)
	}
}

// depthToSpace: CRD has the channel outermost in depth, DCR the place in the
// block.
func depthToSpace(r *run) func(index []int) int {
	b, steps := int(r.Attrs.Int("blocksize", 1)), strides(r.in[0].Shape)
	channels, crd := r.out[0].Shape[1], r.Attrs.String("mode", "DCR") == "CRD"
	return func(index []int) int {
		n, c, y, x := index[0], index[1], index[2], index[3]
		place := y%b*b + x%b
		depth := place*channels + c
		if crd {
			depth = c*b*b + place
		}
		return offsetOf([]int{n, depth, y / b, x / b}, steps)
	}
}

func spaceToDepth(r *run) func(index []int) int {
	b, steps, channels := int(r.Attrs.Int("blocksize", 1)), strides(r.in[0].Shape), r.in[0].Shape[1]
	return func(index []int) int {
		place := index[1] / channels
		return offsetOf([]int{index[0], index[1] % channels, index[2]*b + place/b, index[3]*b + place%b}, steps)
	}
}

func reverseSequence(r *run) func(index []int) int {
	batch, time := int(r.Attrs.Int("batch_axis", 1)), int(r.Attrs.Int("time_axis", 0))
	lengths, steps := tensor.Data[int64](r.in[1]), strides(r.in[0].Shape)
	return func(index []int) int {
		at, t := offsetOf(index, steps), index[time]
		if n := int(lengths[index[batch]]); t < n {
			at += (n - 1 - 2*t) * steps[time]
		}
		return at
	}
}

// centerCropPad moves each axis so that the centres of input and output meet.
func centerCropPad(r *run) func(index []int) int {
	in, out, steps := r.in[0].Shape, r.out[0].Shape, strides(r.in[0].Shape)
	return func(index []int) int {
		at := 0
		for i, v := range index {
			if out[i] < in[i] {
				v += (in[i] - out[i]) / 2
			} else {
				v -= (out[i] - in[i]) / 2
			}
			if v < 0 || v >= in[i] {
				return -1
			}
			at += v * steps[i]
		}
		return at
	}
}

func eyeLike(r *run) error {
	rows, cols, k := r.out[0].Shape[0], r.out[0].Shape[1], int(r.Attrs.Int("k", 0))
	for i := range rows {
		if j := i + k; j >= 0 && j < cols && k < cols {
			if err := put(r.out[0], i*cols+j, int64(1)); err != nil {
				return err
			}
		}
	}
	return r.spend(rows)
}

// countUp is Range.
func countUp(r *run) error {
	if !isFloat(r.out[0].DType) {
		return r.countInts()
	}
	start, step := at(r.in[0], 0), at(r.in[2], 0)
	for i := range r.out[0].Elements() {
		if err := put(r.out[0], i, start+float64(i)*step); err != nil {
			return err
		}
		if err := r.spend(1); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) countInts() error {
	start, err := r.as(tensor.Int64, r.in[0])
	if err != nil {
		return err
	}
	step, err := r.as(tensor.Int64, r.in[2])
	if err != nil {
		return err
	}
	v, by := tensor.Data[int64](start)[0], tensor.Data[int64](step)[0]
	for i := range r.out[0].Elements() {
		if err := put(r.out[0], i, v); err != nil {
			return err
		}
		v += by
		if err := r.spend(1); err != nil {
			return err
		}
	}
	return nil
}

// cumulate is the kernel of CumSum and CumProd: f of all elements up to each
// one along the axis, which is left out if the attribute exclusive is set.
func cumulate(f binary, neutral int8) kernel {
	return func(r *run) error {
		x, err := r.widest(r.in[0])
		if err != nil {
			return err
		}
		switch x := x.Data.(type) {
		case []float64:
			return cumulateRows(r, x, f.float, float64(neutral))
		case []int64:
			return cumulateRows(r, x, f.int, int64(neutral))
		case []uint64:
			return cumulateRows(r, x, f.uint, uint64(neutral))
		}
		return r.noType()
	}
}

func cumulateRows[A number](r *run, x []A, f func(a, b A) A, neutral A) error {
	list, _ := integers(r.in[1])
	over := axisOnly(wrapped(list[0], len(r.in[0].Shape)), len(r.in[0].Shape))
	exclusive, reverse := r.Attrs.Int("exclusive", 0) != 0, r.Attrs.Int("reverse", 0) != 0
	return eachRow(r, rowsOver(r.in[0].Shape, over), x, func(_ int, row []A, at []int) error {
		order := slices.All(row)
		if reverse {
			order = slices.Backward(row)
		}
		total := neutral
		for i, v := range order {
			next := f(total, v)
			if !exclusive {
				total = next
			}
			if err := put(r.out[0], at[i], total); err != nil {
				return err
			}
			total = next
		}
		return nil
	})
}

// bitCast moves the bits through an unsigned type of their size.
func bitCast(r *run) error {
	for i := range r.in[0].Elements() {
		setBits(r.out[0], i, bitsOf(r.in[0], i))
	}
	return r.spend(r.in[0].Elements())
}

func bitsOf(t *tensor.Tensor, i int) uint64 {
	switch data := t.Data.(type) {
	case []float32:
		return uint64(math.Float32bits(data[i]))
	case []float64:
		return math.Float64bits(data[i])
	case []bool:
		if data[i] {
			return 1
		}
		return 0
	case []int8:
		return uint64(data[i])
	case []int16:
		return uint64(data[i])
	case []int32:
		return uint64(data[i])
	case []int64:
		return uint64(data[i])
	case []uint8:
		return uint64(data[i])
	case []uint16:
		return uint64(data[i])
	case []uint32:
		return uint64(data[i])
	case []uint64:
		return data[i]
	}
	return 0
}

func setBits(t *tensor.Tensor, i int, bits uint64) {
	switch data := t.Data.(type) {
	case []float32:
		data[i] = math.Float32frombits(uint32(bits))
	case []float64:
		data[i] = math.Float64frombits(bits)
	case []bool:
		data[i] = bits&0xff != 0
	case []int8:
		data[i] = int8(bits)
	case []int16:
		data[i] = int16(bits)
	case []int32:
		data[i] = int32(bits)
	case []int64:
		data[i] = int64(bits)
	case []uint8:
		data[i] = uint8(bits)
	case []uint16:
		data[i] = uint16(bits)
	case []uint32:
		data[i] = uint32(bits)
	case []uint64:
		data[i] = bits
	}
}

// whereIs lists the indices of a condition's true elements.
func whereIs(t *tensor.Tensor) []int {
	var list []int
	for i, marked := range tensor.Data[bool](t) {
		if marked {
			list = append(list, i)
		}
	}
	return list
}

// compress takes slices along the axis, or elements if there is none.
func compress(r *run) error {
	in, axis := r.in[0], 0
	if !r.Attrs.Has("axis") {
		in = in.Reshape(in.Elements())
	} else {
		var err error
		if axis, err = r.Axis(); err != nil {
			return err
		}
	}
	chosen := whereIs(r.in[1])
	for len(chosen) > 0 && chosen[len(chosen)-1] >= in.Shape[axis] {
		chosen = chosen[:len(chosen)-1] // a longer condition marks nothing
	}
	shape := in.Shape.Clone()
	shape[axis] = len(chosen)
	if err := r.make(0, shape); err != nil || r.out[0].Elements() == 0 {
		return err
	}
	return r.slabs(shape, axis, len(chosen), whole(r.out[0]), whole(in), func(i int) int { return chosen[i] })
}

func nonZero(r *run) error {
	truth, err := r.as(tensor.Bool, r.in[0])
	if err != nil {
		return err
	}
	found := whereIs(truth)
	if err := r.make(0, tensor.Shape{len(r.in[0].Shape), len(found)}); err != nil {
		return err
	}
	out, steps := tensor.Data[int64](r.out[0]), strides(r.in[0].Shape)
	for k, at := range found {
		for axis, step := range steps {
			out[axis*len(found)+k] = int64(at / step)
			at %= step
		}
	}
	return r.spend(len(out))
}

// topK orders by value, then by index.
func topK(r *run) error {
	x, err := r.widest(r.in[0])
	if err != nil {
		return err
	}
	switch x := x.Data.(type) {
	case []float64:
		return topRows(r, x)
	case []int64:
		return topRows(r, x)
	case []uint64:
		return topRows(r, x)
	}
	return r.noType()
}

func topRows[A number](r *run, x []A) error {
	in := r.in[0].Shape
	axis := wrapped(r.Attrs.Int("axis", -1), len(in))
	k, smallest := r.out[0].Shape[axis], r.Attrs.Int("largest", 1) == 0
	outer, step := rowsOver(r.out[0].Shape, axisOnly(axis, len(in))), strides(r.out[0].Shape)[axis]
	var firsts []int
	if err := r.walk(outer.firsts, [operands]int{}, func(l loop, at [operands]int) {
		for i := range l.n {
			firsts = append(firsts, at[0]+i*l.step[0])
		}
	}); err != nil {
		return err
	}
	order := make([]int, in[axis])
	return eachRow(r, rowsOver(in, axisOnly(axis, len(in))), x, func(i int, row []A, _ []int) error {
		for k := range order {
			order[k] = k
		}
		err := r.sort(order, 1, func(a, b int) int {
			if smallest {
				a, b = b, a
			}
			return cmp.Compare(row[b], row[a])
		})
		if err != nil {
			return err
		}
		for n, from := range order[:k] {
			to := firsts[i] + n*step
			if err := put(r.out[0], to, row[from]); err != nil {
				return err
			}
			if len(r.out) > 1 {
				tensor.Data[int64](r.out[1])[to] = int64(from)
			}
		}
		return r.spend(k)
	})
}
