package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/serve/internal/guard"
	"github.com/mixconv/mixconv/serve/internal/model"
	"github.com/mixconv/mixconv/serve/internal/repository"
	"github.com/mixconv/mixconv/serve/internal/schedule"
)

// Server serves models.
type Server struct {
	options  Options
	listener *guard.Listener
	memory   *guard.Memory
	token    *guard.Token // nil: anybody may call
	tls      *tls.Config  // nil: none
	models   *repository.Repository
	http     *http.Server
	debug    *debugServer // nil: none
	stopping atomic.Bool
}

// New makes a server that listens. Run lets it answer.
func New(o Options) (_ *Server, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	s := &Server{options: o, memory: guard.NewMemory(o.Memory)}
	if s.models, err = o.repository(); err != nil {
		return nil, err
	}
	if o.TokenFile != "" {
		if s.token, err = guard.ReadToken(o.TokenFile); err != nil {
			return nil, err
		}
	}
	if o.TLSCert != "" {
		if s.tls, err = guard.Certificate(o.TLSCert, o.TLSKey); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, err
	}
	s.listener = guard.Limit(listener, o.Connections)
	s.http = s.newHTTP()
	if o.DebugListen != "" {
		if s.debug, err = listenDebug(o.DebugListen); err != nil {
			listener.Close()
			return nil, err
		}
	}
	return s, nil
}

// repository has the models, none of them loaded.
func (o *Options) repository() (*repository.Repository, error) {
	var sources []repository.Source
	for _, arg := range o.Models {
		source, err := repository.ParseSource(arg)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source)
	}
	options := model.Options{
		Budget: schedule.NewBudget(o.Threads), Threads: o.ThreadsOfRun, MaxBatch: o.MaxBatch, MaxDelay: o.MaxDelay,
		Queue: o.Queue, Timeout: o.Timeout, Limits: limit.Limits{Pixels: o.Pixels},
	}
	return repository.New(sources, func(ctx context.Context, path, name, version string) (*model.Model, error) {
		return model.Open(ctx, path, name, version, options)
	}), nil
}

// Addr is where s listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL is how s is reached.
func (s *Server) URL() string {
	if s.tls != nil {
		return "https://" + s.Addr().String()
	}
	return "http://" + s.Addr().String()
}

// Ready reports whether all models are loaded, and the server does not stop.
func (s *Server) Ready() bool { return !s.stopping.Load() && s.models.Ready() }

// Run loads the models and answers until the context ends. Requests that have been
// accepted then are answered, within Options.Drain. A model that cannot be loaded is an
// error.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.debug.close()
	served := make(chan error, 1)
	go func() { served <- s.serve() }()
	slog.Info("listening", "url", s.URL())
	loaded := make(chan error, 1)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
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
			s.stop()
			<-watched
			s.models.Close()
			return nil
		}
	}
}

func (s *Server) serve() error {
	if s.tls != nil {
		return s.http.ServeTLS(s.listener, "", "")
	}
	return s.http.Serve(s.listener)
}

// stop answers what has been accepted and closes all connections.
func (s *Server) stop() {
	s.stopping.Store(true)
	slog.Info("stopping", "limit", s.options.Drain)
	limit, cancel := context.WithTimeout(context.Background(), s.options.Drain)
	defer cancel()
	if err := s.http.Shutdown(limit); err != nil {
		slog.Warn("requests are cut off", "error", err)
		_ = s.http.Close()
	}
}
