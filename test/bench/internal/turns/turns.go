// Package turns is the programs' side of a benchmark in which several processes
// take turns; test/bench/process.py is the other side.
//
// A program starts with MODEL THREADS BATCH as its arguments, prints a line when
// its first run is made, and then waits. Every line that it reads is a turn of so
// many runs, and answered by a line. It ends with its input.
package turns

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// Started is the first line, in milliseconds.
type Started struct {
	LoadMS  float64 `json:"load_ms"`
	FirstMS float64 `json:"first_ms"`
}

// Turn is the answer to a turn: the median of its runs, and what each allocated.
type Turn struct {
	MS     float64 `json:"ms"`
	Allocs float64 `json:"allocs"`
}

// Network says what to load.
type Network struct {
	Path           string
	Threads, Batch int
}

// Arguments reads MODEL THREADS BATCH.
func Arguments(args []string) (Network, error) {
	if len(args) != 3 {
		return Network{}, fmt.Errorf("%d arguments, allowed are MODEL THREADS BATCH", len(args))
	}
	var numbers [2]int
	for i := range numbers {
		n, err := strconv.Atoi(args[1+i])
		if err != nil || n < 1 {
			return Network{}, fmt.Errorf("%q: allowed is a number from 1", args[1+i])
		}
		numbers[i] = n
	}
	return Network{args[0], numbers[0], numbers[1]}, nil
}

// Fill puts the same normally distributed values into every program's pictures.
func Fill(pixels []float32) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range pixels {
		pixels[i] = float32(r.NormFloat64())
	}
}

// Serve times load and a first run, and then the turns that it is asked for.
func Serve(in io.Reader, out io.Writer, load func() error, run func() error) error {
	answers := json.NewEncoder(out)
	var started Started
	var err error
	if started.LoadMS, err = milliseconds(load); err != nil {
		return err
	}
	if started.FirstMS, err = milliseconds(run); err != nil {
		return err
	}
	if err := answers.Encode(started); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		runs, err := strconv.Atoi(lines.Text())
		if err != nil || runs < 1 {
			return fmt.Errorf("%q: allowed is a number of runs from 1", lines.Text())
		}
		turn, err := take(run, runs)
		if err != nil {
			return err
		}
		if err := answers.Encode(turn); err != nil {
			return err
		}
	}
	return lines.Err()
}

func take(run func() error, runs int) (Turn, error) {
	times := make([]float64, runs)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range times {
		var err error
		if times[i], err = milliseconds(run); err != nil {
			return Turn{}, err
		}
	}
	runtime.ReadMemStats(&after)
	slices.Sort(times)
	return Turn{times[runs/2], float64(after.Mallocs-before.Mallocs) / float64(runs)}, nil
}

func milliseconds(f func() error) (float64, error) {
	start := time.Now()
	err := f()
	return time.Since(start).Seconds() * 1e3, err
}
