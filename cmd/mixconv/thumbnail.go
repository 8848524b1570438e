package main

import (
	"bytes"
	"encoding/base64"
	"html/template"
	"image"
	"image/jpeg"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/tensor"
)

// thumbnailSide is the width and height of a thumbnail.
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
	small, err := shrink(p)
	if err != nil {
		return ""
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: 80}); err != nil {
		return ""
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))
}

// shrink is the middle of p, thumbnailSide pixels wide and high.
func shrink(p *preprocess.Picture) (image.Image, error) {
	c := preprocess.Config{Kind: preprocess.Torch, Size: thumbnailSide, Crop: 1, Interpolation: preprocess.Bilinear, Std: [3]float64{1, 1, 1}}
	stages, err := c.Run(p)
	if err != nil {
		return nil, err
	}
	small := image.NewRGBA(image.Rect(0, 0, thumbnailSide, thumbnailSide))
	for i, v := range tensor.Data[uint8](stages.Get("crop")) {
		small.Pix[i/3*4+i%3] = v
		small.Pix[i/3*4+3] = 0xff
	}
	return small, nil
}
