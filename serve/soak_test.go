package serve

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/serve/internal/oippb"
	"github.com/mixconv/mixconv/tensor"
)

var (
	soakFor     = flag.Duration("soak", 4*time.Second, "how long TestSoak calls the server")
	connections = flag.Int("connections", 500, "that TestSoak holds open and does not use")
)

// soak is a server that is called in every way at once, good and bad.
type soak struct {
	t       *testing.T
	url     string
	address string
	input   *tensor.Tensor // pictures
	want    [][]float32    // their logits
	until   time.Time
	client  *http.Client
	http2   *http.Client
	infer   *connect.Client[oippb.InferRequest, oippb.InferResponse]

	right, refused, cut atomic.Int64 // answers: as wanted; 429 or 503; of requests that were cut off
}

// TestSoak: whatever others do, each caller has the answer to its own picture, and when all
// is over nothing is left: no goroutine, no descriptor, no memory.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds of traffic")
	}
	folder := t.TempDir()
	path := digitsFile(t, filepath.Join(folder, "digits.onnx"), convert.Options{})
	fused := digitsFile(t, filepath.Join(folder, "fused.onnx.new"), convert.Options{MDConv: convert.Fused})
	session, err := runtime.Load(path, runtime.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := options(path)
	o.Watch, o.Body = 100*time.Millisecond, 1<<20
	s := &soak{t: t, url: start(t, o), input: heldOut(t, 64)}
	s.address = strings.TrimPrefix(s.url, "http://")
	flat := logits(t, session, s.input)
	for i := range 64 {
		s.want = append(s.want, flat[10*i:10*i+10])
	}
	s.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: time.Minute}

	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	s.http2 = &http.Client{Transport: &http.Transport{Protocols: &protocols}, Timeout: time.Minute}
	s.infer = connect.NewClient[oippb.InferRequest, oippb.InferResponse](s.http2, s.url+"/inference.GRPCInferenceService/ModelInfer", connect.WithGRPC())

	s.run(time.Second, path, fused) // whatever is made once
	before := s.left()
	s.run(*soakFor, path, fused)
	after := s.left()
	t.Logf("%d answers right, %d refused, %d requests cut off; before %v, after %v", s.right.Load(), s.refused.Load(), s.cut.Load(), before, after)
	if s.right.Load() < 10 {
		t.Errorf("%d right answers", s.right.Load())
	}
	if after.goroutines > before.goroutines+20 || after.files > before.files+20 { // some connections end later; a leak is hundreds
		t.Errorf("goroutines and descriptors grow: %v, %v", before, after)
	}
	if after.heap > before.heap*3/2+8<<20 {
		t.Errorf("memory grows: %v, %v", before, after)
	}
}

// left is what a soak leaves behind.
type left struct {
	goroutines, files int
	heap              uint64
}

func (l left) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %.1f MB", l.goroutines, l.files, float64(l.heap)/1e6)
}

// left counts, once nothing is under way any more.
func (s *soak) left() (l left) {
	s.client.CloseIdleConnections()
	s.http2.CloseIdleConnections()
	for still, begin := 0, time.Now(); still < 25 && time.Since(begin) < 15*time.Second; still++ { // connections end a little later
		time.Sleep(20 * time.Millisecond)
		goruntime.GC()
		now := left{goroutines: goruntime.NumGoroutine()}
		if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
			now.files = len(entries)
		}
		var m goruntime.MemStats
		goruntime.ReadMemStats(&m)
		now.heap = m.HeapAlloc
		if now.goroutines != l.goroutines || now.files != l.files {
			still = 0
		}
		l = now
	}
	return l
}

// run calls the server for so long.
func (s *soak) run(long time.Duration, path, other string) {
	s.until = time.Now().Add(long)
	var all sync.WaitGroup
	each := func(callers int, do func(rnd *rand.Rand)) {
		for i := range callers {
			all.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(i), 7))
				for time.Now().Before(s.until) && !s.t.Failed() {
					do(rnd)
				}
			})
		}
	}
	each(4, s.rest)
	each(2, s.grpc)
	each(2, s.cancelled)
	each(2, s.half)
	each(1, s.garbage)
	each(1, s.oversize)
	each(2, s.slow)
	all.Go(func() { s.idle(*connections) })
	all.Go(func() { s.swap(path, other) })
	all.Wait()
}

// check demands the logits of picture i.
func (s *soak) check(i int, got []float32) {
	for c, want := range s.want[i] {
		if len(got) != len(s.want[i]) || math.Abs(float64(got[c]-want)) > 1e-4 {
			s.t.Errorf("picture %d: %v, want %v", i, got, s.want[i])
			return
		}
	}
	s.right.Add(1)
}

// post sends picture i.
func (s *soak) post(ctx context.Context, i int, body io.Reader, header string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v2/models/digits/infer", body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Inference-Header-Content-Length", header)
	r.Header.Set("X-Request-Id", strconv.Itoa(i))
	return s.client.Do(r)
}

func (s *soak) rest(rnd *rand.Rand) {
	i := rnd.IntN(len(s.want))
	body, header := binaryRequest(s.input.Rows(i, 1), `,"outputs":[{"name":"logits","parameters":{"binary_data":false}}]`)
	a, err := s.post(context.Background(), i, bytes.NewReader(body), header)
	if err != nil {
		s.t.Errorf("REST: %v", err)
		return
	}
	data, err := io.ReadAll(a.Body)
	a.Body.Close()
	if a.StatusCode == http.StatusTooManyRequests || a.StatusCode == http.StatusServiceUnavailable {
		s.refused.Add(1)
		return
	}
	if err != nil || a.StatusCode != http.StatusOK {
		s.t.Errorf("REST: %v, %s %.200s", err, a.Status, data)
		return
	}
	_, got := floats(s.t, answered{a.StatusCode, a.Header, data})
	s.check(i, got)
}

func (s *soak) grpc(rnd *rand.Rand) {
	i := rnd.IntN(len(s.want))
	r, err := s.infer.CallUnary(context.Background(), connect.NewRequest(rawInfer(s.input.Rows(i, 1))))
	switch code := connect.CodeOf(err); {
	case err == nil:
		s.check(i, floatsOf(r.Msg.RawOutputContents[0]))
	case code == connect.CodeResourceExhausted || code == connect.CodeUnavailable:
		s.refused.Add(1)
	default:
		s.t.Errorf("gRPC: %v", err)
	}
}

// floatsOf reads little-endian float32.
func floatsOf(raw []byte) (list []float32) {
	for ; len(raw) >= 4; raw = raw[4:] {
		list = append(list, math.Float32frombits(uint32(raw[0])|uint32(raw[1])<<8|uint32(raw[2])<<16|uint32(raw[3])<<24))
	}
	return list
}

// cancelled leaves before the answer, or about when it comes.
func (s *soak) cancelled(rnd *rand.Rand) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rnd.IntN(5000))*time.Microsecond)
	defer cancel()
	body, header := binaryRequest(s.input.Rows(0, 1), "")
	if a, err := s.post(ctx, 0, bytes.NewReader(body), header); err == nil {
		_, _ = io.Copy(io.Discard, a.Body) // it may be cut off
		a.Body.Close()
	}
	s.cut.Add(1)
}

// half sends a part of a request, and closes.
func (s *soak) half(rnd *rand.Rand) {
	body, header := binaryRequest(s.input.Rows(0, 1), "")
	head := fmt.Sprintf("POST /v2/models/digits/infer HTTP/1.1\r\nHost: x\r\nInference-Header-Content-Length: %s\r\nContent-Length: %d\r\n\r\n", header, len(body))
	whole := append([]byte(head), body...)
	s.send(whole[:rnd.IntN(len(whole))])
	s.cut.Add(1)
}

// send writes bytes to a connection of its own, which it closes.
func (s *soak) send(data []byte) {
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		return // as many connections as may be are open
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	_, _ = c.Write(data) // the server may have closed it
}

func (s *soak) garbage(rnd *rand.Rand) {
	data := make([]byte, rnd.IntN(4096))
	for i := range data {
		data[i] = byte(rnd.Uint32())
	}
	if rnd.IntN(2) == 0 {
		data = append([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), data...)
	}
	s.send(data)
	time.Sleep(5 * time.Millisecond)
}

// oversize says that more comes than may.
func (s *soak) oversize(*rand.Rand) {
	r, err := http.NewRequest(http.MethodPost, s.url+"/v2/models/digits/infer", io.LimitReader(zeros{}, 3<<20))
	if err != nil {
		s.t.Error(err)
		return
	}
	if a, err := s.client.Do(r); err == nil { // the connection may be closed while it is written
		if a.Body.Close(); a.StatusCode != http.StatusRequestEntityTooLarge && a.StatusCode != http.StatusTooManyRequests {
			s.t.Errorf("a body of 3 MB: %s", a.Status)
		}
	}
	time.Sleep(5 * time.Millisecond)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// slow sends a request a little at a time.
func (s *soak) slow(*rand.Rand) {
	c, err := net.Dial("tcp", s.address)
	if err != nil {
		return
	}
	defer c.Close()
	for _, b := range []byte("POST /v2/models/digits/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{\"inputs\"") {
		if _, err := c.Write([]byte{b}); err != nil || time.Now().After(s.until) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// idle holds connections open.
func (s *soak) idle(n int) {
	var open []net.Conn
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	for len(open) < n && time.Now().Before(s.until) {
		c, err := net.Dial("tcp", s.address)
		if err != nil {
			break
		}
		open = append(open, c)
	}
	time.Sleep(time.Until(s.until))
}

// swap renames the other form of the model over the file, and back, again and again.
func (s *soak) swap(path, other string) {
	data := make([][]byte, 2)
	for i, file := range []string{path, other} {
		var err error
		if data[i], err = os.ReadFile(file); err != nil {
			s.t.Error(err)
			return
		}
	}
	for i := 1; time.Now().Before(s.until); i++ {
		fresh := path + ".fresh"
		if err := os.WriteFile(fresh, data[i%2], 0o600); err != nil {
			s.t.Error(err)
			return
		}
		if err := os.Rename(fresh, path); err != nil {
			s.t.Error(err)
			return
		}
		time.Sleep(time.Second)
	}
	_ = os.WriteFile(path+".fresh", data[0], 0o600) // the first form again, for the next run
	_ = os.Rename(path+".fresh", path)
}
