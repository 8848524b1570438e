package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/mixconv/mixconv/internal/blocks"
	"github.com/mixconv/mixconv/internal/page"
	"github.com/mixconv/mixconv/tensor"
)

//go:embed bench.html
var benchText string

var benchPage = page.Parse(benchText, template.FuncMap{
	"ms":      func(v float64) string { return fmt.Sprintf("%.2f", v) },
	"share":   func(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) },
	"shareOf": func(v, whole float64) string { return fmt.Sprintf("%.1f %%", 100*v/whole) },
	"icicle":  icicleOf,
})

// writeHTML writes the report as a web page of one file.
func (r *benchReport) writeHTML(w io.Writer, about page.About) error {
	return page.Write(w, benchPage, about, struct {
		Name     string
		Rows     []*benchmark
		Baseline *regression
	}{filepath.Base(r.Model.File), r.rows, r.Baseline})
}

// icicle is a profile as a drawing: a box for the network, below it one for each block,
// and below these one for each step, as wide as their times.
type icicle struct {
	Width, Height int
	US, MS        float64 // of all steps
	Steps         int
	Blocks        []block
	Boxes         []box
}

// block is the steps of a part of the network.
type block struct {
	Name         string
	US           float64
	Share, Bar   float64 // of all steps' time; of the longest block's, in percent
	GFLOPS, macs float64
	Steps        []profileStep
}

// box is a rectangle with what a pointer shows, and a label if there is room.
type box struct {
	X, W    float64
	Y, H    int
	Class   string
	Opacity float64
	Title   string
	Label   *label
}

type label struct {
	X    float64
	Y    int
	Text string
}

const (
	icicleWidth = 1200
	boxHeight   = 26
	letterWidth = 7 // of the labels, about
)

// icicleOf draws the profile of b; nil if there is none.
func icicleOf(network string, b *benchmark) *icicle {
	c := &icicle{Width: icicleWidth, Height: 3 * boxHeight, Blocks: blocksOf(b.steps), Steps: len(b.steps)}
	longest := 0.0
	for _, block := range c.Blocks {
		c.US += block.US
		longest = max(longest, block.US)
	}
	if c.US <= 0 {
		return nil
	}
	c.MS = c.US / 1e3
	c.add(0, 0, c.US, network, "whole", 1, fmt.Sprintf("%s: %.2f ms", network, c.MS))
	at := 0.0
	for i := range c.Blocks {
		block := &c.Blocks[i]
		block.Share, block.Bar = block.US/c.US, 100*block.US/longest
		c.add(1, at, block.US, block.Name, "whole", 1, fmt.Sprintf("%s: %.1f µs, %.1f %%, %.1f GFLOP/s", block.Name, block.US, 100*block.Share, block.GFLOPS))
		for _, s := range block.Steps {
			class, opacity := "step", 0.2
			if s.Fallback {
				class, opacity = "fallback", 0.6
			} else if b.PeakGFLOPS > 0 {
				opacity += 0.8 * min(1, s.GFLOPS/b.PeakGFLOPS)
			}
			c.add(2, at, s.US, s.Kernel, class, opacity, fmt.Sprintf("%s: %s, %.1f µs, %.1f %%, %.1f GFLOP/s", s.Name, s.Kernel, s.US, 100*s.US/c.US, s.GFLOPS))
			at += s.US
		}
	}
	return c
}

// add draws a box in a row.
func (c *icicle) add(row int, at, us float64, name, class string, opacity float64, title string) {
	b := box{X: at / c.US * icicleWidth, W: us / c.US * icicleWidth, Y: row * boxHeight, H: boxHeight, Class: class, Opacity: opacity, Title: title}
	if letters := tensor.IntWithin(b.W/letterWidth-1, 0, icicleWidth); letters >= min(4, utf8.RuneCountInString(name)) && name != "" {
		text := []rune(name)
		if len(text) > letters {
			text = append(text[:letters-1:letters-1], '…')
		}
		b.Label = &label{X: b.X, Y: b.Y, Text: string(text)}
	}
	c.Boxes = append(c.Boxes, b)
}

// blocksOf sorts steps into blocks, in the order in which these begin.
func blocksOf(steps []profileStep) (list []block) {
	at := map[string]int{}
	for _, s := range steps {
		name := blockOf(s.Name)
		i, ok := at[name]
		if !ok {
			i = len(list)
			at[name] = i
			list = append(list, block{Name: name})
		}
		b := &list[i]
		b.US += s.US
		b.macs += float64(s.MACs)
		b.Steps = append(b.Steps, s)
		if b.US > 0 {
			b.GFLOPS = 2e-3 * b.macs / b.US
		}
	}
	return list
}

// blockOf is the block that a node belongs to or, outside all of these, the first part of
// its name.
func blockOf(name string) string {
	if block := blocks.Of(name); block != "" {
		return block
	}
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '.' })
	if len(parts) == 0 {
		return "without a name"
	}
	return parts[0]
}
