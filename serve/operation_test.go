package serve

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/serve/internal/oippb"
)

func digitsAt(t testing.TB) string {
	return digitsFile(t, filepath.Join(t.TempDir(), "digits.onnx"), convert.Options{})
}

// TestToken: with a token, only those who have it are answered, and whoever asks for
// health. The file may be replaced.
func TestToken(t *testing.T) {
	o := options(digitsAt(t))
	o.TokenFile = filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(o.TokenFile, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	url := start(t, o)
	for header, status := range map[string]int{"": 401, "Bearer other": 401, "Basic secret": 401, "Bearer secret": 200} {
		if a := ask(t, "GET", url+"/v2", nil, "Authorization", header); a.status != status {
			t.Errorf("%q: status %d, want %d", header, a.status, status)
		} else if status == 401 {
			failure(t, a)
		}
		if a := ask(t, "GET", url+"/metrics", nil, "Authorization", header); a.status != status {
			t.Errorf("metrics with %q: status %d, want %d", header, a.status, status)
		}
	}
	if a := ask(t, "GET", url+"/v2/health/ready", nil); a.status != 200 {
		t.Errorf("health: status %d", a.status)
	}
	if _, err := call[oippb.Nothing, oippb.Live](t, url, grpcInference+"ServerLive", &oippb.Nothing{}); connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Errorf("gRPC: %v", err)
	}
	if _, err := call[oippb.HealthRequest, oippb.HealthResponse](t, url, "grpc.health.v1.Health/Check", &oippb.HealthRequest{}); err != nil {
		t.Errorf("gRPC health: %v", err)
	}
	later := time.Now().Add(time.Minute)
	if err := os.WriteFile(o.TokenFile, []byte("newer"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(o.TokenFile, later, later); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); ask(t, "GET", url+"/v2", nil, "Authorization", "Bearer newer").status != 200; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			t.Fatal("the new token is not known after 10 s")
		}
	}
}

// certificate writes one for this machine, and its key.
func certificate(t testing.TB) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	for path, data := range map[string][]byte{cert: certPEM, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, roots
}

// TestTLS: HTTP/1.1 and gRPC over TLS.
func TestTLS(t *testing.T) {
	o := options(digitsAt(t))
	cert, key, roots := certificate(t)
	o.TLSCert, o.TLSKey = cert, key
	url := start(t, o)
	for _, http2 := range []bool{false, true} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: http2}
		client := &http.Client{Transport: transport}
		a, err := client.Get(url + "/v2/health/ready")
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != 200 || (a.ProtoMajor == 2) != http2 {
			t.Errorf("status %d over HTTP/%d", a.StatusCode, a.ProtoMajor)
		}
		if http2 {
			c := connect.NewClient[oippb.Nothing, oippb.Ready](client, url+"/"+grpcInference+"ServerReady", connect.WithGRPC())
			if r, err := c.CallUnary(t.Context(), connect.NewRequest(&oippb.Nothing{})); err != nil || !r.Msg.Ready {
				t.Errorf("gRPC: %v", err)
			}
		}
		transport.CloseIdleConnections()
	}
	o.TLSKey = ""
	if _, err := New(o); err == nil {
		t.Error("a certificate without a key is no error")
	}
}

// TestMetrics: requests, models and the process are counted.
func TestMetrics(t *testing.T) {
	url, _ := startDigits(t)
	body, length := binaryRequest(heldOut(t, 3), "")
	floats(t, ask(t, "POST", url+"/v2/models/digits/infer", body, "Inference-Header-Content-Length", length))
	failure(t, ask(t, "POST", url+"/v2/models/digits/infer", nil))
	if _, err := call[oippb.InferRequest, oippb.InferResponse](t, url, grpcInference+"ModelInfer", rawInfer(heldOut(t, 1))); err != nil {
		t.Fatal(err)
	}
	text := string(ask(t, "GET", url+"/metrics", nil).body)
	for _, line := range []string{
		`mixconv_requests_total{code="200",kind="infer",wire="rest"} 1`, `mixconv_requests_total{code="400",kind="infer",wire="rest"} 1`,
		`mixconv_requests_total{code="0",kind="infer",wire="grpc"} 1`, `mixconv_request_seconds_count{kind="infer",wire="rest"} 2`,
		`mixconv_inferences_total{model="digits",version="1"} 4`, `mixconv_executions_total{model="digits",version="1"} 2`,
		`mixconv_inference_requests_total{model="digits",outcome="success",version="1"} 2`, `mixconv_batches_total{model="digits",size="3-4",version="1"} 1`,
		`mixconv_queue_requests{model="digits",version="1"} 0`, `mixconv_body_bytes 0`, `mixconv_ready 1`, `go_goroutines `,
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("no line %s", line)
		}
	}
}

// TestIdentifiers: a request keeps its identifier and its place in a trace; one without
// gets an identifier.
func TestIdentifiers(t *testing.T) {
	url, _ := startDigits(t)
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	a := ask(t, "GET", url+"/v2", nil, "X-Request-Id", "mine", "Traceparent", parent, "Tracestate", "a=b")
	if a.header.Get("X-Request-Id") != "mine" || a.header.Get("Traceparent") != parent || a.header.Get("Tracestate") != "a=b" {
		t.Errorf("headers %v", a.header)
	}
	a = ask(t, "GET", url+"/v2", nil, "X-Request-Id", "not one\x7f"[:7], "Traceparent", "nonsense")
	if id := a.header.Get("X-Request-Id"); len(id) < 16 || a.header.Get("Traceparent") != "" {
		t.Errorf("headers %v", a.header)
	}
}

// TestProfiles: they are on an address of their own alone.
func TestProfiles(t *testing.T) {
	o := options(digitsAt(t))
	o.DebugListen = "127.0.0.1:0"
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.debug.close()
	defer s.listener.Close()
	if a := ask(t, "GET", "http://"+s.debug.listener.Addr().String()+"/debug/pprof/cmdline", nil); a.status != 200 {
		t.Errorf("status %d", a.status)
	}
	url, _ := startDigits(t)
	if a := ask(t, "GET", url+"/debug/pprof/cmdline", nil); a.status != 404 {
		t.Errorf("status %d on the port of requests", a.status)
	}
}

// TestSlowCallers: who sends headers or a body slowly is cut off, and frees its place.
func TestSlowCallers(t *testing.T) {
	o := options(digitsAt(t))
	o.Read, o.Idle, o.Connections = 300*time.Millisecond, 300*time.Millisecond, 8
	url := start(t, o)
	address := strings.TrimPrefix(url, "http://")
	for _, sent := range []string{
		"", "GET /v2 HTTP/1.1\r\nHost: x\r\n",
		"POST /v2/models/digits/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n{",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	} {
		var all sync.WaitGroup
		for range o.Connections {
			all.Go(func() {
				c, err := net.Dial("tcp", address)
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				if _, err := io.WriteString(c, sent); err != nil {
					t.Error(err)
				}
				if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset") {
					t.Errorf("%.20q: %v", sent, err)
				}
			})
		}
		all.Wait()
		if a := ask(t, "GET", url+"/v2/health/live", nil); a.status != 200 {
			t.Errorf("behind %.20q: status %d", sent, a.status)
		}
	}
}

// TestMemory: bodies together are no more than allowed, and are given back.
func TestMemory(t *testing.T) {
	o := options(digitsAt(t))
	o.Body, o.Memory = 1<<20, 1<<20
	url := start(t, o)
	x := heldOut(t, 1)
	body, length := binaryRequest(x, "")
	for range 50 { // together more than there is
		floats(t, ask(t, "POST", url+"/v2/models/digits/infer", body, "Inference-Header-Content-Length", length))
		if _, err := call[oippb.InferRequest, oippb.InferResponse](t, url, grpcInference+"ModelInfer", rawInfer(x)); err != nil {
			t.Fatal(err)
		}
	}
	c := connect.NewClient[oippb.InferRequest, oippb.StreamResponse](http2(t), url+"/"+grpcInference+"ModelStreamInfer", connect.WithGRPC())
	stream := c.CallBidiStream(t.Context())
	for range 50 { // messages of one stream, too
		if err := stream.Send(rawInfer(x)); err != nil {
			t.Fatal(err)
		}
		if r, err := stream.Receive(); err != nil || r.ErrorMessage != "" {
			t.Fatal(r, err)
		}
	}
	if err := errors.Join(stream.CloseRequest(), stream.CloseResponse()); err != nil {
		t.Error(err)
	}
	if a := ask(t, "POST", url+"/v2/models/digits/infer", make([]byte, 2<<20)); a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d for a body that is too large", a.status)
	}
	r, err := http.NewRequest("GET", url+"/v2", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	if a, err := http.DefaultClient.Do(r); err == nil { // the connection is closed, perhaps before the answer is read
		a.Body.Close()
		if a.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("status %d for headers that are too large", a.StatusCode)
		}
	}
}

// TestMemoryOfStreams: what a stream has sent of a message counts for all.
func TestMemoryOfStreams(t *testing.T) {
	o := options(digitsAt(t))
	o.Body, o.Memory = 1<<20, 1<<20
	s := startServer(t, o)
	held := func(want int64) {
		t.Helper()
		for begin := time.Now(); s.memory.Held() != want; time.Sleep(time.Millisecond) {
			if time.Since(begin) > 20*time.Second {
				t.Fatalf("requests hold %d bytes, want %d", s.memory.Held(), want)
			}
		}
	}
	read, write := io.Pipe()
	r, err := http.NewRequest(http.MethodPost, s.URL()+"/"+grpcInference+"ModelStreamInfer", read)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/grpc")
	client, ended := http2(t), make(chan struct{})
	go func() {
		defer close(ended)
		if a, err := client.Do(r); err == nil {
			_, _ = io.Copy(io.Discard, a.Body) // its end is all that matters
			a.Body.Close()
		}
	}()
	if _, err := write.Write(append([]byte{0, 0, 0x0d, 0xbb, 0xa0}, make([]byte, 600_000)...)); err != nil { // of 900,000
		t.Fatal(err)
	}
	held(600_005)
	ten := rawInfer(heldOut(t, 10)) // 480 KB
	if _, err := call[oippb.InferRequest, oippb.InferResponse](t, s.URL(), grpcInference+"ModelInfer", ten); connect.CodeOf(err) != connect.CodeResourceExhausted {
		t.Errorf("beside 600 KB of 1 MB: %v", err)
	}
	write.Close()
	<-ended
	held(0)
	if _, err := call[oippb.InferRequest, oippb.InferResponse](t, s.URL(), grpcInference+"ModelInfer", ten); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestDrain: at the end the server is not ready, and what it has accepted is answered.
func TestDrain(t *testing.T) {
	path := digitsAt(t)
	o := options(path)
	o.MaxDelay, o.MaxBatch = 400*time.Millisecond, 2 // a request alone takes that long
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for !s.Ready() {
		time.Sleep(time.Millisecond)
	}
	body, length := binaryRequest(heldOut(t, 1), "")
	answered := make(chan answered, 1)
	send := func() {
		answered <- ask(t, "POST", s.URL()+"/v2/models/digits/infer", body, "Inference-Header-Content-Length", length)
	}
	go send()
	for s.memory.Held() == 0 { // until one is accepted: a batch that does not pay is not waited for
		if len(answered) > 0 {
			<-answered
			go send()
		}
		time.Sleep(100 * time.Microsecond)
	}
	cancel()
	for !s.stopping.Load() {
		time.Sleep(time.Millisecond)
	}
	if s.Ready() {
		t.Error("ready while it stops")
	}
	if a := <-answered; a.status != 200 {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := http.Get(s.URL() + "/v2"); err == nil {
		t.Error("it answers after its end")
	}
}

// TestSwap: while a file is replaced again and again, by another model in turn, every
// request has an answer, that of one of both.
func TestSwap(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "digits.onnx")
	sources := []string{
		digitsFile(t, filepath.Join(folder, "a.bin"), convert.Options{}),
		digitsFile(t, filepath.Join(folder, "b.bin"), convert.Options{EMA: "off"}),
	}
	x := heldOut(t, 1)
	var want [][]float32
	var files [][]byte
	for _, source := range sources {
		session, err := runtime.Load(source, runtime.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, logits(t, session, x))
		data, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, data)
	}
	put := func(i int) {
		next := path + ".new"
		if err := os.WriteFile(next, files[i%2], 0o666); err != nil {
			t.Error(err)
		}
		if err := os.Rename(next, path); err != nil {
			t.Error(err)
		}
	}
	put(0)
	o := options(path)
	o.Watch, o.MaxBatch = 10*time.Millisecond, 2
	url := start(t, o)
	var seen [2]atomic.Int64
	var end atomic.Bool
	var callers sync.WaitGroup
	body, length := binaryRequest(x, "")
	for range 3 {
		callers.Go(func() {
			for !end.Load() {
				_, got := floats(t, ask(t, "POST", url+"/v2/models/digits/infer", body, "Inference-Header-Content-Length", length))
				i := slices.IndexFunc(want, func(w []float32) bool { return slices.Equal(w, got) })
				if i < 0 {
					t.Errorf("the answer is of neither model: %v", got)
					return
				}
				seen[i].Add(1)
			}
		})
	}
	for i := 1; i < 6 && !t.Failed(); i++ {
		before := seen[i%2].Load()
		put(i)
		for begin := time.Now(); seen[i%2].Load() == before && !t.Failed(); time.Sleep(time.Millisecond) {
			if time.Since(begin) > 30*time.Second {
				t.Errorf("swap %d has not come after 30 s", i)
				break
			}
		}
	}
	if err := os.WriteFile(path+".new", []byte("no model"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); !bytes.Contains(ask(t, "POST", url+"/v2/repository/index", nil).body, []byte("digits.onnx")); time.Sleep(5 * time.Millisecond) {
		if time.Since(begin) > 30*time.Second {
			t.Error("the index does not say why the new file cannot be loaded")
			break
		}
	}
	time.Sleep(50 * time.Millisecond)
	end.Store(true)
	callers.Wait()
}

// TestStartErrors: what cannot be served is said at once.
func TestStartErrors(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.onnx")
	if err := os.WriteFile(broken, []byte("no model"), 0o666); err != nil {
		t.Fatal(err)
	}
	digits := digitsAt(t)
	for name, models := range map[string][]string{
		"broken": {broken}, "missing": {broken + "x"}, "twice": {digits, digits}, "an empty folder": {t.TempDir()}, "no path": {"a="},
	} {
		s, err := New(options(models...))
		if err == nil {
			err = s.Run(t.Context())
		}
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFolders: names and versions of models come from folders.
func TestFolders(t *testing.T) {
	folder := t.TempDir()
	data, err := os.ReadFile(digitsAt(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"flat.onnx", "many/1/any.onnx", "many/10/model.onnx", "many/2/model.onnx", "many/2/other.onnx"} {
		full := filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	o := options(folder, "own="+filepath.Join(folder, "many", "1"))
	o.MaxBatch = 1
	url := start(t, o)
	index := string(ask(t, "POST", url+"/v2/repository/index", nil).body)
	var want []string
	for _, v := range []string{"flat 1", "many 1", "many 2", "many 10", "own 1"} {
		name, version, _ := strings.Cut(v, " ")
		want = append(want, fmt.Sprintf(`{"name":%q,"version":%q,"state":"READY","reason":""}`, name, version))
	}
	if got := strings.TrimSpace(index); got != "["+strings.Join(want, ",")+"]" {
		t.Errorf("index %s", got)
	}
	body, length := binaryRequest(heldOut(t, 1), "")
	r, _ := floats(t, ask(t, "POST", url+"/v2/models/many/infer", body, "Inference-Header-Content-Length", length))
	if r.Version != "10" {
		t.Errorf("version %s", r.Version)
	}
}
