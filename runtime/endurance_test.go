package runtime

import (
	"context"
	"errors"
	"flag"
	"path/filepath"
	"reflect"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var inferences = flag.Int("inferences", 2000, "how many runs TestEndurance makes")

// TestEndurance: memory, goroutines and descriptors do not grow with the number of runs,
// of several shapes, from several goroutines, some of them cancelled, beside sessions that
// are loaded and closed; and every run gives the same numbers. -inferences 1000000 takes
// minutes.
func TestEndurance(t *testing.T) {
	sameEverywhere(t)
	path := writeModel(t, network())
	s, err := Load(path, Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var inputs, want []Tensors
	for batch := range 3 {
		in := randomInput(s, batch+1, uint64(batch))
		inputs, want = append(inputs, in), append(want, run(t, s, in))
	}
	endure(t, s, path, inputs, want, 500) // pools fill up
	before := used()
	endure(t, s, path, inputs, want, *inferences)
	after := used()
	for i := 0; i < 100 && after.goroutines > before.goroutines; i++ { // that have done all but end
		time.Sleep(10 * time.Millisecond)
		after = used()
	}
	t.Logf("%d runs; before %+v, after %+v", *inferences, before, after)
	if after.heap > before.heap+1<<20 || after.goroutines > before.goroutines || after.descriptors > before.descriptors {
		t.Errorf("%d runs: before %+v, after %+v", *inferences, before, after)
	}
}

// usage is what the process holds.
type usage struct {
	heap                    int64
	goroutines, descriptors int // no descriptors where there is no /proc
}

func used() usage {
	goruntime.GC()
	goruntime.GC() // what pools held through the first
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	open, _ := filepath.Glob("/proc/self/fd/*")
	return usage{int64(m.HeapAlloc), goruntime.NumGoroutine(), len(open)}
}

// endure makes so many runs on four goroutines.
func endure(t *testing.T, s *Session, path string, inputs, want []Tensors, runs int) {
	t.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := int(next.Add(1)); i <= runs && !t.Failed(); i = int(next.Add(1)) {
				if err := endureRun(t.Context(), s, path, inputs[i%len(inputs)], want[i%len(want)], i); err != nil {
					t.Errorf("run %d: %v", i, err)
				}
			}
		})
	}
	all.Wait()
}

// endureRun is run i: every hundredth is cancelled, every thousandth on a session of its own.
func endureRun(ctx context.Context, s *Session, path string, in, want Tensors, i int) error {
	if i%100 == 0 {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := s.Run(ended, in); !errors.Is(err, context.Canceled) {
			return errors.Join(errors.New("it was cancelled"), err)
		}
	}
	if i%1000 == 0 {
		own, err := Load(path, Options{})
		if err != nil {
			return err
		}
		defer own.Close()
		s = own
	}
	out, err := s.RunThreads(ctx, 1+i%2, in)
	if err == nil && !reflect.DeepEqual(out, want) {
		err = errors.New("other numbers")
	}
	return err
}
