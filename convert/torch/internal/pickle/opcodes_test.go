package pickle_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// TestEveryOpcode gives each of the 256 bytes stacks that it may not like, and arguments of
// every length that it may want: what does not decode is one line that says where.
func TestEveryOpcode(t *testing.T) {
	stacks := []string{"", "N", "(", "NN", "(N", "NNN", ")", "]", "}", "\x8f", "](", "}(", "\x8f(", "}N", "cm\nf\n)", "cm\nf\n]", "(cm\nf\n", "NNNN", "K\x01"}
	arguments := []string{"\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\x01\x00\x00\x00\x00\x00\x00\x00\xff", "\xff\xff\xff\xff\xff\xff\xff\xff", "\x01\xff", "m\nf\n", strings.Repeat("x", 2000)}
	decoded := 0
	for code := range 256 {
		if testing.Short() && code%4 != 0 {
			continue
		}
		for _, stack := range stacks {
			for _, argument := range arguments {
				for cut := range min(len(argument), 9) + 1 {
					used := argument[:cut]
					if cut == 9 {
						used = argument
					}
					for _, end := range []string{"", "."} {
						data := "\x80\x04" + stack + string([]byte{byte(code)}) + used + end
						_, err := decode(data, limit.Limits{})
						if err == nil {
							decoded++
							continue
						}
						checkError(t, data, err)
					}
				}
			}
		}
	}
	if decoded == 0 {
		t.Error("nothing decodes")
	}
}

func checkError(t *testing.T, data string, err error) {
	t.Helper()
	var e *errs.FormatError
	if !errors.As(err, &e) || e.Offset < 0 || e.Offset > int64(len(data)) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("%q: %v", data, err)
	}
}

// TestReadersFail: an error of the file is passed on from wherever it comes.
func TestReadersFail(t *testing.T) {
	failure := errors.New("the disk is gone")
	for _, data := range []string{
		"\x80\x02}(" + "X\x01\x00\x00\x00a" + "cm\nf\n)R" + "K\x01Q" + "\x8a\x02\x00\xff" + "G\x00\x00\x00\x00\x00\x00\x00\x00N" + "u.",
		"\x80\x04(\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x01m\x8c\x01f\x93)R\x94h\x00q\x01r\x02\x00\x00\x00j\x02\x00\x00\x00J\x01\x00\x00\x00M\x01\x00B\x01\x00\x00\x00aC\x01aB\x64\x00\x00\x00" + strings.Repeat("b", 100) + "t.",
	} {
		for at := range len(data) {
			d := pickle.NewDecoder(io.MultiReader(strings.NewReader(data[:at]), iotest.ErrReader(failure)), int64(len(data)), limit.Limits{})
			_, err := d.Decode(env{})
			var e *errs.FormatError
			if err == nil || !errors.Is(err, failure) && !errors.As(err, &e) || strings.Contains(fmt.Sprint(err), "\n") {
				t.Errorf("%q, after %d bytes: %v", data, at, err)
			}
			if _, err := decode(data[:at], limit.Limits{}); err == nil {
				t.Errorf("%q, its first %d bytes decode", data, at)
			} else {
				checkError(t, data[:at], err)
			}
		}
		d := pickle.NewDecoder(io.MultiReader(strings.NewReader(data), iotest.ErrReader(failure)), int64(len(data)), limit.Limits{})
		if _, err := d.Decode(env{}); err != nil {
			t.Errorf("%q: %v", data, err)
		} else if err := d.Close(); !errors.Is(err, failure) {
			t.Errorf("%q: closed with %v", data, err)
		}
	}
}
