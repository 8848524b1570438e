package rpc

import (
	"context"
	"strings"
	"time"

	"connectrpc.com/connect"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/oippb"
)

// status is that of a service by its name, "" for the server as a whole.
func (s *service) status(name string) oippb.HealthResponse_Status {
	switch {
	case name != "" && name != strings.Trim(inference, "/"):
		return oippb.HealthResponse_SERVICE_UNKNOWN
	case s.Ready():
		return oippb.HealthResponse_SERVING
	}
	return oippb.HealthResponse_NOT_SERVING
}

func (s *service) check(_ context.Context, q *oippb.HealthRequest) (*oippb.HealthResponse, error) {
	status := s.status(q.Service)
	if status == oippb.HealthResponse_SERVICE_UNKNOWN {
		return nil, asError(oip.Errorf(oip.NotFound, "no such service"))
	}
	return &oippb.HealthResponse{Status: status}, nil
}

// watching is how often watch looks whether the status has changed.
const watching = 200 * time.Millisecond

// watch says the status now, and whenever it changes.
func (s *service) watch(ctx context.Context, q *oippb.HealthRequest, out *connect.ServerStream[oippb.HealthResponse]) error {
	ticker := time.NewTicker(watching)
	defer ticker.Stop()
	for last := oippb.HealthResponse_UNKNOWN; ; {
		if status := s.status(q.Service); status != last {
			last = status
			if err := out.Send(&oippb.HealthResponse{Status: status}); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
