package preprocess

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	stdjpeg "image/jpeg"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

func golden(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/pillow", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func pngChunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// makePNG returns a grey picture of one bit a pixel whose rows unpack from
// data.
func makePNG(w, h uint32, data []byte, extra ...[]byte) []byte {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	out := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", append(head, 1, 0, 0, 0, 0))...)
	for _, c := range extra {
		out = append(out, c...)
	}
	return append(append(out, pngChunk("IDAT", data)...), pngChunk("IEND", nil)...)
}

func deflated(n int) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(make([]byte, n))
	z.Close()
	return b.Bytes()
}

// TestBadPictures is section I of the catalogue of bad inputs: an error of one
// line, quickly, and no memory to speak of.
func TestBadPictures(t *testing.T) {
	good := golden(t, "64x48-420.jpg")
	sof := bytes.Index(good, []byte{0xff, 0xc0, 0, 17})
	if sof < 0 {
		sof = bytes.Index(good, []byte{0xff, 0xc2, 0, 17})
	}
	patched := func(at int, b ...byte) []byte {
		data := bytes.Clone(good)
		copy(data[sof+at:], b)
		return data
	}
	sos := bytes.Index(good, []byte{0xff, 0xda})
	manyScans := append(bytes.Clone(good[:sos]), bytes.Repeat(good[sos:len(good)-2], 200)...)
	badCRC := golden(t, "type2-8.png")
	badCRC[len(badCRC)-20] ^= 1
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":               {nil, "not a JPEG or PNG picture: the file is empty"},
		"png 20000²":          {makePNG(20000, 20000, nil), "20000 × 20000 pixels, allowed 67108864 in all"},
		"png 8000² of 68 B":   {makePNG(8000, 8000, nil), "bytes for 8000 × 8000 pixels, which take at least"},
		"png 12000² bomb":     {makePNG(12000, 12000, deflated(12000*1501)), "12000 × 12000 pixels, allowed"},
		"png 2^31-1":          {makePNG(1<<31-1, 1<<31-1, nil), "allowed 67108864 in all"},
		"png 2^32-1":          {makePNG(1<<32-1, 1, nil), "allowed less than 2^31 a side"},
		"png 0 wide":          {makePNG(0, 1, deflated(1)), "0 × 1 pixels, allowed at least 1 × 1"},
		"png rows missing":    {makePNG(9, 9, deflated(3)), "not enough pixel data"},
		"png checksum":        {badCRC, "PNG: png: invalid format: zlib: invalid checksum"},
		"png other first":     {append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("tEXt", make([]byte, 99))...), "the first chunk is not IHDR"},
		"png as text":         {[]byte("\x89PNG\n\x1a\n"), "damaged by a transfer as text"},
		"jpeg 65535²":         {patched(5, 0xff, 0xff, 0xff, 0xff), "65535 × 65535 pixels, allowed 67108864 in all"},
		"jpeg 8000²":          {patched(5, 8000>>8, 8000&255, 8000>>8, 8000&255), "pixels, which take at least"},
		"jpeg 0 high":         {patched(5, 0, 0), "64 × 0 pixels, allowed at least 1 × 1"},
		"jpeg 12 bit":         {patched(4, 12), "12 bits a sample, supported 8"},
		"jpeg sampling":       {patched(11, 0x52), "sampling 5 × 2"},
		"jpeg table":          {patched(12, 9), "table 9, allowed 1…4 and 0…3"},
		"jpeg arithmetic":     {patched(1, 0xc9), "lossless, hierarchical or arithmetic coding"},
		"jpeg many scans":     {manyScans, "JPEG S"},
		"jpeg segment length": {[]byte("\xff\xd8\xff\xe0\xff\xff"), "length 65535, allowed 2…2"},
		"jpeg no picture":     {[]byte("\xff\xd8\xff\xd9"), "no picture before the end"},
		"gif":                 {[]byte("GIF89a......"), "not a JPEG or PNG picture: this is a GIF picture"},
		"webp":                {[]byte("RIFF\x00\x00\x00\x00WEBPVP8L"), "a WebP picture"},
		"tiff":                {[]byte("II*\x00\x08\x00\x00\x00"), "a TIFF picture"},
		"heic":                {[]byte("\x00\x00\x00\x18ftypheic"), "a HEIC picture"},
		"html":                {[]byte("\n<!DOCTYPE HTML><title>404"), "an HTML page"},
		"svg":                 {[]byte("<?xml version='1.0'?><svg xmlns='x'>"), "an SVG drawing"},
		"text":                {[]byte("hello"), "this is text"},
		"noise":               {[]byte{1, 2, 3}, "not a picture that is known"},
	} {
		for _, kind := range []Kind{Torch, TensorFlow} {
			start, before := time.Now(), allocated()
			_, err := Config{Kind: kind}.Decode(c.data, limit.Limits{})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
			}
			var format *errs.FormatError
			var unsupported *errs.UnsupportedError
			if !errors.As(err, &format) && !errors.As(err, &unsupported) {
				t.Errorf("%s: error of type %T", name, err)
			}
			if spent, took := allocated()-before, time.Since(start); spent > 16<<20 || took > time.Second {
				t.Errorf("%s: %d bytes allocated in %v", name, spent, took)
			}
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestTruncated cuts pictures at every byte: each is an error, not less of a
// picture.
func TestTruncated(t *testing.T) {
	for _, name := range []string{"17x16-420.jpg", "8x8-444.jpg", "grey-progressive.jpg", "cmyk.jpg", "type2-8.png", "interlaced.png"} {
		data := golden(t, name)
		for n := range data {
			var format *errs.FormatError
			if _, err := Decode(data[:n], limit.Limits{}); !errors.As(err, &format) {
				t.Fatalf("%s cut to %d of %d bytes: error %v", name, n, len(data), err)
			}
		}
	}
}

// TestIgnored has what must not change a picture.
func TestIgnored(t *testing.T) {
	plain, err := Decode(makePNG(3, 1, deflated(2)), limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	profile := append([]byte("bomb\x00\x00"), deflated(100<<20)...)
	before := allocated()
	p, err := Decode(makePNG(3, 1, deflated(2), pngChunk("iCCP", profile), pngChunk("acTL", make([]byte, 8))), limit.Limits{})
	if err != nil || digest(p) != digest(plain) {
		t.Errorf("with a profile and an animation: error %v", err)
	}
	if spent := allocated() - before; spent > 8<<20 {
		t.Errorf("%d bytes allocated for a profile", spent)
	}
	data := golden(t, "grey.jpg")
	after, err := Decode(append(bytes.Clone(data), "PK\x03\x04 more"...), limit.Limits{})
	if want, _ := Decode(data, limit.Limits{}); err != nil || digest(after) != digest(want) {
		t.Errorf("with more after the picture: error %v", err)
	}
}

func TestReadFileRefuses(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "a b.png")
	if err := os.WriteFile(big, make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:                        "not a regular file",
		filepath.Join(dir, "none"): "no such file",
		big:                        `a b.png": 100 bytes, allowed 99`,
	} {
		if _, err := (Config{Kind: Torch}).ReadFile(path, limit.Limits{FileBytes: 99}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
}

// TestFromImage converts the same colours from each type that the standard
// library decodes to, also from a part of a larger picture.
func TestFromImage(t *testing.T) {
	rect := image.Rect(0, 0, 11, 7)
	part := image.Rect(2, 1, 9, 7)
	palette := color.Palette{color.NRGBA{10, 20, 30, 0}, color.RGBA{40, 50, 60, 255}}
	for name, m := range map[string]draw.Image{
		"Gray": image.NewGray(rect), "RGBA": image.NewRGBA(rect), "RGBA64": image.NewRGBA64(rect),
		"NRGBA": image.NewNRGBA(rect), "NRGBA64": image.NewNRGBA64(rect), "Paletted": image.NewPaletted(rect, palette),
		"CMYK": image.NewCMYK(rect), "Alpha": image.NewAlpha(rect),
	} {
		for y := range rect.Dy() {
			for x := range rect.Dx() {
				m.Set(x, y, color.NRGBA{uint8(20 * x), uint8(30 * y), 99, 255})
			}
		}
		sub := m.(interface {
			SubImage(image.Rectangle) image.Image
		}).SubImage(part)
		whole, err := FromImage(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := FromImage(sub)
		if err != nil || digest(got) != digest(whole.view(window{2, 1, 7, 6})) {
			t.Errorf("a part of %s differs from the whole's, error %v", name, err)
		}
		for y := range rect.Dy() {
			for x := range rect.Dx() {
				if want := opaque(m.At(x, y)); [3]uint8(whole.row(y)[3*x:]) != want && name != "CMYK" {
					t.Fatalf("%s at %d,%d: %v, want %v", name, x, y, whole.row(y)[3*x:][:3], want)
				}
			}
		}
	}
	if _, err := FromImage(nil); err == nil {
		t.Error("nil is no error")
	}
	if _, err := FromImage(image.NewGray(image.Rect(3, 3, 3, 9))); err == nil {
		t.Error("no pixels are no error")
	}
}

// TestStandardLibrary states how far a picture decoded by image/jpeg and
// converted here is from libjpeg's: by its inverse DCT alone. On photographs
// (48 of them, when this was written) up to 4 % of the values differ, by up to
// 3; with image/jpeg's own chroma up to 60 %, by up to 48.
func TestStandardLibrary(t *testing.T) {
	paths, err := filepath.Glob("testdata/pillow/*.jpg")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, path := range paths {
		data := golden(t, filepath.Base(path))
		m, err := stdjpeg.Decode(bytes.NewReader(data))
		if err != nil {
			continue // it refuses some that libjpeg reads
		}
		got, err := FromImage(m)
		if err != nil {
			t.Fatal(path, err)
		}
		want, err := Decode(data, limit.Limits{})
		if err != nil {
			t.Fatal(path, err)
		}
		compared++
		if most := difference(got, want); most > 4 {
			t.Errorf("%s: differs by up to %d", path, most)
		}
	}
	if compared < 30 {
		t.Errorf("compared only %d", compared)
	}
}

func difference(a, b *Picture) int {
	most := 0
	for i := range a.Pix {
		d := int(a.Pix[i]) - int(b.Pix[i])
		most = max(most, d, -d)
	}
	return most
}
