package jpeg

import "encoding/binary"

// Markers, T.81 table B.1.
const (
	markTEM  = 0x01
	markSOF0 = 0xc0 // baseline
	markSOF1 = 0xc1 // extended sequential
	markSOF2 = 0xc2 // progressive
	markDHT  = 0xc4
	markSOFF = 0xcf // the last kind of frame, or table of one
	markRST0 = 0xd0
	markRST7 = 0xd7
	markSOI  = 0xd8
	markEOI  = 0xd9
	markSOS  = 0xda
	markDQT  = 0xdb
	markDNL  = 0xdc
	markDRI  = 0xdd
	markAPP0 = 0xe0
	markAPPE = 0xee // Adobe's
	markAPPF = 0xef
	markCOM  = 0xfe
)

// segments reads from SOI to EOI.
func (d *decoder) segments() error {
	if len(d.data) < 2 || d.data[0] != 0xff || d.data[1] != markSOI {
		return d.format(0, "SOI", "the file does not start with this marker")
	}
	d.pos = 2
	for {
		marker, err := d.nextMarker()
		if err != nil {
			return err
		}
		switch {
		case marker == markEOI:
			return nil
		case marker == markSOI:
			return d.format(d.pos-2, "SOI", "a second one")
		case marker == markTEM || markRST0 <= marker && marker <= markRST7:
			continue // without a length; libjpeg ignores stray ones
		}
		start := d.pos
		if len(d.data)-start < 2 {
			return d.format(start, segmentName(marker), "the file ends within the picture")
		}
		n := int(binary.BigEndian.Uint16(d.data[start:]))
		if n < 2 || n > len(d.data)-start {
			return d.format(start, segmentName(marker), "length %d, allowed 2…%d", n, len(d.data)-start)
		}
		d.pos = start + n
		if err := d.segment(marker, start+2, d.data[start+2:d.pos]); err != nil {
			return err
		}
	}
}

// nextMarker skips to the next marker and returns it.
func (d *decoder) nextMarker() (byte, error) {
	for ; d.pos+1 < len(d.data); d.pos++ {
		if next := d.data[d.pos+1]; d.data[d.pos] == 0xff && next != 0 && next != 0xff {
			d.pos += 2
			return next, nil
		}
	}
	return 0, d.format(len(d.data), "EOI", "the file ends within the picture")
}

// segment reads one segment whose content starts at offset.
func (d *decoder) segment(marker byte, offset int, s []byte) error {
	switch marker {
	case markSOF0, markSOF1, markSOF2:
		d.progressive = marker == markSOF2
		return d.frame(offset, s)
	case markDHT:
		return d.huffmanTables(offset, s)
	case markDQT:
		return d.quantTables(offset, s)
	case markDRI:
		if len(s) != 2 {
			return d.format(offset, "DRI", "%d bytes, allowed 2", len(s))
		}
		d.restart = int(binary.BigEndian.Uint16(s))
	case markSOS:
		return d.scan(offset, s)
	case markAPP0:
		d.jfif = d.jfif || len(s) >= 14 && string(s[:5]) == "JFIF\x00"
	case markAPPE:
		if len(s) >= 12 && string(s[:5]) == "Adobe" {
			d.adobe, d.adobeYCC = true, s[11] != 0
		}
	case markDNL, markCOM: // the height is known already
	default:
		switch {
		case markAPP0 <= marker && marker <= markAPPF:
		case markSOF0 <= marker && marker <= markSOFF:
			return unsupported("%s: lossless, hierarchical or arithmetic coding", segmentName(marker))
		default:
			return d.format(offset-4, segmentName(marker), "not a marker of a picture")
		}
	}
	return nil
}

func segmentName(marker byte) string {
	const digits = "0123456789abcdef"
	names := map[byte]string{
		markSOF0: "SOF0", markSOF1: "SOF1", markSOF2: "SOF2",
		markDHT: "DHT", markSOS: "SOS", markDQT: "DQT", markDRI: "DRI",
	}
	if name := names[marker]; name != "" {
		return name
	}
	return "marker 0xff" + string([]byte{digits[marker>>4], digits[marker&15]})
}

// zigzag maps the order in the file to the natural one.
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10,
	17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36,
	29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46,
	53, 60, 61, 54, 47, 55, 62, 63,
}

// quantTables reads DQT.
func (d *decoder) quantTables(offset int, s []byte) error {
	for len(s) > 0 {
		precision, id := s[0]>>4, s[0]&15
		if precision > 1 || id > 3 {
			return d.format(offset, "DQT", "precision %d of table %d, allowed 0, 1 and 0…3", precision, id)
		}
		size := 64 << precision
		if len(s) < 1+size {
			return d.format(offset, "DQT", "%d bytes of a table, allowed %d", len(s)-1, size)
		}
		table := new([64]uint16)
		for i, natural := range zigzag {
			if precision == 0 {
				table[natural] = uint16(s[1+i])
			} else {
				table[natural] = binary.BigEndian.Uint16(s[1+2*i:])
			}
		}
		d.quant[id] = table
		offset += 1 + size
		s = s[1+size:]
	}
	return nil
}

// huffmanTables reads DHT.
func (d *decoder) huffmanTables(offset int, s []byte) error {
	for len(s) > 0 {
		class, id := s[0]>>4, s[0]&15
		if class > 1 || id > 3 {
			return d.format(offset, "DHT", "class %d of table %d, allowed 0, 1 and 0…3", class, id)
		}
		table, size, err := newHuffman(s[1:])
		if err != nil {
			return d.format(offset, "DHT", "%v", err)
		}
		if class == 0 {
			d.dc[id] = table
		} else {
			d.ac[id] = table
		}
		offset += 1 + size
		s = s[1+size:]
	}
	return nil
}
