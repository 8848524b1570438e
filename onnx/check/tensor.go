package check

import (
	"slices"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/internal/elements"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// tensor checks t's type, dimensions and the amount of its data, and counts
// its bytes against the model's limit.
func (c *checker) tensor(path *fieldpath.Path, t *onnxpb.TensorProto) error {
	l, err := c.layoutOf(path, t)
	if err != nil {
		return err
	}
	return c.count(path, elements.Memory(l.DType, l.Elements))
}

func (c *checker) layoutOf(path *fieldpath.Path, t *onnxpb.TensorProto) (elements.Layout, error) {
	return elements.LayoutOf(path, t, c.model.Stored(t).Bytes(), c.limits.TensorBytes)
}

func (c *checker) count(path *fieldpath.Path, bytes int64) error {
	if c.bytes += bytes; c.bytes > c.limits.TotalBytes {
		return path.Errorf("the tensors up to here take %d bytes, allowed %d", c.bytes, c.limits.TotalBytes)
	}
	return nil
}

// sparse checks a sparse tensor: its values [n], its indices, int64 [n] or
// [n,rank] and ascending, and that the dense tensor is within the limits.
func (c *checker) sparse(path *fieldpath.Path, s *onnxpb.SparseTensorProto) error {
	values, indices := s.GetValues(), s.GetIndices()
	if values == nil || indices == nil {
		return path.Errorf("values or indices are missing")
	}
	if err := c.tensor(path.Field("values"), values); err != nil {
		return err
	}
	if err := c.tensor(path.Field("indices"), indices); err != nil {
		return err
	}
	if len(values.GetDims()) != 1 {
		return path.Field("values").Field("dims").Errorf("rank %d, allowed 1", len(values.GetDims()))
	}
	if d := tensor.DType(indices.GetDataType()); d != tensor.Int64 {
		return path.Field("indices").Field("data_type").Errorf("%s, allowed int64", d)
	}
	if indices.GetDataLocation() == onnxpb.TensorProto_EXTERNAL {
		return path.Field("indices").Errorf("external data, allowed are indices in the model itself")
	}
	d := tensor.DType(values.GetDataType())
	dense, _, err := tensor.Size(d, s.GetDims())
	if err != nil {
		return path.Field("dims").Errorf("%w", err)
	}
	memory := elements.Memory(d, dense)
	if most := c.limits.TensorBytes; memory > most {
		return path.Field("dims").Errorf("%d elements, allowed %d bytes", dense, most)
	}
	if err := c.count(path, memory); err != nil {
		return err
	}
	return c.sparseIndices(path, s, dense)
}

func (c *checker) sparseIndices(path *fieldpath.Path, s *onnxpb.SparseTensorProto, dense int64) error {
	n, rank := s.GetValues().GetDims()[0], len(s.GetDims())
	at := path.Field("indices")
	linear := slices.Equal(s.GetIndices().GetDims(), []int64{n})
	if !linear && !slices.Equal(s.GetIndices().GetDims(), []int64{n, int64(rank)}) {
		return at.Field("dims").Errorf("%v, allowed [%d] or [%d %d]", s.GetIndices().GetDims(), n, n, rank)
	}
	l, err := c.layoutOf(at, s.GetIndices())
	if err != nil {
		return err
	}
	t, err := l.Tensor(at, s.GetIndices(), nil) // neither external nor stored
	if err != nil {
		return err
	}
	index, before := tensor.Data[int64](t), int64(-1)
	for i := range int(n) {
		at, bounded := int64(0), true
		if linear {
			at = index[i]
			bounded = at >= 0 && at < dense
		} else {
			for d, size := range s.GetDims() {
				x := index[i*rank+d]
				bounded = bounded && x >= 0 && x < size
				at = at*size + x
			}
			bounded = bounded && rank > 0
		}
		if !bounded {
			return path.Field("indices").Errorf("index %d is outside of dims %v", i, s.GetDims())
		}
		if at <= before {
			return path.Field("indices").Errorf("index %d does not ascend", i)
		}
		before = at
	}
	return nil
}

// checkType checks a type's element types and dimensions; nil is fine. A
// tensor's element type may be undefined unless required is set.
func checkType(path *fieldpath.Path, t *onnxpb.TypeProto, required bool) error {
	for t != nil {
		switch v := t.GetValue().(type) {
		case *onnxpb.TypeProto_TensorType:
			return checkShape(path.Field("tensor_type"), v.TensorType.GetElemType(), v.TensorType.GetShape(), required)
		case *onnxpb.TypeProto_SparseTensorType:
			return checkShape(path.Field("sparse_tensor_type"), v.SparseTensorType.GetElemType(), v.SparseTensorType.GetShape(), required)
		case *onnxpb.TypeProto_SequenceType:
			path, t = path.Field("sequence_type"), v.SequenceType.GetElemType()
		case *onnxpb.TypeProto_OptionalType:
			path, t = path.Field("optional_type"), v.OptionalType.GetElemType()
		case *onnxpb.TypeProto_MapType:
			path, t = path.Field("map_type"), v.MapType.GetValueType()
		default: // opaque, or nothing said
			return nil
		}
	}
	return nil
}

func checkShape(path *fieldpath.Path, elem int32, shape *onnxpb.TensorShapeProto, required bool) error {
	d := tensor.DType(elem)
	if !d.Valid() && (required || d != tensor.Undefined) {
		return path.Field("elem_type").Errorf("element type %d, allowed 1 to %d", elem, tensor.Float6E3M2)
	}
	if d == tensor.Undefined {
		d = tensor.Uint8 // the dimensions are still checked
	}
	known := make([]int64, 0, len(shape.GetDim()))
	for _, dim := range shape.GetDim() {
		if n, ok := onnx.KnownDim(dim); ok {
			known = append(known, n)
		}
	}
	if _, _, err := tensor.Size(d, known); err != nil {
		return path.Field("shape").Errorf("%w", err)
	}
	return nil
}
