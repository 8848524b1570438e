package preprocess

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// exif is a TIFF structure whose only entry is the orientation.
func exif(order binary.AppendByteOrder, o uint16) []byte {
	head := "II*\x00"
	if order.String() == binary.BigEndian.String() {
		head = "MM\x00*"
	}
	data := order.AppendUint32([]byte(head), 8)
	data = order.AppendUint16(data, 1)
	data = order.AppendUint16(data, orientationTag)
	data = order.AppendUint16(data, 3) // a SHORT
	data = order.AppendUint32(data, 1)
	data = order.AppendUint16(data, o)
	return append(data, make([]byte, 6)...)
}

// jpegWith begins as a JPEG with a comment and EXIF does.
func jpegWith(exif []byte) []byte {
	data := []byte("\xff\xd8\xff\xfe\x00\x04hi\xff\xe1")
	data = binary.BigEndian.AppendUint16(data, uint16(2+6+len(exif)))
	return append(append(data, "Exif\x00\x00"...), exif...)
}

// pngWith begins as a PNG with a header and an eXIf chunk does.
func pngWith(exif []byte) []byte {
	data := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x00IHDR....")
	data = binary.BigEndian.AppendUint32(data, uint32(len(exif)))
	return append(append(append(data, "eXIf"...), exif...), "...."...)
}

func TestOrientationOf(t *testing.T) {
	for o := range uint16(10) {
		want := Orientation(o)
		if o < 1 || o > 8 {
			want = 1
		}
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			for _, data := range [][]byte{jpegWith(exif(order, o)), pngWith(exif(order, o))} {
				if got := OrientationOf(data); got != want {
					t.Errorf("orientation %d in %q: %d", o, data, got)
				}
			}
		}
	}
	if got := OrientationOf([]byte("GIF89a")); got != 1 {
		t.Errorf("of a GIF: %d", got)
	}
}

// TestUpright: where Pillow's ImageOps.exif_transpose puts the pixels 0 1 2 over
// 3 4 5.
func TestUpright(t *testing.T) {
	want := [][]uint8{
		1: {0, 1, 2, 3, 4, 5},
		2: {2, 1, 0, 5, 4, 3},
		3: {5, 4, 3, 2, 1, 0},
		4: {3, 4, 5, 0, 1, 2},
		5: {0, 3, 1, 4, 2, 5},
		6: {3, 0, 4, 1, 5, 2},
		7: {5, 2, 4, 1, 3, 0},
		8: {2, 5, 1, 4, 0, 3},
	}
	p := newPicture(3, 2)
	for i := range p.Pix {
		p.Pix[i] = uint8(i / 3)
	}
	for o := Orientation(1); o <= 8; o++ {
		got, err := p.Upright(o)
		if err != nil {
			t.Fatal(err)
		}
		width := 3
		if o >= 5 {
			width = 2
		}
		var pixels []uint8
		for rgb := range slices.Chunk(got.Pix, 3) {
			pixels = append(pixels, rgb[0])
		}
		if got.Width != width || !slices.Equal(pixels, want[o]) {
			t.Errorf("orientation %d: %d wide, %v, want %v", o, got.Width, pixels, want[o])
		}
	}
	if _, err := p.Upright(9); err == nil {
		t.Error("orientation 9 is accepted")
	}
}

// FuzzOrientationOf: whatever a file says, the answer is one of eight.
func FuzzOrientationOf(f *testing.F) {
	for _, data := range [][]byte{jpegWith(exif(binary.LittleEndian, 6)), pngWith(exif(binary.BigEndian, 8))} {
		f.Add(data)
		f.Add(data[:len(data)/2])
		f.Add(bytes.ReplaceAll(data, []byte{8, 0, 0, 0}, []byte{0xff, 0xff, 0xff, 0xff}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if o := OrientationOf(data); o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
	})
}
