package serve

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/mixconv/mixconv/internal/playground/web"
	"github.com/mixconv/mixconv/serve/internal/observe"
	"github.com/mixconv/mixconv/serve/internal/rest"
	"github.com/mixconv/mixconv/serve/internal/rpc"
)

// newHTTP makes the server of all wires. HTTP/2 is spoken without TLS, too, as gRPC's
// clients do.
func (s *Server) newHTTP() *http.Server {
	o := s.options
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler: s.wires(), TLSConfig: s.tls, Protocols: &protocols, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
		MaxHeaderBytes: o.Header, ReadHeaderTimeout: min(o.Read, 10*time.Second), ReadTimeout: o.Read, IdleTimeout: o.Idle,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 256, WriteByteTimeout: o.Write, SendPingTimeout: o.Idle, PingTimeout: o.Read,
			MaxReceiveBufferPerConnection: 4 << 20,
		},
	}
}

// wires are REST, gRPC, the page and the metrics, on one port.
func (s *Server) wires() http.Handler {
	o := s.options
	paths := rest.New(s.models, rest.Options{
		Version: o.Version, Body: o.Body, Pictures: o.Pictures, Decoding: make(chan struct{}, o.Threads), Memory: s.memory, Ready: s.Ready,
	})
	calls := rpc.New(s.models, rpc.Options{Version: o.Version, Body: o.Body, Memory: s.memory, Ready: s.Ready})
	metrics := observe.NewMetrics(observe.Sources{Models: s.states, Memory: s.memory.Held, Connections: s.listener.Open, Ready: s.Ready})
	plain := http.NewServeMux()
	plain.Handle("/", paths)
	plain.Handle("GET /metrics", metrics)
	page := web.Handler(&tried{models: s.models}, web.Limits{Body: o.Body})
	for _, path := range web.Paths {
		plain.Handle(path, page)
	}
	all := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		grpc := rpc.Serves(r)
		switch {
		case s.token != nil && !open(r) && !s.token.Allows(r.Header.Get("Authorization")):
			if grpc {
				rpc.Unauthenticated(w)
			} else {
				rest.Unauthenticated(w, r)
			}
		case grpc:
			calls.ServeHTTP(w, r)
		case !rest.Clean(r):
			paths.ServeHTTP(w, r) // which refuses it
		default:
			plain.ServeHTTP(w, r)
		}
	})
	return &observe.Handler{Next: all, Metrics: metrics, GRPC: rpc.Serves, Write: o.Write}
}

// open reports whether a request needs no token: the questions of orchestrators, which
// have none.
func open(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/v2/health/") || strings.HasPrefix(r.URL.Path, "/grpc.health.v1.Health/")
}

// states is what all models have counted.
func (s *Server) states() (list []observe.ModelState) {
	for _, m := range s.models.Models() {
		list = append(list, observe.ModelState{
			Name: m.Name, Version: m.Version, Waiting: m.Waiting(), Refused: m.Stats.Refused(), Statistics: m.Stats.Read(),
		})
		m.Release()
	}
	return list
}
