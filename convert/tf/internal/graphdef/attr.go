package graphdef

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/mixconv/mixconv/convert/tf/internal/wire"
	"github.com/mixconv/mixconv/errs"
)

// Attr is the value of an attribute: that of the field that is set.
type Attr struct {
	String string
	Ints   []int64
	Float  float32
	Bool   bool
	Shape  []int64 // nil if the rank is unknown
	Tensor *Tensor

	kind protowire.Number // field number of AttrValue, 0 if none is set
}

// Field numbers of AttrValue.
const (
	attrList   = 1
	attrString = 2
	attrFloat  = 4
	attrBool   = 5
	attrShape  = 7
	attrTensor = 8
)

// kinds has the attributes that are kept, and the field of AttrValue that each
// must have set.
var kinds = map[string]protowire.Number{
	"strides": attrList, "dilations": attrList, "explicit_paddings": attrList,
	"padding": attrString, "data_format": attrString, "shared_name": attrString,
	"epsilon": attrFloat, "is_training": attrBool, "value": attrTensor,
}

// maxInts bounds a list of integers; strides and the like have four, paddings
// eight.
const maxInts = 64

// addAttr reads an entry of a node's attribute map.
func (n *Node) addAttr(f wire.Field) error {
	var name string
	var value wire.Field
	err := f.Message(func(f wire.Field) (err error) {
		switch f.Number {
		case 1:
			name, err = f.Text()
		case 2:
			value, err = f, f.Want(protowire.BytesType)
		}
		return err
	})
	if err != nil {
		return err
	}
	want := kinds[name]
	if placeholder := name == "shape" && n.Op == "Placeholder"; placeholder {
		want = attrShape
	}
	if want == 0 || name == "value" && n.Op != "Const" {
		return nil
	}
	a, err := parseAttr(value)
	if err != nil {
		return err
	}
	if a.kind != want {
		return n.fail("attribute %s has the AttrValue field %d, allowed %d", name, a.kind, want)
	}
	if _, twice := n.Attrs[name]; twice {
		return n.fail("attribute %s comes twice", name)
	}
	if n.Attrs == nil {
		n.Attrs = map[string]Attr{}
	}
	n.Attrs[name] = a
	return nil
}

func parseAttr(f wire.Field) (Attr, error) {
	var a Attr
	err := wire.Fields(f.Bytes, f.Start, func(f wire.Field) (err error) {
		if a.kind != 0 {
			return errs.FormatAt(f.Offset, "attribute", "two values")
		}
		a.kind = f.Number
		switch f.Number {
		case attrList:
			a.Ints, err = parseInts(f)
		case attrString:
			err = f.Want(protowire.BytesType)
			a.String = string(f.Bytes)
		case attrFloat:
			err = f.Want(protowire.Fixed32Type)
			a.Float = math.Float32frombits(uint32(f.Value))
		case attrBool:
			a.Bool, err = f.Bool()
		case attrShape:
			a.Shape, err = placeholderShape(f)
		case attrTensor:
			a.Tensor, err = parseTensor(f)
		}
		return err
	})
	return a, err
}

// parseInts reads the integers of a ListValue.
func parseInts(f wire.Field) ([]int64, error) {
	var ints []int64
	err := f.Message(func(f wire.Field) error {
		if f.Number != 3 {
			return nil // lists of other types
		}
		return repeated(f, protowire.VarintType, func(v uint64) error {
			if len(ints) == maxInts {
				return errs.FormatAt(f.Offset, "attribute", "more than %d integers", maxInts)
			}
			ints = append(ints, int64(v))
			return nil
		})
	})
	return ints, err
}

// placeholderShape is nil for an unknown rank, which is no error here.
func placeholderShape(f wire.Field) ([]int64, error) {
	unknown := false
	err := f.Message(func(f wire.Field) (err error) {
		if f.Number == 3 {
			unknown, err = f.Bool()
		}
		return err
	})
	if unknown || err != nil {
		return nil, err
	}
	return wire.Shape(f)
}

// repeated calls add for each value of a repeated scalar field, packed or not.
func repeated(f wire.Field, element protowire.Type, add func(uint64) error) error {
	if f.Type != protowire.BytesType {
		if err := f.Want(element); err != nil {
			return err
		}
		return add(f.Value)
	}
	for b := f.Bytes; len(b) > 0; {
		var v uint64
		n := -1
		switch element {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var w uint32
			w, n = protowire.ConsumeFixed32(b)
			v = uint64(w)
		}
		if n < 0 {
			return errs.FormatAt(f.Start, "protobuf", "packed field %d is malformed", f.Number)
		}
		if err := add(v); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
