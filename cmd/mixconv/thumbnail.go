package main

import (
	"bytes"
	"encoding/base64"
	"html/template"
	"image"
	"image/jpeg"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/preprocess"
	"golang.org/x/image/draw"
)

// thumbnailSide is the longer side of a thumbnail.
const thumbnailSide = 96

// thumbnail is the picture in the file at path, decoded as it was for the model, small and
// as a data URI; "" if it cannot be read.
func (a *app) thumbnail(path string, c preprocess.Config, upright bool) template.URL {
	data, err := a.readPicture(path)
	if err != nil {
		return ""
	}
	p, err := c.Decode(data, limit.Limits{})
	if err == nil && upright {
		p, err = p.Upright(preprocess.OrientationOf(data))
	}
	if err != nil {
		return ""
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, shrink(p), &jpeg.Options{Quality: 80}); err != nil {
		return ""
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
}

// shrink makes the longer side of p thumbnailSide, if it is longer.
func shrink(p *preprocess.Picture) image.Image {
	whole := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for y := range p.Height {
		row := whole.Pix[y*whole.Stride:]
		for x := range p.Width {
			copy(row[4*x:4*x+3], p.Pix[y*p.Stride+3*x:])
			row[4*x+3] = 0xff
		}
	}
	longer := max(p.Width, p.Height)
	if longer <= thumbnailSide {
		return whole
	}
	small := image.NewRGBA(image.Rect(0, 0, max(1, p.Width*thumbnailSide/longer), max(1, p.Height*thumbnailSide/longer)))
	draw.BiLinear.Scale(small, small.Bounds(), whole, whole.Bounds(), draw.Src, nil)
	return small
}
