package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 20

func newHTTP(timeout time.Duration) *http.Client {
	// What an answer is encoded in is for the cases to see. A connection is used once: a
	// server may close it after an error, and the next case must not suffer from that.
	return &http.Client{Timeout: timeout, Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
}

// serverMetadata is what GET v2 has.
type serverMetadata struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Extensions []string `json:"extensions"`
}

// tensorMetadata is an input or output of a model.
type tensorMetadata struct {
	Name     string  `json:"name"`
	Datatype string  `json:"datatype"`
	Shape    []int64 `json:"shape"`
}

// modelMetadata is what GET v2/models/NAME has.
type modelMetadata struct {
	Name     string           `json:"name"`
	Versions []string         `json:"versions"`
	Platform string           `json:"platform"`
	Inputs   []tensorMetadata `json:"inputs"`
	Outputs  []tensorMetadata `json:"outputs"`
}

// answer is what the server sent.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// path is a path below the model's.
func (s *suite) path(rest string) string { return "v2/models/" + url.PathEscape(s.Model) + rest }

// send makes a request. headers are pairs of a name and a value; the error is one of the
// connection.
func (s *suite) send(ctx context.Context, method, path string, body io.Reader, headers ...string) (*answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.URL, "/")+"/"+path, body)
	if err != nil {
		return nil, err
	}
	if s.Token != "" {
		r.Header.Set("Authorization", "Bearer "+s.Token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return &answer{response.StatusCode, response.Header, data}, err
}

func (s *suite) get(ctx context.Context, path string) (*answer, error) {
	return s.send(ctx, http.MethodGet, path, nil)
}

func (s *suite) post(ctx context.Context, path string, body []byte, headers ...string) (*answer, error) {
	return s.send(ctx, http.MethodPost, path, bytes.NewReader(body), headers...)
}

// decode reads JSON of an answer that must be a success.
func (a *answer) decode(into any) error {
	if a.status != http.StatusOK {
		return fmt.Errorf("status %d%s, demanded 200", a.status, a.said())
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return fmt.Errorf("no JSON of the form demanded: %w, in %.100q", err, a.body)
	}
	return nil
}

// said is the message of an error, in brackets.
func (a *answer) said() string {
	var e struct{ Error string }
	if json.Unmarshal(a.body, &e) != nil || e.Error == "" {
		return ""
	}
	return fmt.Sprintf(" (%.100s)", e.Error)
}

func (s *suite) getJSON(ctx context.Context, path string, into any) error {
	a, err := s.get(ctx, path)
	if err != nil {
		return err
	}
	return a.decode(into)
}

func (s *suite) postJSON(ctx context.Context, path string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	a, err := s.post(ctx, path, data, "Content-Type", "application/json")
	if err != nil {
		return err
	}
	return a.decode(into)
}

// refused demands that an answer is an error of the caller, in the form that the text
// has: a status from 400 to 499, and an object with a message.
func (a *answer) refused() error {
	if a.status < 400 || a.status > 499 {
		return fmt.Errorf("status %d%s, demanded 400 to 499", a.status, a.said())
	}
	var e map[string]any
	if err := json.Unmarshal(a.body, &e); err != nil {
		return fmt.Errorf("status %d with %.100q, demanded an object with error", a.status, a.body)
	}
	if text, ok := e["error"].(string); !ok || text == "" {
		return fmt.Errorf("status %d with %.100q, demanded an object whose error is a message", a.status, a.body)
	}
	return nil
}

// isJSON demands JSON's media type.
func (a *answer) isJSON() error {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return fmt.Errorf("Content-Type %q, demanded application/json", a.header.Get("Content-Type"))
	}
	return nil
}
