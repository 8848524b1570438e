package rpc

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"connectrpc.com/connect"
	"github.com/mixconv/mixconv/serve/internal/guard"
	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/oippb"
	"github.com/mixconv/mixconv/serve/internal/repository"
)

// Options are the choices that a handler is made with.
type Options struct {
	Version string        // of this program
	Body    int64         // the most bytes of a message
	Memory  *guard.Memory // of the messages of all requests
	Ready   func() bool   // whether the server as a whole takes requests
}

type service struct {
	Options
	models *repository.Repository
	mux    *http.ServeMux
}

// The services that Serves knows.
const (
	inference = "/inference.GRPCInferenceService/"
	health    = "/grpc.health.v1.Health/"
)

// Serves reports whether a request is for the handler that New makes.
func Serves(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") ||
		strings.HasPrefix(r.URL.Path, inference) || strings.HasPrefix(r.URL.Path, health)
}

// New makes the handler of both services.
func New(models *repository.Repository, o Options) http.Handler {
	s := &service{Options: o, models: models, mux: http.NewServeMux()}
	unary(s, inference+"ServerLive", s.live)
	unary(s, inference+"ServerReady", s.ready)
	unary(s, inference+"ModelReady", s.modelReady)
	unary(s, inference+"ServerMetadata", s.metadata)
	unary(s, inference+"ModelMetadata", s.modelMetadata)
	unary(s, inference+"ModelInfer", s.infer)
	unary(s, inference+"ModelConfig", s.config)
	unary(s, inference+"ModelStatistics", s.statistics)
	unary(s, inference+"RepositoryIndex", s.index)
	unary(s, inference+"RepositoryModelLoad", s.load)
	unary(s, inference+"RepositoryModelUnload", s.unload)
	unary(s, health+"Check", s.check)
	s.mux.Handle(health+"Watch", connect.NewServerStreamHandlerSimple(health+"Watch", s.watch, s.options()...))
	s.mux.Handle(inference+"ModelStreamInfer", connect.NewBidiStreamHandler(inference+"ModelStreamInfer", s.stream, s.options()...))
	return s
}

// packedLeast is the least size of a message that is compressed for who accepts it.
const packedLeast = 1 << 10

func (s *service) options() []connect.HandlerOption {
	most := int(min(s.Body, 1<<30))
	return []connect.HandlerOption{connect.WithCodec(codec{}), connect.WithReadMaxBytes(most), connect.WithCompressMinBytes(packedLeast), withDeflate()}
}

func unary[Q, R any](s *service, path string, answer func(context.Context, *Q) (*R, error)) {
	s.mux.Handle(path, connect.NewUnaryHandlerSimple(path, answer, s.options()...))
}

// ServeHTTP answers a call. gRPC alone is spoken here, and what is no method is said so as
// gRPC does.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := r.Header.Get("Content-Type")
	if r.Method != http.MethodPost || kind != "application/grpc" && kind != "application/grpc+proto" {
		http.Error(w, "only gRPC is spoken here: POST application/grpc", http.StatusUnsupportedMediaType)
		return
	}
	if r.URL.Path == inference+"ModelStreamInfer" {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // a stream takes its time
	}
	if _, pattern := s.mux.Handler(r); pattern == "" {
		refuse(w, oip.Unimplemented, "no such method")
		return
	}
	b := &body{ReadCloser: r.Body, memory: s.Memory}
	defer b.release()
	r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, b))
	r.Body = b
	s.mux.ServeHTTP(w, r)
}

// refuse answers a call without having looked at it.
func refuse(w http.ResponseWriter, code oip.Code, message string) {
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Grpc-Status", strconv.Itoa(int(code)))
	h.Set("Grpc-Message", message)
	w.WriteHeader(http.StatusOK)
}

// Unauthenticated answers a call without the token that it needs.
func Unauthenticated(w http.ResponseWriter) {
	refuse(w, oip.Unauthenticated, "no bearer token, or another than this server's")
}

// bodyKey is the key of a call's body in its context.
type bodyKey struct{}

// body counts what a call holds of the memory of all. One goroutine uses it.
type body struct {
	io.ReadCloser
	memory *guard.Memory
	held   int64
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if !b.memory.Reserve(int64(n)) {
		return 0, asError(oip.Errorf(oip.Exhausted, "requests hold as much memory as they may"))
	}
	b.held += int64(n)
	return n, err
}

// release gives back all that was read.
func (b *body) release() {
	b.memory.Release(b.held)
	b.held = 0
}

// asError is err as connect sends it; nil stays nil.
func asError(err error) error {
	if err == nil {
		return nil
	}
	e := oip.AsError(err)
	sent := connect.NewError(connect.Code(e.Code), errors.New(e.Msg))
	if e.RetryAfter > 0 {
		sent.Meta().Set("Retry-After", strconv.FormatInt(int64((e.RetryAfter+time.Second-1)/time.Second), 10))
	}
	return sent
}

// stream answers a request after the other. An error is that of its request alone. It holds
// one message at a time.
func (s *service) stream(ctx context.Context, calls *connect.BidiStream[inferRequest, oippb.StreamResponse]) error {
	held := ctx.Value(bodyKey{}).(*body)
	for {
		held.release()
		q, err := calls.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		answer, err := s.infer(ctx, q)
		r := &oippb.StreamResponse{InferResponse: answer}
		var failed *connect.Error
		if errors.As(err, &failed) {
			r.ErrorMessage = failed.Message()
			r.InferResponse = &oippb.InferResponse{ModelName: q.ModelName, ModelVersion: q.ModelVersion, Id: q.Id}
		}
		if err := calls.Send(r); err != nil {
			return err
		}
	}
}
