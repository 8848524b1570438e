package tf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/internal/misfit"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// role is a parameter of the network with the variable that fills it.
type role struct {
	convert.Param
	v *named
}

// assignment is how a tree fills a network's roles, and what does not fit.
type assignment struct {
	roles     []role
	unfilled  []string // roles that no variable fills
	wrong     []string // variables whose shape is not their role's, and both shapes
	unclaimed []*named // variables that no role takes
}

func (a *assignment) problems() int { return len(a.unfilled) + len(a.wrong) + len(a.unclaimed) }

// assign walks the network's parameters in the order of their creation and
// takes the layers of each scope and kind in theirs.
func assign(t *tree, n convert.Network) *assignment {
	a := &assignment{}
	claimed := map[*named]bool{}
	used := map[*scope]*[layerKinds]int{} // layers taken so far
	var current string                    // the layer being filled, by its roles' common prefix
	var filling *layer
	for _, p := range n.Params() {
		prefix := p.Role[:strings.LastIndexByte(p.Role, '.')]
		if prefix != current {
			current, filling = prefix, nil
			if s := t.scope(p.Role); s != nil {
				if used[s] == nil {
					used[s] = &[layerKinds]int{}
				}
				kind := kindOf(p)
				if i := used[s][kind]; i < len(s[kind]) {
					filling = s[kind][i]
				}
				used[s][kind]++
			}
		}
		var v *named
		if filling != nil {
			v = filling.vars[leafOf(p.Kind)]
		}
		if v == nil {
			a.unfilled = append(a.unfilled, p.Role)
			continue
		}
		claimed[v] = true
		if want := storedShape(p); !v.shape.Equal(want) {
			a.wrong = append(a.wrong, fmt.Sprintf("%s is %s, but %s takes %s", errs.Quote(v.name), v.shape, p.Role, want))
			continue
		}
		a.roles = append(a.roles, role{p, v})
	}
	a.unclaimed = t.unclaimed(claimed)
	return a
}

// scope finds the scope of a role; nil if the tree has no such block.
func (t *tree) scope(role string) *scope {
	first, rest, _ := strings.Cut(role, ".")
	switch first {
	case "stem":
		return &t.stem
	case "head", "classifier":
		return &t.head
	}
	var block int
	fmt.Sscanf(rest, "%d.", &block)
	return t.blocks[block]
}

// kindOf is the kind of layer that a role's variable belongs to.
func kindOf(p convert.Param) layerKind {
	switch {
	case strings.Contains(p.Role, ".bn."):
		return norm
	case strings.Contains(p.Role, ".se."):
		return squeeze
	case strings.HasPrefix(p.Role, "classifier."):
		return dense
	case p.Kind == convert.Depthwise:
		return depthwise
	}
	return convolution
}

// leafOf is what TensorFlow calls a parameter of that kind.
func leafOf(k convert.Kind) string {
	return map[convert.Kind]string{
		convert.Kernel: "kernel", convert.Depthwise: "depthwise_kernel", convert.Dense: "kernel", convert.Bias: "bias",
		convert.Gamma: "gamma", convert.Beta: "beta", convert.Mean: "moving_mean", convert.Variance: "moving_variance",
	}[k]
}

// storedShape is the shape that TensorFlow stores a parameter in.
func storedShape(p convert.Param) tensor.Shape {
	s := p.Shape
	switch p.Kind {
	case convert.Kernel: // [out, in, h, w] from [h, w, in, out]
		return tensor.Shape{s[2], s[3], s[1], s[0]}
	case convert.Depthwise: // [channels, 1, h, w] from [h, w, channels, 1]
		return tensor.Shape{s[2], s[3], s[0], s[1]}
	case convert.Dense:
		return tensor.Shape{s[1], s[0]}
	}
	return s
}

// unclaimed lists the variables that are not claimed.
func (t *tree) unclaimed(claimed map[*named]bool) []*named {
	list := slices.Clone(t.strays)
	for _, s := range t.scopes() {
		for _, layers := range s {
			for _, l := range layers {
				for _, v := range l.vars {
					if !claimed[v] {
						list = append(list, v)
					}
				}
			}
		}
	}
	return list
}

// misfit says in one line what does not fit.
func (a *assignment) misfit(t *tree, n convert.Network) string {
	if have, want := len(t.blocks), len(n.Expand()); have != want {
		return fmt.Sprintf("the tensors are those of %d blocks, %s has %d", have, n.Name, want)
	}
	strays := make([]string, len(a.unclaimed))
	for i, v := range a.unclaimed {
		strays[i] = errs.Quote(v.name)
	}
	slices.Sort(strays)
	return misfit.Misfit{Wrong: a.wrong, Surplus: strays, Missing: a.unfilled}.Text("role")
}

func describe(n convert.Network) string {
	if n.DepthMultiplier == 0 {
		return n.Name
	}
	return fmt.Sprintf("%s of depth multiplier %g", n.Name, n.DepthMultiplier)
}
