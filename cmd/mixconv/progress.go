package main

import (
	"fmt"
	"io"
	"time"
)

const (
	patience  = time.Second            // how long a command works before it shows how far it is
	refresh   = 200 * time.Millisecond // between two lines
	clearLine = "\r\x1b[K"             // to the line's begin, and erase what stands there
)

// progress shows on stderr, if that is a terminal, how far a command is and how long it
// will take. nil shows nothing.
type progress struct {
	to          io.Writer
	what        string
	total, done int
	start, next time.Time // next is when a line is due
	shown       bool
}

// newProgress counts up to total of what.
func (a *app) newProgress(total int, what string) *progress {
	if !isTerminal(a.stderr) {
		return nil
	}
	return progressAt(a.stderr, total, what, time.Now())
}

func progressAt(w io.Writer, total int, what string, now time.Time) *progress {
	return &progress{to: w, what: what, total: total, start: now, next: now.Add(patience)}
}

// add says that n more are done.
func (p *progress) add(n int) {
	if p != nil {
		p.addAt(n, time.Now())
	}
}

func (p *progress) addAt(n int, now time.Time) {
	p.done += n
	if now.Before(p.next) || p.done >= p.total {
		return
	}
	p.next = now.Add(refresh)
	left := now.Sub(p.start) * time.Duration(p.total-p.done) / time.Duration(max(p.done, 1))
	fmt.Fprintf(p.to, "%s%s: %d of %d, %s left", clearLine, p.what, p.done, p.total, left.Round(time.Second))
	p.shown = true
}

// end takes the line away; the next add may show it again.
func (p *progress) end() {
	if p != nil && p.shown {
		fmt.Fprint(p.to, clearLine)
		p.shown = false
	}
}
