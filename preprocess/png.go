package preprocess

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/png"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// Places in a PNG file, whose first chunk is always IHDR.
const (
	pngWidth  = 16
	pngHeight = 20
	pngDepth  = 24
	pngColour = 25
	pngHeader = 33
)

// decodePNG reads a PNG picture. Chunks other than the picture's own
// (profiles, text) are checked against their checksum and not unpacked; of an
// animation the default picture is read.
func decodePNG(data []byte, lim limit.Limits) (*Picture, error) {
	if len(data) < pngHeader || string(data[12:16]) != "IHDR" {
		return nil, broken(formatPNG, errors.New("the first chunk is not IHDR"))
	}
	// The header says how much image/png will allocate, before it has seen a
	// single pixel.
	w, h := binary.BigEndian.Uint32(data[pngWidth:]), binary.BigEndian.Uint32(data[pngHeight:])
	if w > 1<<31-1 || h > 1<<31-1 {
		return nil, errs.FormatAt(pngWidth, formatPNG, "%d × %d pixels, allowed less than 2^31 a side", w, h)
	}
	if err := checkPixels(formatPNG, int(w), int(h), lim); err != nil {
		return nil, err
	}
	if _, err := png.DecodeConfig(bytes.NewReader(data)); err != nil {
		return nil, pngError(err)
	}
	if need := pngBytes(int64(w), int64(h), data[pngDepth], data[pngColour]) / maxDeflate; need > int64(len(data)) {
		return nil, errs.Format(formatPNG, "%d bytes for %d × %d pixels, which take at least %d", len(data), w, h, need)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, pngError(err)
	}
	if data[pngDepth] == 16 && data[pngColour] == 0 {
		return fromGrey16(m), nil
	}
	return FromImage(m)
}

// maxDeflate is how many bytes deflate can make of one: 258 from two bits.
const maxDeflate = 1032

// pngBytes is the size of the unpacked rows. Depth and colour type are ones
// that image/png has accepted.
func pngBytes(w, h int64, depth, colour byte) int64 {
	channels := int64(1)
	switch colour {
	case 2:
		channels = 3
	case 4:
		channels = 2
	case 6:
		channels = 4
	}
	return h * ((w*channels*int64(depth) + 7) / 8)
}

// pngError tells a broken file from one that image/png does not implement.
func pngError(err error) error {
	var unsupported png.UnsupportedError
	if errors.As(err, &unsupported) {
		return &errs.UnsupportedError{Items: []errs.Unsupported{{Op: formatPNG, Reason: string(unsupported)}}}
	}
	return broken(formatPNG, err)
}
