package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/internal/playground"
	"github.com/mixconv/mixconv/preprocess"
)

// one is the digits model, with ImageNet's preprocessing.
type one struct{ model *playground.Model }

func (o one) Playground() []playground.Info { return []playground.Info{o.model.Info("digits")} }

func (o one) OpenPlayground(_ context.Context, name string) (*playground.Model, error) {
	if name != "digits" {
		return nil, errors.New("no model " + name)
	}
	return o.model, nil
}

func digits(t *testing.T) one {
	t.Helper()
	m, err := tf.Convert("../../../testdata/digits", convert.Options{ImageSize: 64})
	if err != nil {
		t.Fatal(err)
	}
	config := preprocess.ImageNet(preprocess.Torch, 64)
	p, err := playground.Open(m.Model, mixconv.ClassifierOptions{Preprocess: &config})
	if err != nil {
		t.Fatal(err)
	}
	return one{p}
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 20, 10))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHandler(t *testing.T) {
	h := Handler(digits(t), Limits{Body: 10_000})
	for _, test := range []struct {
		method, path string
		body         []byte
		status       int
		kind, has    string
	}{
		{"GET", "/", nil, 200, "text/html; charset=utf-8", "<title>mixconv: try a picture</title>"},
		{"GET", "/playground.js", nil, 200, "text/javascript; charset=utf-8", "backend.run"},
		{"GET", "/backend.js", nil, 200, "text/javascript; charset=utf-8", "playground/run"},
		{"GET", "/playground.css", nil, 200, "text/css; charset=utf-8", "#drop"},
		{"GET", "/style.css", nil, 200, "text/css; charset=utf-8", "--paper"},
		{"GET", "/playground/models", nil, 200, "application/json", `"name":"digits","size":64,"classes":[]`},
		{"GET", "/else", nil, 404, "text/plain; charset=utf-8", ""},
		{"GET", "/assets/index.html", nil, 404, "text/plain; charset=utf-8", ""},
		{"POST", "/playground/run?model=digits", picture(t), 200, "application/json", `"top":[{`},
		{"POST", "/playground/run?model=other", picture(t), 404, "application/json", `{"error":"no model other"}`},
		{"POST", "/playground/run", picture(t), 404, "application/json", `"error"`},
		{"POST", "/playground/run?model=digits", []byte("text"), 422, "application/json", `"error"`},
		{"POST", "/playground/run?model=digits", nil, 422, "application/json", `"error"`},
		{"POST", "/playground/run?model=digits", make([]byte, 10_001), 413, "application/json", `"error"`},
		{"GET", "/playground/run?model=digits", nil, 405, "text/plain; charset=utf-8", ""},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(test.method, test.path, bytes.NewReader(test.body)))
		if w.Code != test.status || w.Header().Get("Content-Type") != test.kind || !strings.Contains(w.Body.String(), test.has) {
			t.Errorf("%s %s: %d %s %.200s", test.method, test.path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if test.kind == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: %.200s", test.method, test.path, w.Body)
		}
	}
}

// TestPolicy: what the page may load is its own.
func TestPolicy(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(one{}, Limits{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if got := w.Header().Get("Content-Security-Policy"); got != policy {
		t.Errorf("policy %q", got)
	}
	for _, outside := range []string{"http:", "https:", "//", "<style", "onclick"} {
		if strings.Contains(w.Body.String(), outside) {
			t.Errorf("the page has %s", outside)
		}
	}
}
