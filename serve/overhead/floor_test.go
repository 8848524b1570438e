package overhead

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"connectrpc.com/connect"
	"github.com/mixconv/mixconv/serve/internal/oippb"
	"google.golang.org/grpc"
)

// The servers below read a request and answer at once. What calls to them take, no server
// that is built of the same parts can go below.

// floors are callers of such servers: of net/http over both versions of HTTP, and of
// connect-go's and grpc-go's, which read the message.
func floors(b *testing.B, m *served) map[string]func() []byte {
	plain, connectGo, grpcGo := plainServer(b), connectServer(b), grpcServer(b)
	return map[string]func() []byte{
		"floor-http": httpConnection(b, plain, m.input, m.x), "floor-http2": grpcConnection(b, plain, m.input, m.x),
		"floor-connect-go": grpcConnection(b, connectGo, m.input, m.x), "floor-grpc-go": grpcConnection(b, grpcGo, m.input, m.x),
	}
}

// emptyAnswer is one output without contents.
func emptyAnswer() *oippb.InferResponse { return &oippb.InferResponse{RawOutputContents: [][]byte{{}}} }

func plainServer(b *testing.B) string {
	return listen(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.ProtoMajor == 1 {
			return
		}
		w.Header().Set("Content-Type", "application/grpc")
		_, _ = w.Write([]byte{0, 0, 0, 0, 2, 6<<3 | 2, 0}) // emptyAnswer, with gRPC's prefix
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
	}))
}

func connectServer(b *testing.B) string {
	mux := http.NewServeMux()
	mux.Handle(inferMethod, connect.NewUnaryHandlerSimple(inferMethod, func(context.Context, *oippb.InferRequest) (*oippb.InferResponse, error) {
		return emptyAnswer(), nil
	}))
	return listen(b, mux)
}

func listen(b *testing.B, h http.Handler) string {
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Config.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerConnection: 4 << 20}
	s.Start()
	b.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func grpcServer(b *testing.B) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := grpc.NewServer(grpc.InitialWindowSize(1<<20), grpc.InitialConnWindowSize(4<<20))
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: "inference.GRPCInferenceService", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "ModelInfer", Handler: func(_ any, _ context.Context, read func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			var q oippb.InferRequest
			return emptyAnswer(), read(&q)
		}}},
	}, nil)
	go func() { _ = s.Serve(l) }() // Stop ends it
	b.Cleanup(s.Stop)
	return l.Addr().String()
}
