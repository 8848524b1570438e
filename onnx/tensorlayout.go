package onnx

import (
	"math"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// layout is what a TensorProto declares, with every size checked against what
// is there. Nothing has been allocated for it.
type layout struct {
	dtype    tensor.DType
	shape    tensor.Shape
	elements int64
	bytes    int64 // packed, as in raw_data and in files
	place    place
	external external // for place outside
	stored   *Stored  // for place stored
}

// place is where a tensor's elements are.
type place int

const (
	typed   place = iota // in the field of its type
	raw                  // in raw_data
	outside              // in a file beside the model
	stored               // in the model's file
)

// layoutOf checks tp, which stands at path.
func (m *Model) layoutOf(path *fieldpath.Path, tp *onnxpb.TensorProto) (layout, error) {
	return layoutOf(path, tp, m.Stored(tp), m.limits.TensorBytes)
}

// layoutOf is the same for a tensor whose elements are in s, if that is not nil.
func layoutOf(path *fieldpath.Path, tp *onnxpb.TensorProto, s *Stored, tensorBytes int64) (layout, error) {
	l := layout{dtype: tensor.DType(tp.GetDataType()), stored: s}
	if !l.dtype.Valid() {
		return l, errs.Format(path.Field("data_type").String(), "element type %d, allowed 1 to %d", tp.GetDataType(), tensor.Float6E3M2)
	}
	if tp.GetSegment() != nil {
		return l, &errs.UnsupportedError{Items: []errs.Unsupported{
			{Node: tp.GetName(), Reason: "the tensor is one segment of several; whole tensors are supported"}}}
	}
	var err error
	if l.elements, l.bytes, err = tensor.Size(l.dtype, tp.GetDims()); err != nil {
		return l, errs.Format(path.Field("dims").String(), "%w", err)
	}
	if memory := l.memory(); memory > tensorBytes {
		return l, errs.Format(path.Field("dims").String(), "%d elements of %s take %d bytes, allowed %d", l.elements, l.dtype, memory, tensorBytes)
	}
	if l.shape, err = shapeOf(path, tp.GetDims()); err != nil {
		return l, err
	}
	return l, l.locate(path, tp)
}

// memory is how many bytes the decoded elements take. Division guards against
// overflow: Size has bounded bytes, not elements times a larger size.
func (l *layout) memory() int64 {
	size := int64(l.dtype.Bits()+7) / 8
	if l.dtype == tensor.String {
		size = 16
	}
	if l.elements > math.MaxInt64/size {
		return math.MaxInt64
	}
	return l.elements * size
}

func shapeOf(path *fieldpath.Path, dims []int64) (tensor.Shape, error) {
	shape := make(tensor.Shape, len(dims))
	for i, d := range dims {
		if d > math.MaxInt { // beside a zero, where the product says nothing
			return nil, errs.Format(path.Field("dims").String(), "dimension %d is %d, allowed at most %d", i, d, math.MaxInt)
		}
		shape[i] = int(d)
	}
	return shape, nil
}

// locate finds where the elements are and checks that they are as many as the
// dimensions say. What an external file holds is checked when it is opened.
func (l *layout) locate(path *fieldpath.Path, tp *onnxpb.TensorProto) error {
	filled, err := filledField(path, tp)
	if err != nil {
		return err
	}
	if tp.GetDataLocation() == onnxpb.TensorProto_EXTERNAL {
		if filled != "" {
			return errs.Format(path.Field(filled).String(), "filled although data_location is EXTERNAL")
		}
		l.place = outside
		return l.readExternal(path, tp)
	}
	if filled == "raw_data" {
		l.place = raw
		if l.dtype == tensor.String {
			return errs.Format(path.Field(filled).String(), "strings in raw_data, allowed in string_data")
		}
		if int64(len(tp.GetRawData())) != l.bytes {
			return errs.Format(path.Field(filled).String(), "%d bytes, allowed %d for %s %s", len(tp.GetRawData()), l.bytes, l.dtype, l.shape)
		}
		return nil
	}
	if filled == "" && l.stored != nil && l.stored.bytes == l.bytes && l.dtype == tensor.Float32 {
		l.place = stored
		return nil
	}
	want := typedField(l.dtype)
	if filled != "" && filled != want {
		return errs.Format(path.Field(filled).String(), "filled, allowed for %s is raw_data or %s", l.dtype, want)
	}
	if have, need := typedCount(tp, want), l.typedEntries(); have != need {
		return errs.Format(path.Field(want).String(), "%d values, allowed %d for %s %s", have, need, l.dtype, l.shape)
	}
	return nil
}

// filledField returns the one data field that has something in it, "" if none.
func filledField(path *fieldpath.Path, tp *onnxpb.TensorProto) (string, error) {
	filled := ""
	for _, f := range [...]string{"raw_data", "float_data", "int32_data", "string_data", "int64_data", "double_data", "uint64_data"} {
		if typedCount(tp, f) == 0 {
			continue
		}
		if filled != "" {
			return "", errs.Format(path.Field(f).String(), "filled, but so is %s: allowed is one place for the data", filled)
		}
		filled = f
	}
	return filled, nil
}

// typedField names the field that holds elements of d when raw_data does not.
func typedField(d tensor.DType) string {
	switch d {
	case tensor.Float32, tensor.Complex64:
		return "float_data"
	case tensor.Float64, tensor.Complex128:
		return "double_data"
	case tensor.Int64:
		return "int64_data"
	case tensor.Uint32, tensor.Uint64:
		return "uint64_data"
	case tensor.String:
		return "string_data"
	}
	return "int32_data"
}

func typedCount(tp *onnxpb.TensorProto, field string) int64 {
	switch field {
	case "raw_data":
		return int64(len(tp.GetRawData()))
	case "float_data":
		return int64(len(tp.GetFloatData()))
	case "double_data":
		return int64(len(tp.GetDoubleData()))
	case "int64_data":
		return int64(len(tp.GetInt64Data()))
	case "uint64_data":
		return int64(len(tp.GetUint64Data()))
	case "string_data":
		return int64(len(tp.GetStringData()))
	}
	return int64(len(tp.GetInt32Data()))
}

// typedEntries is how many values the typed field has: two for a complex
// number, one for two 4-bit or four 2-bit elements, else one an element.
func (l *layout) typedEntries() int64 {
	switch l.dtype {
	case tensor.Complex64, tensor.Complex128:
		return 2 * l.elements
	}
	switch l.dtype.Bits() {
	case 2, 4:
		return l.bytes
	}
	return l.elements
}
