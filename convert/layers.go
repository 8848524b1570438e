package convert

import "fmt"

// layer is a convolution, mixed or not, without bias, the batch norm after it,
// and an activation after that.
type layer struct {
	role      string   // what the names of its initializers begin with
	kernels   []string // roles of the groups' kernels
	norm      string   // role of the batch norm
	depthwise bool
	groups    []Group
	stride    int
	act       Activation // "": none

	modules module
	out     string // the value that the layer gives
}

// newLayer is a layer of a unit; plainLayer one of stem or head.
func newLayer(m module, role string, groups []Group, stride int, act Activation) layer {
	l := layer{role: role, norm: role + ".bn", groups: groups, stride: stride, act: act, modules: m, out: m.act}
	if act == "" {
		l.out = m.norm
	}
	for i := range groups {
		l.kernels = append(l.kernels, fmt.Sprintf("%s.%d.weight", role, i))
	}
	return l
}

func plainLayer(m module, role string, g Group, stride int, act Activation) layer {
	l := newLayer(m, role, []Group{g}, stride, act)
	l.role, l.kernels = role+".conv", []string{role + ".conv.weight"}
	return l
}

// affine is the name of the value between batch norm and activation.
func (l layer) affine() string {
	switch {
	case l.act == "":
		return l.out
	case l.modules.norm == l.modules.act: // one module does both
		return l.modules.norm + "/norm"
	}
	return l.modules.norm
}

func (n Network) scheme() scheme { return schemes[n.Naming] }

func (n Network) headNames() headNames { return n.scheme().heads[n.Head] }

func (n Network) activation() Activation { return n.Activation.or(ReLU) }

func (n Network) stem() layer {
	g := Group{In: 3, Out: n.StemChannels(), Kernel: 3, Dilation: 1}
	return plainLayer(n.scheme().stem, "stem", g, 2, n.activation())
}

// head is the convolution of a HeadConv.
func (n Network) head(channels int) layer {
	g := Group{In: channels, Out: n.FeatureSize, Kernel: 1, Dilation: 1}
	return plainLayer(n.headNames().conv, "head", g, 1, n.activation())
}

// branches are the layers of a unit in their order: those of the main branch,
// whose last one may have squeeze-and-excitation before it, and, of a shuffled
// unit with a stride, those of the other.
func (n Network) branches(u Unit) (bypass, main []layer) {
	s := n.scheme()
	names := s.unit(u)
	parts, _ := s.partsOf(u)
	layerOf := func(part string, groups []Group, stride int, act Activation) layer {
		m := parts[part].below(names.path)
		return newLayer(m, fmt.Sprintf("blocks.%d.%s", u.Number, part), groups, stride, act)
	}
	inner, last := u.Activation, Activation("")
	switch u.Kind {
	case Skipped:
		return nil, nil
	case Plain:
		g := Group{In: u.In, Out: u.Out, Kernel: u.Kernels[0], Dilation: 1}
		conv := layerOf("conv", []Group{g}, u.Stride, u.Activation)
		conv.out = names.out
		return nil, []layer{conv}
	case Separable:
		last = u.Activation
	case Shuffled:
		inner, last = "", u.Activation
		if u.Stride > 1 {
			half := Group{In: u.In, Out: u.Out / 2, Kernel: 1, Dilation: 1}
			bypass = []layer{
				layerOf("bypass.depthwise", u.depthwiseGroups(u.In), u.Stride, ""),
				layerOf("bypass.project", []Group{half}, 1, u.Activation),
			}
			bypass[0].depthwise = true
		}
	}
	stride := u.Stride // of the first layer that looks at neighbours
	if g := u.ExpandGroups(); u.Kind == EdgeResidual {
		main = append(main, layerOf("expand", g, stride, u.Activation))
	} else if g != nil {
		main = append(main, layerOf("expand", g, 1, u.Activation))
	}
	if g := u.DepthwiseGroups(); g != nil {
		depthwise := layerOf("depthwise", g, stride, inner)
		depthwise.depthwise = true
		if names.expansion != "" && u.Squeezed == 0 {
			depthwise.out = names.expansion
		}
		main = append(main, depthwise)
	}
	project := layerOf("project", u.ProjectGroups(), 1, last)
	if !u.Residual() && u.Kind != Shuffled {
		project.out = names.out
	}
	return bypass, append(main, project)
}

// squeeze is a squeeze-and-excitation layer of so many channels.
type squeeze struct {
	squeezeNames
	role               string
	channels, squeezed int // squeezed is 0 if there is no layer
	act                Activation
	hard               bool
}

func (n Network) squeeze(u Unit) squeeze {
	names := n.scheme().unit(u)
	s := squeeze{
		squeezeNames: n.scheme().squeezeOf(u).below(names.path),
		role:         fmt.Sprintf("blocks.%d.se", u.Number),
		channels:     u.Middle, squeezed: u.Squeezed,
		act: n.SqueezeExcite.Activation.or(u.Activation), hard: n.SqueezeExcite.HardGate,
	}
	if s.out == "" {
		s.out = names.expansion
	}
	return s
}

func outChannels(groups []Group) int {
	total := 0
	for _, g := range groups {
		total += g.Out
	}
	return total
}
