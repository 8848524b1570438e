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
	Role  string // blocks.3.depthwise.0.weight, head.bn.gamma, classifier.bias …
	Shape tensor.Shape
	Kind  Kind
}

// Weights are a network's parameters by role, float32.
type Weights map[string]*tensor.Tensor

// Params lists the parameters of n, which Check accepts, in the order in
// which the official code creates its layers: blocks, stem, head, classifier,
// and within a block expand, depthwise, se.reduce, se.expand, project, each
// convolution followed by its batch norm.
func (n Network) Params() []Param {
	var l paramList
	channels := n.StemChannels()
	for i, b := range n.Expand() {
		l.block(fmt.Sprintf("blocks.%d", i), b)
		channels = b.Out
	}
	l.conv("stem", Group{In: 3, Out: n.StemChannels(), Kernel: 3})
	l.conv("head", Group{In: channels, Out: n.FeatureSize, Kernel: 1})
	l.add("classifier.weight", Dense, n.Classes, n.FeatureSize)
	l.add("classifier.bias", Bias, n.Classes)
	return l
}

// TrainedParams counts the elements that training learns: everything but the
// moments of the batch norms.
func (n Network) TrainedParams() int64 {
	var total int64
	for _, p := range n.Params() {
		if p.Kind.Trained() {
			total += int64(p.Shape.Elements())
		}
	}
	return total
}

type paramList []Param

func (l *paramList) add(role string, kind Kind, shape ...int) {
	*l = append(*l, Param{Role: role, Shape: shape, Kind: kind})
}

func (l *paramList) block(prefix string, b Block) {
	if g := b.ExpandGroups(); g != nil {
		l.mixed(prefix+".expand", Kernel, g)
	}
	l.mixed(prefix+".depthwise", Depthwise, b.DepthwiseGroups())
	if squeezed := b.SqueezeChannels(); squeezed > 0 {
		l.add(prefix+".se.reduce.weight", Kernel, squeezed, b.Middle(), 1, 1)
		l.add(prefix+".se.reduce.bias", Bias, squeezed)
		l.add(prefix+".se.expand.weight", Kernel, b.Middle(), squeezed, 1, 1)
		l.add(prefix+".se.expand.bias", Bias, b.Middle())
	}
	l.mixed(prefix+".project", Kernel, b.ProjectGroups())
}

// mixed adds the kernels of a mixed convolution and the batch norm after it.
func (l *paramList) mixed(prefix string, kind Kind, groups []Group) {
	channels := 0
	for i, g := range groups {
		in := g.In
		if kind == Depthwise {
			in = 1
		}
		l.add(fmt.Sprintf("%s.%d.weight", prefix, i), kind, g.Out, in, g.Kernel, g.Kernel)
		channels += g.Out
	}
	l.batchNorm(prefix+".bn", channels)
}

// conv adds an ordinary convolution and the batch norm after it.
func (l *paramList) conv(prefix string, g Group) {
	l.add(prefix+".conv.weight", Kernel, g.Out, g.In, g.Kernel, g.Kernel)
	l.batchNorm(prefix+".bn", g.Out)
}

func (l *paramList) batchNorm(prefix string, channels int) {
	l.add(prefix+".gamma", Gamma, channels)
	l.add(prefix+".beta", Beta, channels)
	l.add(prefix+".mean", Mean, channels)
	l.add(prefix+".variance", Variance, channels)
}
