package convert

import (
	"strconv"
	"strings"
)

// Preprocessing is what is done to a picture before a network sees it. The
// zero value says that nothing is known about it.
type Preprocessing struct {
	Size          int        // height and width, pixels
	Crop          float64    // of the shorter side, around the centre
	Interpolation string     // bilinear, bicubic
	Mean, Std     [3]float64 // R, G, B of 0…255, subtracted and divided by
}

// The interpolations.
const (
	bilinear = "bilinear"
	bicubic  = "bicubic"
)

// What the official code does to a picture before the network sees it
// (models/official/mnasnet: preprocessing.py, imagenet_input.py). MixNets were
// trained and measured with bicubic resizing; a later revision of that file
// resizes bilinearly.
const (
	officialSize        = 224
	officialCropPadding = 32 // pixels around the crop, at the scale of the result
)

// imageNet is preprocessing with the mean and standard deviation of ImageNet's
// pictures.
func imageNet(size int, crop float64, interpolation string) Preprocessing {
	return Preprocessing{size, crop, interpolation, [3]float64{123.675, 116.28, 103.53}, [3]float64{58.395, 57.12, 57.375}}
}

// centred is preprocessing to values from -1 to 1.
func centred(size int, crop float64, interpolation string) Preprocessing {
	const half = 127.5
	return Preprocessing{size, crop, interpolation, [3]float64{half, half, half}, [3]float64{half, half, half}}
}

// preprocessing is n's, for pictures of a size other than the usual unless
// that is 0.
func (n Network) preprocessing(size int) Preprocessing {
	p := n.Preprocessing
	if n.Naming == Official && p == (Preprocessing{}) {
		if size == 0 {
			size = officialSize
		}
		return imageNet(size, float64(size)/float64(size+officialCropPadding), bicubic)
	}
	if size != 0 && p != (Preprocessing{}) {
		p.Size = size
	}
	return p
}

func (p Preprocessing) metadata() map[string]string {
	if p == (Preprocessing{}) {
		return nil
	}
	return map[string]string{
		MetaSize:          strconv.Itoa(p.Size),
		MetaCrop:          strconv.FormatFloat(p.Crop, 'g', -1, 64),
		MetaInterpolation: p.Interpolation,
		MetaMean:          formatChannels(p.Mean),
		MetaStd:           formatChannels(p.Std),
	}
}

// formatChannels prints a value per channel, with the digits that the product
// of 255 and a short fraction means.
func formatChannels(v [3]float64) string {
	var parts [3]string
	for i := range v {
		parts[i] = strconv.FormatFloat(v[i], 'g', 12, 64)
	}
	return strings.Join(parts[:], ",")
}
