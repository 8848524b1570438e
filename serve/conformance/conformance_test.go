package conformance_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/serve"
	"github.com/mixconv/mixconv/serve/conformance"
	"github.com/mixconv/mixconv/serve/internal/servetest"
)

// start serves the digits model and returns its address.
func start(t *testing.T) string {
	t.Helper()
	m, err := tf.Convert(filepath.Join("..", "..", "testdata", "digits"), convert.Options{ImageSize: 64, Labels: strings.Fields("zero one two three four five six seven eight nine")})
	if err != nil {
		t.Fatal(err)
	}
	data, err := m.Model.Encode()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "digits.onnx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	o := serve.Defaults()
	o.Models, o.Listen, o.Version = []string{path}, "127.0.0.1:0", "v1"
	s, err := serve.New(o)
	if err != nil {
		t.Fatal(err)
	}
	servetest.Run(t, s)
	return "http://" + s.Addr().String()
}

// TestOurs: our server does all that is demanded.
func TestOurs(t *testing.T) {
	r, err := conformance.Run(t.Context(), conformance.Options{URL: start(t), Reload: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Results {
		if c.Result == conformance.Fail {
			t.Errorf("%s: %s: %s", c.Group, c.Name, c.Found)
		}
	}
	t.Log(r.Counts, len(r.Results))
	if len(r.Results) < 120 || r.Counts[conformance.NotOffered] > 0 {
		t.Errorf("%d cases, %v", len(r.Results), r.Counts)
	}
}

// spoiled is a proxy to a server, of REST alone, that changes answers.
func spoiled(t *testing.T, server string, spoil func(r *http.Response, body []byte) []byte) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.ModifyResponse = func(r *http.Response) error {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		body = spoil(r, body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Del("Content-Length")
		return nil
	}
	s := httptest.NewServer(proxy)
	t.Cleanup(s.Close)
	return s.URL
}

// TestSpoiled: what a server does wrong is found, by the cases that ask for it.
func TestSpoiled(t *testing.T) {
	server := start(t)
	text := func(old, with string) func(*http.Response, []byte) []byte {
		return func(r *http.Response, body []byte) []byte { return bytes.ReplaceAll(body, []byte(old), []byte(with)) }
	}
	for _, test := range []struct {
		what  string
		spoil func(r *http.Response, body []byte) []byte
		least int    // cases that fail
		one   string // of them
	}{
		{"nothing", func(_ *http.Response, body []byte) []byte { return body }, 0, ""},
		{"errors are successes", func(r *http.Response, body []byte) []byte { r.StatusCode = 200; return body }, 60, "a body that is no JSON"},
		{"errors have no message", text(`"error"`, `"problem"`), 50, "no inputs"},
		{"errors are the server's", func(r *http.Response, body []byte) []byte {
			if r.StatusCode >= 400 {
				r.StatusCode = 500
			}
			return body
		}, 60, "a negative dimension"},
		{"ids are lost", text(`"id"`, `"xd"`), 3, "the id comes back"},
		{"shapes are wrong", text(`"shape":[1,10]`, `"shape":[1,11]`), 3, "outputs have as many elements as their shape says"},
		{"types are wrong", text(`"datatype":"FP32"`, `"datatype":"FP64"`), 10, "a request with name, shape, type and data is answered"},
		{"bytes are cut", func(r *http.Response, body []byte) []byte {
			if r.Header.Get("Inference-Header-Content-Length") != "" {
				return body[:len(body)-4]
			}
			return body
		}, 4, "binary_data gives an output as bytes"},
		{"answers are no JSON by their type", func(r *http.Response, body []byte) []byte {
			r.Header.Set("Content-Type", "text/plain")
			return body
		}, 4, "the answer is JSON"},
		{"statistics stand still", text(`"count":`, `"count":1, "was":`), 1, "an inference is counted once"},
		{"the order of classes is lost", swapClasses, 1, "the largest values come, largest first"},
	} {
		r, err := conformance.Run(t.Context(), conformance.Options{URL: spoiled(t, server, test.spoil), NoGRPC: true, Model: "digits"})
		if err != nil {
			t.Fatalf("%s: %v", test.what, err)
		}
		found := test.one == ""
		for _, c := range r.Results {
			if c.Result == conformance.Fail {
				found = found || c.Name == test.one
			}
		}
		if r.Counts[conformance.Fail] < test.least || test.least == 0 && r.Counts[conformance.Fail] > 0 || !found {
			t.Errorf("%s: %d cases fail, %q among them: %v", test.what, r.Counts[conformance.Fail], test.one, found)
		}
	}
}

// swapClasses exchanges the first two classes of an answer.
func swapClasses(_ *http.Response, body []byte) []byte {
	before, list, ok := bytes.Cut(body, []byte(`"data":["`))
	if !ok {
		return body
	}
	first, rest, ok := bytes.Cut(list, []byte(`","`))
	if !ok {
		return body
	}
	second, rest, _ := bytes.Cut(rest, []byte(`"]`))
	return slices.Concat(before, []byte(`"data":["`), second, []byte(`","`), first, []byte(`"]`), rest)
}

// TestNobody: an address where nobody answers, or that is none, is an error.
func TestNobody(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	closed.Close()
	for _, address := range []string{"", "127.0.0.1", "http://", closed.URL, other.URL} {
		if r, err := conformance.Run(t.Context(), conformance.Options{URL: address}); err == nil {
			t.Errorf("%q: %v", address, r.Counts)
		}
	}
}
