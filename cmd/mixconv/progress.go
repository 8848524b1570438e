package main

import (
	"fmt"
	"io"
	"sync"
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

// since says when the work began, if that was before the progress was made.
func (p *progress) since(began time.Time) {
	if p != nil {
		p.start = began
	}
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

// waiting shows on stderr, if that is a terminal, that a command waits for something, and
// how long, until stop is called.
func (a *app) waiting(what string) (stop func()) {
	if !isTerminal(a.stderr) {
		return func() {}
	}
	return waitingOn(a.stderr, what, patience)
}

func waitingOn(w io.Writer, what string, every time.Duration) (stop func()) {
	start, done := time.Now(), make(chan struct{})
	var shows sync.WaitGroup
	shows.Go(func() {
		ticker, end := time.NewTicker(every), ""
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				fmt.Fprintf(w, "%s%s: %s", clearLine, what, time.Since(start).Round(time.Second))
				end = clearLine
			case <-done:
				fmt.Fprint(w, end)
				return
			}
		}
	})
	return func() {
		close(done)
		shows.Wait()
	}
}
