package jpeg

import (
	"fmt"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// Picture is a decoded picture: one plane for grey, three for YCbCr or RGB,
// four for CMYK or YCCK.
type Picture struct {
	Width, Height int
	Planes        []Plane
	Model         Model
	Adobe         bool // there is an Adobe marker

	mcuWidth int // pixels
}

// DCT is a method of the inverse DCT.
type DCT int

const (
	Accurate DCT = iota // libjpeg's default, Pillow's
	Fast                // TensorFlow's default; up to 29 away in photographs
)

// Model is what the planes mean.
type Model int

const (
	Grey Model = iota
	YCbCr
	RGB
	CMYK // as stored: Adobe's programs invert all four
	YCCK // the first three are YCbCr of the CMY
)

// maxScans bounds the time that a small progressive file can take. Encoders
// write about ten.
const maxScans = 100

// Decode decodes a picture. It allocates nothing of the picture's size before
// that is held against lim.Pixels and against the bytes that there are.
func Decode(data []byte, method DCT, lim limit.Limits) (*Picture, error) {
	d := decoder{data: data, lim: lim.OrDefault()}
	if err := d.segments(); err != nil {
		return nil, err
	}
	return d.picture(method)
}

// decoder holds the tables and components while segments go by.
type decoder struct {
	data []byte
	pos  int
	lim  limit.Limits

	width, height int
	progressive   bool
	components    []component
	hMax, vMax    int // largest sampling factors
	mcusX, mcusY  int // the picture in MCUs of interleaved scans
	restart       int // MCUs between restart markers; 0: none
	scans         int

	quant    [4]*[64]uint16
	dc, ac   [4]*huffman
	jfif     bool
	adobe    bool
	adobeYCC bool // the Adobe marker names a transform
}

// component is one colour channel.
type component struct {
	id, table int
	h, v      int // sampling factors
	// The samples and the blocks of 8 × 8 that belong to the picture.
	width, height    int
	blocksX, blocksY int
	stride           int // blocks in a row of coefficients, whole MCUs
	coefficients     []block
	// quant is the table in force at the component's first scan.
	quant *[64]uint16
	// bits are the low bits still missing of each coefficient, in zigzag
	// order; -1 before the coefficient's first scan.
	bits [64]int8
}

// block holds coefficients in natural order.
type block [64]int16

// format returns an error at a place in the file.
func (d *decoder) format(offset int, field, msg string, args ...any) error {
	return errs.FormatAt(int64(offset), "JPEG "+field, msg, args...)
}

// unsupported returns an error about what no scan can be read for.
func unsupported(msg string, args ...any) error {
	return &errs.UnsupportedError{Items: []errs.Unsupported{{Op: "JPEG", Reason: fmt.Sprintf(msg, args...)}}}
}

// picture turns the coefficients into planes, after the last scan.
func (d *decoder) picture(method DCT) (*Picture, error) {
	if d.components == nil {
		return nil, d.format(d.pos, "EOI", "no picture before the end")
	}
	p := &Picture{Width: d.width, Height: d.height, Model: d.model(), Adobe: d.adobe, mcuWidth: 8 * d.hMax}
	if len(d.components) == 1 {
		p.mcuWidth = 8
	}
	for i := range d.components {
		c := &d.components[i]
		// libjpeg smooths over coefficients that were never sent in full.
		for k, bits := range c.bits[:10] {
			if bits != 0 {
				return nil, d.format(d.pos, "EOI", "the scans of component %d leave coefficient %d unfinished", c.id, k)
			}
		}
		p.Planes = append(p.Planes, c.plane(d.hMax, d.vMax, method))
		c.coefficients = nil
	}
	return p, nil
}

// model decides as libjpeg does.
func (d *decoder) model() Model {
	switch len(d.components) {
	case 1:
		return Grey
	case 3:
		ids := [3]int{d.components[0].id, d.components[1].id, d.components[2].id}
		if !d.jfif && (d.adobe && !d.adobeYCC || !d.adobe && ids == [3]int{'R', 'G', 'B'}) {
			return RGB
		}
		return YCbCr
	}
	if d.adobe && d.adobeYCC {
		return YCCK
	}
	return CMYK
}

// plane makes a component's samples.
func (c *component) plane(hMax, vMax int, method DCT) Plane {
	p := Plane{
		Pix:    make([]uint8, 64*c.blocksX*c.blocksY),
		Stride: 8 * c.blocksX,
		Width:  c.width, Height: c.height,
		H: hMax / c.h, V: vMax / c.v,
	}
	inverse, quant := inverseAccurate, c.quant
	if method == Fast {
		inverse, quant = inverseFast, fastQuant(c.quant)
	}
	for y := range c.blocksY {
		for x := range c.blocksX {
			inverse(p.Pix[8*(y*p.Stride+x):], p.Stride, &c.coefficients[y*c.stride+x], quant)
		}
	}
	return p
}
