package rest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mixconv/mixconv/serve/internal/oip"
)

// worthPacking is the least size of a body that is compressed for who accepts it.
const worthPacking = 1 << 10

var (
	gzips = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed); return w }}
	zlibs = sync.Pool{New: func() any { w, _ := zlib.NewWriterLevel(io.Discard, zlib.BestSpeed); return w }}
)

// packer is a *gzip.Writer or a *zlib.Writer.
type packer interface {
	io.WriteCloser
	Reset(io.Writer)
}

// writeBody writes a whole answer, compressed if the caller wants that.
func writeBody(w http.ResponseWriter, q *http.Request, status int, kind string, data []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	encoding := accepted(q.Header.Get("Accept-Encoding"))
	if encoding != "" && len(data) >= worthPacking {
		h.Set("Content-Encoding", encoding)
		h.Set("Vary", "Accept-Encoding")
		data = pack(encoding, data)
	}
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	_, _ = w.Write(data) // a caller that is gone cannot be told
}

// pack compresses data. gzip and deflate are all there is.
func pack(encoding string, data []byte) []byte {
	pool := &gzips
	if encoding == "deflate" {
		pool = &zlibs
	}
	p := pool.Get().(packer)
	defer pool.Put(p)
	var b bytes.Buffer
	p.Reset(&b)
	_, _ = p.Write(data) // a bytes.Buffer takes all
	_ = p.Close()
	return b.Bytes()
}

// accepted chooses gzip or deflate by the caller's weights, gzip if they are equal; "" if
// it wants neither.
func accepted(header string) (best string) {
	if header == "" {
		return ""
	}
	weights := map[string]float64{}
	for part := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(part, ";")
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q="); ok {
			weight, _ = strconv.ParseFloat(strings.TrimSpace(q), 64)
		}
		weights[strings.ToLower(strings.TrimSpace(name))] = weight
	}
	most := 0.0
	for _, name := range []string{"gzip", "deflate"} {
		weight, said := weights[name]
		if !said {
			weight = weights["*"]
		}
		if weight > most {
			best, most = name, weight
		}
	}
	return best
}

func writeJSON(w http.ResponseWriter, q *http.Request, v any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		writeError(w, q, oip.Errorf(oip.Internal, "%v", err))
		return
	}
	writeBody(w, q, http.StatusOK, "application/json", b.Bytes())
}

// writeError answers with an error of one line.
func writeError(w http.ResponseWriter, q *http.Request, err error) {
	e := oip.AsError(err)
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((e.RetryAfter+time.Second-1)/time.Second), 10))
	}
	text := append(appendString([]byte(`{"error":`), e.Msg), '}', '\n')
	w.Header().Del(headerLength)
	writeBody(w, q, e.HTTP(), "application/json", text)
}

// Unauthenticated answers a request without the token that it needs.
func Unauthenticated(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	writeError(w, q, oip.Errorf(oip.Unauthenticated, "no bearer token, or another than this server's"))
}
