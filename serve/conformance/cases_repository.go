package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

const (
	repository          = "model repository"
	repositoryExtension = "model_repository"
	repositorySection   = "Model Repository Extension"
)

var repositoryCases = []testCase{
	{repository, "the index lists the model as ready", repositorySection + ", Index", repositoryExtension, func(ctx context.Context, s *suite) error {
		list, err := s.index(ctx, map[string]any{})
		if err != nil {
			return err
		}
		return equal("the index", len(list), slices.ContainsFunc(list, func(m indexed) bool { return m.Name == s.Model && m.State == "READY" }), s.Model+" as READY")
	}},
	{repository, "the index can list what is ready alone", repositorySection + ", Index", repositoryExtension, func(ctx context.Context, s *suite) error {
		list, err := s.index(ctx, map[string]any{"ready": true})
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(m indexed) bool { return m.State != "READY" })
		if at >= 0 {
			return fmt.Errorf("%s is %s", list[at].Name, list[at].State)
		}
		return equal("ready", len(list), len(list) > 0, "the model")
	}},
	{repository, "an index that is no JSON is an error", repositorySection + ", Index", repositoryExtension, func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, "v2/repository/index", []byte("{"))
	}},
	{repository, "a model that is not there cannot be loaded", repositorySection + ", Load", repositoryExtension, func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, "v2/repository/models/mixconv_no_such_model/load", nil)
	}},
	{repository, "a model can be loaded again while it is loaded", repositorySection + ", Load", repositoryExtension, func(ctx context.Context, s *suite) error {
		if err := s.change(ctx, "load"); err != nil {
			return err
		}
		_, err := s.infer(ctx, s.request(nil))
		return err
	}},
	{repository, "an unloaded model is not ready", repositorySection + ", Unload", repositoryExtension, whileUnloaded(func(ctx context.Context, s *suite) error {
		return notReady(s.path("/ready"))(ctx, s)
	})},
	{repository, "an unloaded model answers with an error", repositorySection + ", Unload", repositoryExtension, whileUnloaded(func(ctx context.Context, s *suite) error {
		return s.refuses(ctx, s.path("/infer"), encode(s.request(nil)))
	})},
	{repository, "an unloaded model is not in the index of what is ready", repositorySection + ", Index", repositoryExtension, whileUnloaded(func(ctx context.Context, s *suite) error {
		list, err := s.index(ctx, map[string]any{"ready": true})
		if err != nil {
			return err
		}
		return equal("ready", s.Model, !slices.ContainsFunc(list, func(m indexed) bool { return m.Name == s.Model }), "not in it")
	})},
	{repository, "a model that is loaded again answers as before", repositorySection + ", Load", repositoryExtension, func(ctx context.Context, s *suite) error {
		want, err := s.infer(ctx, s.request(nil))
		if err != nil {
			return err
		}
		if err := whileUnloaded(func(context.Context, *suite) error { return nil })(ctx, s); err != nil {
			return err
		}
		got, err := s.infer(ctx, s.request(nil))
		if err != nil {
			return err
		}
		return same("loaded again", want, got)
	}},
}

// indexed is a model in the index.
type indexed struct{ Name, Version, State, Reason string }

func (s *suite) index(ctx context.Context, request map[string]any) (list []indexed, err error) {
	return list, s.postJSON(ctx, "v2/repository/index", request, &list)
}

// change loads or unloads the model.
func (s *suite) change(ctx context.Context, what string) error {
	if !s.Reload {
		return &inapplicable{"the model is not to be unloaded (--reload)"}
	}
	a, err := s.send(ctx, http.MethodPost, "v2/repository/"+s.path("/" + what)[len("v2/"):], nil)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return fmt.Errorf("%s: status %d%s, demanded 200", what, a.status, a.said())
	}
	return nil
}

// whileUnloaded demands something while the model is unloaded, and loads it again.
func whileUnloaded(is func(ctx context.Context, s *suite) error) func(context.Context, *suite) error {
	return func(ctx context.Context, s *suite) error {
		if err := s.change(ctx, "unload"); err != nil {
			return err
		}
		err := is(ctx, s)
		if back := s.change(ctx, "load"); err == nil {
			err = back
		}
		return err
	}
}
