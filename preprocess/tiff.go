package preprocess

import (
	"bytes"
	"encoding/binary"
	"image"
)

// invertedFax reports whether a TIFF's first picture is a fax (compression 3 or 4) in
// which 0 is black. What a fax has as white is then black, as libtiff has it, and
// golang.org/x/image/tiff leaves it white.
func invertedFax(data []byte) bool {
	const compression, interpretation, blackIsZero = 259, 262, 1
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(data, []byte("MM")) {
		order = binary.BigEndian
	}
	if len(data) < 8 {
		return false
	}
	at := int64(order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return false
	}
	tags := map[uint16]uint16{}
	entries := data[at+2:]
	for range order.Uint16(data[at:]) {
		if len(entries) < 12 {
			break
		}
		tags[order.Uint16(entries)] = order.Uint16(entries[8:]) // of those looked at, which are 16-bit numbers
		entries = entries[12:]
	}
	return (tags[compression] == 3 || tags[compression] == 4) && tags[interpretation] == blackIsZero
}

// invert exchanges black and white.
func invert(m *image.Gray) {
	for i := range m.Pix {
		m.Pix[i] ^= 255
	}
}
