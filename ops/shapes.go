package ops

import (
	"fmt"
	"github.com/mixconv/mixconv/ops/op"
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// one is the result of an operator with one output.
func one(s tensor.Shape) []Type { return []Type{{Shape: s}} }

// inferSame is for operators whose output has the first input's shape.
func inferSame(c *Call) ([]Type, error) { return one(c.In[0].Shape.Clone()), nil }

// inferBroadcast is for operators that broadcast all their inputs.
func inferBroadcast(c *Call) ([]Type, error) {
	s := c.In[0].Shape.Clone()
	for _, t := range c.In[1:] {
		var err error
		if s, err = broadcast(s, t.Shape); err != nil {
			return nil, err
		}
	}
	return one(s), nil
}

// inferMod refuses the remainder with the divisor's sign for floats, which ONNX
// defines for integers alone before opset 28.
func inferMod(c *Call) ([]Type, error) {
	if d := c.In[0].DType; c.Version < 28 && (floats.has(d) || d == tensor.BFloat16) && c.Attrs.Int("fmod", 0) == 0 {
		return nil, fmt.Errorf("attribute fmod: 0 for %s, must be 1", d)
	}
	return inferBroadcast(c)
}

// broadcast is multidirectional broadcasting, as in ONNX and numpy.
func broadcast(a, b tensor.Shape) (tensor.Shape, error) {
	if a == nil || b == nil {
		return nil, nil
	}
	if len(a) < len(b) {
		a, b = b, a
	}
	s := a.Clone()
	for i, lead := 0, len(a)-len(b); i < len(b); i++ {
		d, ok := broadcastDim(a[lead+i], b[i])
		if !ok {
			return nil, fmt.Errorf("shapes %s and %s do not broadcast", a, b)
		}
		s[lead+i] = d
	}
	return s, nil
}

func broadcastDim(a, b int) (int, bool) {
	switch {
	case a == b, b == 1:
		return a, true
	case a == 1:
		return b, true
	case a == tensor.Unknown:
		return b, true // whatever a is, 1 or b, the result is b
	case b == tensor.Unknown:
		return a, true
	}
	return 0, false
}

// merge returns the common value of two dimensions that must be equal.
func merge(a, b int) (int, bool) {
	if a == tensor.Unknown {
		return b, true
	}
	return a, b == tensor.Unknown || a == b
}

// axisOf resolves an axis that counts from the end if negative.
func axisOf(axis int64, rank int) (int, error) {
	if axis < -int64(rank) || axis >= int64(rank) {
		if rank == 0 {
			return 0, fmt.Errorf("axis %d of a scalar", axis)
		}
		return 0, fmt.Errorf("axis %d, allowed %d to %d", axis, -rank, rank-1)
	}
	if axis < 0 {
		axis += int64(rank)
	}
	return int(axis), nil
}

// axesOf resolves a list of distinct axes, and reports for each of rank axes
// whether it is in the list.
func axesOf(axes []int64, rank int) ([]bool, error) {
	in := make([]bool, rank)
	for _, a := range axes {
		i, err := axisOf(a, rank)
		if err != nil {
			return nil, err
		}
		if in[i] {
			return nil, fmt.Errorf("axis %d is given twice", i)
		}
		in[i] = true
	}
	return in, nil
}

// Axis resolves the attribute axis for input 0, whose rank is known.
func (c *Call) Axis() (int, error) {
	def := int64(0)
	if c.Op.Code == op.Concat {
		def = 1 // where it may be left out, before opset 4
	}
	return axisOf(c.Attrs.Int("axis", def), len(c.In[0].Shape))
}

// ints returns the values of an int32 or int64 input of rank at most 1; known
// is false if they are not known. An absent input is known and nil.
func (c *Call) ints(i int) (list []int64, known bool, err error) {
	t := c.input(i)
	if !t.Present() {
		return nil, true, nil
	}
	if len(t.Shape) > 1 {
		return nil, false, fmt.Errorf("input %d (%s): shape %s, must be a list", i, c.paramName(i), t.Shape)
	}
	v := c.value(i)
	if v == nil {
		return nil, false, nil
	}
	if list, ok := int64s(v); ok {
		return list, true, nil
	}
	return nil, false, fmt.Errorf("input %d (%s): %s, must be int32 or int64", i, c.paramName(i), t.DType)
}

// intsArg returns a list that is attribute name before opset since, and input i
// from then on.
func (c *Call) intsArg(name string, since, i int) (list []int64, given, known bool, err error) {
	if c.Version < since {
		return c.Attrs.Ints(name), c.Attrs.Has(name), true, nil
	}
	list, known, err = c.ints(i)
	return list, c.has(i), known, err
}

func (c *Call) paramName(i int) string {
	if p := paramAt(c.spec.in, i); p != nil {
		return p.name
	}
	return ""
}

// listLength is the length of a list-valued input, Unknown if not known. It
// refuses more entries than a tensor may have dimensions.
func (c *Call) listLength(i int) (int, error) {
	t := c.input(i)
	if len(t.Shape) != 1 {
		return tensor.Unknown, nil
	}
	if t.Shape[0] > tensor.MaxRank {
		return 0, fmt.Errorf("input %d (%s): %d entries, allowed at most %d", i, c.paramName(i), t.Shape[0], tensor.MaxRank)
	}
	return t.Shape[0], nil
}

// unknown is a shape of the given rank, itself Unknown or not, with nothing
// else known.
func unknown(rank int) tensor.Shape {
	if rank == tensor.Unknown {
		return nil
	}
	s := make(tensor.Shape, rank)
	for i := range s {
		s[i] = tensor.Unknown
	}
	return s
}

// product multiplies dimensions; Unknown if one is, and no zero is among them.
func product(dims []int) (int, error) {
	n, err := 1, error(nil)
	for _, d := range dims {
		if d == 0 {
			return 0, nil
		}
	}
	for _, d := range dims {
		if d == tensor.Unknown {
			return tensor.Unknown, nil
		}
		if n, err = mul(n, d); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// add and mul are checked, for operands of 0 or more.
func add(a, b int) (int, error) {
	if a > math.MaxInt-b {
		return 0, fmt.Errorf("%d + %d overflows", a, b)
	}
	return a + b, nil
}

func mul(a, b int) (int, error) {
	if b != 0 && a > math.MaxInt/b {
		return 0, fmt.Errorf("%d × %d overflows", a, b)
	}
	return a * b, nil
}

// short prints a list from a file, cut where it is long.
func short(list []int64) string {
	const most = 16
	if len(list) > most {
		return fmt.Sprintf("%v…", list[:most])
	}
	return fmt.Sprint(list)
}
