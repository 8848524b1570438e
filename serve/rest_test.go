package serve

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// inferJSON is an answer to an inference.
type inferJSON struct {
	ID      string `json:"id"`
	Model   string `json:"model_name"`
	Version string `json:"model_version"`
	Outputs []struct {
		Name       string          `json:"name"`
		Datatype   string          `json:"datatype"`
		Shape      []int           `json:"shape"`
		Data       json.RawMessage `json:"data"`
		Parameters struct {
			BinarySize int `json:"binary_data_size"`
		} `json:"parameters"`
	} `json:"outputs"`
}

// floats reads the only output of an answer, as JSON or as binary data.
func floats(t testing.TB, a answered) (inferJSON, []float32) {
	t.Helper()
	text, data := a.body, []byte(nil)
	if n := a.header.Get("Inference-Header-Content-Length"); n != "" {
		length, err := strconv.Atoi(n)
		if err != nil || length > len(text) {
			t.Fatalf("header length %q of %d bytes", n, len(text))
		}
		text, data = text[:length], text[length:]
	}
	r := decode[inferJSON](t, answered{a.status, a.header, text})
	if len(r.Outputs) != 1 {
		t.Fatalf("%d outputs", len(r.Outputs))
	}
	var list []float32
	if data == nil {
		if err := json.Unmarshal(r.Outputs[0].Data, &list); err != nil {
			t.Fatal(err)
		}
		return r, list
	}
	if len(data) != r.Outputs[0].Parameters.BinarySize {
		t.Fatalf("%d bytes, %d said", len(data), r.Outputs[0].Parameters.BinarySize)
	}
	for ; len(data) > 0; data = data[4:] {
		list = append(list, math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
	return r, list
}

// raw is a tensor's binary data.
func raw(x *tensor.Tensor) []byte {
	var b []byte
	for _, v := range tensor.Data[float32](x) {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// binaryRequest is an inference's body with binary data, and the length of its JSON.
func binaryRequest(x *tensor.Tensor, outputs string) (body []byte, header string) {
	data := raw(x)
	text := fmt.Sprintf(`{"id":"7","inputs":[{"name":"input","datatype":"FP32","shape":%s,"parameters":{"binary_data_size":%d}}]%s}`,
		strings.ReplaceAll(fmt.Sprint([]int(x.Shape)), " ", ","), len(data), outputs)
	return append([]byte(text), data...), strconv.Itoa(len(text))
}

func squeezed(t testing.TB, encoding string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if encoding == "deflate" {
		w = zlib.NewWriter(&b)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestInfer: whatever form a request has, and its answer, the numbers are those of the
// session to the bit.
func TestInfer(t *testing.T) {
	url, session := startDigits(t)
	url += "/v2/models/digits"
	x := heldOut(t, 3)
	want := logits(t, session, x)
	inputs, err := json.Marshal([]any{map[string]any{"name": "input", "datatype": "FP32", "shape": x.Shape, "data": tensor.Data[float32](x)}})
	if err != nil {
		t.Fatal(err)
	}
	flat := []byte(`{"id":"7","inputs":` + string(inputs) + `}`)
	const all, binaryOut = "", `,"outputs":[{"name":"logits","parameters":{"binary_data":true}}]`
	body, length := binaryRequest(x, binaryOut)
	mixed, mixedLength := binaryRequest(x, all)
	whole, wholeLength := binaryRequest(x, `,"parameters":{"binary_data_output":true}`)
	cases := map[string]struct {
		body    []byte
		headers []string
		path    string
	}{
		"JSON":                      {flat, nil, "/infer"},
		"JSON to a version":         {flat, nil, "/versions/1/infer"},
		"binary data":               {body, []string{"Inference-Header-Content-Length", length}, "/infer"},
		"binary data, answer JSON":  {mixed, []string{"Inference-Header-Content-Length", mixedLength}, "/infer"},
		"binary data for all":       {whole, []string{"Inference-Header-Content-Length", wholeLength}, "/infer"},
		"gzip":                      {squeezed(t, "gzip", body), []string{"Content-Encoding", "gzip", "Inference-Header-Content-Length", length}, "/infer"},
		"deflate":                   {squeezed(t, "deflate", flat), []string{"Content-Encoding", "deflate"}, "/infer"},
		"a length that is all JSON": {flat, []string{"Inference-Header-Content-Length", strconv.Itoa(len(flat))}, "/infer"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r, got := floats(t, ask(t, "POST", url+c.path, c.body, c.headers...))
			if !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			if o := r.Outputs[0]; r.ID != "7" || r.Model != "digits" || r.Version != "1" || o.Name != "logits" || o.Datatype != "FP32" || !slices.Equal(o.Shape, []int{3, 10}) {
				t.Errorf("answer %+v", r)
			}
		})
	}
	t.Run("nothing but binary data", func(t *testing.T) {
		one := x.Rows(0, 1)
		_, got := floats(t, ask(t, "POST", url+"/infer", raw(one), "Inference-Header-Content-Length", "0"))
		if !slices.Equal(got, want[:10]) {
			t.Errorf("%v, want %v", got, want[:10])
		}
	})
}

// TestCompressedAnswer: an answer is compressed if the caller says that it takes that.
func TestCompressedAnswer(t *testing.T) {
	url, session := startDigits(t)
	x := heldOut(t, 40)
	want := logits(t, session, x)
	body, length := binaryRequest(x, "")
	for _, encoding := range []string{"gzip", "deflate"} {
		a := ask(t, "POST", url+"/v2/models/digits/infer", body, "Inference-Header-Content-Length", length, "Accept-Encoding", encoding)
		if got := a.header.Get("Content-Encoding"); got != encoding {
			t.Fatalf("encoding %q, want %q", got, encoding)
		}
		var r io.ReadCloser
		var err error
		if r, err = gzip.NewReader(bytes.NewReader(a.body)); encoding == "deflate" {
			r, err = zlib.NewReader(bytes.NewReader(a.body))
		}
		if err != nil {
			t.Fatal(err)
		}
		if a.body, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		if _, got := floats(t, a); !slices.Equal(got, want) {
			t.Errorf("%s: other numbers", encoding)
		}
	}
}

// TestClassification: the extension's parameter gives values, indices and labels.
func TestClassification(t *testing.T) {
	url, session := startDigits(t)
	x := heldOut(t, 2)
	body, length := binaryRequest(x, `,"outputs":[{"name":"logits","parameters":{"classification":3}}]`)
	r := decode[inferJSON](t, ask(t, "POST", url+"/v2/models/digits/infer", body, "Inference-Header-Content-Length", length))
	var got, want []string
	if err := json.Unmarshal(r.Outputs[0].Data, &got); err != nil {
		t.Fatal(err)
	}
	for row := range slices.Chunk(logits(t, session, x), 10) {
		order := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
		slices.SortStableFunc(order, func(a, b int) int { return int(math.Copysign(1, float64(row[b]-row[a]))) })
		for _, i := range order[:3] {
			want = append(want, fmt.Sprintf("%f:%d:%s", row[i], i, digitNames[i]))
		}
	}
	if o := r.Outputs[0]; o.Datatype != "BYTES" || !slices.Equal(o.Shape, []int{2, 3}) || !slices.Equal(got, want) {
		t.Errorf("%s %v %q, want %q", o.Datatype, o.Shape, got, want)
	}
}

type classes struct {
	Model   string `json:"model_name"`
	Results []struct {
		File string
		Top  []struct {
			Class       int
			Label       string
			Probability float64
		}
		Error string
	}
}

// TestClassify: a picture in, classes out; of several, a broken one fails alone.
func TestClassify(t *testing.T) {
	url, _ := startDigits(t)
	url += "/v2/models/digits/classify"
	three := threePNG(t, 100)
	one := decode[classes](t, ask(t, "POST", url+"?top=2", three, "Content-Type", "image/png"))
	if len(one.Results) != 1 || len(one.Results[0].Top) != 2 || one.Results[0].Top[0].Label != "three" {
		t.Errorf("answer %+v", one)
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, name := range []string{"a.png", "broken.png", "c.png"} {
		part, err := form.CreateFormFile("picture", name)
		if err != nil {
			t.Fatal(err)
		}
		data := three
		if name == "broken.png" {
			data = three[:len(three)/2]
		}
		part.Write(data)
	}
	form.Close()
	several := decode[classes](t, ask(t, "POST", url, b.Bytes(), "Content-Type", form.FormDataContentType()))
	if len(several.Results) != 3 || several.Results[1].Error == "" || len(several.Results[1].Top) != 0 {
		t.Fatalf("answer %+v", several)
	}
	for _, i := range []int{0, 2} {
		if r := several.Results[i]; r.Error != "" || r.File == "" || !reflect.DeepEqual(r.Top[:2], one.Results[0].Top) {
			t.Errorf("picture %d: %+v, alone %+v", i, r, one.Results[0])
		}
	}
	for name, body := range map[string][]byte{"nothing": nil, "half a picture": three[:200], "text": []byte("no picture")} {
		a := ask(t, "POST", url, body)
		if failure(t, a); a.status != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, a.status)
		}
	}
}

// TestModels: what the paths say that run nothing.
func TestModels(t *testing.T) {
	url, _ := startDigits(t)
	for path, want := range map[string]string{
		"/v2/health/live":                    `{"live":true}`,
		"/v2/health/ready":                   `{"live":true,"ready":true}`,
		"/v2/models":                         `{"models":["digits"]}`,
		"/v2/models/digits/ready":            `{"name":"digits","ready":true}`,
		"/v2/models/digits/versions/1/ready": `{"name":"digits","ready":true}`,
		"/v2/models/digits":                  `{"name":"digits","versions":["1"],"platform":"onnx_onnxv1","inputs":[{"name":"input","datatype":"FP32","shape":[-1,3,64,64]}],"outputs":[{"name":"logits","datatype":"FP32","shape":[-1,10]}]}`,
	} {
		a := ask(t, "GET", url+path, nil)
		if got := strings.TrimSpace(string(a.body)); a.status != http.StatusOK || got != want {
			t.Errorf("%s: status %d, %s\nwant %s", path, a.status, got, want)
		}
	}
	config := decode[struct {
		MaxBatch int `json:"max_batch_size"`
		Input    []struct{ Dims []int }
		Dynamic  struct {
			Preferred []int `json:"preferred_batch_size"`
		} `json:"dynamic_batching"`
	}](t, ask(t, "GET", url+"/v2/models/digits/config", nil))
	if config.MaxBatch != 16 || !slices.Equal(config.Input[0].Dims, []int{3, 64, 64}) || config.Dynamic.Preferred[0] != 1 {
		t.Errorf("config %+v", config)
	}
}

// TestStatistics: what was asked is counted.
func TestStatistics(t *testing.T) {
	url, _ := startDigits(t)
	body, length := binaryRequest(heldOut(t, 3), "")
	for range 2 {
		floats(t, ask(t, "POST", url+"/v2/models/digits/infer", body, "Inference-Header-Content-Length", length))
	}
	failure(t, ask(t, "POST", url+"/v2/models/digits/infer", []byte(`{"inputs":[]}`)))
	type count struct{ Count, NS uint64 }
	for _, path := range []string{"/v2/models/stats", "/v2/models/digits/stats", "/v2/models/digits/versions/1/stats"} {
		s := decode[struct {
			Models []struct {
				Name       string
				Version    string
				Last       int64            `json:"last_inference"`
				Inferences int              `json:"inference_count"`
				Executions int              `json:"execution_count"`
				Stats      map[string]count `json:"inference_stats"`
				Batches    []struct {
					Size  int   `json:"batch_size"`
					Infer count `json:"compute_infer"`
				} `json:"batch_stats"`
			} `json:"model_stats"`
		}](t, ask(t, "GET", url+path, nil))
		m := s.Models[0]
		if m.Name != "digits" || m.Version != "1" || m.Last == 0 || m.Inferences != 6 || m.Executions != 2 || m.Stats["success"].Count != 2 || m.Stats["fail"].Count != 1 ||
			m.Stats["queue"].Count != 2 || m.Stats["compute_infer"].NS == 0 || len(m.Stats) != 8 || len(m.Batches) != 1 || m.Batches[0].Size != 3 || m.Batches[0].Infer.Count != 2 {
			t.Errorf("%s: %+v", path, m)
		}
	}
}

// TestRepository: models can be unloaded and loaded again.
func TestRepository(t *testing.T) {
	url, _ := startDigits(t)
	index := func(body string) string {
		return strings.TrimSpace(string(ask(t, "POST", url+"/v2/repository/index", []byte(body)).body))
	}
	const ready = `[{"name":"digits","version":"1","state":"READY","reason":""}]`
	if got := index(""); got != ready {
		t.Errorf("index %s", got)
	}
	if a := ask(t, "POST", url+"/v2/repository/models/digits/unload", nil); a.status != http.StatusOK {
		t.Fatalf("unload: %s", a.body)
	}
	if got := index(`{"ready":true}`); got != "[]" {
		t.Errorf("index of those ready: %s", got)
	}
	if got := index(`{}`); got != `[{"name":"digits","version":"1","state":"UNAVAILABLE","reason":"unloaded"}]` {
		t.Errorf("index %s", got)
	}
	if a := ask(t, "GET", url+"/v2/models/digits/ready", nil); a.status != http.StatusNotFound {
		t.Errorf("status %d of an unloaded model", a.status)
	}
	if a := ask(t, "POST", url+"/v2/repository/models/digits/load", []byte(`{"parameters":{}}`)); a.status != http.StatusOK {
		t.Fatalf("load: %s", a.body)
	}
	if got := index(""); got != ready {
		t.Errorf("index %s", got)
	}
	for path, body := range map[string]string{
		"other/load": "", "other/unload": "", "digits/load": `{"parameters":{"config":"{}"}}`, "digits/unload": "{",
	} {
		failure(t, ask(t, "POST", url+"/v2/repository/models/"+path, []byte(body)))
	}
}
