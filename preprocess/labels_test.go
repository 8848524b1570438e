package preprocess

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

func TestParseLabels(t *testing.T) {
	want := []string{"tench, Tinca tinca", "goldfish", "“white” shark"}
	for _, text := range []string{
		"tench, Tinca tinca\ngoldfish\n“white” shark",
		"\ufefftench, Tinca tinca\r\n goldfish \r\n“white” shark\r\n\n",
		`["tench, Tinca tinca", "goldfish", "“white” shark"]`,
		`{"1": "goldfish", "0": "tench, Tinca tinca", "2": "“white” shark"}`,
	} {
		got, err := ParseLabels([]byte(text), limit.Limits{})
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q: %q, error %v", text, got, err)
		}
	}
}

func TestParseLabelsRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "labels: none",
		"\xff":                                 "not UTF-8",
		"a\n\nb":                               "class 1 has a name of 0 bytes, allowed 1…1024",
		strings.Repeat("x", 2000):              "class 0 has a name of 2000 bytes, allowed 1…1024",
		`["a", 3]`:                             "cannot unmarshal number",
		`{"0": "a", "2": "b"}`:                 `class 2, allowed 0…1 for 2 names`,
		`{"00": "a"}`:                          `class 00, allowed 0…0 for 1 names`,
		`{"-1": "a"}`:                          `class -1, allowed 0…0`,
		`{"0": `:                               "unexpected end of JSON input",
		"\x89PNG\r\n\x1a\n":                    "a PNG picture",
		strings.Repeat("x\n", maxLabels) + "x": "1048577, allowed 1048576",
	} {
		_, err := ParseLabels([]byte(text), limit.Limits{})
		var format *errs.FormatError
		if !errors.As(err, &format) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.20q: error %v, want %q", text, err, want)
		}
	}
}
