package preprocess

import (
	"bytes"
	"encoding/binary"

	"github.com/mixconv/mixconv/errs"
)

// Orientation is how a camera was held, as EXIF's tag 0x0112 has it: 1 is
// upright, 2 to 8 are turned or mirrored (TIFF 6.0, section 8, Orientation).
type Orientation int

// orientationTag is the tag of the IFD entry.
const orientationTag = 0x0112

// OrientationOf reads it from a JPEG's APP1 segment or a PNG's eXIf chunk: 1 if
// the picture says nothing, or nothing that can be read. Pillow's and
// TensorFlow's decoders, and so Decode, leave the pixels as they are stored;
// Picture.Upright turns them.
func OrientationOf(data []byte) Orientation {
	exif := exifOfJPEG(data)
	if exif == nil {
		exif = exifOfPNG(data)
	}
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(exif, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(exif, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return 1
	}
	if len(exif) < 8 {
		return 1
	}
	at := uint64(order.Uint32(exif[4:]))
	if at+2 > uint64(len(exif)) {
		return 1
	}
	count := int(order.Uint16(exif[at:]))
	const entry = 12 // bytes: tag, type, count, value
	for e := exif[at+2:]; count > 0 && len(e) >= entry; count, e = count-1, e[entry:] {
		if order.Uint16(e) == orientationTag {
			if o := Orientation(order.Uint16(e[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
	}
	return 1
}

// exifOfJPEG returns the TIFF structure of the first APP1 segment with EXIF, nil
// if there is none before the picture's data.
func exifOfJPEG(data []byte) []byte {
	const app1, startOfScan = 0xe1, 0xda
	if !bytes.HasPrefix(data, []byte("\xff\xd8")) {
		return nil
	}
	for rest := data[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		marker := rest[1]
		if marker == 0xff { // a fill byte
			rest = rest[1:]
			continue
		}
		length := int(binary.BigEndian.Uint16(rest[2:]))
		if marker == startOfScan || length < 2 || 2+length > len(rest) {
			return nil
		}
		if exif, ok := bytes.CutPrefix(rest[4:2+length], []byte("Exif\x00\x00")); ok && marker == app1 {
			return exif
		}
		rest = rest[2+length:]
	}
	return nil
}

// exifOfPNG returns the data of the eXIf chunk, nil if there is none.
func exifOfPNG(data []byte) []byte {
	rest, ok := bytes.CutPrefix(data, []byte("\x89PNG\r\n\x1a\n"))
	if !ok {
		return nil
	}
	const frame = 12 // bytes of a chunk beside its data: length, name, checksum
	for len(rest) >= frame {
		length := uint64(binary.BigEndian.Uint32(rest))
		if length+frame > uint64(len(rest)) {
			return nil
		}
		if string(rest[4:8]) == "eXIf" {
			return rest[8 : 8+length]
		}
		rest = rest[frame+length:]
	}
	return nil
}

// Upright returns the picture as it is meant to be seen: p itself for 1, else a
// turned or mirrored copy.
func (p *Picture) Upright(o Orientation) (*Picture, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if o < 1 || o > 8 {
		return nil, errs.Format("orientation", "%d, allowed 1…8", o)
	}
	if o == 1 {
		return p, nil
	}
	w, h := p.Width, p.Height
	if o >= 5 {
		w, h = h, w
	}
	turned := newPicture(w, h)
	for y := range h {
		row := turned.row(y)
		for x := range w {
			sx, sy := o.source(x, y, p.Width, p.Height)
			copy(row[3*x:3*x+3], p.Pix[sy*p.Stride+3*sx:])
		}
	}
	return turned, nil
}

// source is where the pixel that is seen at x, y is stored in a picture of
// width × height.
func (o Orientation) source(x, y, width, height int) (sx, sy int) {
	switch o {
	case 2:
		return width - 1 - x, y
	case 3:
		return width - 1 - x, height - 1 - y
	case 4:
		return x, height - 1 - y
	case 5:
		return y, x
	case 6:
		return y, height - 1 - x
	case 7:
		return width - 1 - y, height - 1 - x
	case 8:
		return width - 1 - y, x
	}
	return x, y
}
