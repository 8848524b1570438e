package graph

import (
	"fmt"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// typeOf is a declared type: of a tensor, a sequence of them, or an optional one.
// Of others ok is false.
func typeOf(p *onnxpb.TypeProto) (t ops.Type, ok bool, err error) {
	switch {
	case p.GetOptionalType() != nil:
		t, ok, err = typeOf(p.GetOptionalType().GetElemType())
		return ops.Type{DType: t.DType, Optional: true}, ok && !t.Optional, err
	case p.GetSequenceType() != nil:
		t, ok, err = typeOf(p.GetSequenceType().GetElemType())
		return ops.Type{DType: t.DType.Sequence()}, ok && t.Dense(), err
	case p.GetTensorType() != nil:
		t.DType = tensor.DType(p.GetTensorType().GetElemType())
		t.Shape, err = shapeOf(p.GetTensorType().GetShape())
		return t, true, err
	}
	return t, false, nil
}

// shapeOf turns a declared shape into dimensions, named, missing and negative ones
// Unknown. No shape at all is nil: rank unknown.
func shapeOf(s *onnxpb.TensorShapeProto) (tensor.Shape, error) {
	if s == nil {
		return nil, nil
	}
	shape := make(tensor.Shape, 0, len(s.GetDim()))
	sized := make([]int64, 0, len(s.GetDim()))
	for _, d := range s.GetDim() {
		n, known := onnx.KnownDim(d)
		if !known {
			shape = append(shape, tensor.Unknown)
			continue
		}
		shape = append(shape, int(n))
		sized = append(sized, n)
	}
	if _, _, err := tensor.Size(tensor.Float64, sized); err != nil {
		return nil, fmt.Errorf("declared shape: %w", err)
	}
	if len(shape) > tensor.MaxRank {
		return nil, fmt.Errorf("declared shape: rank %d, allowed at most %d", len(shape), tensor.MaxRank)
	}
	return shape, nil
}

// checkDeclared compares the outputs' declared types with the inferred ones.
func (g *Graph) checkDeclared(pb *onnxpb.GraphProto) error {
	for i, o := range pb.GetOutput() {
		field := fmt.Sprintf("graph.output[%d] %s", i, errs.Quote(o.GetName()))
		want, ok, err := typeOf(o.GetType())
		if err != nil {
			return errs.Format(field, "%w", err)
		}
		got := g.Outputs[i].Value.Type
		if ok && want.DType != tensor.Undefined && want.DType != got.DType {
			return errs.Format(field, "declared %s, computed %s", want.DType, got.DType)
		}
		if !compatible(want.Shape, got.Shape) {
			return errs.Format(field, "declared shape %s, computed %s", want.Shape, got.Shape)
		}
	}
	return g.checkValueInfo(pb)
}

// checkValueInfo compares the element types that the file states for values with the
// inferred ones. Shapes that differ are only a stale note: the nodes tell better.
func (g *Graph) checkValueInfo(pb *onnxpb.GraphProto) error {
	inferred := make(map[string]tensor.DType, len(g.Nodes))
	for _, n := range g.Nodes {
		for _, v := range n.Out {
			if v != nil {
				inferred[v.Name] = v.Type.DType
			}
		}
	}
	for i, info := range pb.GetValueInfo() {
		t, ok, err := typeOf(info.GetType())
		got := inferred[info.GetName()]
		if err == nil && ok && t.DType != tensor.Undefined && got != tensor.Undefined && t.DType != got {
			return errs.Format(fmt.Sprintf("graph.value_info[%d] %s", i, errs.Quote(info.GetName())), "declared %s, computed %s", t.DType, got)
		}
	}
	return nil
}

func compatible(a, b tensor.Shape) bool {
	if a == nil || b == nil {
		return true
	}
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && a[i] != tensor.Unknown && b[i] != tensor.Unknown {
			return false
		}
	}
	return true
}
