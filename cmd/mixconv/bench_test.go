package main

import (
	"context"
	"errors"
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
