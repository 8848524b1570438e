package mixconv_test

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
)

// BenchmarkRun times one picture of 224×224 on one thread, the claim of the
// README; random weights take as long as trained ones.
func BenchmarkRun(b *testing.B) {
	for _, name := range []string{"mixnet-s", "mixnet-m", "mixnet-l"} {
		n, err := convert.Named(name)
		if err != nil {
			b.Fatal(err)
		}
		weights := convert.Random(n, 1)
		for _, form := range []convert.Form{convert.Split, convert.Fused} {
			b.Run(name+"/"+string(form), func(b *testing.B) {
				m, err := convert.Lower(n, weights, convert.Options{MDConv: form, ImageSize: 224})
				if err != nil {
					b.Fatal(err)
				}
				s, err := mixconv.LoadModel(m, mixconv.Options{})
				if err != nil {
					b.Fatal(err)
				}
				in := mixconv.Tensors{"input": mixconv.NewTensor(make([]float32, 3*224*224), 1, 3, 224, 224)}
				out := mixconv.Tensors{"logits": mixconv.NewTensor(make([]float32, n.Classes), 1, n.Classes)}
				b.ReportAllocs()
				for b.Loop() {
					if err := s.RunInto(context.Background(), in, out); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkLoad times opening a file and the first run, which plans and packs
// weights. In a process of its own, as mixconv bench has it, both take longer:
// memory is touched for the first time there.
func BenchmarkLoad(b *testing.B) {
	n, err := convert.Named("mixnet-s")
	if err != nil {
		b.Fatal(err)
	}
	m, err := convert.Lower(n, convert.Random(n, 1), convert.Options{ImageSize: 224})
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "mixnet-s.onnx")
	if err := m.WriteFile(path); err != nil {
		b.Fatal(err)
	}
	in := mixconv.Tensors{"input": mixconv.NewTensor(make([]float32, 3*224*224), 1, 3, 224, 224)}
	b.ReportAllocs()
	for b.Loop() {
		s, err := mixconv.Load(path, mixconv.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Run(context.Background(), in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNewShapes shows what requests of new shapes cost the others: eight callers
// with pictures of 224×224, first alone, then beside one who sends a picture of another
// size each time, 50 in all. The metric ratio is that of the eight callers' 99th
// percentiles, with and without.
func BenchmarkNewShapes(b *testing.B) {
	n, err := convert.Named("mixnet-s")
	if err != nil {
		b.Fatal(err)
	}
	c, err := convert.RandomModel(n, 1, convert.Options{ImageSize: convert.Dynamic})
	if err != nil {
		b.Fatal(err)
	}
	var with, without []time.Duration
	for b.Loop() {
		s, err := mixconv.LoadModel(c.Model, mixconv.Options{})
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		with = append(with, besides(b, s, func() {
			for i := range 50 {
				if _, err := s.Run(context.Background(), square(96+2*i)); err != nil {
					b.Error(err)
				}
			}
		})...)
		took := time.Since(start)
		without = append(without, besides(b, s, func() { time.Sleep(took) })...)
	}
	last, alone := percentile(with, 99), percentile(without, 99)
	b.ReportMetric(alone.Seconds()*1e3, "p99-alone-ms")
	b.ReportMetric(last.Seconds()*1e3, "p99-ms")
	b.ReportMetric(last.Seconds()/alone.Seconds(), "ratio")
}

// besides times the runs of eight callers while f runs.
func besides(b *testing.B, s *mixconv.Session, f func()) (times []time.Duration) {
	in := square(224)
	if _, err := s.Run(context.Background(), in); err != nil {
		b.Fatal(err)
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	done := make(chan struct{})
	for range 8 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				start := time.Now()
				if _, err := s.Run(context.Background(), in); err != nil {
					b.Error(err)
					return
				}
				took := time.Since(start)
				mu.Lock()
				times = append(times, took)
				mu.Unlock()
			}
		})
	}
	f()
	close(done)
	group.Wait()
	return times
}

// square is a grey picture.
func square(size int) mixconv.Tensors {
	return mixconv.Tensors{"input": mixconv.NewTensor(make([]float32, 3*size*size), 1, 3, size, size)}
}

func percentile(times []time.Duration, p int) time.Duration {
	slices.Sort(times)
	return times[min(len(times)-1, len(times)*p/100)]
}
