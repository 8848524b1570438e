package runtime

import (
	"context"
	"io"
	"reflect"
	goruntime "runtime"
	"sync"
	"testing"
	"time"
)

var _ io.Closer = (*Session)(nil)

// TestClose: Close waits for runs, and refuses later ones; both again and again.
func TestClose(t *testing.T) {
	before := goruntime.NumGoroutine()
	path := writeModel(t, largeWeights())
	for _, o := range []Options{{}, {Threads: 2}, {Engine: Reference}} {
		s, err := Load(path, o)
		if err != nil {
			t.Fatal(err)
		}
		in := randomInput(s, 1, 1)
		out := run(t, s, in)
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, err := s.Run(context.Background(), in); err != errClosed {
			t.Errorf("Run: %v", err)
		}
		if err := s.RunInto(context.Background(), in, out); err != errClosed {
			t.Errorf("RunInto: %v", err)
		}
		if _, err := s.Profile(context.Background(), in, 1); err != errClosed {
			t.Errorf("Profile: %v", err)
		}
		if _, err := s.Fallbacks(); err != errClosed {
			t.Errorf("Fallbacks: %v", err)
		}
		if len(s.Inputs()) != 1 || s.Dump(io.Discard, "typed") != nil {
			t.Error("what a model is can be told after Close")
		}
	}
	m := openModel(t, path) // somebody else's
	if err := newSession(t, m, Options{}).Close(); err != nil {
		t.Error(err)
	}
	s := newSession(t, m, Options{})
	run(t, s, randomInput(s, 1, 1))
	requireGoroutines(t, "Close", before)
}

// TestCloseWaits: a run that has begun ends as if nobody had called Close.
func TestCloseWaits(t *testing.T) {
	s := newSession(t, network(), Options{})
	in := randomInput(s, 1, 1)
	began, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s.hook = func(string, int) { once.Do(func() { close(began); <-goOn }) }
	ran := make(chan error, 1)
	go func() {
		_, err := s.Run(context.Background(), in)
		ran <- err
	}()
	<-began
	closed := make(chan error, 2)
	for range 2 {
		go func() { closed <- s.Close() }()
	}
	select {
	case <-closed:
		t.Fatal("closed while a run goes on")
	case <-time.After(50 * time.Millisecond):
	}
	if _, err := s.Run(context.Background(), in); err != errClosed {
		t.Errorf("a run that begins during Close: %v", err)
	}
	close(goOn)
	if err := <-ran; err != nil {
		t.Errorf("the run that Close waits for: %v", err)
	}
	for range 2 {
		if err := <-closed; err != nil {
			t.Error(err)
		}
	}
}

// TestCloseUnderLoad: Run, RunInto, new shapes and Close at the same time; what is
// no error is right.
func TestCloseUnderLoad(t *testing.T) {
	path := writeModel(t, network())
	const shapes = 6
	reference := newSession(t, network(), Options{})
	var ins, wants [shapes]Tensors
	for i := range shapes {
		ins[i] = randomInput(reference, i+1, uint64(i))
		wants[i] = run(t, reference, ins[i])
	}
	for round := range 6 {
		s, err := Load(path, Options{Threads: 1 + round%3})
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for worker := range 6 {
			group.Go(func() {
				for i := range 200 {
					at := (i + worker) % shapes
					out := Tensors{"y": wants[at]["y"].Clone()}
					clear(out["y"].Data.([]float32))
					var err error
					if i%2 == 0 {
						err = s.RunInto(context.Background(), ins[at], out)
					} else {
						out, err = s.Run(context.Background(), ins[at])
					}
					if err == errClosed {
						return
					}
					if err != nil || !reflect.DeepEqual(out, wants[at]) {
						t.Errorf("batch %d: results differ, error %v", at+1, err)
						return
					}
				}
			})
		}
		time.Sleep(time.Duration(5*(round+1)) * time.Millisecond)
		for range 2 {
			group.Go(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
}
