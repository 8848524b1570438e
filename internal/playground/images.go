package playground

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"

	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/tensor"
)

// dataURI encodes m as a PNG that a page can show.
func dataURI(m image.Image) (string, error) {
	var b bytes.Buffer
	b.WriteString("data:image/png;base64,")
	w := base64.NewEncoder(base64.StdEncoding, &b)
	if err := png.Encode(w, m); err != nil {
		return "", err
	}
	err := w.Close()
	return b.String(), err
}

// heat is a scale of colours that grow lighter, and that people with any kind of colour
// vision tell apart: black, blue, orange, light yellow.
var heat = []color.RGBA{{10, 12, 32, 255}, {38, 64, 140, 255}, {196, 100, 60, 255}, {255, 190, 80, 255}, {255, 250, 210, 255}}

// heatMap draws values from 0 to largest, width in a row.
func heatMap(values []float64, width int, largest float64) (string, error) {
	m := image.NewRGBA(image.Rect(0, 0, width, len(values)/max(width, 1)))
	for i, v := range values {
		share := 0.0
		if largest > 0 {
			share = v / largest
		}
		m.SetRGBA(i%width, i/width, heatOf(share))
	}
	return dataURI(m)
}

// heatOf is the colour of a share from 0 to 1. What is no number is grey.
func heatOf(share float64) color.RGBA {
	if math.IsNaN(share) {
		return color.RGBA{128, 128, 128, 255}
	}
	at := share * float64(len(heat)-1)
	i := tensor.IntWithin(at, 0, len(heat)-2)
	part := min(max(at-float64(i), 0), 1)
	mix := func(a, b uint8) uint8 { return byteOf(float64(a) + part*(float64(b)-float64(a))) }
	a, b := heat[i], heat[i+1]
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// byteOf is the brightness nearest to v.
func byteOf(v float64) uint8 { return uint8(tensor.IntWithin(v+0.5, 0, 255)) }

// maxSide is how many pixels a picture of a step has at most in a direction: more is
// not seen.
const maxSide = 512

// stagePicture draws a step of preprocessing: [1,H,W,3] from 0 to 255 as it is, the
// network's input [1,3,H,W] from its least value (black) to its largest (white).
func stagePicture(s preprocess.Stage) (string, error) {
	t := s.Value
	if len(t.Shape) != 4 {
		return "", fmt.Errorf("step %s is %s %s, which is no picture", s.Name, t.DType, t.Shape)
	}
	height, width := t.Shape[1], t.Shape[2]
	bytes, _ := t.Data.([]uint8)
	floats, _ := t.Data.([]float32)
	switch {
	case s.Name == preprocess.StageNormalize && floats != nil:
		height, width = t.Shape[2], t.Shape[3]
		low, high := float64(slices.Min(floats)), float64(slices.Max(floats))
		return sampled(width, height, func(x, y, c int) uint8 {
			return byteOf(255 * (float64(floats[(c*height+y)*width+x]) - low) / max(high-low, math.SmallestNonzeroFloat32))
		})
	case bytes != nil:
		return sampled(width, height, func(x, y, c int) uint8 { return bytes[(y*width+x)*3+c] })
	case floats != nil:
		return sampled(width, height, func(x, y, c int) uint8 { return byteOf(float64(floats[(y*width+x)*3+c])) })
	}
	return "", fmt.Errorf("step %s is %s %s, which is no picture", s.Name, t.DType, t.Shape)
}

// sampled draws a picture of which every few pixels are taken if it is large.
func sampled(width, height int, at func(x, y, channel int) uint8) (string, error) {
	every := max(1, (max(width, height)+maxSide-1)/maxSide)
	m := image.NewRGBA(image.Rect(0, 0, (width+every-1)/every, (height+every-1)/every))
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			m.SetRGBA(x, y, color.RGBA{at(x*every, y*every, 0), at(x*every, y*every, 1), at(x*every, y*every, 2), 255})
		}
	}
	return dataURI(m)
}
