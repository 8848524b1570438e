package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestProgress: nothing within the first second, then a line now and then, which goes
// before anything else is printed.
func TestProgress(t *testing.T) {
	var b bytes.Buffer
	start := time.Unix(0, 0)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	p := progressAt(&b, 2000, "pictures", start)
	for _, step := range []struct {
		ms, n int
		want  string
	}{
		{500, 50, ""}, {999, 50, ""},
		{2000, 100, "\r\x1b[Kpictures: 200 of 2000, 18s left"},
		{2100, 100, ""},
		{3000, 200, "\r\x1b[Kpictures: 500 of 2000, 9s left"},
		{3300, 0, "\r\x1b[Kpictures: 500 of 2000, 10s left"},
		{9000, 1500, ""},
	} {
		b.Reset()
		p.addAt(step.n, at(step.ms))
		if b.String() != step.want {
			t.Errorf("after %d ms %q, want %q", step.ms, b.String(), step.want)
		}
	}
	b.Reset()
	p.end()
	p.end()
	if b.String() != clearLine {
		t.Errorf("at the end %q", b.String())
	}
	var none *progress
	none.add(1)
	none.end()
}

// TestWaiting: what takes no time shows nothing, what takes some a line that goes.
func TestWaiting(t *testing.T) {
	var b bytes.Buffer
	waitingOn(&b, "timm", time.Hour)()
	if b.Len() > 0 {
		t.Errorf("shows %q at once", b.String())
	}
	stop := waitingOn(&b, "timm", time.Millisecond)
	time.Sleep(50 * time.Millisecond)
	stop()
	if shown := b.String(); !strings.HasPrefix(shown, clearLine+"timm: ") || !strings.HasSuffix(shown, "s"+clearLine) {
		t.Errorf("shows %q", shown)
	}
}

// TestComparisons: a line for the reference that runs, one for its values, and none where
// nobody looks.
func TestComparisons(t *testing.T) {
	c := (&app{stderr: new(bytes.Buffer)}).showComparisons()
	for range 2 {
		c.at("timm", 0, 0)
		c.at("timm", 1, 2)
		c.at("timm", 2, 2)
	}
	c.end()
	if c.line != nil || c.done != 0 {
		t.Errorf("%+v at the end", c)
	}
	var b bytes.Buffer
	p := progressAt(&b, 10, "comparing with timm", time.Now())
	p.since(time.Now().Add(-time.Minute)) // it ran for a minute before anything was compared
	p.addAt(5, time.Now().Add(2*time.Second))
	if !strings.Contains(b.String(), "comparing with timm: 5 of 10, 1m2s left") {
		t.Errorf("shows %q", b.String())
	}
}
