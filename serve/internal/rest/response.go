package rest

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/serve/internal/oip"
)

// buffers are those of responses.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// mostKept bounds a buffer that is kept.
const mostKept = 1 << 20

// writeResponse answers an inference request.
func writeResponse(w http.ResponseWriter, q *http.Request, r *oip.Response) error {
	buffer := buffers.Get().(*[]byte)
	defer func() {
		if cap(*buffer) <= mostKept {
			buffers.Put(buffer)
		}
	}()
	text, err := appendResponse((*buffer)[:0], r)
	if err != nil {
		return err
	}
	*buffer = text
	kind, binary := "application/json", false
	for _, o := range r.Outputs {
		binary = binary || o.Binary
	}
	if binary {
		kind = "application/octet-stream"
		w.Header().Set(headerLength, strconv.Itoa(len(text)))
		for _, o := range r.Outputs {
			if o.Binary {
				text = oip.AppendBinary(text, o.Tensor)
			}
		}
		*buffer = text
	}
	writeBody(w, q, http.StatusOK, kind, text)
	return nil
}

// appendResponse appends the JSON of an inference's answer.
func appendResponse(dst []byte, r *oip.Response) (_ []byte, err error) {
	dst = appendString(append(dst, `{"model_name":`...), r.Model)
	dst = appendString(append(dst, `,"model_version":`...), r.Version)
	if r.ID != "" {
		dst = appendString(append(dst, `,"id":`...), r.ID)
	}
	dst = append(dst, `,"outputs":[`...)
	for i, o := range r.Outputs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"name":`...), o.Name)
		dst = append(append(append(dst, `,"datatype":"`...), oip.Datatype(o.Tensor.DType)...), `","shape":[`...)
		for j, n := range o.Tensor.Shape {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendInt(dst, int64(n), 10)
		}
		if o.Binary {
			dst = append(dst, `],"parameters":{"binary_data_size":`...)
			dst = append(strconv.AppendInt(dst, int64(oip.BinarySize(o.Tensor)), 10), '}', '}')
			continue
		}
		dst = append(dst, `],"data":`...)
		if dst, err = appendElements(dst, o.Tensor); err != nil {
			return nil, oip.Invalidf("output %s: %v", errs.Quote(o.Name), err)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']', '}'), nil
}
