package preprocess

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
)

// TestMotionJPEG has pictures without Huffman tables, as webcams send them, and
// what Pillow makes of them.
func TestMotionJPEG(t *testing.T) {
	for _, name := range []string{"mjpeg-no-dht-420", "mjpeg-no-dht-grey"} {
		p, err := Config{Kind: Torch}.ReadFile(filepath.Join("testdata", "mjpeg", name+".jpg"), limit.Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		arrays, err := npy.ReadArchive(filepath.Join("testdata", "mjpeg", name+".expected.npz"), limit.Limits{})
		if err != nil || len(arrays) != 1 {
			t.Fatal(len(arrays), err)
		}
		for _, want := range arrays {
			if got := p.tensor(); !bytes.Equal(tensor.Data[uint8](got), tensor.Data[uint8](want)) {
				t.Errorf("%s differs from what Pillow decodes", name)
			}
		}
	}
}

// segments cuts a JPEG with one scan before each marker; the scan's data is with
// its header.
func segments(t *testing.T, data []byte) (list [][]byte) {
	t.Helper()
	for at := 2; at < len(data); {
		if data[at] != 0xff {
			t.Fatalf("no marker at %#x", at)
		}
		if data[at+1] == 0xd9 || data[at+1] == 0xda { // the end, or the last header and what follows it
			return append(list, data[at:])
		}
		n := 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		list = append(list, data[at:at+n])
		at += n
	}
	return list
}

// TestVariants changes pictures that Pillow decodes to the bit as here in ways
// that leave Pillow's result as it is (13.0 with libjpeg-turbo 3.2, all tried):
// the result here stays, too.
func TestVariants(t *testing.T) {
	segment := func(marker byte, data string) []byte {
		b := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(data)+2))
		return append(b, data...)
	}
	avi1 := segment(0xe0, "AVI1\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	for name, change := range map[string]func(marker byte, s []byte) []byte{
		"no Huffman tables": func(m byte, s []byte) []byte { return keep(m != 0xc4, s) },
		"DC tables alone":   func(m byte, s []byte) []byte { return keep(m != 0xc4 || s[4]>>4 == 0, s) },
		"AC tables alone":   func(m byte, s []byte) []byte { return keep(m != 0xc4 || s[4]>>4 == 1, s) },
		"luminance alone":   func(m byte, s []byte) []byte { return keep(m != 0xc4 || s[4]&15 == 0, s) },
		"AVI1":              func(m byte, s []byte) []byte { return instead(m == 0xe0, avi1, keep(m != 0xc4, s)) },
		"DRI of 0":          func(m byte, s []byte) []byte { return instead(m == 0xda, append(segment(0xdd, "\x00\x00"), s...), s) },
		"comment":           func(m byte, s []byte) []byte { return instead(m == 0xda, append(segment(0xfe, "\xff\xd9"), s...), s) },
		"fill bytes":        func(_ byte, s []byte) []byte { return append([]byte{0xff, 0xff}, s...) },
		"bytes before EOI":  func(m byte, s []byte) []byte { return beforeEnd(m, s, "\x00\x01\x33\x44") },
		"RST before EOI":    func(m byte, s []byte) []byte { return beforeEnd(m, s, "\xff\xd3") },
		"stuffed bytes":     func(m byte, s []byte) []byte { return beforeEnd(m, s, "\xff\x00\xff\x00") },
		"one component ID": func(m byte, s []byte) []byte {
			s = bytes.Clone(s)
			for i := range 3 {
				switch m {
				case 0xc0:
					s[10+3*i] = 1
				case 0xda:
					s[5+2*i] = 1
				}
			}
			return s
		},
	} {
		for _, file := range []string{"17x16-420.jpg", "3x5-422.jpg", "97x61-444.jpg", "16x17-440.jpg"} {
			data := golden(t, file)
			want, err := Decode(data, limit.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			changed := bytes.Clone(data[:2])
			for _, s := range segments(t, data) {
				changed = append(changed, change(s[1], s)...)
			}
			got, err := Decode(changed, limit.Limits{})
			if err != nil || digest(got) != digest(want) {
				t.Errorf("%s, %s: another picture, error %v", file, name, err)
			}
			if bytes.Equal(changed, data) {
				t.Errorf("%s, %s: nothing was changed", file, name)
			}
		}
	}
}

func keep(yes bool, s []byte) []byte { return instead(!yes, nil, s) }

func instead(yes bool, other, s []byte) []byte {
	if yes {
		return other
	}
	return s
}

// beforeEnd puts bytes in front of the EOI that ends the scan.
func beforeEnd(marker byte, s []byte, more string) []byte {
	if marker != 0xda {
		return s
	}
	end := len(s) - 2
	return append(append(bytes.Clone(s[:end]), more...), s[end:]...)
}
