package rest

import (
	"net/http"
	"path"

	"github.com/mixconv/mixconv/serve/internal/guard"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/repository"
)

// Options are the choices that a handler is made with.
type Options struct {
	Version  string        // of this program
	Body     int64         // the most bytes of a body, compressed or not
	Pictures int           // the most pictures of one request
	Decoding chan struct{} // has room for as many pictures as may be decoded at once
	Memory   *guard.Memory // of the bodies of all requests
	Ready    func() bool   // whether the server as a whole takes requests
}

// handler answers requests.
type handler struct {
	Options
	models *repository.Repository
	mux    *http.ServeMux
}

// New makes the handler of all paths below /v2.
func New(models *repository.Repository, o Options) http.Handler {
	h := &handler{Options: o, models: models, mux: http.NewServeMux()}
	h.mux.HandleFunc("GET /v2", h.server)
	h.mux.HandleFunc("GET /v2/{$}", h.server)
	h.mux.HandleFunc("GET /v2/health/live", h.live)
	h.mux.HandleFunc("GET /v2/health/ready", h.ready)
	h.mux.HandleFunc("GET /v2/models", h.list)
	h.mux.HandleFunc("GET /v2/models/stats", h.allStats)
	h.mux.HandleFunc("POST /v2/repository/index", h.index)
	h.mux.HandleFunc("POST /v2/repository/models/{model}/load", h.load)
	h.mux.HandleFunc("POST /v2/repository/models/{model}/unload", h.unload)
	for _, path := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		h.mux.HandleFunc("GET "+path, h.with(h.metadata))
		h.mux.HandleFunc("GET "+path+"/ready", h.modelReady)
		h.mux.HandleFunc("GET "+path+"/config", h.with(h.config))
		h.mux.HandleFunc("GET "+path+"/stats", h.with(h.stats))
		h.mux.HandleFunc("POST "+path+"/infer", h.with(h.infer))
		h.mux.HandleFunc("POST "+path+"/classify", h.with(h.classify))
	}
	return h
}

// Clean reports whether a request's path has no empty elements and no dots: one that has is
// no path of ours, and http.ServeMux would send its caller elsewhere.
func Clean(r *http.Request) bool {
	clean := path.Clean("/" + r.URL.Path)
	return r.URL.Path == clean || r.URL.Path == clean+"/"
}

// ServeHTTP answers a request. What no path or method is for is an error in JSON too.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !Clean(r) {
		writeError(w, r, oip.Errorf(oip.NotFound, "no such path"))
		return
	}
	found, pattern := h.mux.Handler(r)
	if pattern != "" {
		h.mux.ServeHTTP(w, r)
		return
	}
	var said plain
	found.ServeHTTP(&said, r)
	e := oip.Errorf(oip.NotFound, "no such path")
	if said.status == http.StatusMethodNotAllowed {
		e.Msg = "the path does not take " + r.Method + ", allowed is " + said.Header().Get("Allow")
		w.Header().Set("Allow", said.Header().Get("Allow"))
	}
	if said.status != 0 {
		e.Status = said.status
	}
	writeError(w, r, e)
}

// plain notes what http.ServeMux says, which would answer in plain text.
type plain struct {
	status int
	header http.Header
}

func (p *plain) Header() http.Header {
	if p.header == nil {
		p.header = http.Header{}
	}
	return p.header
}
func (p *plain) WriteHeader(status int)         { p.status = status }
func (p *plain) Write(data []byte) (int, error) { return len(data), nil }

// with finds the model that a path names.
func (h *handler) with(answer func(w http.ResponseWriter, r *http.Request, m *repository.Use)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m, err := h.models.Get(r.PathValue("model"), r.PathValue("version"))
		if err != nil {
			h.refuse(w, r, err)
			return
		}
		defer m.Release()
		answer(w, r, m)
	}
}

// refuse answers with an error. What is left of the body is read, so that a caller that
// is still sending it comes to read the answer.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	discard(r, h.Body)
	writeError(w, r, err)
}
