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

// picture is how a library prepares pictures for one of its networks, in PyTorch's steps.
// All of it is constant, so that the table of networks is data and no code.
type picture struct {
	size          int
	crop          float64
	interpolation preprocess.Interpolation
	values        values
}

// values are what a picture's values become.
type values int

const (
	likeImageNet values = iota // mean 0 and deviation 1 over ImageNet, in each colour
	fromMinusOne               // from -1 to 1
	likeLite                   // less 127, by 128
)

func (p picture) config() preprocess.Config {
	c := preprocess.ImageNet(preprocess.Torch, p.size)
	c.Crop, c.Interpolation = p.crop, p.interpolation
	for i := range c.Mean {
		switch p.values {
		case fromMinusOne:
			c.Mean[i], c.Std[i] = 0.5, 0.5
		case likeLite:
			c.Mean[i], c.Std[i] = 127.0/255, 128.0/255
		}
	}
	return c
}

// imageNet is PyTorch's preprocessing with the mean and standard deviation of
// ImageNet's pictures.
func imageNet(size int, crop float64, interpolation preprocess.Interpolation) picture {
	return picture{size, crop, interpolation, likeImageNet}
}

// resized is PyTorch's preprocessing as torchvision says it: the shorter side
// becomes so many pixels before the crop.
func resized(size, short int, interpolation preprocess.Interpolation) picture {
	return picture{size, float64(size) / float64(short), interpolation, likeImageNet}
}

// centred is PyTorch's preprocessing to values from -1 to 1.
func centred(size int, crop float64, interpolation preprocess.Interpolation) picture {
	return picture{size, crop, interpolation, fromMinusOne}
}

// lite is how EfficientNet-Lite was trained and measured in TensorFlow, where its
// weights are from (models/official/efficientnet: lite/efficientnet_lite_builder.py,
// preprocessing.py), in PyTorch's steps: values are less 127 and divided by 128, and
// the shorter side becomes 32 pixels longer than the crop.
func lite(size int) picture {
	return picture{size, float64(size) / float64(size+32), bicubic, likeLite}
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
