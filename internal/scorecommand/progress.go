package scorecommand

import (
	"fmt"
	"time"

	"github.com/mixconv/mixconv/tensor"
)

const (
	patience  = time.Second            // before anything is shown
	refresh   = 200 * time.Millisecond // between two lines
	clearLine = "\r\x1b[K"             // to the line's begin, and erase what stands there
)

// progress shows on a terminal how many pictures are done, and how long the rest will take;
// end takes the line away.
func (p *Program) progress() (show func(pictures int64, done float64), end func()) {
	if !p.Terminal {
		return nil, func() {}
	}
	begin, from, shown := time.Now(), -1.0, false
	next := begin.Add(patience)
	show = func(pictures int64, done float64) {
		if from < 0 {
			from = done // what earlier runs had done
		}
		now := time.Now()
		if now.Before(next) {
			return
		}
		next, shown = now.Add(refresh), true
		fmt.Fprint(p.Stderr, clearLine, status(pictures, done, from, now.Sub(begin)))
	}
	return show, func() {
		if shown {
			fmt.Fprint(p.Stderr, clearLine)
		}
	}
}

// status is a line about a run that went from one part of the sources to another.
func status(pictures int64, done, from float64, took time.Duration) string {
	line := fmt.Sprintf("pictures: %d", pictures)
	if done > from && from >= 0 {
		const longest = 1 << 30 // seconds, which an int of 32 bits holds
		left := tensor.IntWithin(took.Seconds()*(1-done)/(done-from), 0, longest)
		line += fmt.Sprintf(", %.1f %%, %s left", 100*done, span(left))
	}
	return line
}

// span is so many seconds for people.
func span(seconds int) string {
	const day = 24 * 3600
	if seconds < day {
		return (time.Duration(seconds) * time.Second).String()
	}
	return fmt.Sprintf("%d days", seconds/day)
}
