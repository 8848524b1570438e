package onnxgo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime"
	"google.golang.org/protobuf/proto"
)

// changes has the operators whose result is another since an opset, though
// nodes look alike.
var changes = map[string]int64{"Softmax": 13, "LogSoftmax": 13, "Hardmax": 13, "RoiAlign": 16}

// session makes a session of the graph, at the opset that is set or found.
func (g *Graph) session(in runtime.Tensors) (*runtime.Session, error) {
	pb, err := g.proto()
	if err != nil {
		return nil, err
	}
	ranked := withShapes(pb, in, func(int) int64 { return -1 })
	if g.Opset != 0 {
		return runtime.New(model(ranked, int64(g.Opset)), g.Options)
	}
	shaped := withShapes(pb, in, func(d int) int64 { return int64(d) })
	opset, err := find(shaped)
	if err == nil {
		err = settle(shaped, opset)
	}
	if err != nil {
		return nil, err
	}
	return runtime.New(model(ranked, opset), g.Options)
}

// withShapes is the graph with the shapes of this run's inputs, so that more of
// it can be checked; dimensions that dim makes negative are left open, as the
// next run may bring others.
func withShapes(pb *onnxpb.GraphProto, in runtime.Tensors, dim func(int) int64) *onnxpb.GraphProto {
	shaped := &onnxpb.GraphProto{Name: pb.Name, Node: pb.Node, Initializer: pb.Initializer, Output: pb.Output}
	for _, v := range pb.Input {
		shape := &onnxpb.TensorShapeProto{}
		for _, d := range in[v.GetName()].Shape {
			size := &onnxpb.TensorShapeProto_Dimension{}
			if v := dim(d); v >= 0 {
				size.Value = &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: v}
			}
			shape.Dim = append(shape.Dim, size)
		}
		shaped.Input = append(shaped.Input, &onnxpb.ValueInfoProto{Name: v.Name, Type: &onnxpb.TypeProto{
			Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{ElemType: v.GetType().GetTensorType().ElemType, Shape: shape}}}})
	}
	return shaped
}

func model(pb *onnxpb.GraphProto, opset int64) *onnx.Model {
	return onnx.New(&onnxpb.ModelProto{IrVersion: proto.Int64(8), ProducerName: proto.String("onnx-go"), Graph: pb,
		OpsetImport: []*onnxpb.OperatorSetIdProto{{Domain: proto.String(""), Version: proto.Int64(opset)}}})
}

// at types the graph as one of that opset, or says what keeps it from being one.
func at(pb *onnxpb.GraphProto, opset int64) (*runtime.Session, error) {
	return runtime.New(model(pb, opset), runtime.Options{Engine: runtime.Reference})
}

// find returns the newest opset that the graph fits.
func find(pb *onnxpb.GraphProto) (int64, error) {
	var newest, oldest error
	var lacking *errs.UnsupportedError // with the fewest operators
	for opset := int64(ops.MaxOpset); opset >= ops.MinOpset; opset-- {
		_, err := at(pb, opset)
		if err == nil {
			return opset, nil
		}
		var u *errs.UnsupportedError
		if errors.As(err, &u) && (lacking == nil || len(u.Items) < len(lacking.Items)) {
			lacking = u
		}
		if newest == nil {
			newest = err
		}
		oldest = err
	}
	var u *errs.UnsupportedError
	if !errors.As(newest, &u) { // an older opset may only not have the operator yet
		return 0, fmt.Errorf("the operations fit no opset: of %d, %w; of %d, %v", ops.MaxOpset, newest, ops.MinOpset, oldest)
	}
	for i := range lacking.Items {
		u := &lacking.Items[i]
		u.Version = 0 // it is not known
		if strings.HasPrefix(u.Op, "MDConv") {
			u.Reason += " without its function, which onnx-go drops (mixconv rewrite --mdconv split makes a file that runs)"
		}
	}
	return 0, lacking
}

// settle makes sure that no older opset that fits would give another result.
func settle(pb *onnxpb.GraphProto, newest int64) error {
	for _, n := range pb.Node {
		since := changes[n.GetOpType()]
		if since == 0 || newest < since || lastAxis(pb, n, newest) {
			continue
		}
		if _, err := at(pb, since-1); err == nil {
			return fmt.Errorf("%s %s gives another result since opset %d, and onnx-go does not tell the file's: set Graph.Opset",
				n.GetOpType(), errs.Quote(n.GetName()), since)
		}
	}
	return nil
}

// lastAxis reports whether n, of the Softmax family, works along the last axis
// both before and since opset 13. Before, axis is 1 unless told otherwise and all
// axes from it on count as one; since, it is the last.
func lastAxis(pb *onnxpb.GraphProto, n *onnxpb.NodeProto, opset int64) bool {
	if n.GetOpType() == "RoiAlign" {
		return false
	}
	s, err := at(pb, opset)
	if err != nil {
		return false
	}
	for _, v := range s.Outputs() {
		if v.Name != n.Output[0] || len(v.Shape) == 0 {
			continue
		}
		last, old, now := int64(len(v.Shape)-1), int64(1), int64(-1)
		for _, a := range n.Attribute {
			if a.GetName() == "axis" {
				old, now = a.GetI(), a.GetI()
			}
		}
		return (old == last || old == -1) && (now == last || now == -1)
	}
	return false
}
