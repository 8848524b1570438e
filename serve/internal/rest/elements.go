package rest

import (
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/tensor"
)

// elements reads the data of a tensor: a JSON array, whose arrays in arrays come one
// after the other. It is known to be JSON.
type elements struct {
	text []byte
	at   int
}

// parseElements makes a tensor of data.
func parseElements(data []byte, d tensor.DType, shape []int) (*tensor.Tensor, error) {
	n := tensor.Shape(shape).Elements()
	if n > len(data) { // each takes a byte at least
		return nil, oip.Invalidf("data: fewer elements than the shape %v has", shape)
	}
	e := &elements{text: data}
	t := tensor.New(d, shape...)
	var err error
	switch data := t.Data.(type) {
	case []bool:
		err = fill(e, data, parseBool)
	case []string:
		err = fill(e, data, parseString)
	case []int8:
		err = fill(e, data, parseInt[int8](8))
	case []int16:
		err = fill(e, data, parseInt[int16](16))
	case []int32:
		err = fill(e, data, parseInt[int32](32))
	case []int64:
		err = fill(e, data, parseInt[int64](64))
	case []uint8:
		err = fill(e, data, parseUint[uint8](8))
	case []uint16:
		switch d {
		case tensor.Float16:
			err = fill(e, data, parseHalf(tensor.Float16bits, 65504))
		case tensor.BFloat16:
			err = fill(e, data, parseHalf(tensor.BFloat16bits, math.MaxFloat32))
		default:
			err = fill(e, data, parseUint[uint16](16))
		}
	case []uint32:
		err = fill(e, data, parseUint[uint32](32))
	case []uint64:
		err = fill(e, data, parseUint[uint64](64))
	case []float32:
		err = fill(e, data, func(s []byte) (float32, bool) {
			v, err := strconv.ParseFloat(string(s), 32)
			return float32(v), err == nil
		})
	case []float64:
		err = fill(e, data, func(s []byte) (float64, bool) {
			v, err := strconv.ParseFloat(string(s), 64)
			return v, err == nil
		})
	}
	return t, err
}

// fill reads all of dst.
func fill[T any](e *elements, dst []T, parse func([]byte) (T, bool)) error {
	n := 0
	for {
		text, err := e.next()
		if err != nil {
			return err
		}
		if text == nil {
			break
		}
		if n == len(dst) {
			return oip.Invalidf("data: more than the %d elements of the shape", len(dst))
		}
		v, ok := parse(text)
		if !ok {
			return oip.Invalidf("data: element %d is %s, which the datatype does not allow", n, shortened(text))
		}
		dst[n] = v
		n++
	}
	if n < len(dst) {
		return oip.Invalidf("data: %d elements, the shape has %d", n, len(dst))
	}
	return nil
}

// shortened is text as it may stand in a message.
func shortened(text []byte) string {
	const most = 40
	s := strconv.Quote(string(text[:min(len(text), most)]))
	return s[1 : len(s)-1]
}

// next is the text of the next element, nil behind the last.
func (e *elements) next() ([]byte, error) {
	for ; e.at < len(e.text); e.at++ {
		switch c := e.text[e.at]; c {
		case ' ', '\t', '\n', '\r', ',', '[', ']':
		case '{':
			return nil, oip.Invalidf("data: an object among the elements")
		case '"':
			from := e.at
			for e.at++; e.text[e.at] != '"'; e.at++ {
				if e.text[e.at] == '\\' {
					e.at++
				}
			}
			e.at++
			return e.text[from:e.at], nil
		default:
			from := e.at
			for e.at < len(e.text) && !ends(e.text[e.at]) {
				e.at++
			}
			return e.text[from:e.at], nil
		}
	}
	return nil, nil
}

// ends reports whether c stands behind a number or a word.
func ends(c byte) bool {
	return c == ',' || c == ']' || c == ' ' || c == '\n' || c == '\t' || c == '\r'
}

func parseBool(s []byte) (bool, bool) {
	switch string(s) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

func parseString(s []byte) (v string, ok bool) {
	return v, s[0] == '"' && json.Unmarshal(s, &v) == nil
}

func parseInt[T int8 | int16 | int32 | int64](bits int) func([]byte) (T, bool) {
	return func(s []byte) (T, bool) {
		v, err := strconv.ParseInt(string(s), 10, bits)
		return T(v), err == nil
	}
}

func parseUint[T uint8 | uint16 | uint32 | uint64](bits int) func([]byte) (T, bool) {
	return func(s []byte) (T, bool) {
		v, err := strconv.ParseUint(string(s), 10, bits)
		return T(v), err == nil
	}
}

func parseHalf(bits func(float64) uint16, most float64) func([]byte) (uint16, bool) {
	return func(s []byte) (uint16, bool) {
		v, err := strconv.ParseFloat(string(s), 64)
		return bits(v), err == nil && math.Abs(v) <= most
	}
}

// appendElements appends a tensor's elements as a flat JSON array.
func appendElements(dst []byte, t *tensor.Tensor) (_ []byte, err error) {
	dst = append(dst, '[')
	for i := range t.Elements() {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendElement(dst, t, i); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendElement(dst []byte, t *tensor.Tensor, i int) ([]byte, error) {
	switch data := t.Data.(type) {
	case []bool:
		return strconv.AppendBool(dst, data[i]), nil
	case []string:
		if !utf8.ValidString(data[i]) {
			return nil, oip.Invalidf("element %d is not UTF-8, which JSON cannot say: ask for binary data", i)
		}
		return appendString(dst, data[i]), nil
	case []int8:
		return strconv.AppendInt(dst, int64(data[i]), 10), nil
	case []int16:
		return strconv.AppendInt(dst, int64(data[i]), 10), nil
	case []int32:
		return strconv.AppendInt(dst, int64(data[i]), 10), nil
	case []int64:
		return strconv.AppendInt(dst, data[i], 10), nil
	case []uint8:
		return strconv.AppendUint(dst, uint64(data[i]), 10), nil
	case []uint16:
		switch t.DType {
		case tensor.Float16:
			return appendFloat(dst, float64(tensor.Float16frombits(data[i])), 32, i)
		case tensor.BFloat16:
			return appendFloat(dst, float64(tensor.BFloat16frombits(data[i])), 32, i)
		}
		return strconv.AppendUint(dst, uint64(data[i]), 10), nil
	case []uint32:
		return strconv.AppendUint(dst, uint64(data[i]), 10), nil
	case []uint64:
		return strconv.AppendUint(dst, data[i], 10), nil
	case []float32:
		return appendFloat(dst, float64(data[i]), 32, i)
	case []float64:
		return appendFloat(dst, data[i], 64, i)
	}
	return nil, oip.Errorf(oip.Internal, "no JSON for %s", t.DType)
}

func appendFloat(dst []byte, v float64, bits, i int) ([]byte, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, oip.Invalidf("element %d is %v, which JSON cannot say: ask for binary data", i, v)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, bits), nil
}

// appendString appends s as JSON.
func appendString(dst []byte, s string) []byte {
	text, _ := json.Marshal(s) // a string always can
	return append(dst, text...)
}
