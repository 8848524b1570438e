package torch

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/internal/misfit"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// pattern is a network with the tensors in which PyTorch stores it.
type pattern struct {
	network convert.Network
	params  []convert.Param
	stem    string // the name of the first convolution's kernel
}

func newPattern(n convert.Network) *pattern {
	p := &pattern{network: n, params: n.Params()}
	for _, param := range p.params {
		if param.Role == "stem.conv.weight" {
			p.stem = parameterName(param)
		}
	}
	return p
}

// comparison is what tensors and a network have in common, and what not.
type comparison struct {
	misfit.Misfit
	matched int // parameters that a tensor fills
}

// fits compares a network of any number of classes with tensors by name, and
// returns the network with theirs.
func (p *pattern) fits(entries []entry) (convert.Network, comparison, error) {
	byName := make(map[string]tensor.Shape, len(entries))
	for _, e := range entries {
		byName[e.name] = e.shape
	}
	n := p.network
	bias := parameterName(p.params[len(p.params)-1])
	if shape, ok := byName[bias]; ok && len(shape) == 1 && shape[0] > 0 {
		n.Classes = shape[0]
	}
	var m comparison
	for i, param := range p.params {
		name, want := parameterName(param), param.Shape
		if i >= len(p.params)-2 { // the classifier's
			want = want.Clone()
			want[0] = n.Classes
		}
		shape, ok := byName[name]
		delete(byName, name)
		switch {
		case !ok:
			m.Missing = append(m.Missing, fmt.Sprintf("%s %s (%s)", errs.Quote(name), want, param.Role))
		case !shape.Equal(want):
			m.Wrong = append(m.Wrong, fmt.Sprintf("%s is %s, but %s takes %s", errs.Quote(name), shape, param.Role, want))
		default:
			m.matched++
		}
	}
	for name := range byName {
		if !bookkeeping(name) {
			m.Surplus = append(m.Surplus, errs.Quote(name))
		}
	}
	const many = 1 << 20 // that are more likely an error of the file
	if n.Classes != p.network.Classes && (m.none() || n.Classes > many) {
		if err := n.Check(); err != nil {
			return n, m, errs.Format("tensor "+errs.Quote(bias), "%w", err)
		}
	}
	return n, m, nil
}

func (m comparison) none() bool { return m.Count() == 0 }

func (m comparison) err(n convert.Network) error {
	if m.none() {
		return nil
	}
	slices.Sort(m.Surplus)
	return errs.Format("", "not a %s: %s", n.Name, m.Text("parameter"))
}
