// Package web serves the playground: its page, and what the page asks for.
package web

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"

	"github.com/mixconv/mixconv/internal/page"
	"github.com/mixconv/mixconv/internal/playground"
	"github.com/mixconv/mixconv/limit"
)

//go:embed assets
var files embed.FS

// Assets are the page's files. index.html also wants style.css, which is Style, and
// backend.js, which for WebAssembly is another.
func Assets() fs.FS {
	sub, err := fs.Sub(files, "assets")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}

// Models are what a page may try.
type Models interface {
	// Playground lists the models that take pictures.
	Playground() []playground.Info
	// OpenPlayground returns one of them. Its errors are for the page's reader.
	OpenPlayground(ctx context.Context, name string) (*playground.Model, error)
}

// Limits bound what a request may send.
type Limits struct {
	Body   int64 // bytes of an encoded picture
	Limits limit.Limits
}

// policy keeps the page to its own files: no other server's, no inline code.
const policy = "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'"

// classes is how many of a picture's classes are shown.
const classes = 5

// Paths are those that Handler answers.
var Paths = []string{"/{$}", "/playground.js", "/playground.css", "/backend.js", "/style.css", "/playground/"}

// Handler serves the page at /, and the models below /playground/. It runs one picture at
// a time: others wait for it.
func Handler(models Models, l Limits) http.Handler {
	mux := http.NewServeMux()
	static := http.FileServerFS(Assets())
	for _, path := range []string{"GET /{$}", "GET /playground.js", "GET /playground.css", "GET /backend.js"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Cache-Control", "no-cache")
			static.ServeHTTP(w, r)
		})
	}
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = io.WriteString(w, page.Style()) // an error here means that the client left
	})
	mux.HandleFunc("GET /playground/models", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, append([]playground.Info{}, models.Playground()...))
	})
	mux.Handle("POST /playground/run", &runner{models: models, limits: l, turn: make(chan struct{}, 1)})
	return mux
}

// runner classifies a picture, the body, with the model that the query names.
type runner struct {
	models Models
	limits Limits
	turn   chan struct{} // holds whoever runs
}

func (p *runner) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	picture, err := io.ReadAll(http.MaxBytesReader(w, r.Body, p.limits.Body))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		fail(w, http.StatusRequestEntityTooLarge, err)
		return
	}
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-r.Context().Done():
		return
	}
	m, err := p.models.OpenPlayground(r.Context(), r.URL.Query().Get("model"))
	if err != nil {
		fail(w, http.StatusNotFound, err)
		return
	}
	result, err := m.Run(r.Context(), picture, classes, p.limits.Limits)
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, err)
		return
	}
	answer(w, http.StatusOK, result)
}

func fail(w http.ResponseWriter, status int, err error) {
	answer(w, status, map[string]string{"error": err.Error()})
}

func answer(w http.ResponseWriter, status int, value any) {
	data, err := json.Marshal(value)
	if err != nil { // a probability that is no number
		status, data = http.StatusUnprocessableEntity, []byte(`{"error":"the model's result is no number"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(data) // an error here means that the client left
}
