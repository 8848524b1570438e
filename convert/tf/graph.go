package tf

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf/internal/graphdef"
	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
	"github.com/mixconv/mixconv/errs"
)

// graphInfo is a graph that computes with a store's variables.
type graphInfo struct {
	graph     *graphdef.Graph
	file      string
	frozen    bool // the graph must be the whole network's
	imageSize int

	convs    map[string][]*graphdef.Node // by the variable that is their kernel
	norms    map[string][]*graphdef.Node // by the variable that is their variance
	epsilons map[string][]float32        // of norms made of single operations, likewise
}

// newGraphInfo finds what uses which variable.
func newGraphInfo(g *graphdef.Graph, file string, frozen bool) *graphInfo {
	info := &graphInfo{
		graph: g, file: file, frozen: frozen,
		convs: map[string][]*graphdef.Node{}, norms: map[string][]*graphdef.Node{}, epsilons: map[string][]float32{},
	}
	for _, n := range g.Nodes {
		switch n.Op {
		case "Conv2D", "DepthwiseConv2dNative":
			info.note(info.convs, n, 1)
		case "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3":
			info.note(info.norms, n, 4)
		case "Add", "AddV2":
			info.noteEpsilon(n)
		case "Placeholder":
			info.noteImageSize(n)
		}
	}
	return info
}

func (info *graphInfo) note(uses map[string][]*graphdef.Node, n *graphdef.Node, input int) {
	if source := variableOf(n, input); source != nil {
		uses[source.Name] = append(uses[source.Name], n)
	}
}

// variableOf follows a node's input back to the variable or the constant that
// it reads, nil if it is something computed.
func variableOf(n *graphdef.Node, input int) *graphdef.Node {
	if input >= len(n.Inputs) {
		return nil
	}
	n = n.Inputs[input].Node
	const longest = 64 // far longer than any chain of reads
	for range longest {
		switch n.Op {
		case "Const", "VarHandleOp", "VariableV2", "Variable":
			return n
		case "Identity", "ReadVariableOp":
			if len(n.Inputs) == 0 {
				return nil
			}
			n = n.Inputs[0].Node
		default:
			return nil
		}
	}
	return nil
}

// noteEpsilon recognises variance + epsilon, which a batch norm that is not
// fused begins with.
func (info *graphInfo) noteEpsilon(n *graphdef.Node) {
	for i := range n.Inputs {
		variance, other := variableOf(n, i), variableOf(n, 1-i)
		if len(n.Inputs) != 2 || variance == nil || other == nil || !strings.HasSuffix(variance.Name, "/moving_variance") {
			continue
		}
		t := other.Attrs["value"].Tensor
		budget := int64(4)
		if t == nil || t.Type != tftype.Float32 || t.Size != 4 {
			continue
		}
		if data, err := t.Data(&budget); err == nil {
			epsilon := math.Float32frombits(binary.LittleEndian.Uint32(data))
			info.epsilons[variance.Name] = append(info.epsilons[variance.Name], epsilon)
		}
	}
}

// noteImageSize reads the size from a placeholder for square colour pictures.
func (info *graphInfo) noteImageSize(n *graphdef.Node) {
	s := n.Attrs["shape"].Shape
	switch {
	case len(s) != 4:
	case s[3] == 3 && s[1] == s[2] && s[1] > 0 && s[1] < 1<<20: // NHWC
		info.imageSize = int(s[1])
	case s[1] == 3 && s[2] == s[3] && s[2] > 0 && s[2] < 1<<20: // NCHW
		info.imageSize = int(s[2])
	}
}

// compare wants of every convolution and batch norm that uses a variable of
// the network what the network says: strides, padding, dilations, epsilon.
func (info *graphInfo) compare(n convert.Network, roles []role) error {
	if !info.frozen && len(info.convs) == 0 {
		return nil // the network is in a function, which is not read
	}
	geometry := geometryOf(n)
	for _, r := range roles {
		var err error
		switch r.Kind {
		case convert.Kernel, convert.Depthwise:
			err = info.compareConvs(r, geometry[r.Role])
		case convert.Variance:
			err = info.compareNorms(r, n.BatchNormEpsilon)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// window is what a convolution does beside its kernel.
type window struct{ stride, dilation int }

// geometryOf lists the convolutions that are not of stride and dilation 1.
func geometryOf(n convert.Network) map[string]window {
	g := map[string]window{"stem.conv.weight": {2, 1}}
	for i, b := range n.Expand() {
		for j, group := range b.DepthwiseGroups() {
			g[fmt.Sprintf("blocks.%d.depthwise.%d.weight", i, j)] = window{b.Stride, group.Dilation}
		}
	}
	return g
}

func (info *graphInfo) compareConvs(r role, want window) error {
	if want == (window{}) {
		want = window{1, 1}
	}
	nodes := info.convs[r.v.name]
	if len(nodes) == 0 {
		return errs.Format("tensor "+errs.Quote(r.v.name), "no convolution in the graph uses it")
	}
	op := "Conv2D"
	if r.Kind == convert.Depthwise {
		op = "DepthwiseConv2dNative"
	}
	for _, n := range nodes {
		field := "node " + errs.Quote(n.Name)
		if n.Op != op {
			return errs.Format(field, "is a %s, %s wants a %s", n.Op, r.Role, op)
		}
		got, err := readWindow(n, r.Shape[2])
		if err != nil {
			return errs.Format(field, "%w", err)
		}
		if got != want {
			return errs.Format(field, "stride %d and dilation %d, %s has %d and %d", got.stride, got.dilation, r.Role, want.stride, want.dilation)
		}
	}
	return nil
}

func (info *graphInfo) compareNorms(r role, epsilon float32) error {
	nodes, single := info.norms[r.v.name], info.epsilons[r.v.name]
	if len(nodes)+len(single) == 0 {
		return errs.Format("tensor "+errs.Quote(r.v.name), "no batch norm in the graph uses it")
	}
	for _, n := range nodes {
		field := "node " + errs.Quote(n.Name)
		got, training := float32(1e-4), true // the operator's own defaults
		if a, ok := n.Attrs["epsilon"]; ok {
			got = a.Float
		}
		if a, ok := n.Attrs["is_training"]; ok {
			training = a.Bool
		}
		if training {
			return errs.Format(field, "is_training: the batch norm computes moments of its own, a network that is trained uses the stored ones")
		}
		single = append(single, got)
	}
	for _, got := range single {
		if got != epsilon {
			return errs.Format("tensor "+errs.Quote(r.v.name), "a batch norm with epsilon %g uses it, the network's is %g", got, epsilon)
		}
	}
	return nil
}
