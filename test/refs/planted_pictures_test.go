package refs

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/preprocess"
	"google.golang.org/protobuf/proto"
)

// TestPlantedPreprocessing prepares a picture wrongly in one way at a time, and
// otherwise as timm does: `mixconv verify` names the step. Without an error
// every step is timm's to the bit.
func TestPlantedPreprocessing(t *testing.T) {
	folder := t.TempDir()
	python(t, nil, "weights.py", folder, "mixnet_s")
	weights, picture := filepath.Join(folder, "mixnet_s.npz"), filepath.Join(folder, "picture.jpg")
	model, run := filepath.Join(folder, "m.onnx"), filepath.Join(folder, "run.npz")
	writePicture(t, picture)
	m, err := torch.Convert(weights, convert.Options{Model: "mixnet_s", ImageSize: plantedSize})
	if err != nil {
		t.Fatal(err)
	}
	write(t, model, m.Model)
	command := buildProgram(t)
	c, code := command.verify(t, model, "--ref", "timm:"+weights, "--image", picture, "--save-ref", run)
	if code != 0 || len(c.Stages) != 4 || *c.Top5Agree != 1 {
		t.Fatalf("without an error: exit code %d, %+v", code, c)
	}
	for _, v := range c.Stages {
		if v.MaxAbs != 0 {
			t.Errorf("%s differs by %v from timm's", v.Name, v.MaxAbs)
		}
	}
	mean, _ := m.Metadata(metadata.PreprocessMean)
	std, _ := m.Metadata(metadata.PreprocessStd)
	for _, p := range []struct {
		name, first string
		metadata    map[string]string
		picture     func(*preprocess.Picture)
	}{
		{name: "mean and deviation exchanged", first: "normalize", metadata: map[string]string{metadata.PreprocessMean: std, metadata.PreprocessStd: mean}},
		{name: "no mean", first: "normalize", metadata: map[string]string{metadata.PreprocessMean: "0,0,0"}},
		{name: "from -1 to 1", first: "normalize", metadata: map[string]string{metadata.PreprocessMean: "0.5,0.5,0.5", metadata.PreprocessStd: "0.5,0.5,0.5"}},
		{name: "deviation of 0 to 255", first: "normalize", metadata: map[string]string{metadata.PreprocessStd: "58.395,0.224,0.225"}},
		{name: "bilinear", first: "resize", metadata: map[string]string{metadata.PreprocessInterpolation: "bilinear"}},
		{name: "another crop", first: "resize", metadata: map[string]string{metadata.PreprocessCrop: "0.9"}},
		{name: "TensorFlow's", first: "decode", metadata: preprocess.ImageNet(preprocess.TensorFlow, plantedSize).Metadata()},
		{name: "nothing", first: ""},
		{name: "blue first", first: "decode", picture: func(p *preprocess.Picture) {
			for i := 0; i < len(p.Pix); i += 3 {
				p.Pix[i], p.Pix[i+2] = p.Pix[i+2], p.Pix[i]
			}
		}},
		{name: "a bit of a pixel", first: "decode", picture: func(p *preprocess.Picture) { p.Pix[1000] ^= 1 }},
	} {
		planted, seen := filepath.Join(folder, "planted.onnx"), picture
		other := onnx.New(proto.CloneOf(m.Proto))
		for key, value := range p.metadata {
			other.SetMetadata(key, value)
		}
		write(t, planted, other)
		if p.picture != nil {
			seen = filepath.Join(folder, "picture.png")
			alterPicture(t, picture, seen, p.picture)
		}
		args := []string{planted, "--ref", "npz:" + run, "--image", seen}
		if p.first != "" {
			command.requireFound(t, p.name, p.first, args...)
		} else if _, code := command.verify(t, args...); code != 0 {
			t.Errorf("%s: exit code %d", p.name, code)
		}
	}
}

// alterPicture writes a changed picture as a PNG.
func alterPicture(t *testing.T, from, to string, change func(*preprocess.Picture)) {
	t.Helper()
	p, err := preprocess.ImageNet(preprocess.Torch, plantedSize).ReadFile(from, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	change(p)
	m := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := 0; i < p.Width*p.Height; i++ {
		at := i/p.Width*p.Stride + i%p.Width*3
		m.SetRGBA(i%p.Width, i/p.Width, color.RGBA{p.Pix[at], p.Pix[at+1], p.Pix[at+2], 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
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
