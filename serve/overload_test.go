package serve

import (
	"bytes"
	"context"
	"flag"
	"io"
	"net/http"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mixconv/mixconv/convert"
)

var (
	overloadFor   = flag.Duration("overload", 3*time.Second, "how long TestOverload calls the server too often")
	overloadModel = flag.String("overload-model", "", "an ONNX file with labels for TestOverload, in place of the digits")
)

// overload counts what came of requests.
type overload struct {
	url     string // that classifies
	client  *http.Client
	picture []byte

	answered, refused, other atomic.Int64
	mu                       sync.Mutex
	refusals                 []time.Duration // how long they took
}

func (o *overload) ask(ctx context.Context) {
	start := time.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, bytes.NewReader(o.picture))
	if err != nil {
		o.other.Add(1)
		return
	}
	a, err := o.client.Do(r)
	if err != nil {
		o.other.Add(1)
		return
	}
	_, err = io.Copy(io.Discard, a.Body)
	a.Body.Close()
	switch {
	case err == nil && a.StatusCode == http.StatusOK:
		o.answered.Add(1)
	case a.StatusCode == http.StatusTooManyRequests && a.Header.Get("Retry-After") != "":
		o.refused.Add(1)
		o.mu.Lock()
		o.refusals = append(o.refusals, time.Since(start))
		o.mu.Unlock()
	default:
		o.other.Add(1)
	}
}

// closed keeps so many callers busy, each with one request after the other, and returns
// how many a second were answered.
func (o *overload) closed(callers int, long time.Duration) float64 {
	var all sync.WaitGroup
	before, begin := o.answered.Load(), time.Now()
	for range callers {
		all.Go(func() {
			for time.Since(begin) < long {
				o.ask(context.Background())
			}
		})
	}
	all.Wait()
	return float64(o.answered.Load()-before) / time.Since(begin).Seconds()
}

// open sends so many a second, whatever comes of them, and returns how many were answered.
func (o *overload) open(perSecond float64, long time.Duration) float64 {
	var all sync.WaitGroup
	before, begin := o.answered.Load(), time.Now()
	for sent := 0; time.Since(begin) < long; {
		for ; float64(sent) < perSecond*time.Since(begin).Seconds(); sent++ {
			all.Go(func() { o.ask(context.Background()) })
		}
		time.Sleep(time.Millisecond)
	}
	within := time.Since(begin)
	n := o.answered.Load() - before
	all.Wait()
	return float64(n) / within.Seconds()
}

// TestOverload: of ten times more requests than can be answered, about as many are answered
// as ever, the others are refused at once, and when it is over a request is answered again.
// The shares are printed, and held loosely: this process is the callers, too.
func TestOverload(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds of traffic")
	}
	path := *overloadModel
	if path == "" {
		path = digitsFile(t, filepath.Join(t.TempDir(), "digits.onnx"), convert.Options{})
	}
	served := options("model=" + path)
	served.Queue = 32
	// A large picture: this process is the callers, too, and a small one is sent and refused
	// for nearly what it costs to answer.
	o := &overload{url: start(t, served) + "/v2/models/model/classify", picture: threePNG(t, 1536)}
	o.client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 512, MaxConnsPerHost: 512}}
	defer o.client.CloseIdleConnections()
	o.closed(8, 500*time.Millisecond)
	measure := min(*overloadFor, 10*time.Second)
	before := o.closed(16, measure)
	o.refusals = nil
	refused := o.refused.Load()

	heap := heapNow()
	rate := o.open(10*before, *overloadFor)
	grown := heapNow() - heap
	slices.Sort(o.refusals)
	slow := time.Duration(0)
	if n := len(o.refusals); n > 0 {
		slow = o.refusals[n*99/100]
	}
	start := time.Now()
	r := ask(t, http.MethodPost, o.url, o.picture)
	recovered := time.Since(start)

	tooMany := o.refused.Load() - refused
	after := o.closed(16, measure)
	capacity := (before + after) / 2 // a shared machine is not as fast all the time

	t.Logf("capacity %.0f a second before and %.0f after; of ten times as many %.0f answered (%.0f %%), %d refused, 99 %% of these within %s; heap %+.1f MB; then one answered in %s",
		before, after, rate, 100*rate/capacity, tooMany, slow, float64(grown)/1e6, recovered)
	if r.status != http.StatusOK || recovered > time.Second {
		t.Errorf("after it: %d within %s", r.status, recovered)
	}
	if n := o.other.Load(); n > 0 {
		t.Errorf("%d requests neither answered nor refused", n)
	}
	if tooMany == 0 || rate < capacity/3 {
		t.Errorf("%.0f answered a second of a capacity of %.0f, %d refused", rate, capacity, tooMany)
	}
	if grown > 64<<20 {
		t.Errorf("the heap has grown by %d MB", grown>>20)
	}
}

func heapNow() int64 {
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
