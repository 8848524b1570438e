// Package servetest runs servers for tests.
package servetest

import (
	"context"
	"testing"
	"time"
)

// Server is a *serve.Server, which this package cannot name: serve's own tests use it.
type Server interface {
	Run(ctx context.Context) error
	Ready() bool
}

// Run runs s until t ends, and returns when it is ready.
func Run(t testing.TB, s Server) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the server ends with %v", err)
		}
	})
	for begin := time.Now(); !s.Ready(); time.Sleep(time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatal("not ready after a minute")
		}
	}
}
