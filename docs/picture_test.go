// Package docs draws the README's picture of a terminal.
package docs

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

var update = flag.Bool("update", false, "draw classify.png anew")

// TestPicture: classify.png is what classify.txt, an output of the command, looks like.
func TestPicture(t *testing.T) {
	text, err := os.ReadFile("classify.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, terminal(t, strings.Split(strings.TrimRight(string(text), "\n"), "\n"))); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("classify.png", b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile("classify.png"); err != nil || !bytes.Equal(got, b.Bytes()) {
		t.Errorf("classify.png is another picture (%v): go test ./docs -update draws it", err)
	}
}

// terminal draws lines of text, bright on dark; of the letters that the font has not,
// the block of a bar is drawn.
func terminal(t *testing.T, lines []string) image.Image {
	t.Helper()
	const size, margin, pitch = 26, 28, 38
	parsed, err := opentype.Parse(gomono.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		t.Fatal(err)
	}
	advance, _ := face.GlyphAdvance('0')
	width, longest := advance.Round(), 0
	for _, line := range lines {
		longest = max(longest, len([]rune(line)))
	}
	m := image.NewPaletted(image.Rect(0, 0, longest*width+2*margin, len(lines)*pitch+2*margin), shades())
	bar := image.NewUniform(color.Gray{160})
	for i, line := range lines {
		top := margin + i*pitch
		for column, letter := range []rune(line) {
			at := margin + column*width
			if letter == '█' {
				draw.Draw(m, image.Rect(at, top+6, at+width, top+pitch-8), bar, image.Point{}, draw.Src)
				continue
			}
			d := font.Drawer{Dst: m, Src: image.NewUniform(color.Gray{230}), Face: face, Dot: fixed.P(at, top+size)}
			d.DrawString(string(letter))
		}
	}
	return m
}

// shades are the greys that letters on a dark ground need.
func shades() color.Palette {
	var p color.Palette
	for y := 24; y <= 232; y += 8 {
		p = append(p, color.Gray{uint8(y)})
	}
	return p
}
