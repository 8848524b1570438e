package rest

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/serve/internal/model"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/tensor"
)

// headerLength names the header that says how many bytes of the body are JSON; binary
// data follows. Without it, all is JSON.
const headerLength = "Inference-Header-Content-Length"

// mostHeader bounds the JSON before binary data.
const mostHeader = 1 << 20

// inferJSON is the JSON of an inference request.
type inferJSON struct {
	ID         string `json:"id"`
	Parameters struct {
		Timeout      *int64 `json:"timeout"` // microseconds
		BinaryOutput bool   `json:"binary_data_output"`
	} `json:"parameters"`
	Inputs  []inputJSON  `json:"inputs"`
	Outputs []outputJSON `json:"outputs"`
}

type inputJSON struct {
	Name       string          `json:"name"`
	Datatype   string          `json:"datatype"`
	Shape      []int64         `json:"shape"`
	Data       json.RawMessage `json:"data"`
	Parameters struct {
		BinarySize   *int64          `json:"binary_data_size"`
		SharedMemory json.RawMessage `json:"shared_memory_region"`
	} `json:"parameters"`
}

type outputJSON struct {
	Name       string `json:"name"`
	Parameters struct {
		Binary         *bool           `json:"binary_data"`
		Classification int             `json:"classification"`
		SharedMemory   json.RawMessage `json:"shared_memory_region"`
	} `json:"parameters"`
}

// readRequest reads the body of an inference request for m. What it returns must be freed.
func readRequest(m *model.Model, h http.Header, b *body) (_ *oip.Request, err error) {
	text, binary, err := readHeader(h, b)
	if err != nil {
		return nil, err
	}
	r := &oip.Request{}
	defer func() {
		if err != nil {
			r.Free()
		}
	}()
	if binary && len(text) == 0 {
		return r, readRaw(m, r, b)
	}
	if !utf8.Valid(text) {
		return nil, oip.Invalidf("the request's JSON is not UTF-8")
	}
	var q inferJSON
	if err := json.Unmarshal(text, &q); err != nil {
		return nil, oip.Invalidf("the request is not the JSON of an inference: %v", err)
	}
	if err := q.ask(r); err != nil {
		return nil, err
	}
	if err := q.checkSizes(b, binary); err != nil {
		return nil, err
	}
	for i := range q.Inputs {
		in := &q.Inputs[i]
		t, err := in.read(m, r, b)
		if err != nil {
			return nil, err
		}
		if err := r.Add(in.Name, t); err != nil {
			return nil, err
		}
	}
	if binary {
		return r, b.end("binary data of the inputs")
	}
	return r, nil
}

// readHeader reads the JSON. binary says that binary data may follow.
func readHeader(h http.Header, b *body) (text []byte, binary bool, err error) {
	said := h.Get(headerLength)
	if said == "" {
		text, err = b.all()
		return text, false, err
	}
	n, err := strconv.ParseUint(said, 10, 63)
	if err != nil {
		return nil, false, oip.Invalidf("%s is %s, allowed is a number of bytes", headerLength, errs.Quote(said))
	}
	if b.length >= 0 && n > uint64(b.length) {
		return nil, false, oip.Invalidf("%s is %d, and the body has %d bytes", headerLength, n, b.length)
	}
	if n > mostHeader {
		return nil, false, oip.TooLarge("%s is %d, allowed are at most %d", headerLength, n, mostHeader)
	}
	text = make([]byte, n)
	return text, true, b.fill(text, headerLength)
}

// ask takes what q says beside its inputs.
func (q *inferJSON) ask(r *oip.Request) error {
	r.ID, r.Binary = q.ID, q.Parameters.BinaryOutput
	if t := q.Parameters.Timeout; t != nil {
		if err := r.SetTimeout(*t); err != nil {
			return err
		}
	}
	for _, o := range q.Outputs {
		if o.Parameters.SharedMemory != nil {
			return oip.Errorf(oip.Unimplemented, "output %s: shared memory is not supported", errs.Quote(o.Name))
		}
		w := oip.Wanted{Name: o.Name, Classes: o.Parameters.Classification, Binary: r.Binary}
		if o.Parameters.Binary != nil {
			w.Binary = *o.Parameters.Binary
		}
		r.Outputs = append(r.Outputs, w)
	}
	return nil
}

// checkSizes checks that the binary data of all inputs is what follows in the body.
func (q *inferJSON) checkSizes(b *body, binary bool) error {
	sum := int64(0)
	for _, in := range q.Inputs {
		size := in.Parameters.BinarySize
		switch {
		case in.Parameters.SharedMemory != nil:
			return oip.Errorf(oip.Unimplemented, "input %s: shared memory is not supported", errs.Quote(in.Name))
		case size == nil:
			continue
		case !binary:
			return oip.Invalidf("input %s has a binary_data_size, and the header %s is missing", errs.Quote(in.Name), headerLength)
		case *size < 0 || *size > math.MaxInt64-sum:
			return oip.Invalidf("input %s: binary_data_size %d", errs.Quote(in.Name), *size)
		case in.Data != nil:
			return oip.Invalidf("input %s has both data and binary_data_size", errs.Quote(in.Name))
		}
		sum += *size
	}
	if b.length >= 0 && binary && sum != b.length {
		return oip.Invalidf("the inputs have %d bytes of binary data, and %d bytes follow the JSON", sum, b.length)
	}
	return nil
}

// read reads the elements of an input. r keeps their memory.
func (in *inputJSON) read(m *model.Model, r *oip.Request, b *body) (*tensor.Tensor, error) {
	v, err := m.Input(in.Name)
	if err != nil {
		return nil, err
	}
	d, err := oip.DType(in.Datatype)
	if err != nil {
		return nil, oip.Invalidf("input %s: %v", errs.Quote(in.Name), err)
	}
	shape, elements, err := oip.Shape(in.Name, d, in.Shape)
	if err != nil {
		return nil, err
	}
	if err := model.Takes(v, d, shape); err != nil {
		return nil, err
	}
	if in.Parameters.BinarySize != nil {
		return readBinary(in.Name, d, shape, elements, *in.Parameters.BinarySize, r, b)
	}
	if len(in.Data) == 0 || in.Data[0] != '[' {
		return nil, oip.Invalidf("input %s has no array data", errs.Quote(in.Name))
	}
	t, err := parseElements(in.Data, d, shape)
	if err != nil {
		return nil, oip.Invalidf("input %s: %v", errs.Quote(in.Name), err)
	}
	return t, nil
}

// readBinary reads the elements of an input as binary data, straight to where they stay.
func readBinary(name string, d tensor.DType, shape []int, elements int, size int64, r *oip.Request, b *body) (*tensor.Tensor, error) {
	width := oip.ElementBytes(d)
	if width > 0 && size != int64(elements)*int64(width) {
		return nil, oip.Invalidf("input %s: %d bytes of binary data, %s %v has %d", errs.Quote(name), size, oip.Datatype(d), shape, elements*width)
	}
	if size > b.left {
		return nil, b.tooLarge()
	}
	memory := oip.NewMemory(int(size))
	r.Keep(memory)
	data := memory.Bytes(int(size))
	if err := b.fill(data, "input "+errs.Quote(name)); err != nil {
		return nil, err
	}
	var t *tensor.Tensor
	var err error
	if width == 0 {
		t, err = oip.Strings(data, shape)
	} else {
		t, err = memory.Tensor(d, shape)
	}
	if err != nil {
		return nil, oip.Invalidf("input %s: %v", errs.Quote(name), err)
	}
	return t, nil
}

// readRaw reads a body that is nothing but the binary data of the model's only input:
// one entry of its batch. All outputs are binary data then.
func readRaw(m *model.Model, r *oip.Request, b *body) error {
	if len(m.Inputs) != 1 {
		return oip.Invalidf("a body without JSON is for a model of one input, this has %d", len(m.Inputs))
	}
	v := m.Inputs[0]
	r.Binary = true
	if b.length < 0 {
		return oip.Invalidf("a body without JSON needs a Content-Length")
	}
	shape, err := rawShape(v, m.MaxBatch > 0, b.length)
	if err != nil {
		return err
	}
	t, err := readBinary(v.Name, v.DType, shape, tensor.Shape(shape).Elements(), b.length, r, b)
	if err != nil {
		return err
	}
	if err := r.Add(v.Name, t); err != nil {
		return err
	}
	return b.end("binary data of the input")
}

// rawShape finds the shape of so many bytes.
func rawShape(v runtime.Value, batched bool, size int64) (shape []int, err error) {
	if v.Shape == nil {
		return nil, oip.Invalidf("input %s: a body without JSON, and the model leaves open what shape it has", errs.Quote(v.Name))
	}
	open := -1
	for i, n := range v.Shape {
		switch {
		case n == tensor.Unknown && i == 0 && batched:
			n = 1
		case n == tensor.Unknown && (open >= 0 || v.DType == tensor.String):
			return nil, oip.Invalidf("input %s: a body without JSON, and the model leaves open the shape %s", errs.Quote(v.Name), v.Shape)
		case n == tensor.Unknown:
			open, n = i, 1
		}
		shape = append(shape, n)
	}
	_, known, err := tensor.Size(v.DType, shape)
	if err != nil {
		return nil, oip.Invalidf("input %s: a body without JSON, and the model has the shape %s: %v", errs.Quote(v.Name), v.Shape, err)
	}
	if open >= 0 && known > 0 {
		shape[open] = int(size / known)
	}
	return shape, nil
}
