package convert

import (
	"fmt"

	"github.com/mixconv/mixconv/tensor"
)

// Kind says what a parameter is.
type Kind int

// The kinds of parameters. Mean and Variance are moments, which training
// accumulates; it learns all others.
const (
	Kernel    Kind = iota // convolution [out, in, k, k]
	Depthwise             // depthwise convolution [channels, 1, k, k]
	Dense                 // fully connected [out, in]
	Bias                  // [out]
	Gamma                 // batch norm [channels], as the three that follow
	Beta
	Mean
	Variance
)

func (k Kind) String() string {
	return [...]string{"kernel", "depthwise kernel", "dense kernel", "bias", "gamma", "beta", "mean", "variance"}[k]
}

// Trained reports whether training learns parameters of this kind.
func (k Kind) Trained() bool { return k != Mean && k != Variance }

// Param is a parameter that a network needs. Its role is its key in Weights.
type Param struct {
	Role   string // blocks.3.depthwise.0.weight, head.bn.gamma, classifier.bias …
	Shape  tensor.Shape
	Kind   Kind
	Module string // that owns it, by the network's Naming: blocks.1.0.conv_dw.2; not set for Official
}

// Weights are a network's parameters by role, float32.
type Weights map[string]*tensor.Tensor

// Params lists the parameters of n, which Check accepts, in the order in
// which the official code creates its layers: blocks, stem, head, classifier,
// and within a block expand, depthwise, se.reduce, se.expand, project, each
// convolution followed by its batch norm.
func (n Network) Params() []Param {
	l := append(n.featureParams(), n.headParams()...)
	if n.Naming == Official {
		for i := range l {
			l[i].Module = ""
		}
	}
	return l
}

// featureParams are the blocks' parameters and the stem's, which feature maps
// are made with.
func (n Network) featureParams() paramList {
	var l paramList
	for _, u := range n.Expand() {
		bypass, main := n.branches(u)
		l.layers(bypass)
		last := max(0, len(main)-1)
		l.layers(main[:last])
		l.squeeze(n.squeeze(u))
		l.layers(main[last:])
	}
	l.layers([]layer{n.stem()})
	return l
}

// headParams are those of what makes logits of the last map.
func (n Network) headParams() paramList {
	var l paramList
	channels := n.StemChannels()
	for _, u := range n.Expand() {
		channels = u.Out
	}
	features := n.FeatureSize
	switch n.Head {
	case HeadConv:
		l.layers([]layer{n.head(channels)})
	case HeadPooled, HeadPooledNoBias:
		l.pooledHead(n, channels)
	case HeadNone:
		features = channels
	}
	classifier := n.headNames().classifier
	l.add("classifier.weight", Dense, classifier, n.Classes, features)
	l.add("classifier.bias", Bias, classifier, n.Classes)
	return l
}

// TrainedParams counts the elements that training learns: everything but the
// moments of the batch norms.
func (n Network) TrainedParams() int64 { return n.featureParams().trained() + n.headParams().trained() }

type paramList []Param

func (l paramList) trained() int64 {
	var total int64
	for _, p := range l {
		if p.Kind.Trained() {
			total += int64(p.Shape.Elements())
		}
	}
	return total
}

func (l *paramList) add(role string, kind Kind, module string, shape ...int) {
	*l = append(*l, Param{Role: role, Shape: shape, Kind: kind, Module: module})
}

// layers adds the kernels of convolutions, mixed or not, and the batch norm
// after each.
func (l *paramList) layers(layers []layer) {
	for _, c := range layers {
		for i, g := range c.groups {
			kind, in, module := Kernel, g.In, c.modules.conv
			if c.depthwise {
				kind, in = Depthwise, 1
			}
			if len(c.groups) > 1 {
				module = fmt.Sprintf("%s.%d", module, i)
			}
			l.add(c.kernels[i], kind, module, g.Out, in, g.Kernel, g.Kernel)
		}
		channels := outChannels(c.groups)
		l.add(c.norm+".gamma", Gamma, c.modules.norm, channels)
		l.add(c.norm+".beta", Beta, c.modules.norm, channels)
		l.add(c.norm+".mean", Mean, c.modules.norm, channels)
		l.add(c.norm+".variance", Variance, c.modules.norm, channels)
	}
}

func (l *paramList) squeeze(s squeeze) {
	if s.squeezed == 0 {
		return
	}
	l.add(s.role+".reduce.weight", Kernel, s.reduce, s.squeezed, s.channels, 1, 1)
	l.add(s.role+".reduce.bias", Bias, s.reduce, s.squeezed)
	l.add(s.role+".expand.weight", Kernel, s.expand, s.channels, s.squeezed, 1, 1)
	l.add(s.role+".expand.bias", Bias, s.expand, s.channels)
}

// pooledHead adds the convolution of a head that pools first.
func (l *paramList) pooledHead(n Network, channels int) {
	module := n.headNames().conv.conv
	if n.headNames().linear {
		l.add("head.conv.weight", Dense, module, n.FeatureSize, channels)
	} else {
		l.add("head.conv.weight", Kernel, module, n.FeatureSize, channels, 1, 1)
	}
	if n.Head == HeadPooled {
		l.add("head.conv.bias", Bias, module, n.FeatureSize)
	}
}
