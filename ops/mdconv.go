package ops

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// MaxGroups is the largest number of groups that MDConv has.
const MaxGroups = 8

// MDConv is the mixed depthwise convolution in one node: X [N,C,H,W] is split
// along C, each part is convolved depthwise with a kernel of its own, and the
// results are concatenated. Inputs X, W0 … W<g-1>, B with Wi
// [split_i,1,k_i,k_i] and B [C]; attributes split, strides, and per group
// pads<i>, dilations<i>, group<i>, or auto_pad "SAME_UPPER" in place of pads
// and dilations. Lookup does not find it: a file defines it as a function, and
// whoever recognises that uses this. Its only version is 0.
var MDConv = &Op{
	Name:  op.MDConv.String(),
	Code:  op.MDConv,
	Since: []int{0},
	versions: []version{{
		in:    parseParams("X:T params...:T"),
		out:   parseParams("Y:T"),
		types: types{"T": floats | set(tensor.BFloat16)},
		attrs: mdconvAttrs(),
	}},
}

func mdconvAttrs() []AttrSpec {
	specs := []AttrSpec{
		{Name: "split", Kind: Ints, Required: true}, {Name: "strides", Kind: Ints, Required: true},
		{Name: "auto_pad", Kind: String, Default: "NOTSET"},
	}
	for i := range MaxGroups {
		specs = append(specs, AttrSpec{Name: indexed("pads", i), Kind: Ints}, AttrSpec{Name: indexed("dilations", i), Kind: Ints}, AttrSpec{Name: indexed("group", i), Kind: Int})
	}
	return specs
}

func indexed(name string, i int) string { return fmt.Sprint(name, i) }

// Mixed is the resolved geometry of an MDConv.
type Mixed struct {
	Split  []int        // channels of each group
	Groups []Conv       // each depthwise, Out [N, Split[i], H', W'] with equal H', W'
	Out    tensor.Shape // [N, C, H', W']
}

// MDConvOf resolves a call of MDConv whose shapes are known.
func MDConvOf(c *Call) (Mixed, error) {
	m, err := mdconvOf(c)
	if err != nil {
		return Mixed{}, err
	}
	for i, t := range c.In {
		if !t.Shape.Known() {
			return Mixed{}, fmt.Errorf("input %d: shape %s is not known", i, t.Shape)
		}
	}
	_, _, err = tensor.Size(c.In[0].DType, m.Out)
	return m, err
}

func inferMDConv(c *Call) ([]Type, error) {
	m, err := mdconvOf(c)
	if err != nil {
		return nil, err
	}
	return one(m.Out), nil
}

// mdconvOf resolves each group as the Conv that it stands for.
func mdconvOf(c *Call) (Mixed, error) {
	n := len(c.In) - 2
	if n < 2 || n > MaxGroups {
		return Mixed{}, fmt.Errorf("%d inputs, must be X, 2 to %d kernels and B", len(c.In), MaxGroups)
	}
	split := c.Attrs.Ints("split")
	if len(split) != n {
		return Mixed{}, fmt.Errorf("attribute split: %d entries for %d kernels", len(split), n)
	}
	x := c.In[0].Shape
	if x == nil {
		return Mixed{}, nil
	}
	if len(x) != 4 {
		return Mixed{}, fmt.Errorf("input X: shape %s, must be [N,C,H,W]", x)
	}
	sizes, err := splitSizes(split, x[1])
	if err != nil {
		return Mixed{}, fmt.Errorf("attribute split: %w", err)
	}
	m := Mixed{Split: sizes, Out: tensor.Shape{x[0], x[1], tensor.Unknown, tensor.Unknown}}
	if err := checkBias(c.In[n+1].Shape, x[1]); err != nil {
		return Mixed{}, err
	}
	for i := range n {
		g, err := mdconvGroup(c, i, sizes[i])
		if err == nil {
			err = m.place(g)
		}
		if err != nil {
			return Mixed{}, fmt.Errorf("group %d: %w", i, err)
		}
	}
	return m, nil
}

// mdconvGroup resolves group i, which has the given number of channels.
func mdconvGroup(c *Call, i, channels int) (Conv, error) {
	x, w := slices.Clone(c.In[0].Shape), c.In[1+i].Shape
	x[1] = channels
	attrs := Attrs{"strides": c.Attrs["strides"], "auto_pad": c.Attrs["auto_pad"], "group": int64(channels)}
	for _, name := range []string{"pads", "dilations", "group"} {
		switch v := c.Attrs[indexed(name, i)]; {
		case v != nil:
			attrs[name] = v
		case c.Attrs.String("auto_pad", "") == "NOTSET":
			return Conv{}, fmt.Errorf("attribute %s: missing, it is required", indexed(name, i))
		}
	}
	if attrs["group"] != int64(channels) {
		return Conv{}, fmt.Errorf("attribute %s: %d, the group has %d channels", indexed("group", i), attrs["group"], channels)
	}
	if w != nil && (len(w) != 4 || !matches(w[:2], []int64{int64(channels), 1})) {
		return Conv{}, fmt.Errorf("kernel of shape %s, must be [%d,1,k,k]", w, channels)
	}
	return convOf(&Call{Op: c.Op, Version: c.Version, Attrs: attrs, In: []Type{{Shape: x}, {Shape: w}}, spec: c.spec})
}

// place appends a group whose output must be as large as the others'.
func (m *Mixed) place(g Conv) error {
	m.Groups = append(m.Groups, g)
	for axis := 2; axis < len(g.Out); axis++ {
		d, ok := merge(m.Out[axis], g.Out[axis])
		if !ok {
			return fmt.Errorf("output %s, the groups before it have %s", g.Out[2:], m.Out[2:])
		}
		m.Out[axis] = d
	}
	return nil
}
