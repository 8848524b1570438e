package preprocess

import (
	"math"

	"github.com/mixconv/mixconv/errs"
)

// Kind says whose preprocessing it is. It decides the order of the steps, the
// arithmetic of the resize and the unit of mean and std.
type Kind string

const (
	// Torch is Pillow with torchvision, as timm's evaluation uses them.
	Torch Kind = "torch"
	// TensorFlow is the evaluation of the official MixNets and EfficientNets.
	TensorFlow Kind = "tensorflow"
)

// Interpolation is the filter of the resize.
type Interpolation string

// Torch knows Pillow's filters, all with antialiasing. TensorFlow's bilinear
// and bicubic are those of compat.v1 (resize_bilinear and resize_bicubic with
// neither align_corners nor half_pixel_centers), the HalfPixel forms those of
// tf.image.resize; none of them has antialiasing.
const (
	Bilinear          Interpolation = "bilinear"
	Bicubic           Interpolation = "bicubic"
	Box               Interpolation = "box"     // Torch only
	Hamming           Interpolation = "hamming" // Torch only
	Lanczos           Interpolation = "lanczos" // Torch only
	BilinearHalfPixel Interpolation = "bilinear_half_pixel"
	BicubicHalfPixel  Interpolation = "bicubic_half_pixel"
)

// MaxSize is the largest Config.Size.
const MaxSize = 8192

// Config is a network's preprocessing.
type Config struct {
	Kind Kind
	// Size is the height and width of the network's input, in pixels.
	Size int
	// Crop is the part of the picture's shorter side that is kept, above 0 and
	// at most 1. For Torch it is timm's crop_pct: the shorter side becomes
	// ⌊Size/Crop⌋ pixels before the crop to Size. For TensorFlow the crop comes
	// before the resize; officially it is Size/(Size+32).
	Crop          float64
	Interpolation Interpolation
	// Mean and Std are of R, G and B, in 0…1 for Torch, in 0…255 for
	// TensorFlow.
	Mean, Std [3]float64
}

// ImageNet returns the preprocessing with which that kind's networks were
// mostly trained: ImageNet's mean and standard deviation, bicubic, and a crop
// of 0.875 (Torch) or size/(size+32) (TensorFlow).
func ImageNet(kind Kind, size int) Config {
	c := Config{
		Kind: kind, Size: size, Crop: 0.875, Interpolation: Bicubic,
		Mean: [3]float64{0.485, 0.456, 0.406},
		Std:  [3]float64{0.229, 0.224, 0.225},
	}
	if kind == TensorFlow {
		c.Crop = float64(size) / float64(size+32)
		c.Mean = [3]float64{123.675, 116.28, 103.53}
		c.Std = [3]float64{58.395, 57.12, 57.375}
	}
	return c
}

// Check reports what in c is not allowed.
func (c Config) Check() error {
	switch c.Kind {
	case Torch:
		if pillowFilters[c.Interpolation].at == nil {
			return errs.Format("preprocess interpolation", "%s for torch, allowed bilinear, bicubic, box, hamming, lanczos", errs.Quote(string(c.Interpolation)))
		}
	case TensorFlow:
		if tensorflowTaps[c.Interpolation] == nil {
			return errs.Format("preprocess interpolation", "%s for tensorflow, allowed bilinear, bicubic, bilinear_half_pixel, bicubic_half_pixel", errs.Quote(string(c.Interpolation)))
		}
	default:
		return errs.Format("preprocess kind", "%s, allowed torch, tensorflow", errs.Quote(string(c.Kind)))
	}
	if c.Size < 1 || c.Size > MaxSize {
		return errs.Format("preprocess size", "%d, allowed 1…%d", c.Size, MaxSize)
	}
	if !(c.Crop > 0 && c.Crop <= 1) || float64(c.Size)/c.Crop > math.MaxInt32 {
		return errs.Format("preprocess crop", "%v, allowed above 0, at most 1", c.Crop)
	}
	for i := range 3 {
		if math.IsNaN(c.Mean[i]) || math.IsInf(c.Mean[i], 0) {
			return errs.Format("preprocess mean", "%v, allowed finite numbers", c.Mean[i])
		}
		if !(float32(c.Std[i]) > 0) || math.IsInf(c.Std[i], 0) {
			return errs.Format("preprocess std", "%v, allowed finite numbers above 0", c.Std[i])
		}
	}
	return nil
}
