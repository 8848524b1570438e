package observe

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/mixconv/mixconv/errs"
)

// requestID is the header with a request's identifier.
const requestID = "X-Request-Id"

var (
	identifier = regexp.MustCompile(`^[!-~]{1,128}$`)
	// traceParent is W3C's header: version, trace, span, flags.
	traceParent = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}`)
)

// Handler is a handler whose requests are logged and counted. A panic in it is an error of
// the request alone.
type Handler struct {
	Next    http.Handler
	Metrics *Metrics
	GRPC    func(*http.Request) bool // whether a request is a gRPC call
	Write   time.Duration            // how long the caller may take to read an answer
}

// ServeHTTP answers a request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	id := r.Header.Get(requestID)
	if !identifier.MatchString(id) {
		id = rand.Text()
	}
	w.Header().Set(requestID, id)
	trace := traceParent.FindStringSubmatch(r.Header.Get("Traceparent"))
	if trace != nil {
		w.Header().Set("Traceparent", r.Header.Get("Traceparent"))
		if state := r.Header.Get("Tracestate"); state != "" {
			w.Header().Set("Tracestate", state)
		}
	}
	answer := &answer{ResponseWriter: w}
	wire := "rest"
	if h.GRPC(r) {
		wire = "grpc"
	} else {
		answer.write = h.Write
	}
	h.Metrics.begin()
	defer func() {
		if value := recover(); value != nil {
			if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(value)
			}
			e := errs.Internal(value)
			slog.Error("a request panicked", "request", id, "path", r.URL.Path, "error", e.Error(), "stack", string(e.Stack))
			if answer.status == 0 {
				w.Header().Set("Content-Type", "application/json")
				answer.WriteHeader(http.StatusInternalServerError)
				fmt.Fprintf(answer, "{\"error\":%s}\n", strconv.Quote("internal error, request "+id))
			}
		}
		code := answer.code(wire)
		h.Metrics.end(wire, kindOf(r.URL.Path), code, time.Since(start))
		log(r, id, wire, code, trace, time.Since(start))
	}()
	h.Next.ServeHTTP(answer, r)
}

// log writes a request's line: of those that went well only for who wants details.
func log(r *http.Request, id, wire, code string, trace []string, took time.Duration) {
	level := slog.LevelDebug
	if code >= "500" && wire == "rest" && code != "503" || wire == "grpc" && (code == "13" || code == "2") {
		level = slog.LevelError
	}
	if !slog.Default().Enabled(r.Context(), level) {
		return
	}
	list := []any{"request", id, "wire", wire, "method", r.Method, "path", r.URL.Path, "code", code, "ms", float64(took.Microseconds()) / 1000, "from", r.RemoteAddr}
	if trace != nil {
		list = append(list, "trace", trace[1], "span", trace[2])
	}
	slog.Log(r.Context(), level, "request", list...)
}

// kindOf is what a path is for, one of a few words: a caller must not make up labels.
func kindOf(path string) string {
	last := path[strings.LastIndexByte(path, '/')+1:]
	switch last {
	case "infer", "ModelInfer", "ModelStreamInfer":
		return "infer"
	case "classify":
		return "classify"
	}
	return "other"
}

// answer notes an answer's status, and gives its caller a time to read it.
type answer struct {
	http.ResponseWriter
	status int
	write  time.Duration // 0: any
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
		if a.write > 0 {
			_ = http.NewResponseController(a.ResponseWriter).SetWriteDeadline(time.Now().Add(a.write)) // not all can
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(data []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(data)
}

// Flush is what streams need.
func (a *answer) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// code is HTTP's status, or gRPC's, which is a trailer or, without an answer, a header.
func (a *answer) code(wire string) string {
	if wire == "grpc" {
		for _, name := range []string{"Grpc-Status", http.TrailerPrefix + "Grpc-Status"} {
			if code := a.Header()[name]; len(code) > 0 {
				return code[0]
			}
		}
	}
	if a.status == 0 {
		return "200"
	}
	return strconv.Itoa(a.status)
}
