package mixconv_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/preprocess"
)

// BenchmarkClassifyAll classifies JPEGs of 500×375 pixels by MixNet-S on two threads. It
// reports how much of what the slower of preparing pictures and running the network,
// each alone on one thread, allows a pipeline of the two that is reached; and how much of
// what two threads can do of both.
func BenchmarkClassifyAll(b *testing.B) {
	n, err := convert.Named("mixnet-s")
	if err != nil {
		b.Fatal(err)
	}
	model, err := convert.Lower(n, convert.Random(n, 1), convert.Options{ImageSize: 224})
	if err != nil {
		b.Fatal(err)
	}
	config := preprocess.ImageNet(preprocess.Torch, 224)
	open := func(threads int) *mixconv.Classifier {
		c, err := mixconv.OpenModel(model, mixconv.ClassifierOptions{Preprocess: &config, Options: mixconv.Options{Threads: threads}})
		if err != nil {
			b.Fatal(err)
		}
		return c
	}
	const pictures = 64
	photos := make([][]byte, pictures)
	for i := range photos {
		photos[i] = photo(b, uint64(i))
	}
	one, two := open(1), open(2)
	session, err := mixconv.LoadModel(model, mixconv.Options{Threads: 1})
	if err != nil {
		b.Fatal(err)
	}
	input := mixconv.Tensors{"input": mixconv.NewTensor(make([]float32, 4*3*224*224), 4, 3, 224, 224)}
	var prepare, run, all time.Duration
	timed := func(total *time.Duration, f func()) {
		start := time.Now()
		f()
		*total += time.Since(start)
	}
	for b.Loop() {
		timed(&prepare, func() {
			for _, data := range photos {
				p, err := one.Preprocessing().Decode(data, mixconv.Limits{})
				if err == nil {
					_, err = one.Preprocessing().Tensor(p)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
		timed(&run, func() {
			for range pictures / 4 {
				if _, err := session.Run(context.Background(), input); err != nil {
					b.Fatal(err)
				}
			}
		})
		timed(&all, func() {
			for _, err := range two.ClassifyAll(context.Background(), func(yield func([]byte, error) bool) {
				for _, data := range photos {
					if !yield(data, nil) {
						return
					}
				}
			}, 5) {
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(b.N*pictures) }
	b.ReportMetric(each(prepare), "prepare-ms")
	b.ReportMetric(each(run), "run-ms")
	b.ReportMetric(each(all), "classify-ms")
	b.ReportMetric(each(max(prepare, run))/each(all), "of-pipeline")
	b.ReportMetric(each(prepare+run)/2/each(all), "of-two-threads")
}

// photo is a JPEG with edges, gradients and some noise, as photographs have.
func photo(b *testing.B, seed uint64) []byte {
	b.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(image.Rect(0, 0, 500, 375))
	f, g := 0.01+0.05*r.Float64(), 0.01+0.05*r.Float64()
	for y := range 375 {
		for x := range 500 {
			v := 128 + 70*math.Sin(f*float64(x))*math.Cos(g*float64(y)) + 8*r.NormFloat64()
			if (x/60+y/45)%3 == 0 {
				v += 40
			}
			m.SetRGBA(x, y, color.RGBA{uint8(min(max(v, 0), 255)), uint8(min(max(v*0.8+20, 0), 255)), uint8(min(max(255-v, 0), 255)), 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}
