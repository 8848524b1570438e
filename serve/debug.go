package serve

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// debugServer has the profiles of this process, on an address of its own: whoever reaches
// it can slow the server down.
type debugServer struct {
	http     *http.Server
	listener net.Listener
}

func listenDebug(address string) (*debugServer, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	d := &debugServer{http: &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}, listener: listener}
	slog.Info("profiles", "url", "http://"+listener.Addr().String()+"/debug/pprof/")
	go func() { _ = d.http.Serve(listener) }() // until close
	return d, nil
}

func (d *debugServer) close() {
	if d != nil {
		_ = d.http.Close()
	}
}
