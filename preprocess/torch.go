package preprocess

import (
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// resizedSize is torchvision's Resize with one number, the length that the
// shorter side gets, here timm's ⌊Size/Crop⌋. The longer side's is rounded
// down.
func (c Config) resizedSize(w, h int) (int, int) {
	short := tensor.IntWithin(float64(c.Size)/c.Crop, 0, math.MaxInt32)
	long := func(l, s int) int { return tensor.IntWithin(float64(short*l)/float64(s), 0, math.MaxInt32) }
	if w <= h {
		return short, long(h, w)
	}
	return long(w, h), short
}

// cropAfter is torchvision's CenterCrop of a resized picture: half a pixel
// goes to the even side.
func (c Config) cropAfter(w, h int) window {
	corner := func(side int) int {
		n, _ := tensor.IntOf(math.RoundToEven(float64(side-c.Size) / 2))
		return n
	}
	return window{corner(w), corner(h), c.Size, c.Size}
}

// normalizeBytes is torchvision's ToTensor and Normalize, each step rounded to
// float32: v/255, minus mean, by std. p has Size × Size pixels, dst a plane
// for each colour.
func (c Config) normalizeBytes(dst []float32, p *Picture) {
	var table [3][256]float32
	for ch := range 3 {
		mean, std := float32(c.Mean[ch]), float32(c.Std[ch])
		for v := range 256 {
			table[ch][v] = (float32(v)/255 - mean) / std
		}
	}
	area := p.Width * p.Height
	r, g, b := dst[:area], dst[area:2*area], dst[2*area:3*area]
	for y := range p.Height {
		row := p.row(y)
		for x := range p.Width {
			i := y*p.Width + x
			r[i] = table[0][row[3*x]]
			g[i] = table[1][row[3*x+1]]
			b[i] = table[2][row[3*x+2]]
		}
	}
}
