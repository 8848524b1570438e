package preprocess

import (
	"errors"
	"image"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
)

// init registers formats as a program may: what their decoders do stands behind "TEST-".
func init() {
	config := func(width, height int, err error) func(io.Reader) (image.Config, error) {
		return func(io.Reader) (image.Config, error) {
			return image.Config{ColorModel: color.GrayModel, Width: width, Height: height}, err
		}
	}
	fails := errors.New("it does\nnot like it")
	decoded := func(m image.Image, err error) func(io.Reader) (image.Image, error) {
		return func(io.Reader) (image.Image, error) { return m, err }
	}
	small := image.NewGray(image.Rect(0, 0, 2, 2))
	image.RegisterFormat("header", "TEST-header", decoded(small, nil), config(0, 0, fails))
	image.RegisterFormat("body", "TEST-body", decoded(nil, fails), config(2, 2, nil))
	image.RegisterFormat("large", "TEST-large", decoded(small, nil), config(1<<20, 1<<20, nil))
	image.RegisterFormat("negative", "TEST-negative", decoded(small, nil), config(-2, 2, nil))
	image.RegisterFormat("panic", "TEST-panic", func(io.Reader) (image.Image, error) { panic("at once") }, config(2, 2, nil))
	image.RegisterFormat("good", "TEST-good", decoded(small, nil), config(2, 2, nil))
}

// TestRegisteredDecoders: what decoders of others say, ask for and do wrong is an error of
// one line.
func TestRegisteredDecoders(t *testing.T) {
	for data, want := range map[string]string{
		"TEST-header": "header", "TEST-body": "body", "TEST-large": "1048576 × 1048576", "TEST-negative": "-2 × 2", "TEST-panic": "its decoder panics: at once", "TEST-good": "",
	} {
		p, err := Decode([]byte(data), limit.Limits{})
		switch {
		case want == "" && (err != nil || p.Width != 2 || p.Height != 2):
			t.Errorf("%s: %v, %v", data, p, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: %v, want %q", data, err, want)
		}
	}
}

// TestReadLabels: errors name the file.
func TestReadLabels(t *testing.T) {
	folder := t.TempDir()
	if _, err := ReadLabels(filepath.Join(folder, "none"), limit.Limits{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	path := filepath.Join(folder, "labels.txt")
	if err := os.WriteFile(path, []byte("cat\n\ndog"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadLabels(path, limit.Limits{}); err == nil || !strings.HasPrefix(err.Error(), path+": labels: class 1") {
		t.Errorf("an empty name: %v", err)
	}
}
