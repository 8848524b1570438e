package elements

import (
	"math"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// Layout is what a TensorProto declares, with every size checked against what
// is there. Nothing has been allocated for it.
type Layout struct {
	DType    tensor.DType
	Shape    tensor.Shape
	Elements int64
	Bytes    int64 // packed, as in raw_data and in files
	Place    Place
	External External // for the place Outside
}

// Place is where a tensor's elements are.
type Place int

const (
	Typed   Place = iota // in the field of its type
	Raw                  // in raw_data
	Outside              // in a file beside the model
	Stored               // in the model's file
)

// LayoutOf checks tp, which stands at path. The elements of one with nothing in it may
// be in the model's file: stored is how many bytes are there, 0 if none. A tensor may
// take so many bytes as most.
func LayoutOf(path *fieldpath.Path, tp *onnxpb.TensorProto, stored, most int64) (Layout, error) {
	l := Layout{DType: tensor.DType(tp.GetDataType())}
	if !l.DType.Valid() {
		return l, path.Field("data_type").Errorf("element type %d, allowed 1 to %d", tp.GetDataType(), tensor.Float6E3M2)
	}
	if tp.GetSegment() != nil {
		return l, &errs.UnsupportedError{Items: []errs.Unsupported{
			{Node: tp.GetName(), Reason: "the tensor is one segment of several; whole tensors are supported"}}}
	}
	var err error
	if l.Elements, l.Bytes, err = tensor.Size(l.DType, tp.GetDims()); err != nil {
		return l, path.Field("dims").Errorf("%w", err)
	}
	most = min(most, math.MaxInt) // Go has no longer slices
	if memory := Memory(l.DType, l.Elements); memory > most {
		return l, path.Field("dims").Errorf("%d elements of %s take %d bytes, allowed %d", l.Elements, l.DType, memory, most)
	}
	if l.Shape, err = shapeOf(path, tp.GetDims()); err != nil {
		return l, err
	}
	return l, l.locate(path, tp, stored)
}

// Memory is how many bytes decoded elements take. Division guards against overflow:
// tensor.Size bounds their packed bytes, not elements times a larger size.
func Memory(d tensor.DType, elements int64) int64 {
	size := int64(d.Bits()+7) / 8
	if d == tensor.String {
		size = 16
	}
	if elements > math.MaxInt64/size {
		return math.MaxInt64
	}
	return elements * size
}

func shapeOf(path *fieldpath.Path, dims []int64) (tensor.Shape, error) {
	shape := make(tensor.Shape, len(dims))
	for i, d := range dims {
		if d > math.MaxInt { // beside a zero, where the product says nothing
			return nil, path.Field("dims").Errorf("dimension %d is %d, allowed at most %d", i, d, math.MaxInt)
		}
		shape[i] = int(d)
	}
	return shape, nil
}

// locate finds where the elements are and checks that they are as many as the
// dimensions say. What an external file holds is checked when it is opened.
func (l *Layout) locate(path *fieldpath.Path, tp *onnxpb.TensorProto, stored int64) error {
	filled, err := filledField(path, tp)
	if err != nil {
		return err
	}
	if tp.GetDataLocation() == onnxpb.TensorProto_EXTERNAL {
		if filled != "" {
			return path.Field(filled).Errorf("filled although data_location is EXTERNAL")
		}
		l.Place = Outside
		return l.readExternal(path, tp)
	}
	if filled == "raw_data" {
		l.Place = Raw
		if l.DType == tensor.String {
			return path.Field(filled).Errorf("strings in raw_data, allowed in string_data")
		}
		if int64(len(tp.GetRawData())) != l.Bytes {
			return path.Field(filled).Errorf("%d bytes, allowed %d for %s %s", len(tp.GetRawData()), l.Bytes, l.DType, l.Shape)
		}
		return nil
	}
	if filled == "" && stored > 0 && stored == l.Bytes && l.DType == tensor.Float32 {
		l.Place = Stored
		return nil
	}
	want := typedField(l.DType)
	if filled != "" && filled != want {
		return path.Field(filled).Errorf("filled, allowed for %s is raw_data or %s", l.DType, want)
	}
	if have, need := typedCount(tp, want), l.typedEntries(); have != need {
		return path.Field(want).Errorf("%d values, allowed %d for %s %s", have, need, l.DType, l.Shape)
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
			return "", path.Field(f).Errorf("filled, but so is %s: allowed is one place for the data", filled)
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
func (l *Layout) typedEntries() int64 {
	switch l.DType {
	case tensor.Complex64, tensor.Complex128:
		return 2 * l.Elements
	}
	switch l.DType.Bits() {
	case 2, 4:
		return l.Bytes
	}
	return l.Elements
}
