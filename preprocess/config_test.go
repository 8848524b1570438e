package preprocess

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/metadata"
)

func TestMetadata(t *testing.T) {
	odd := Config{Kind: Torch, Size: 260, Crop: 0.904, Interpolation: Lanczos, Mean: [3]float64{0.1, 1.0 / 3, 0}, Std: [3]float64{1, 2, 1e-9}}
	for _, c := range []Config{ImageNet(Torch, 224), ImageNet(TensorFlow, 224), odd} {
		props := c.Metadata()
		got, err := FromMetadata(func(key string) (string, bool) { v, ok := props[key]; return v, ok })
		if err != nil || got != c {
			t.Errorf("%s\nerror %v", cmp.Diff(c, got), err)
		}
	}
}

func TestMetadataRefuses(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{metadata.PreprocessKind, "", "metadata mixconv.preprocess.kind: missing"},
		{metadata.PreprocessSize, "", "metadata mixconv.preprocess.size: missing"},
		{metadata.PreprocessSize, "big", "metadata mixconv.preprocess.size: big is not a number"},
		{metadata.PreprocessSize, "0", "preprocess size: 0, allowed 1…8192"},
		{metadata.PreprocessSize, "99999999999999999999", "is not a number"},
		{metadata.PreprocessCrop, "NaN", "preprocess crop: NaN, allowed above 0, at most 1"},
		{metadata.PreprocessCrop, "1e-300", "preprocess crop"},
		{metadata.PreprocessMean, "1,2", "metadata mixconv.preprocess.mean: 1,2, allowed three numbers: R,G,B"},
		{metadata.PreprocessMean, "1,x,3", "x is not a number"},
		{metadata.PreprocessStd, "1,0,1", "preprocess std: 0, allowed finite numbers above 0"},
		{metadata.PreprocessStd, "1,1e-99,1", "preprocess std"},
		{metadata.PreprocessInterpolation, "bicubic_half_pixel", "bicubic_half_pixel for torch, allowed bilinear"},
		{metadata.PreprocessInterpolation, "nearest", "nearest for torch, allowed"},
		{metadata.PreprocessKind, "caffe", "preprocess kind: caffe, allowed torch, tensorflow"},
		{metadata.PreprocessKind, "tensorflow\n", `preprocess kind: "tensorflow\n", allowed`},
	} {
		props := ImageNet(Torch, 224).Metadata()
		if props[c.key] = c.value; c.value == "" {
			delete(props, c.key)
		}
		_, err := FromMetadata(func(key string) (string, bool) { v, ok := props[key]; return v, ok })
		var format *errs.FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%q: error %v, want %q", c.key, c.value, err, c.want)
		}
	}
}

// TestGeometry holds sizes and crops against torchvision's and the official
// evaluation's formulas worked out by hand.
func TestGeometry(t *testing.T) {
	c := ImageNet(Torch, 224)
	for _, g := range []struct {
		w, h, rw, rh int
		crop         window
	}{
		{500, 375, 341, 256, window{58, 16, 224, 224}}, // 117/2 goes to the even 58
		{375, 500, 256, 341, window{16, 58, 224, 224}},
		{256, 256, 256, 256, window{16, 16, 224, 224}},
		{1, 3, 256, 768, window{16, 272, 224, 224}},
		{640, 479, 342, 256, window{59, 16, 224, 224}},
		{499, 375, 340, 256, window{58, 16, 224, 224}},
		{257, 255, 258, 256, window{17, 16, 224, 224}},
	} {
		w, h := c.resizedSize(g.w, g.h)
		if crop := c.cropAfter(w, h); w != g.rw || h != g.rh || crop != g.crop {
			t.Errorf("%d × %d becomes %d × %d, crop %v, want %+v", g.w, g.h, w, h, crop, g)
		}
	}
	p, err := ImageNet(TensorFlow, 224).cropBefore(madeUp(1, 500, 375))
	if err != nil || p.Width != 328 || p.Height != 328 || p.row(0)[0] != madeUp(1, 500, 375).row(24)[3*86] {
		t.Errorf("%d × %d, error %v", p.Width, p.Height, err)
	}
}

func changed(c Config, change func(*Config)) Config {
	change(&c)
	return c
}

func TestRunRefuses(t *testing.T) {
	torch, tf := ImageNet(Torch, 224), ImageNet(TensorFlow, 224)
	strip := newPicture(1, 65000)
	for _, c := range []struct {
		config Config
		p      *Picture
		want   string
	}{
		{torch, nil, "no pixels"},
		{torch, &Picture{Width: 4, Height: 4, Stride: 12, Pix: make([]uint8, 47)}, "47 bytes with a stride of 12 for 4 × 4 pixels"},
		{torch, &Picture{Width: 4, Height: 1, Stride: 3, Pix: make([]uint8, 12)}, "12 bytes with a stride of 3"},
		{torch, strip, "1 × 65000 pixels would be resized to 256 × 16640000, allowed 67108864 pixels"},
		{tf, strip, "a crop of 0.875 leaves none"},
		{Config{}, strip, "preprocess kind"},
		{changed(tf, func(c *Config) { c.Interpolation = Lanczos }), strip, "preprocess interpolation: lanczos for tensorflow"},
		{changed(torch, func(c *Config) { c.Interpolation = "?" }), strip, "for torch, allowed bilinear"},
		{changed(torch, func(c *Config) { c.Mean[2] = math.Inf(1) }), strip, "preprocess mean: +Inf, allowed finite numbers"},
		{changed(torch, func(c *Config) { c.Mean[0] = math.NaN() }), strip, "preprocess mean: NaN"},
		{changed(torch, func(c *Config) { c.Std[1] = 0 }), strip, "preprocess std: 0"},
	} {
		_, err := c.config.Run(c.p)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
		if _, err = c.config.Tensor(c.p); c.p == strip && c.config == torch {
			if err != nil {
				t.Errorf("Tensor computes the crop alone, and refused: %v", err)
			}
		} else if err == nil {
			t.Errorf("Tensor did not refuse: %s", c.want)
		}
	}
	if err := torch.Into(make([]float32, 5), madeUp(1, 9, 9)); err == nil {
		t.Error("Into took 5 values")
	}
	if err := (Config{}).Into(nil, madeUp(1, 9, 9)); err == nil {
		t.Error("Into took no kind")
	}
	if _, err := (&Picture{}).Upright(1); err == nil {
		t.Error("a picture without pixels is upright")
	}
}

// TestPillowWeights holds the weights against their definition: they sum to 1
// within what rounding each can cost, and stay within the picture.
func TestPillowWeights(t *testing.T) {
	for name, f := range pillowFilters {
		for _, side := range [][2]int{{1, 7}, {7, 1}, {100, 33}, {33, 100}, {4096, 3}, {5, 5}} {
			for i, tap := range pillowTaps(f, side[0], side[1], 0, side[1]) {
				sum := 0.0
				for _, w := range tap.weights {
					sum += float64(w)
				}
				if tap.first < 0 || tap.first+len(tap.weights) > side[0] || math.Abs(sum-1<<pillowBits) > float64(len(tap.weights))/2+1 {
					t.Errorf("%s %v pixel %d: from %d, %d weights, sum %v", name, side, i, tap.first, len(tap.weights), sum)
				}
			}
		}
	}
}
