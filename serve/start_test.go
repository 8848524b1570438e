package serve

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/serve/internal/servetest"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/testdata/digits"
)

var digitNames = strings.Fields("zero one two three four five six seven eight nine")

// digitsFile writes the digits model to a file of this name.
func digitsFile(t testing.TB, path string, o convert.Options) string {
	t.Helper()
	o.ImageSize, o.Labels = 64, digitNames
	o.Metadata = map[string]string{
		metadata.PreprocessCrop: "1", metadata.PreprocessInterpolation: "bicubic", metadata.PreprocessMean: "127.5,127.5,127.5", metadata.PreprocessStd: "127.5,127.5,127.5",
	}
	m, err := tf.Convert(filepath.Join("..", "testdata", "digits"), o)
	if err != nil {
		t.Fatal(err)
	}
	data, err := m.Model.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// options are the usual ones of tests.
func options(models ...string) Options {
	o := Defaults()
	o.Models, o.Listen = models, "127.0.0.1:0"
	return o
}

// start serves models until t ends, and returns the address.
func start(t testing.TB, o Options) string {
	t.Helper()
	return startServer(t, o).URL()
}

func startServer(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	servetest.Run(t, s)
	return s
}

// startDigits serves the digits model.
func startDigits(t testing.TB) (url string, s *runtime.Session) {
	t.Helper()
	path := digitsFile(t, filepath.Join(t.TempDir(), "digits.onnx"), convert.Options{})
	s, err := runtime.Load(path, runtime.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return start(t, options(path)), s
}

// heldOut is the first n held-out digits.
func heldOut(t testing.TB, n int) *tensor.Tensor {
	t.Helper()
	set, err := digits.HeldOut()
	if err != nil {
		t.Fatal(err)
	}
	return set.Input.Rows(0, n)
}

// logits are what the session says of pictures.
func logits(t testing.TB, s *runtime.Session, input *tensor.Tensor) []float32 {
	t.Helper()
	out, err := s.Run(t.Context(), runtime.Tensors{"input": input})
	if err != nil {
		t.Fatal(err)
	}
	return tensor.Data[float32](out["logits"])
}

// answered is an answer over HTTP.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request. headers are names and values in turn.
func ask(t testing.TB, method, url string, body []byte, headers ...string) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	a, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	data, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{a.StatusCode, a.Header, data}
}

// decode reads an answer's JSON.
func decode[T any](t testing.TB, a answered) (v T) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

// failure is the message of an answer that is an error, which has one line.
func failure(t testing.TB, a answered) string {
	t.Helper()
	var e struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(a.body, &e); err != nil || a.status < 400 || e.Error == "" || strings.Contains(e.Error, "\n") {
		t.Fatalf("status %d, %q: not an error of one line", a.status, a.body)
	}
	if kind := a.header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("an error as %s", kind)
	}
	return e.Error
}

// threePNG is a handwritten three.
func threePNG(t testing.TB, size int) []byte {
	t.Helper()
	three := []string{"006egg20", "05gdbg00", "0072fc00", "0007gd10", "00006fa0", "00000f90", "003b8g60", "007gg800"}
	m := image.NewGray(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			ink := strings.IndexByte("0123456789abcdefg", three[y*8/size][x*8/size])
			m.SetGray(x, y, color.Gray{Y: uint8(min(ink*16, 255))})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
