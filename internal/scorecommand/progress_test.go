package scorecommand

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		done, from float64
		took       time.Duration
		want       string
	}{
		{0.5, 0, time.Minute, "pictures: 7, 50.0 %, 1m0s left"},
		{0.75, 0.5, time.Minute, "pictures: 7, 75.0 %, 1m0s left"}, // half was there before
		{0.001, 0, time.Hour, "pictures: 7, 0.1 %, 41 days left"},
		{1e-300, 0, time.Hour, "pictures: 7, 0.0 %, 12427 days left"},
		{0, 0, time.Hour, "pictures: 7"},
		{-1, -1, time.Hour, "pictures: 7"},
	} {
		if got := status(7, c.done, c.from, c.took); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestProgress: nothing is shown at once, nor where no terminal is.
func TestProgress(t *testing.T) {
	if show, end := (&Program{}).progress(); show != nil {
		t.Error("shown without a terminal")
	} else {
		end()
	}
	var to bytes.Buffer
	show, end := (&Program{Stderr: &to, Terminal: true}).progress()
	show(1, 0.1)
	if to.Len() > 0 {
		t.Errorf("%q at once", &to)
	}
	time.Sleep(patience)
	show(2, 0.2)
	end()
	if text := to.String(); !strings.HasPrefix(text, clearLine+"pictures: 2, 20.0 %, ") || !strings.HasSuffix(text, clearLine) {
		t.Errorf("%q", text)
	}
}
