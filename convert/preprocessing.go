package convert

import "github.com/mixconv/mixconv/preprocess"

const (
	bilinear = preprocess.Bilinear
	bicubic  = preprocess.Bicubic
)

// officialSize is the height and width of the official networks' pictures.
// Their code (models/official/mnasnet: preprocessing.py, imagenet_input.py)
// trained and measured MixNets with bicubic resizing; a later revision of it
// resizes bilinearly.
const officialSize = 224

// imageNet is PyTorch's preprocessing with the mean and standard deviation of
// ImageNet's pictures.
func imageNet(size int, crop float64, interpolation preprocess.Interpolation) preprocess.Config {
	c := preprocess.ImageNet(preprocess.Torch, size)
	c.Crop, c.Interpolation = crop, interpolation
	return c
}

// resized is PyTorch's preprocessing as torchvision says it: the shorter side
// becomes so many pixels before the crop.
func resized(size, short int, interpolation preprocess.Interpolation) preprocess.Config {
	return imageNet(size, float64(size)/float64(short), interpolation)
}

// centred is PyTorch's preprocessing to values from -1 to 1.
func centred(size int, crop float64, interpolation preprocess.Interpolation) preprocess.Config {
	c := imageNet(size, crop, interpolation)
	c.Mean, c.Std = [3]float64{0.5, 0.5, 0.5}, [3]float64{0.5, 0.5, 0.5}
	return c
}

// lite is how EfficientNet-Lite was trained and measured in TensorFlow, where its
// weights are from (models/official/efficientnet: lite/efficientnet_lite_builder.py,
// preprocessing.py), in PyTorch's steps: values are less 127 and divided by 128, and
// the shorter side becomes 32 pixels longer than the crop.
func lite(size int) preprocess.Config {
	c := resized(size, size+32, bicubic)
	for i := range c.Mean {
		c.Mean[i], c.Std[i] = 127.0/255, 128.0/255
	}
	return c
}

// preprocessing is n's as metadata, for pictures of a size other than the usual
// unless that is 0; nil if nothing is known about it.
func (n Network) preprocessing(size int) map[string]string {
	c := n.Preprocessing
	switch {
	case c == (preprocess.Config{}) && n.Naming != Official:
		return nil
	case c == (preprocess.Config{}):
		if size == 0 {
			size = officialSize
		}
		c = preprocess.ImageNet(preprocess.TensorFlow, size)
	case size != 0:
		c.Size = size
	}
	return c.Metadata()
}
