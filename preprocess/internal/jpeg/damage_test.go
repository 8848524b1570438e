package jpeg

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// TestEveryByte cuts small pictures off at every byte and sets every byte to other values:
// what comes of it is a picture of its own size, or one line that says where the fault is.
func TestEveryByte(t *testing.T) {
	lim := limit.Limits{Pixels: 1 << 16}
	for _, name := range []string{"2x2-420", "17x16-420", "33x47-422", "grey-progressive"} {
		data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "pillow", name+".jpg"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(data, Accurate, lim); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		refused := 0
		try := func(damaged []byte, at int) {
			p, err := Decode(damaged, Fast, lim)
			var format *errs.FormatError
			var unsupported *errs.UnsupportedError
			switch {
			case err == nil && (p.Width < 1 || p.Height < 1 || p.Width*p.Height > 1<<16):
				t.Errorf("%s, byte %d: a picture of %d × %d", name, at, p.Width, p.Height)
			case err == nil:
			case !errors.As(err, &format) && !errors.As(err, &unsupported) && !errors.Is(err, limit.ErrExceeded),
				format != nil && (format.Offset < 0 || format.Offset > int64(len(damaged))), strings.Contains(err.Error(), "\n"):
				t.Errorf("%s, byte %d: %v", name, at, err)
			default:
				refused++
			}
		}
		for at := range data {
			if testing.Short() && at%5 != 0 {
				continue
			}
			try(data[:at], at)
			damaged := append([]byte(nil), data...)
			for _, value := range []byte{0, 1, 4, 0x11, 0x22, 0x40, 0xd8, 0xda, 0xff, data[at] ^ 0x10, data[at] + 1, data[at] - 1} {
				damaged[at] = value
				try(damaged, at)
			}
			try(append(damaged[:at:at], data[min(at+1, len(data)):]...), at) // without it
			try(append(append(damaged[:at:at], 0xff), data[at:]...), at)     // with one more
		}
		if refused < len(data) {
			t.Errorf("%s: %d refused", name, refused)
		}
	}
}
