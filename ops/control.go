package ops

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// Body is a graph in an attribute. Its inputs are the Formal ones that the
// operator feeds, then Captured values of the graphs around it. A call of the
// operator has the captured values of all its bodies, in the order of the
// attributes' names, as inputs after its own.
type Body interface {
	Formal() int
	Captured() int
	Outputs() int
	// Infer returns the types of the outputs.
	Infer(b *limit.Budget, in []Type) ([]Type, error)
	// Loaded reports whether the types were once inferred from what the file
	// declares. What fails later is made for other shapes than a run's.
	Loaded() bool
	// Run computes the outputs. None is shared with the body; they may be
	// inputs.
	Run(b *limit.Budget, in []*tensor.Tensor) ([]*tensor.Tensor, error)
}

// bodies lists the graphs among the attributes in the order of their names.
func (a Attrs) bodies() (names []string, list []Body) {
	for name, v := range a {
		if _, ok := v.(Body); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		list = append(list, a[name].(Body))
	}
	return names, list
}

// own is how many of the call's inputs are its own and no body's.
func (c *Call) own() int {
	n := len(c.In)
	_, list := c.Attrs.bodies()
	for _, b := range list {
		n -= b.Captured()
	}
	return max(n, 0)
}

// Body returns a graph attribute, and where in the call's inputs the values
// that it captures are.
func (c *Call) Body(name string) (b Body, first, n int) {
	first = c.own()
	names, list := c.Attrs.bodies()
	for i := range list {
		if names[i] == name {
			return list[i], first, list[i].Captured()
		}
		first += list[i].Captured()
	}
	return nil, 0, 0
}

// inferBody infers a body for the inputs that the operator feeds.
func (c *Call) inferBody(name string, formal []Type) ([]Type, error) {
	b, first, n := c.Body(name)
	if b == nil {
		return nil, fmt.Errorf("attribute %s: missing", name)
	}
	if len(formal) != b.Formal() {
		return nil, fmt.Errorf("attribute %s: a graph of %d inputs, must be %d", name, b.Formal(), len(formal))
	}
	if c.Budget == nil {
		c.Budget = limit.NewLoad(context.Background(), limit.Limits{})
	}
	out, err := b.Infer(c.Budget, slices.Concat(formal, c.In[first:][:n]))
	if err != nil {
		return nil, fmt.Errorf("attribute %s: %w", name, err)
	}
	for i := range out {
		out[i].Value = nil
	}
	return out, nil
}

// inferIf joins the types that the branches give. Of a branch that was made for
// other shapes than a run has, nothing is asked: the run takes the other one.
func inferIf(c *Call) ([]Type, error) {
	if err := c.oneValue(0); err != nil {
		return nil, err
	}
	then, err := c.inferBody("then_branch", nil)
	other, otherErr := c.inferBody("else_branch", nil)
	switch {
	case err != nil && otherErr == nil && c.loaded("then_branch"): // if it is taken, running it fails
		then = other
	case otherErr != nil && err == nil && c.loaded("else_branch"):
		other = then
	case cmp.Or(err, otherErr) != nil:
		return nil, cmp.Or(err, otherErr)
	}
	if len(then) != c.Outputs || len(other) != c.Outputs {
		return nil, fmt.Errorf("branches of %d and %d outputs, the node has %d", len(then), len(other), c.Outputs)
	}
	for i := range then {
		if then[i].DType != other[i].DType {
			return nil, fmt.Errorf("output %d: %s in one branch and %s in the other", i, then[i].DType, other[i].DType)
		}
		if then[i].Shape = common(then[i].Shape, other[i].Shape); !then[i].Shape.Known() {
			c.value(0) // with it, only one branch counts
		}
		then[i].Optional = then[i].Optional || other[i].Optional
	}
	return then, nil
}

func (c *Call) loaded(name string) bool {
	b, _, _ := c.Body(name)
	return b != nil && b.Loaded()
}

// common is what two shapes agree on.
func common(a, b tensor.Shape) tensor.Shape {
	if a == nil || b == nil || len(a) != len(b) {
		return nil
	}
	s := a.Clone()
	for i := range s {
		if a[i] != b[i] {
			s[i] = tensor.Unknown
		}
	}
	return s
}

// settled infers the body of a loop for states that it changes: what differs
// from one time to the next is not known. feed makes the body's inputs of the
// states, and skip of its outputs stand before the new states.
func (c *Call) settled(name string, states []Type, feed func(states []Type) []Type, skip int) (last, rest []Type, err error) {
	now := make([]Type, len(states))
	for i, s := range states {
		now[i] = Type{DType: s.DType, Shape: s.Shape.Clone(), Optional: s.Optional}
	}
	for {
		out, err := c.inferBody(name, feed(now))
		if err != nil {
			return nil, nil, err
		}
		if len(out) < skip+len(now) {
			return nil, nil, fmt.Errorf("attribute %s: a graph of %d outputs, must be at least %d", name, len(out), skip+len(now))
		}
		changed := false
		for i, s := range out[skip:][:len(now)] {
			if s.DType != now[i].DType {
				return nil, nil, fmt.Errorf("attribute %s: state %d is %s, then %s", name, i, now[i].DType, s.DType)
			}
			if shape := common(now[i].Shape, s.Shape); !shape.Equal(now[i].Shape) || (shape == nil) != (now[i].Shape == nil) {
				now[i].Shape, changed = shape, true
			}
			if s.Optional && !now[i].Optional {
				now[i].Optional, changed = true, true
			}
		}
		if changed {
			continue
		}
		rest = out[skip+len(now):]
		for i, t := range rest {
			if !t.Dense() {
				return nil, nil, fmt.Errorf("attribute %s: output %d: %s, must be a tensor to be stacked", name, skip+len(now)+i, t.kind())
			}
		}
		return now, rest, nil
	}
}

// inferLoop is for M, cond and states; the outputs are the last states, then
// what every time gave, stacked.
func inferLoop(c *Call) ([]Type, error) {
	if err := c.oneValue(0, 1); err != nil {
		return nil, err
	}
	states, stacked, err := c.settled("body", c.In[min(2, c.own()):c.own()], func(states []Type) []Type {
		return append([]Type{{DType: tensor.Int64, Shape: tensor.Shape{}}, {DType: tensor.Bool, Shape: tensor.Shape{}}}, states...)
	}, 1)
	if err != nil {
		return nil, err
	}
	for i, t := range stacked {
		if stacked[i].Shape = nil; t.Shape != nil {
			stacked[i].Shape = append(tensor.Shape{tensor.Unknown}, t.Shape...)
		}
	}
	return c.allOf(append(states, stacked...))
}

func (c *Call) allOf(out []Type) ([]Type, error) {
	if len(out) != c.Outputs {
		return nil, fmt.Errorf("a body that gives %d outputs, the node has %d", len(out), c.Outputs)
	}
	return out, nil
}

// Scan is a resolved call of Scan: its first States inputs are states, the
// others are cut along Axes. The slices have an entry for each such input, or
// output.
type Scan struct {
	States           int
	Axes, OutAxes    []int64
	Reverse, OutBack []bool
	Steps            int // tensor.Unknown if the first axis is
}

// ScanOf resolves a call of Scan.
func ScanOf(c *Call) (s Scan, err error) {
	if c.Version < 9 {
		return s, c.unsupported("the batched form of opset 8, supported since opset 9")
	}
	n := c.Attrs.Int("num_scan_inputs", 0)
	if n < 1 || n > int64(c.own()) {
		return s, fmt.Errorf("attribute num_scan_inputs: %d of %d inputs", n, c.own())
	}
	s.States, s.Steps = c.own()-int(n), tensor.Unknown
	outputs := c.Outputs - s.States
	if outputs < 0 {
		return s, fmt.Errorf("%d outputs for %d states", c.Outputs, s.States)
	}
	for _, list := range []struct {
		name string
		n    int
		axes *[]int64
		back *[]bool
	}{
		{"scan_input_axes", int(n), &s.Axes, nil}, {"scan_output_axes", outputs, &s.OutAxes, nil},
		{"scan_input_directions", int(n), nil, &s.Reverse}, {"scan_output_directions", outputs, nil, &s.OutBack},
	} {
		values := c.Attrs.Ints(list.name)
		if len(values) == 0 {
			values = make([]int64, list.n)
		}
		if len(values) != list.n {
			return s, fmt.Errorf("attribute %s: %d entries, must be %d", list.name, len(values), list.n)
		}
		if list.axes != nil {
			*list.axes = values
			continue
		}
		for _, v := range values {
			*list.back = append(*list.back, v != 0)
		}
	}
	return s, s.steps(c)
}

// steps checks that all inputs to cut are equally long.
func (s *Scan) steps(c *Call) error {
	for i, t := range c.In[s.States:c.own()] {
		if t.Shape == nil {
			continue
		}
		axis, err := axisOf(s.Axes[i], len(t.Shape))
		if err != nil {
			return fmt.Errorf("attribute scan_input_axes: %w", err)
		}
		n, ok := merge(s.Steps, t.Shape[axis])
		if !ok {
			return fmt.Errorf("scan inputs of %d and %d steps", s.Steps, t.Shape[axis])
		}
		s.Steps = n
	}
	return nil
}

func inferScan(c *Call) ([]Type, error) {
	s, err := ScanOf(c)
	if err != nil {
		return nil, err
	}
	var cuts []Type
	for i, t := range c.In[s.States:c.own()] {
		cut := Type{DType: t.DType}
		if t.Shape != nil {
			axis, _ := axisOf(s.Axes[i], len(t.Shape))
			cut.Shape = append(append(tensor.Shape{}, t.Shape[:axis]...), t.Shape[axis+1:]...)
		}
		cuts = append(cuts, cut)
	}
	states, stacked, err := c.settled("body", c.In[:s.States], func(states []Type) []Type {
		return slices.Concat(states, cuts)
	}, 0)
	if err != nil {
		return nil, err
	}
	for i, t := range stacked {
		if t.Shape == nil || i >= len(s.OutAxes) {
			continue
		}
		axis, err := axisOf(s.OutAxes[i], len(t.Shape)+1)
		if err != nil {
			return nil, fmt.Errorf("attribute scan_output_axes: %w", err)
		}
		stacked[i].Shape = slices.Insert(t.Shape.Clone(), axis, s.Steps)
	}
	return c.allOf(append(states, stacked...))
}
