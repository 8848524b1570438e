package mdconv

import (
	"fmt"
	"strconv"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// Domain is the operator domain of MDConv and Version its only version.
const (
	Domain  = "ai.mixconv"
	Version = 1
)

// The numbers of groups that have a name, the opsets whose operators the
// function's body is written in, and the first IR version that has functions.
const (
	MinGroups = 2
	MaxGroups = 8
	MinOpset  = 13
	MaxOpset  = 28
	MinIR     = 8
)

// Spec is what the attributes of one node say. Pads are top, left, bottom,
// right; Pads and Dilations have an entry per group, or are nil if Same.
type Spec struct {
	Split     []int
	Strides   [2]int
	Pads      [][4]int
	Dilations [][2]int
	Same      bool
}

// OpType is the name of the operator with that many groups.
func OpType(groups int, same bool) string {
	if same {
		return "MDConvSame" + strconv.Itoa(groups)
	}
	return "MDConv" + strconv.Itoa(groups)
}

// Node returns a node that calls the canonical function for len(w) groups.
func Node(name, x string, w []string, b, y string, s Spec) *onnxpb.NodeProto {
	inputs := append([]string{x}, w...)
	attrs := []*onnxpb.AttributeProto{
		onnx.IntsAttr("split", int64s(s.Split)),
		onnx.IntsAttr("strides", int64s(s.Strides[:])),
	}
	for i := range s.Split {
		attrs = append(attrs, groupAttrs(s, i)...)
	}
	return &onnxpb.NodeProto{
		Name:      proto.String(name),
		OpType:    proto.String(OpType(len(s.Split), s.Same)),
		Domain:    proto.String(Domain),
		Input:     append(inputs, b),
		Output:    []string{y},
		Attribute: attrs,
	}
}

func groupAttrs(s Spec, i int) []*onnxpb.AttributeProto {
	group := onnx.IntAttr(indexed("group", i), int64(s.Split[i]))
	if s.Same {
		return []*onnxpb.AttributeProto{group}
	}
	return []*onnxpb.AttributeProto{
		onnx.IntsAttr(indexed("pads", i), int64s(s.Pads[i][:])),
		onnx.IntsAttr(indexed("dilations", i), int64s(s.Dilations[i][:])),
		group,
	}
}

// attributes lists the names of the attributes that a node has, all of them.
func attributes(groups int, same bool) []string {
	names := []string{"split", "strides"}
	for i := range groups {
		if !same {
			names = append(names, indexed("pads", i), indexed("dilations", i))
		}
		names = append(names, indexed("group", i))
	}
	return names
}

func indexed(name string, i int) string { return name + strconv.Itoa(i) }

func int64s(list []int) []int64 {
	out := make([]int64, len(list))
	for i, v := range list {
		out[i] = int64(v)
	}
	return out
}

// kernels returns the names of the inputs W0 … of a node that ParseNode
// accepts.
func kernels(n *onnxpb.NodeProto) []string { return n.Input[1 : len(n.Input)-1] }

// bias returns the name of the input B of such a node.
func bias(n *onnxpb.NodeProto) string { return n.Input[len(n.Input)-1] }

// checkGroups tests that there is an operator for that many groups.
func checkGroups(groups int) error {
	if groups < MinGroups || groups > MaxGroups {
		return fmt.Errorf("%d groups, allowed %d to %d", groups, MinGroups, MaxGroups)
	}
	return nil
}
