package playground

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// model is the digits checkpoint, in split or in fused form.
func model(t *testing.T, form convert.Form) *onnx.Model {
	t.Helper()
	m, err := tf.Convert("../../testdata/digits", convert.Options{
		ImageSize: 64, MDConv: form, Labels: strings.Fields("zero one two three four five six seven eight nine"),
		Metadata: map[string]string{
			metadata.PreprocessCrop: "1", metadata.PreprocessInterpolation: "bicubic",
			metadata.PreprocessMean: "127.5,127.5,127.5", metadata.PreprocessStd: "127.5,127.5,127.5",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m.Model
}

// three is a handwritten digit as a picture of 64 × 64.
func three(t *testing.T) []byte {
	t.Helper()
	rows := []string{"006egg20", "05gdbg00", "0072fc00", "0007gd10", "00006fa0", "00000f90", "003b8g60", "007gg800"}
	m := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range m.Pix {
		m.Pix[i] = uint8(min(16*strings.IndexByte("0123456789abcdefg", rows[i/64/8][i%64/8]), 255))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// decode reads a PNG out of a data URI.
func decode(t *testing.T, uri string) image.Image {
	t.Helper()
	text, ok := strings.CutPrefix(uri, "data:image/png;base64,")
	if !ok {
		t.Fatalf("%.40q is no data URI", uri)
	}
	m, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRun(t *testing.T) {
	for _, form := range []convert.Form{convert.Split, convert.Fused} {
		p, err := Open(model(t, form), mixconv.ClassifierOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.Run(t.Context(), three(t), 5, limit.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Top) != 5 || r.Top[0].Label != "three" {
			t.Errorf("%s: classes %v", form, r.Top)
		}
		if r.Forms == nil || r.Forms.MaxAbs == nil || *r.Forms.MaxAbs > 1e-4 || r.Forms.SplitMS <= 0 || r.Forms.FusedMS <= 0 {
			t.Errorf("%s: forms %+v", form, r.Forms)
		}
		if names := stageNames(r); names != "decode resize crop normalize" && names != "decode crop resize normalize" {
			t.Errorf("steps %s", names)
		}
		for _, s := range r.Stages {
			if b := decode(t, s.Image).Bounds(); b.Dx() != s.Width || b.Dy() != s.Height || s.Width != 64 {
				t.Errorf("step %s: a picture of %v for %d × %d", s.Name, b, s.Width, s.Height)
			}
		}
		checkLayers(t, p, r)
	}
}

func stageNames(r *Result) string {
	var names []string
	for _, s := range r.Stages {
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}

// checkLayers compares the branches' means with those of the values that the file's own
// form shows.
func checkLayers(t *testing.T, p *Model, r *Result) {
	t.Helper()
	if len(r.Layers) != 13 { // of mixnet-s, blocks 3 to 15
		t.Errorf("%d mixed convolutions", len(r.Layers))
	}
	s, err := runtime.New(model(t, convert.Form(p.form)), runtime.Options{Layers: true, Engine: runtime.Reference})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := p.Preprocessing().Decode(three(t), limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Preprocessing().Tensor(picture)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range r.Layers {
		out, err := s.Run(t.Context(), runtime.Tensors{"input": in}, l.Name)
		if err != nil {
			t.Fatal(err)
		}
		data := tensor.Data[float32](out[l.Name])
		for _, b := range l.Branches {
			sum, n := 0.0, b.Channels*l.Height*l.Width
			for _, v := range data[:n] {
				sum += math.Abs(float64(v))
			}
			data = data[n:]
			if mean := sum / float64(n); math.Abs(mean-*b.Mean) > 1e-5*mean {
				t.Errorf("%s %s: mean %g, want %g", l.Name, b.Kernel, *b.Mean, mean)
			}
			if size := decode(t, b.Map).Bounds(); size.Dx() != l.Width || size.Dy() != l.Height {
				t.Errorf("%s %s: a map of %v", l.Name, b.Kernel, size)
			}
		}
		if len(data) > 0 || len(l.Branches) < 2 || l.Branches[0].Kernel != "3×3" {
			t.Errorf("%s: %d values left, branches %+v", l.Name, len(data), l.Branches)
		}
	}
}

// TestOpen: a model without mixed convolutions has one form, one that says nothing of its
// pictures is an error.
func TestOpen(t *testing.T) {
	m := model(t, convert.Split)
	m.Proto.MetadataProps = nil
	if _, err := Open(m, mixconv.ClassifierOptions{}); err == nil || !strings.Contains(err.Error(), "does not say how its pictures are prepared") {
		t.Errorf("%v", err)
	}
	config := preprocess.ImageNet(preprocess.Torch, 64)
	p, err := Open(m, mixconv.ClassifierOptions{Preprocess: &config})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Run(t.Context(), []byte("no picture"), 5, limit.Limits{}); err == nil {
		t.Error("what is no picture is classified")
	}
	if r, err := p.Run(t.Context(), three(t), 3, limit.Limits{}); err != nil || len(r.Top) != 3 {
		t.Errorf("%v", err)
	}
}

// TestHeat: the larger the lighter, and what is no number is grey.
func TestHeat(t *testing.T) {
	last := -1
	for i := range 101 {
		c := heatOf(float64(i) / 100)
		light := 299*int(c.R) + 587*int(c.G) + 114*int(c.B)
		if light <= last {
			t.Errorf("%d %% is not lighter than less", i)
		}
		last = light
	}
	if heatOf(math.NaN()) != (color.RGBA{128, 128, 128, 255}) || heatOf(2) != heatOf(1) || heatOf(-1) != heatOf(0) {
		t.Error("beside the scale")
	}
}

// TestSampled: of a large picture every few pixels are shown.
func TestSampled(t *testing.T) {
	uri, err := sampled(1025, 2, func(x, y, c int) uint8 { return uint8(x % 251) })
	if err != nil {
		t.Fatal(err)
	}
	m := decode(t, uri)
	if b := m.Bounds(); b.Dx() != 342 || b.Dy() != 1 || m.At(341, 0) != (color.RGBA{1023 % 251, 1023 % 251, 1023 % 251, 255}) {
		t.Errorf("%v, %v", b, m.At(341, 0))
	}
}
