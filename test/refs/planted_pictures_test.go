package refs

import (
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/verify"
)

// TestPlantedPreprocessing prepares a picture wrongly in one way at a time, and
// otherwise as timm does: verify names the step. Without an error every step is
// timm's to the bit.
func TestPlantedPreprocessing(t *testing.T) {
	folder := t.TempDir()
	python(t, nil, "weights.py", folder, "mixnet_s")
	weights, picture := filepath.Join(folder, "mixnet_s.npz"), filepath.Join(folder, "picture.jpg")
	writePicture(t, picture)
	source, err := torch.Load(weights, torch.LoadOptions{Model: "mixnet_s"})
	if err != nil {
		t.Fatal(err)
	}
	right := preprocess.ImageNet(preprocess.Torch, plantedSize)
	live, err := verify.Timm(verify.Live{Weights: weights})
	if err != nil {
		t.Fatal(err)
	}
	m, err := convert.Lower(source.Network, source.Weights, convert.Options{ImageSize: plantedSize})
	if err != nil {
		t.Fatal(err)
	}
	compare := func(c preprocess.Config, ref verify.Reference, change func(*preprocess.Picture)) *verify.Comparison {
		o := verify.Options{Tolerance: verify.DefaultTolerance, Pictures: []verify.Picture{prepare(t, c, picture, change)}}
		report, err := verify.Run(t.Context(), m, []verify.Reference{ref}, o)
		if err != nil {
			t.Fatal(err)
		}
		return report.References[0]
	}
	c := compare(right, live, func(*preprocess.Picture) {})
	if !c.Pass || len(c.Stages) != 4 || *c.Top5Agree != 1 {
		t.Fatalf("without an error: %+v", c)
	}
	for _, v := range c.Stages {
		if v.MaxAbs != 0 {
			t.Errorf("%s differs by %v from timm's", v.Name, v.MaxAbs)
		}
	}
	recorded := verify.Recorded("timm", c.Record())
	for _, p := range []struct {
		name, first string
		config      func(*preprocess.Config)
		picture     func(*preprocess.Picture)
	}{
		{name: "mean and deviation exchanged", first: "normalize", config: func(c *preprocess.Config) { c.Mean, c.Std = c.Std, c.Mean }},
		{name: "no mean", first: "normalize", config: func(c *preprocess.Config) { c.Mean = [3]float64{} }},
		{name: "from -1 to 1", first: "normalize", config: func(c *preprocess.Config) {
			c.Mean, c.Std = [3]float64{0.5, 0.5, 0.5}, [3]float64{0.5, 0.5, 0.5}
		}},
		{name: "deviation of 0 to 255", first: "normalize", config: func(c *preprocess.Config) { c.Std[0] *= 255 }},
		{name: "bilinear", first: "resize", config: func(c *preprocess.Config) { c.Interpolation = preprocess.Bilinear }},
		{name: "another crop", first: "resize", config: func(c *preprocess.Config) { c.Crop = 0.9 }},
		{name: "blue first", first: "decode", picture: func(p *preprocess.Picture) {
			for i := 0; i < len(p.Pix); i += 3 {
				p.Pix[i], p.Pix[i+2] = p.Pix[i+2], p.Pix[i]
			}
		}},
		{name: "a bit of a pixel", first: "decode", picture: func(p *preprocess.Picture) { p.Pix[1000] ^= 1 }},
	} {
		config := right
		if p.config != nil {
			p.config(&config)
		}
		if p.picture == nil {
			p.picture = func(*preprocess.Picture) {}
		}
		if c := compare(config, recorded, p.picture); c.Pass || c.FirstDifferent == nil || *c.FirstDifferent != p.first {
			t.Errorf("%s: %+v, want %s first", p.name, c.FirstDifferent, p.first)
		}
	}
}

// prepare reads a picture, changes it, and prepares it.
func prepare(t *testing.T, c preprocess.Config, path string, change func(*preprocess.Picture)) verify.Picture {
	t.Helper()
	p, err := c.ReadFile(path, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	change(p)
	stages, err := c.Run(p)
	if err != nil {
		t.Fatal(err)
	}
	return verify.Picture{Path: path, Stages: stages}
}

// writePicture writes a JPEG with edges and slopes in three colours.
func writePicture(t *testing.T, path string) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 150, 101))
	for y := range 101 {
		for x := range 150 {
			m.SetRGBA(x, y, color.RGBA{uint8(x + y), uint8(255 * (x / 10 & 1)), uint8(x * y), 255})
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := jpeg.Encode(f, m, nil); err != nil {
		t.Fatal(err)
	}
}
