package score

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/preprocess"
)

// BenchmarkRun scores JPEGs of 500×375 pixels by MixNet-S on two goroutines. It reports how
// much of what the slower of preparing pictures and running the network, each alone on one
// thread, allows a pipeline of the two is reached; and how much of what two threads can do
// of both.
func BenchmarkRun(b *testing.B) {
	n, err := convert.Named("mixnet-s")
	if err != nil {
		b.Fatal(err)
	}
	network, err := convert.Lower(n, convert.Random(n, 1), convert.Options{ImageSize: 224})
	if err != nil {
		b.Fatal(err)
	}
	config := preprocess.ImageNet(preprocess.Torch, 224)
	m, err := NewModel(network, Top, 5, mixconv.ClassifierOptions{Preprocess: &config})
	if err != nil {
		b.Fatal(err)
	}
	const pictures = 200
	dir := filepath.Join(b.TempDir(), "pictures")
	if err := os.Mkdir(dir, 0o777); err != nil {
		b.Fatal(err)
	}
	for i := range pictures {
		write(b, filepath.Join(dir, fmt.Sprintf("%03d.jpg", i)), photo(uint64(i)))
	}
	input := mixconv.Tensors{"input": mixconv.NewTensor(make([]float32, 3*224*224), 1, 3, 224, 224)}
	var prepare, run, all time.Duration
	timed := func(total *time.Duration, f func() error) {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		*total += time.Since(start)
	}
	for b.Loop() {
		timed(&prepare, func() error {
			for i := range pictures {
				data, err := ReadPicture(filepath.Join(dir, fmt.Sprintf("%03d.jpg", i)))
				if err == nil {
					_, _, err = m.classifier.Input(data)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		timed(&run, func() error {
			for range pictures {
				if _, err := m.session.Run(b.Context(), input); err != nil {
					return err
				}
			}
			return nil
		})
		out := b.TempDir()
		timed(&all, func() error {
			_, err := Run(b.Context(), m, openAll(b, dir), out, small(2, 64))
			return err
		})
	}
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(b.N*pictures) }
	b.ReportMetric(each(prepare), "prepare-ms")
	b.ReportMetric(each(run), "run-ms")
	b.ReportMetric(each(all), "score-ms")
	b.ReportMetric(max(each(prepare), each(run))/each(all), "of-pipeline")
	b.ReportMetric((each(prepare)+each(run))/2/each(all), "of-two-threads")
}

// photo is a JPEG of 500×375 pixels.
func photo(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	p := image.NewRGBA(image.Rect(0, 0, 500, 375))
	for y := range 375 {
		for x := range 500 {
			p.SetRGBA(x, y, color.RGBA{uint8(x/2 + r.IntN(30)), uint8(y/2 + r.IntN(30)), uint8((x + y) / 4), 255})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, p, nil) // a buffer takes everything
	return b.Bytes()
}
