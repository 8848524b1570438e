package rest

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/repository"
)

func (h *handler) infer(w http.ResponseWriter, r *http.Request, m *repository.Use) {
	if e := m.Refuses(); e != nil {
		h.refuse(w, r, e)
		return
	}
	b, err := newBody(r, h.Body, h.Memory)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	defer b.close()
	q, err := readRequest(m.Model, r.Header, b)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	bodyIsRead(w)
	answer, err := m.Infer(r.Context(), q)
	if err == nil {
		err = writeResponse(w, r, answer)
	}
	if err != nil {
		writeError(w, r, err)
	}
}

// bodyIsRead lifts the time that the body had to come in: it would end the wait for the
// answer too.
func bodyIsRead(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // not all can
}

// discard reads what is left of a body, of one that is too large a few times as much as
// limits allow: nothing is kept of it.
func discard(r *http.Request, most int64) {
	_, _ = io.CopyN(io.Discard, r.Body, 4*most)
}

// mostJSON bounds the body of what is no inference.
const mostJSON = 64 << 10

// readJSON reads a body that may be empty.
func (h *handler) readJSON(r *http.Request, v any) error {
	b, err := newBody(r, min(h.Body, mostJSON), h.Memory)
	if err != nil {
		return err
	}
	defer b.close()
	text, err := b.all()
	if err != nil || len(text) == 0 {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return oip.Invalidf("the body is not the JSON that the path takes: %v", err)
	}
	return nil
}
