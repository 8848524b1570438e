package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Options say what is asked.
type Options struct {
	URL     string // of the server, such as http://127.0.0.1:8080
	GRPC    string // of its gRPC, if that has another port; "": URL
	NoGRPC  bool   // REST alone
	Model   string // "": the first of the repository's index
	Reload  bool   // unload and load the model, which disturbs its other callers
	Token   string // sent as a bearer token, if not ""
	Timeout time.Duration
	// Shapes are those of the model's inputs, by name, for dimensions that its metadata
	// leaves open; 1 is taken for those that are not named.
	Shapes map[string][]int64
}

// The results of a case.
const (
	Pass          = "pass"
	Fail          = "fail"
	NotOffered    = "not offered"    // the server does not list the extension
	NotApplicable = "not applicable" // the model has not what the case needs
)

// Result is what came of a case.
type Result struct {
	Group   string `json:"group"`
	Name    string `json:"name"`
	Section string `json:"section"` // of the text
	Result  string `json:"result"`
	Found   string `json:"found,omitempty"` // why it did not pass, or does not apply
}

// Report is what came of all of them.
type Report struct {
	Server     string         `json:"server"` // its name and version
	Model      string         `json:"model"`
	Extensions []string       `json:"extensions"`
	Counts     map[string]int `json:"counts"` // by result
	Results    []Result       `json:"results"`
}

// Passed reports whether no case failed.
func (r *Report) Passed() bool { return r.Counts[Fail] == 0 && r.Counts[Pass] > 0 }

// a testCase asks one thing. Its error says what was found, and what is demanded.
type testCase struct {
	group, name, section string
	extension            string // "": the protocol itself
	run                  func(ctx context.Context, s *suite) error
}

// inapplicable is the error of a case that the model has not enough for.
type inapplicable struct{ why string }

func (e *inapplicable) Error() string { return e.why }

// suite is a server under test.
type suite struct {
	Options
	http       *http.Client
	grpc       *grpcClient
	extensions []string
	model      *modelMetadata
	inputs     []input // of a request that the model answers
}

// Run asks all cases, in their order. An error means that there was nothing to ask: no
// server, no model, or one whose inputs cannot be made.
func Run(ctx context.Context, o Options) (*Report, error) {
	if u, err := url.Parse(o.URL); err != nil || u.Scheme == "" || u.Host == "" {
		return nil, fmt.Errorf("%q is no address of a server, such as http://127.0.0.1:8080", o.URL)
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	s := &suite{Options: o, http: newHTTP(o.Timeout)}
	defer s.http.CloseIdleConnections()
	r := &Report{Counts: map[string]int{}}
	if err := s.prepare(ctx, r); err != nil {
		return nil, err
	}
	for _, c := range cases() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		one := s.ask(ctx, c)
		r.Results = append(r.Results, one)
		r.Counts[one.Result]++
	}
	return r, nil
}

// prepare learns what the server and the model are.
func (s *suite) prepare(ctx context.Context, r *Report) error {
	var about serverMetadata
	if err := s.getJSON(ctx, "v2", &about); err != nil {
		return fmt.Errorf("the server's metadata: %w", err)
	}
	r.Server, r.Extensions, s.extensions = about.Name+" "+about.Version, about.Extensions, about.Extensions
	if s.Model == "" {
		var err error
		if s.Model, err = s.firstModel(ctx); err != nil {
			return fmt.Errorf("no model is named, and %w", err)
		}
	}
	r.Model = s.Model
	s.model = new(modelMetadata)
	if err := s.getJSON(ctx, s.path(""), s.model); err != nil {
		return fmt.Errorf("the metadata of model %q: %w", s.Model, err)
	}
	if err := s.makeInputs(); err != nil {
		return fmt.Errorf("model %q: %w", s.Model, err)
	}
	if !s.NoGRPC {
		address := s.GRPC
		if address == "" {
			address = s.URL
		}
		s.grpc = newGRPC(address, s.Token, s.Timeout)
	}
	return nil
}

// firstModel is the first one that the repository has ready.
func (s *suite) firstModel(ctx context.Context) (string, error) {
	var index []struct{ Name, State string }
	if err := s.postJSON(ctx, "v2/repository/index", map[string]any{"ready": true}, &index); err != nil {
		return "", fmt.Errorf("the index of the repository: %w", err)
	}
	for _, m := range index {
		if m.State == "READY" {
			return m.Name, nil
		}
	}
	return "", errors.New("the index of the repository has none that is ready")
}

func (s *suite) ask(ctx context.Context, c testCase) Result {
	r := Result{Group: c.group, Name: c.name, Section: c.section, Result: Pass}
	if c.extension != "" && !slices.Contains(s.extensions, c.extension) {
		r.Result = NotOffered
		return r
	}
	err := c.run(ctx, s)
	if missing := (*inapplicable)(nil); errors.As(err, &missing) {
		r.Result, r.Found = NotApplicable, missing.why
	} else if err != nil {
		r.Result, r.Found = Fail, err.Error()
	}
	return r
}

// cases are all that is asked: what may disturb the server comes last.
func cases() []testCase {
	return slices.Concat(healthCases, metadataCases, inferCases, errorCases, binaryCases, compressionCases, classificationCases,
		statisticsCases, configurationCases, grpcCases, repositoryCases)
}
