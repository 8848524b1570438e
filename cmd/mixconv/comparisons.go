package main

import "time"

// comparisons shows how far a verification is: that a reference runs, and then how many
// of its values are compared.
type comparisons struct {
	app   *app
	began time.Time // with this reference
	stop  func()    // takes the line away that waits for the reference
	line  *progress // of values
	done  int       // values
}

func (a *app) showComparisons() *comparisons { return &comparisons{app: a, stop: func() {}} }

// at is verify.Options.Progress.
func (c *comparisons) at(reference string, done, total int) {
	if total == 0 {
		c.end()
		c.began, c.stop = time.Now(), c.app.waiting("running "+plain(reference))
		return
	}
	if c.done == 0 {
		c.stop()
		c.stop, c.line = func() {}, c.app.newProgress(total, "comparing with "+plain(reference))
		c.line.since(c.began)
	}
	c.line.add(done - c.done)
	c.done = done
}

// end takes the line away.
func (c *comparisons) end() {
	c.stop()
	c.line.end()
	c.stop, c.line, c.done = func() {}, nil, 0
}
