package onnxgo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
	"gorgonia.org/tensor"
)

// proto makes a file's graph of what onnx-go has handed over. Every value that an
// operation makes is an output; a run says which of them it wants. What has no
// form in ONNX, or none that onnx-go could decode, is reported all at once.
func (g *Graph) proto() (*onnxpb.GraphProto, error) {
	pb := &onnxpb.GraphProto{Name: proto.String("onnx-go")}
	seen := map[*value]bool{}
	var lacking []errs.Unsupported
	for _, op := range g.operations {
		in := op.operands()
		if len(in) == 1 && in[0].placeholder() {
			in = nil
		}
		node := &onnxpb.NodeProto{OpType: proto.String(op.Name)}
		for _, v := range in {
			node.Input = append(node.Input, v.name)
			if v.op != nil || v.name == "" || seen[v] {
				continue
			}
			seen[v] = true
			if err := v.declare(pb); err != nil {
				return nil, err
			}
		}
		for _, v := range op.out {
			node.Output = append(node.Output, v.name)
			if v.name != "" {
				pb.Output = append(pb.Output, &onnxpb.ValueInfoProto{Name: proto.String(v.name)})
			}
		}
		node.Name = proto.String(op.title())
		for _, name := range slices.Sorted(keys(op.Attributes)) {
			a, err := attribute(name, op.Attributes[name])
			if err != nil {
				lacking = append(lacking, errs.Unsupported{Node: op.title(), Op: op.Name, Reason: err.Error()})
				continue
			}
			node.Attribute = append(node.Attribute, a)
		}
		pb.Node = append(pb.Node, node)
	}
	if len(lacking) > 0 {
		return nil, &errs.UnsupportedError{Items: lacking}
	}
	return pb, nil
}

func keys(attributes map[string]any) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range attributes {
			if !yield(name) {
				return
			}
		}
	}
}

// title stands for the node's name, which onnx-go does not tell.
func (o *operation) title() string {
	for _, v := range o.out {
		if v.name != "" {
			return v.name
		}
	}
	return o.Name
}

// placeholder reports whether v is only there because onnx-go wants an input for
// every node: it names it after the node, and gives it neither type nor data.
func (v *value) placeholder() bool {
	return v.op == nil && v.held == nil && strings.HasSuffix(v.name, "/input")
}

// declare makes v, which no operation makes, an input or an initializer.
func (v *value) declare(pb *onnxpb.GraphProto) error {
	if v.held == nil {
		return fmt.Errorf("value %s has no tensor: SetInput or SetTensor gives it one", errs.Quote(v.name))
	}
	t, err := fromGorgonia(v.held)
	if err != nil {
		return fmt.Errorf("value %s: %w", errs.Quote(v.name), err)
	}
	if !v.fed {
		pb.Initializer = append(pb.Initializer, onnx.NewTensor(v.name, t))
		return nil
	}
	pb.Input = append(pb.Input, &onnxpb.ValueInfoProto{Name: proto.String(v.name), Type: &onnxpb.TypeProto{
		Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(int32(t.DType))}}}})
	return nil
}

// attribute has a row for every type that onnx-go decodes attributes to.
func attribute(name string, v any) (*onnxpb.AttributeProto, error) {
	switch v := v.(type) {
	case int64:
		return onnx.IntAttr(name, v), nil
	case float32:
		return onnx.FloatAttr(name, v), nil
	case string:
		return onnx.StringAttr(name, v), nil
	case []int64:
		return onnx.IntsAttr(name, v), nil
	case []float32:
		return onnx.FloatsAttr(name, v), nil
	case []string:
		return onnx.StringsAttr(name, v), nil
	case tensor.Tensor:
		t, err := fromGorgonia(v)
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", errs.Quote(name), err)
		}
		return onnx.TensorAttr(name, onnx.NewTensor("", t)), nil
	case struct{}:
		return nil, fmt.Errorf("attribute %s: the file does not say its type, and onnx-go drops its value", errs.Quote(name))
	}
	return nil, fmt.Errorf("attribute %s: onnx-go made a %T of it, known are int64, float32, string, lists of these, and tensors", errs.Quote(name), v)
}
