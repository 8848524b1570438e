package refs

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// graphErrors are errors in how the layers of m are put together: m is an
// example of the models that they are planted in.
func graphErrors(t *testing.T, m *onnx.Model) []plant {
	t.Helper()
	nodes := func(fits func(*onnxpb.NodeProto) bool) []*onnxpb.NodeProto {
		return slices.DeleteFunc(slices.Clone(m.Proto.Graph.Node), func(n *onnxpb.NodeProto) bool { return !fits(n) })
	}
	isOp := func(op string) func(*onnxpb.NodeProto) bool {
		return func(n *onnxpb.NodeProto) bool { return n.GetOpType() == op }
	}
	named := func(op, suffix string) func(*onnxpb.NodeProto) bool {
		return func(n *onnxpb.NodeProto) bool { return isOp(op)(n) && strings.HasSuffix(n.Output[0], suffix) }
	}
	padded := func(n *onnxpb.NodeProto) bool { return isOp("Conv")(n) && ints(n, "pads")[0] > 0 }
	plain := func(n *onnxpb.NodeProto) bool { return padded(n) && ints(n, "strides")[0] == 1 }
	strided := func(n *onnxpb.NodeProto) bool { return isOp("Conv")(n) && ints(n, "strides")[0] == 2 }
	ofMixed := func(n *onnxpb.NodeProto) bool { return isOp("Concat")(n) && strings.HasSuffix(n.Output[0], "/norm") }
	weight := func(n *onnxpb.NodeProto) bool { return isOp("Conv")(n) || isOp("Gemm")(n) }
	return slices.Concat(
		alter("pad shifted", spread(nodes(padded), 8), func(n *onnxpb.NodeProto) {
			p := ints(n, "pads")
			p[0], p[2] = p[0]-1, p[2]+1
		}),
		alter("dilated", spread(nodes(plain), 5), func(n *onnxpb.NodeProto) {
			setInts(n, "dilations", 2, 2)
			for i, p := range ints(n, "pads") {
				ints(n, "pads")[i] = 2 * p
			}
		}),
		unstrided(spread(nodes(strided), 5)),
		alter("no residual", spread(nodes(isOp("Add")), 4), func(n *onnxpb.NodeProto) { n.OpType, n.Input = proto.String("Identity"), n.Input[:1] }),
		alter("no activation", spread(nodes(isOp("Relu")), 3), func(n *onnxpb.NodeProto) { n.OpType = proto.String("Identity") }),
		alter("hard swish", spread(nodes(named("Sigmoid", "/sigmoid")), 4), hardSigmoid),
		alter("hard gate", spread(nodes(named("Sigmoid", ".gate")), 3), hardSigmoid),
		alter("groups in reverse", spread(nodes(ofMixed), 4), func(n *onnxpb.NodeProto) {
			n.Input = slices.Clone(n.Input) // the array may be that of other nodes' outputs too
			slices.Reverse(n.Input)
		}),
		alter("largest in place of mean", spread(nodes(isOp("GlobalAveragePool")), 3), func(n *onnxpb.NodeProto) {
			n.OpType = proto.String("MaxPool")
			side := int64(plantedSize / strideOf(n.Output[0]))
			n.Attribute = []*onnxpb.AttributeProto{onnx.IntsAttr("kernel_shape", []int64{side, side})}
		}),
		notFinite("NaN", spread(nodes(weight), 5), float32(math.NaN())),
		notFinite("infinity", spread(nodes(weight), 3), float32(math.Inf(-1))),
	)
}

// strideOf is how much smaller than the input a squeeze's picture is, in
// MixNet-S.
func strideOf(value string) int {
	var stage, unit int
	if n, _ := fmt.Sscanf(value, "blocks.%d.%d", &stage, &unit); n != 2 {
		return 32
	}
	return []int{2, 4, 8, 16, 16, 32}[stage]
}

func ints(n *onnxpb.NodeProto, name string) []int64 { return onnx.Attr(n, name).GetInts() }

func setInts(n *onnxpb.NodeProto, name string, v ...int64) {
	n.Attribute = slices.DeleteFunc(n.Attribute, func(a *onnxpb.AttributeProto) bool { return a.GetName() == name })
	n.Attribute = append(n.Attribute, onnx.IntsAttr(name, v))
}

func hardSigmoid(n *onnxpb.NodeProto) { n.OpType = proto.String("HardSigmoid") }

// module is the value of a module that is the first to show a node's result.
func module(n *onnxpb.NodeProto) string {
	name, rest, inside := strings.Cut(n.Output[0], "/")
	if inside && rest == "pool" {
		return name + ".conv_reduce"
	}
	return name
}

// alter plants an error in each of some nodes.
func alter(what string, nodes []*onnxpb.NodeProto, f func(*onnxpb.NodeProto)) []plant {
	var plants []plant
	for _, n := range nodes {
		plants = append(plants, plant{what + ": " + n.Output[0], module(n), func(t *testing.T, a *attempt) {
			a.alter = func(t *testing.T, m *onnx.Model) { f(nodeOf(t, m, n.Output[0])) }
		}})
	}
	return plants
}

// unstrided plants stride 1 where it is 2, in all groups of a mixed convolution.
func unstrided(nodes []*onnxpb.NodeProto) []plant {
	var plants []plant
	for _, n := range nodes {
		layer := strings.TrimRight(n.Output[0], "0123456789")
		plants = append(plants, plant{"stride 1: " + n.Output[0], module(n), func(t *testing.T, a *attempt) {
			a.alter = func(t *testing.T, m *onnx.Model) {
				for _, other := range m.Proto.Graph.Node {
					if other.GetOpType() == "Conv" && strings.TrimRight(other.Output[0], "0123456789") == layer {
						setInts(other, "strides", 1, 1)
					}
				}
			}
		}})
	}
	return plants
}

// notFinite plants a value in the weights of each of some nodes.
func notFinite(what string, nodes []*onnxpb.NodeProto, v float32) []plant {
	var plants []plant
	for _, n := range nodes {
		plants = append(plants, plant{what + ": " + n.Output[0], module(n), func(t *testing.T, a *attempt) {
			a.alter = func(t *testing.T, m *onnx.Model) {
				for i, stored := range m.Proto.Graph.Initializer {
					if stored.GetName() != n.Input[1] {
						continue
					}
					w, err := m.Tensor(stored)
					if err != nil {
						t.Fatal(err)
					}
					mixconv.Floats(w)[w.Elements()/2] = v
					m.Proto.Graph.Initializer[i] = onnx.NewTensor(n.Input[1], w)
				}
			}
		}})
	}
	return plants
}

func nodeOf(t *testing.T, m *onnx.Model, output string) *onnxpb.NodeProto {
	t.Helper()
	for _, n := range m.Proto.Graph.Node {
		if n.Output[0] == output {
			return n
		}
	}
	t.Fatalf("no node gives %s", output)
	return nil
}
