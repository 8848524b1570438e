package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/mixconv/mixconv/internal/playground/web"
	"github.com/mixconv/mixconv/serve/internal/guard"
	"github.com/mixconv/mixconv/serve/internal/model"
	"github.com/mixconv/mixconv/serve/internal/repository"
	"github.com/mixconv/mixconv/serve/internal/rest"
	"github.com/mixconv/mixconv/serve/internal/rpc"
	"github.com/mixconv/mixconv/serve/internal/schedule"
)

// Server serves models.
type Server struct {
	options  Options
	listener net.Listener
	models   *repository.Repository
	http     *http.Server
	stopping atomic.Bool
}

// New makes a server that listens. Run lets it answer.
func New(o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Server{options: o}
	var sources []repository.Source
	for _, arg := range o.Models {
		source, err := repository.ParseSource(arg)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source)
	}
	budget := schedule.NewBudget(o.Threads)
	s.models = repository.New(sources, func(ctx context.Context, path, name, version string) (*model.Model, error) {
		return model.Open(ctx, path, name, version, model.Options{
			Budget: budget, Threads: o.ThreadsOfRun, MaxBatch: o.MaxBatch, MaxDelay: o.MaxDelay, Queue: o.Queue,
		})
	})
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	s.http = &http.Server{Protocols: &protocols, Handler: s.wires()}
	var err error
	s.listener, err = net.Listen("tcp", o.Listen)
	return s, err
}

// wires are REST, gRPC and the page.
func (s *Server) wires() http.Handler {
	o := s.options
	memory := guard.NewMemory(o.Memory)
	paths := rest.New(s.models, rest.Options{
		Version: o.Version, Body: o.Body, Pictures: o.Pictures, Decoding: make(chan struct{}, o.Threads), Memory: memory, Ready: s.Ready,
	})
	calls := rpc.New(s.models, rpc.Options{Version: o.Version, Body: o.Body, Memory: memory, Ready: s.Ready})
	plain := http.NewServeMux()
	plain.Handle("/", paths)
	page := web.Handler(&tried{models: s.models}, web.Limits{Body: o.Body})
	for _, path := range web.Paths {
		plain.Handle(path, page)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rpc.Serves(r) {
			calls.ServeHTTP(w, r)
			return
		}
		plain.ServeHTTP(w, r)
	})
}

// Addr is where s listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Ready reports whether all models are loaded, and the server does not stop.
func (s *Server) Ready() bool { return !s.stopping.Load() && s.models.Ready() }

// Run loads the models and answers until the context ends. Requests that have been
// accepted then are answered, within Options.Drain. A model that cannot be loaded is an
// error.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(s.listener) }()
	slog.Info("listening", "address", s.Addr().String())
	loaded := make(chan error, 1)
	go func() {
		err := s.models.LoadAll(ctx)
		loaded <- err
		if err == nil && s.options.Watch > 0 {
			s.models.Watch(ctx, s.options.Watch)
		}
	}()
	for {
		select {
		case err := <-loaded:
			if err != nil && ctx.Err() == nil {
				return errors.Join(err, s.http.Close())
			}
			loaded = nil
			slog.Info("ready")
		case err := <-served:
			return err
		case <-ctx.Done():
			return s.stop()
		}
	}
}

// stop answers what has been accepted and lets go of everything.
func (s *Server) stop() error {
	s.stopping.Store(true)
	slog.Info("stopping", "limit", s.options.Drain)
	limit, cancel := context.WithTimeout(context.Background(), s.options.Drain)
	defer cancel()
	if err := s.http.Shutdown(limit); err != nil {
		slog.Warn("requests are cut off", "error", err)
		_ = s.http.Close()
	}
	s.models.Close()
	return nil
}
