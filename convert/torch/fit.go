package torch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/convert"
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

// misfit is what keeps tensors and a network from fitting.
type misfit struct {
	wrong, surplus, missing []string
	matched                 int // parameters that a tensor fills
}

// fits compares a network of any number of classes with tensors by name, and
// returns the network with theirs.
func (p *pattern) fits(entries []entry) (convert.Network, misfit, error) {
	byName := make(map[string]tensor.Shape, len(entries))
	for _, e := range entries {
		byName[e.name] = e.shape
	}
	n := p.network
	bias := parameterName(p.params[len(p.params)-1])
	if shape, ok := byName[bias]; ok && len(shape) == 1 && shape[0] > 0 {
		n.Classes = shape[0]
	}
	var m misfit
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
			m.missing = append(m.missing, fmt.Sprintf("%s %s (%s)", errs.Quote(name), want, param.Role))
		case !shape.Equal(want):
			m.wrong = append(m.wrong, fmt.Sprintf("%s is %s, but %s takes %s", errs.Quote(name), shape, param.Role, want))
		default:
			m.matched++
		}
	}
	for name := range byName {
		if !bookkeeping(name) {
			m.surplus = append(m.surplus, errs.Quote(name))
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

func (m misfit) none() bool { return len(m.wrong)+len(m.surplus)+len(m.missing) == 0 }

func (m misfit) err(n convert.Network) error {
	if m.none() {
		return nil
	}
	slices.Sort(m.surplus)
	var parts []string
	for _, group := range []struct {
		what string
		list []string
	}{
		{"tensors of another shape", m.wrong},
		{"tensors that no parameter takes", m.surplus},
		{"parameters that no tensor fills", m.missing},
	} {
		if len(group.list) > 0 {
			parts = append(parts, group.what+": "+firstFew(group.list))
		}
	}
	return errs.Format("", "not a %s: %s", n.Name, strings.Join(parts, "; "))
}

func firstFew(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
