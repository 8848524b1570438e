package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

const health = "health"

var healthCases = []testCase{
	{health, "the server is live", "REST: Server Live", "", status("v2/health/live", http.StatusOK)},
	{health, "the server is ready", "REST: Server Ready", "", status("v2/health/ready", http.StatusOK)},
	{health, "the model is ready", "REST: Model Ready", "", func(ctx context.Context, s *suite) error {
		return status(s.path("/ready"), http.StatusOK)(ctx, s)
	}},
	{health, "each version that the metadata lists is ready", "REST: Model Ready", "", func(ctx context.Context, s *suite) error {
		if len(s.model.Versions) == 0 {
			return &inapplicable{"the model has no versions"}
		}
		for _, version := range s.model.Versions {
			if err := status(s.path("/versions/"+url.PathEscape(version)+"/ready"), http.StatusOK)(ctx, s); err != nil {
				return fmt.Errorf("version %q: %w", version, err)
			}
		}
		return nil
	}},
	{health, "a model that is not there is not ready", "REST: Model Ready", "", notReady("v2/models/mixconv_no_such_model/ready")},
	{health, "a version that is not there is not ready", "REST: Model Ready", "", func(ctx context.Context, s *suite) error {
		return notReady(s.path("/versions/987654321/ready"))(ctx, s)
	}},
	{health, "liveness is asked with GET alone", "REST: table of APIs", "", clientError(http.MethodPost, "v2/health/live")},
}

// status demands a status for a GET.
func status(path string, want int) func(ctx context.Context, s *suite) error {
	return func(ctx context.Context, s *suite) error {
		a, err := s.get(ctx, path)
		if err != nil {
			return err
		}
		if a.status != want {
			return fmt.Errorf("status %d%s, demanded %d", a.status, a.said(), want)
		}
		return nil
	}
}

// notReady demands any status but success: the text leaves open which.
func notReady(path string) func(ctx context.Context, s *suite) error {
	return func(ctx context.Context, s *suite) error {
		a, err := s.get(ctx, path)
		if err != nil {
			return err
		}
		if a.status < 400 {
			return fmt.Errorf("status %d, demanded an error", a.status)
		}
		return nil
	}
}

// clientError demands a status from 400 to 499, with whatever body.
func clientError(method, path string) func(ctx context.Context, s *suite) error {
	return func(ctx context.Context, s *suite) error {
		a, err := s.send(ctx, method, path, nil)
		if err != nil {
			return err
		}
		if a.status < 400 || a.status > 499 {
			return fmt.Errorf("status %d, demanded 400 to 499", a.status)
		}
		return nil
	}
}

// version is one of the model's, which cases that want one use.
func (s *suite) version() (string, error) {
	if len(s.model.Versions) == 0 {
		return "", &inapplicable{"the model has no versions"}
	}
	return slices.Max(s.model.Versions), nil
}
