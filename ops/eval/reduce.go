package eval

import (
	"math"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// aggregate is a function from a list of numbers to one, for each class of
// element types: without one of its own, integers are seen as floats and the
// result is truncated. Integers wrap around. none is the result of no numbers;
// what an element type cannot hold becomes its nearest value.
type aggregate struct {
	float func([]float64) float64
	int   func([]int64) int64
	uint  func([]uint64) uint64
	none  float64
}

// reduce is the kernel of Reduce…: what f makes of the elements along the axes.
func reduce(f aggregate) kernel {
	return func(r *run) error {
		over, err := ops.ReducedAxes(r.Call)
		if err != nil {
			return err
		}
		return f.run(r, over)
	}
}

// pooled is the kernel of operators that reduce all spatial axes.
func pooled(f aggregate) kernel {
	return func(r *run) error { return f.run(r, axesFrom(2, len(r.in[0].Shape))) }
}

func (f aggregate) run(r *run, over []bool) error {
	s := rowsOver(r.in[0].Shape, over)
	if s.n == 0 {
		return r.fillNone(f.none)
	}
	x, err := r.widest(r.in[0])
	if err == nil && x.DType != tensor.Float64 && f.int == nil {
		x, err = r.as(tensor.Float64, x)
	}
	if err != nil {
		return err
	}
	switch x := x.Data.(type) {
	case []int64:
		return reduceRows(r, s, x, f.int)
	case []uint64:
		return reduceRows(r, s, x, f.uint)
	case []float64:
		return reduceRows(r, s, x, f.float)
	}
	return r.noType()
}

// fillNone sets every result to that of no numbers.
func (r *run) fillNone(none float64) error {
	if r.out[0].DType == tensor.Bool {
		none = max(none, 0) // of truths, none is greater than false
	}
	for i := range r.out[0].Elements() {
		if err := put(r.out[0], i, none); err != nil {
			return err
		}
	}
	return r.spend(r.out[0].Elements())
}

func reduceRows[A number](r *run, s rows, x []A, f func([]A) A) error {
	return eachRow(r, s, x, func(i int, row []A, _ []int) error { return put(r.out[0], i, f(row)) })
}

func sumOf[A number](row []A) A {
	var sum A
	for _, v := range row {
		sum += v
	}
	return sum
}

func productOf[A number](row []A) A {
	product := A(1)
	for _, v := range row {
		product *= v
	}
	return product
}

func squaresOf[A number](row []A) A {
	var sum A
	for _, v := range row {
		sum += A(v * v)
	}
	return sum
}

func meanOf[A number](row []A) A { return sumOf(row) / A(len(row)) }

func maxOf[A number](row []A) A {
	most := row[0]
	for _, v := range row {
		most = larger(most, v)
	}
	return most
}

func minOf[A number](row []A) A {
	least := row[0]
	for _, v := range row {
		least = smaller(least, v)
	}
	return least
}

func magnitudesOf(row []float64) float64 {
	sum := 0.0
	for _, v := range row {
		sum += math.Abs(v)
	}
	return sum
}

// sizesOf is magnitudesOf of integers; the sum wraps around.
func sizesOf(row []int64) int64 {
	sum := int64(0)
	for _, v := range row {
		sum += max(v, -v)
	}
	return sum
}

func lengthOf(row []float64) float64 { return math.Sqrt(squaresOf(row)) }
func logSumOf(row []float64) float64 { return math.Log(sumOf(row)) }

// logSumExpOf takes the greatest out of the sum, so that no power overflows.
func logSumExpOf(row []float64) float64 {
	top := maxOf(row)
	if math.IsInf(top, 0) {
		return top
	}
	sum := 0.0
	for _, v := range row {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum)
}

// powerMean is LpPool's function: the p-th root of the sum of p-th powers.
func powerMean(p float64) func(row []float64) float64 {
	return func(row []float64) float64 {
		sum := 0.0
		for _, v := range row {
			sum += math.Pow(math.Abs(v), p)
		}
		return math.Pow(sum, 1/p)
	}
}

func globalLpPool(r *run) error {
	p := float64(r.Attrs.Int("p", 2))
	if r.Version < 2 {
		p = float64(r.Attrs.Float("p", 2))
	}
	return pooled(aggregate{float: powerMean(p)})(r)
}

// normalise makes a row its softmax.
func normalise(_ *run, row []float64) {
	top := maxOf(row)
	sum := 0.0
	for i, v := range row {
		row[i] = math.Exp(v - top)
		sum += row[i]
	}
	for i := range row {
		row[i] /= sum
	}
}

// logNormalise makes a row the logarithms of its softmax. The greatest element is
// taken away before the logarithm is: their sum would lose what is small beside it.
func logNormalise(_ *run, row []float64) {
	top, sum := maxOf(row), 0.0
	for i := range row {
		row[i] -= top
		sum += math.Exp(row[i])
	}
	sum = math.Log(sum)
	for i := range row {
		row[i] -= sum
	}
}

// hardmax is 1 at the first greatest element and 0 elsewhere.
func hardmax(_ *run, row []float64) {
	top, first := maxOf(row), true
	for i, v := range row {
		row[i] = 0
		if v == top && first {
			row[i], first = 1, false
		}
	}
}

// lpNormalise divides by the p-norm, 1 or 2; zeros stay zeros.
func lpNormalise(r *run, row []float64) {
	norm := lengthOf(row)
	if r.Attrs.Int("p", 2) == 1 {
		norm = magnitudesOf(row)
	}
	if norm == 0 {
		return
	}
	for i := range row {
		row[i] /= norm
	}
}

// softmaxAxes is for mapRows.
func softmaxAxes(r *run) ([]bool, error) {
	from, to, err := ops.SoftmaxOf(r.Call)
	if err != nil {
		return nil, err
	}
	over := axesFrom(from, len(r.in[0].Shape))
	clear(over[to:])
	return over, nil
}

// moments are inputs 3 and 4, or in training those of the batch, of which the
// moving ones, outputs 1 and 2, take in a part.
func (r *run) moments(batch, channels, plane int) (means, variances []float64, err error) {
	if means, err = r.floats(r.in[3]); err != nil {
		return nil, nil, err
	}
	if variances, err = r.floats(r.in[4]); err != nil || r.Attrs.Int("training_mode", 0) == 0 {
		return means, variances, err
	}
	x, err := r.floats(r.in[0])
	if err != nil {
		return nil, nil, err
	}
	was, keep := [2][]float64{means, variances}, float64(r.Attrs.Float("momentum", 0))
	means, variances = make([]float64, channels), make([]float64, channels)
	rows := rowsOver(tensor.Shape{batch, channels, plane}, []bool{true, false, true})
	err = eachRow(r, rows, x, func(c int, row []float64, _ []int) error {
		means[c] = meanOf(row)
		for i := range row {
			row[i] -= means[c]
		}
		variances[c] = squaresOf(row) / float64(len(row))
		for i, now := range []float64{means[c], variances[c]}[:len(r.out)-1] {
			store(r.out[1+i], c, 1, []float64{was[i][c]*keep + now*(1-keep)})
		}
		return nil
	})
	return means, variances, err
}

// batchNorm applies (x − mean) / √(var + ε) · scale + B channel by channel. A
// negative variance gives NaN.
func batchNorm(r *run) error {
	x, out := r.in[0], r.out[0]
	batch, channels, plane := 1, 1, x.Elements()
	if len(x.Shape) > 1 {
		batch, channels, plane = x.Shape[0], x.Shape[1], x.Shape[2:].Elements()
	}
	eps := float64(r.Attrs.Float("epsilon", 0))
	means, variances, err := r.moments(batch, channels, plane)
	if err != nil {
		return err
	}
	var row [256]float64
	for i := range batch * channels {
		c := i % channels
		scale := at(r.in[1], c) / math.Sqrt(variances[c]+eps)
		bias, mean := at(r.in[2], c), means[c]
		for first := 0; first < plane; first += len(row) {
			part := row[:min(len(row), plane-first)]
			load(part, x, i*plane+first, 1)
			for k, v := range part {
				part[k] = float64((v-mean)*scale) + bias
			}
			store(out, i*plane+first, 1, part)
			if err := r.spend(len(part)); err != nil {
				return err
			}
		}
	}
	return nil
}
