package rest

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/repository"
)

// picture is one that is to be classified.
type picture struct {
	file string
	data []byte
}

// classified is what is said of it.
type classified struct {
	File  string             `json:"file,omitempty"`
	Top   []preprocess.Class `json:"top"`
	Error string             `json:"error,omitempty"`
}

// usualTop is how many classes a picture has unless the caller says top=K.
const usualTop = 5

// classify answers for a picture, or for several as multipart/form-data.
func (h *handler) classify(w http.ResponseWriter, r *http.Request, m *repository.Use) {
	if e := m.Refuses(); e != nil {
		h.refuse(w, r, e)
		return
	}
	top := usualTop
	if said := r.URL.Query().Get("top"); said != "" {
		var err error
		if top, err = strconv.Atoi(said); err != nil || top < 1 || top > 1000 {
			h.refuse(w, r, oip.Invalidf("top=%s: allowed are 1 to 1000", errs.Quote(said)))
			return
		}
	}
	b, err := newBody(r, h.Body, h.Memory)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	defer b.close()
	pictures, several, err := h.readPictures(r, b)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	bodyIsRead(w)
	results := make([]classified, len(pictures))
	failures := make([]error, len(pictures))
	var each sync.WaitGroup
	for i, p := range pictures {
		each.Go(func() {
			results[i].File = p.file
			results[i].Top, failures[i] = m.Classify(r.Context(), h.Decoding, p.data, top)
		})
	}
	each.Wait()
	for i, err := range failures {
		if err == nil {
			continue
		}
		if e := oip.AsError(err); !several || e.Code != oip.Invalid {
			writeError(w, r, e) // of the whole request
			return
		}
		results[i].Error, results[i].Top = oip.AsError(err).Msg, []preprocess.Class{}
	}
	writeJSON(w, r, struct {
		Model   string       `json:"model_name"`
		Version string       `json:"model_version"`
		Results []classified `json:"results"`
	}{m.Name, m.Version, results})
}

// readPictures reads the body: one picture, or several.
func (h *handler) readPictures(r *http.Request, b *body) (list []picture, several bool, err error) {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		data, err := b.all()
		if err == nil && len(data) == 0 {
			err = oip.Invalidf("body: empty, allowed is a picture, or several as multipart/form-data")
		}
		return []picture{{data: data}}, false, err
	}
	if parameters["boundary"] == "" {
		return nil, true, oip.Invalidf("Content-Type %s has no boundary", kind)
	}
	parts := multipart.NewReader(b, parameters["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) && len(list) > 0 {
			return list, true, nil
		}
		if errors.Is(err, io.EOF) {
			return nil, true, oip.Invalidf("body: no part with a picture")
		}
		if err != nil {
			return nil, true, b.explain(err)
		}
		if len(list) == h.Pictures {
			return nil, true, oip.TooLarge("body: more than %d pictures", h.Pictures)
		}
		data, err := readPart(b, part)
		if err != nil {
			return nil, true, err
		}
		name := part.FileName()
		if name == "" {
			name = part.FormName()
		}
		list = append(list, picture{name, data})
	}
}

// readPart reads one part of a body.
func readPart(b *body, part io.Reader) ([]byte, error) {
	whole := &body{from: part, length: -1, left: b.most, most: b.most, memory: b.memory}
	data, err := whole.all()
	b.held += whole.held
	return data, err
}
