package main

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"
)

// TestQuantile: the nearest of the times that there are.
func TestQuantile(t *testing.T) {
	list := make([]time.Duration, 101)
	for i := range list {
		list[i] = time.Duration(i)
	}
	for q, want := range map[float64]time.Duration{0: 0, 0.5: 50, 0.9: 90, 0.95: 95, 0.99: 99, 1: 100} {
		if got := quantile(list, q); got != want {
			t.Errorf("quantile %g is %d, want %d", q, got, want)
		}
		if got := quantile(list[7:8], q); got != 7 {
			t.Errorf("quantile %g of one is %d", q, got)
		}
	}
}

// TestCallersEnd: the error of one caller ends the others, and is the one reported.
func TestCallersEnd(t *testing.T) {
	wrong := errors.New("wrong")
	began := make(chan struct{}, 3)
	err := together(context.Background(), 3, func(ctx context.Context, i int) error {
		began <- struct{}{}
		if i == 1 {
			return wrong
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, wrong) || len(began) != 3 {
		t.Errorf("%v from %d callers, want %v", err, len(began), wrong)
	}
}

// TestCPUName: what Linux has on x86, and on arm64, where it has no name.
func TestCPUName(t *testing.T) {
	for text, want := range map[string]string{
		"processor\t: 0\nmodel name\t: A 1\n\nprocessor\t: 1\nmodel name\t: A 2\n": "A 1",
		"processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n":             "implementer 0x41 part 0xd0c",
		"": "", "no colon": "",
	} {
		if got := cpuName(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestBlockOf: the names that converters and other people's exporters write.
func TestBlockOf(t *testing.T) {
	for name, want := range map[string]string{
		"stem/bn": "stem", "blocks_3/se/reduce/conv": "block_3", "block_3": "block_3", "blocks.0.0.bn1/norm": "blocks.0.0",
		"/layer1/layer1.0/conv1/Conv": "layer1.0", "/conv_stem/Conv": "conv_stem", "classifier.weight": "classifier",
		"Conv__440": "Conv__440", "": "without a name", "./": "without a name",
	} {
		if got := blockOf(name); got != want {
			t.Errorf("%q is of %q, want %q", name, got, want)
		}
	}
}

// TestIcicle: boxes of a row lie side by side, blocks above their steps, and steps of a
// block are together wherever they ran.
func TestIcicle(t *testing.T) {
	b := &benchmark{PeakGFLOPS: 100, steps: []profileStep{
		{Name: "a/x", Kernel: "conv", US: 10, MACs: 250_000, GFLOPS: 50}, {Name: "b/x", Kernel: "Loop", US: 5, Fallback: true},
		{Name: "a/y", Kernel: "conv", US: 5, MACs: 50_000, GFLOPS: 20}}}
	c := icicleOf("net", b)
	if len(c.Blocks) != 2 || c.Blocks[0].US != 15 || c.Blocks[0].GFLOPS != 40 || c.Blocks[1].Share != 0.25 || c.US != 20 || c.Steps != 3 {
		t.Errorf("%+v", c)
	}
	want := []box{{X: 0, W: 1200}, {X: 0, W: 900}, {X: 0, W: 600}, {X: 600, W: 300}, {X: 900, W: 300}, {X: 900, W: 300}}
	if len(c.Boxes) != len(want) {
		t.Fatalf("%d boxes", len(c.Boxes))
	}
	for i, box := range c.Boxes {
		if box.X != want[i].X || box.W != want[i].W {
			t.Errorf("box %d (%s) is %g wide at %g, want %g at %g", i, box.Title, box.W, box.X, want[i].W, want[i].X)
		}
	}
	if c.Boxes[5].Class != "fallback" || math.Abs(c.Boxes[2].Opacity-0.6) > 1e-9 {
		t.Errorf("%+v", c.Boxes)
	}
	if icicleOf("net", &benchmark{}) != nil || icicleOf("net", &benchmark{steps: []profileStep{{Name: "a"}}}) != nil {
		t.Error("a drawing of nothing")
	}
}
