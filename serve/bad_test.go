package serve

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestBadRequests: each is an error of one line, and none changes what the next gets.
func TestBadRequests(t *testing.T) {
	url, session := startDigits(t)
	x := heldOut(t, 1)
	good, length := binaryRequest(x, "")
	want := logits(t, session, x)
	n, _ := strconv.Atoi(length)
	const infer = "/v2/models/digits/infer"
	input := func(s string) string { return `{"inputs":[` + s + `]}` }
	const size = `"shape":[1,3,64,64],"datatype":"FP32"`
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 80 {
		w.Write(zeros)
	}
	w.Close()
	header := func(s string) []string { return []string{"Inference-Header-Content-Length", s} }
	cases := []struct {
		name, method, path string
		body               string
		headers            []string
		status             int
	}{
		{"no path", "GET", "/v3", "", nil, 404},
		{"no model", "POST", "/v2/models/nope/infer", string(good), header(length), 404},
		{"no version", "POST", "/v2/models/digits/versions/2/infer", string(good), header(length), 404},
		{"a version that is no number", "GET", "/v2/models/digits/versions/x", "", nil, 404},
		{"another method", "GET", infer, "", nil, 405},
		{"another method for metadata", "DELETE", "/v2/models/digits", "", nil, 405},
		{"empty", "POST", infer, "", nil, 400},
		{"no JSON", "POST", infer, "nonsense", nil, 400},
		{"JSON of another kind", "POST", infer, "[]", nil, 400},
		{"half a JSON", "POST", infer, `{"inputs":[`, nil, 400},
		{"two JSONs", "POST", infer, `{"inputs":[]}{}`, nil, 400},
		{"not UTF-8", "POST", infer, "{\"id\":\"\xff\",\"inputs\":[]}", nil, 400},
		{"no inputs", "POST", infer, `{}`, nil, 400},
		{"another input", "POST", infer, input(`{"name":"other",` + size + `,"data":[0]}`), nil, 400},
		{"no name", "POST", infer, input(`{` + size + `,"data":[0]}`), nil, 400},
		{"no datatype", "POST", infer, input(`{"name":"input","shape":[1,3,64,64],"data":[0]}`), nil, 400},
		{"unknown datatype", "POST", infer, input(`{"name":"input","shape":[1,3,64,64],"datatype":"FP31","data":[0]}`), nil, 400},
		{"other datatype", "POST", infer, input(`{"name":"input","shape":[1,3,64,64],"datatype":"INT32","data":[0]}`), nil, 400},
		{"no shape", "POST", infer, input(`{"name":"input","datatype":"FP32","data":[0]}`), nil, 400},
		{"negative shape", "POST", infer, input(`{"name":"input","datatype":"FP32","shape":[-1,3,64,64],"data":[0]}`), nil, 400},
		{"huge shape", "POST", infer, input(`{"name":"input","datatype":"FP32","shape":[9223372036854775807,3,64,64],"data":[0]}`), nil, 400},
		{"large shape, little data", "POST", infer, input(`{"name":"input","datatype":"FP32","shape":[1000000,3,64,64],"data":[0]}`), nil, 400},
		{"shape of fractions", "POST", infer, input(`{"name":"input","datatype":"FP32","shape":[1.5,3,64,64],"data":[0]}`), nil, 400},
		{"other rank", "POST", infer, input(`{"name":"input","datatype":"FP32","shape":[3,64,64],"data":[0]}`), nil, 400},
		{"other size", "POST", infer, input(`{"name":"input","datatype":"FP32","shape":[1,3,64,65],"data":[0]}`), nil, 400},
		{"no data", "POST", infer, input(`{"name":"input",` + size + `}`), nil, 400},
		{"data null", "POST", infer, input(`{"name":"input",` + size + `,"data":null}`), nil, 400},
		{"data a number", "POST", infer, input(`{"name":"input",` + size + `,"data":1}`), nil, 400},
		{"too little data", "POST", infer, input(`{"name":"input",` + size + `,"data":[0,1]}`), nil, 400},
		{"too much data", "POST", infer, input(`{"name":"input",` + size + `,"data":[` + strings.Repeat("0,", 3*64*64) + `0]}`), nil, 400},
		{"words", "POST", infer, input(`{"name":"input",` + size + `,"data":[` + strings.Repeat("0,", 3*64*64-1) + `"a"]}`), nil, 400},
		{"objects", "POST", infer, input(`{"name":"input",` + size + `,"data":[` + strings.Repeat("0,", 3*64*64-1) + `{}]}`), nil, 400},
		{"a number beyond FP32", "POST", infer, input(`{"name":"input",` + size + `,"data":[` + strings.Repeat("0,", 3*64*64-1) + `1e39]}`), nil, 400},
		{"an input twice", "POST", infer, strings.Replace(string(good[:n]), `"inputs":[`, `"inputs":[{"name":"input",`+size+`,"parameters":{"binary_data_size":49152}},`, 1) + string(good[n:]) + string(good[n:]), nil, 400},
		{"no such output", "POST", infer, string(good[:n-1]) + `,"outputs":[{"name":"x"}]}` + string(good[n:]), header(strconv.Itoa(n + 25)), 400},
		{"an output twice", "POST", infer, string(good[:n-1]) + `,"outputs":[{"name":"logits"},{"name":"logits"}]}` + string(good[n:]), header(strconv.Itoa(n + 49)), 400},
		{"negative timeout", "POST", infer, `{"parameters":{"timeout":-1},"inputs":[]}`, nil, 400},
		{"length of words", "POST", infer, string(good), header("ten"), 400},
		{"negative length", "POST", infer, string(good), header("-1"), 400},
		{"length beyond the body", "POST", infer, string(good), header("99999999"), 400},
		{"length too short", "POST", infer, string(good), header(strconv.Itoa(n - 1)), 400},
		{"length too long", "POST", infer, string(good), header(strconv.Itoa(n + 1)), 400},
		{"length missing", "POST", infer, string(good), nil, 400},
		{"half a body", "POST", infer, string(good[:len(good)-100]), header(length), 400},
		{"more than the body", "POST", infer, string(good) + "x", header(length), 400},
		{"no JSON, too little", "POST", infer, "1234", header("0"), 400},
		{"size that overflows", "POST", infer, `{"inputs":[{"name":"input",` + size + `,"parameters":{"binary_data_size":9223372036854775807}},{"name":"input",` + size + `,"parameters":{"binary_data_size":9223372036854775807}}]}`, header("230"), 400},
		{"negative size", "POST", infer, strings.Replace(string(good), "49152", "-4915", 1), header(length), 400},
		{"data and a size", "POST", infer, strings.Replace(string(good[:n]), `"parameters"`, `"data":[1],"parameters"`, 1) + string(good[n:]), header(strconv.Itoa(n + 11)), 400},
		{"shared memory", "POST", infer, input(`{"name":"input",` + size + `,"parameters":{"shared_memory_region":"r"}}`), nil, 501},
		{"unknown encoding", "POST", infer, string(good), append(header(length), "Content-Encoding", "br"), 415},
		{"no gzip", "POST", infer, string(good), append(header(length), "Content-Encoding", "gzip"), 400},
		{"half a gzip", "POST", infer, string(squeezed(t, "gzip", good)[:500]), append(header(length), "Content-Encoding", "gzip"), 400},
		{"no deflate", "POST", infer, string(good), append(header(length), "Content-Encoding", "deflate"), 400},
		{"a bomb", "POST", infer, bomb.String(), []string{"Content-Encoding", "gzip"}, 413},
		{"a bomb for pictures", "POST", "/v2/models/digits/classify", bomb.String(), []string{"Content-Encoding", "gzip"}, 413},
		{"a form without an end", "POST", "/v2/models/digits/classify", "--x\r\n\r\nabc", []string{"Content-Type", "multipart/form-data; boundary=x"}, 400},
		{"a form without a boundary", "POST", "/v2/models/digits/classify", "--x\r\n\r\nabc", []string{"Content-Type", "multipart/form-data"}, 400},
		{"an empty form", "POST", "/v2/models/digits/classify", "--x--\r\n", []string{"Content-Type", "multipart/form-data; boundary=x"}, 400},
		{"top 0", "POST", "/v2/models/digits/classify?top=0", "x", nil, 400},
	}
	for _, c := range cases {
		a := ask(t, c.method, url+c.path, []byte(c.body), c.headers...)
		if message := failure(t, a); a.status != c.status {
			t.Errorf("%s: status %d, want %d: %s", c.name, a.status, c.status, message)
		}
		if _, got := floats(t, ask(t, http.MethodPost, url+infer, good, header(length)...)); !slices.Equal(got, want) {
			t.Fatalf("behind %s the answer is another", c.name)
		}
	}
}
