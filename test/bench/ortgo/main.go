// Command ortgo times ONNX Runtime through its Go binding, which needs cgo:
//
//	ortgo LIBRARY MODEL THREADS BATCH RUNS
//
// It prints a JSON object with the keys that mixconv bench --json has for the
// same. It is a module of its own so that the binding stays out of mixconv's.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"

	ort "github.com/yalue/onnxruntime_go"
)

type result struct {
	LoadMS   float64 `json:"load_ms"`
	FirstMS  float64 `json:"first_ms"`
	MedianMS float64 `json:"median_ms"`
	MinMS    float64 `json:"min_ms"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ortgo:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 5 {
		return fmt.Errorf("%d arguments, allowed are LIBRARY MODEL THREADS BATCH RUNS", len(args))
	}
	var numbers [3]int
	for i := range numbers {
		n, err := strconv.Atoi(args[2+i])
		if err != nil || n < 1 {
			return fmt.Errorf("%q: allowed is a number from 1", args[2+i])
		}
		numbers[i] = n
	}
	ort.SetSharedLibraryPath(args[0])
	if err := ort.InitializeEnvironment(); err != nil {
		return err
	}
	defer ort.DestroyEnvironment()
	r, err := measure(args[1], numbers[0], numbers[1], numbers[2])
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func measure(model string, threads, batch, runs int) (r result, err error) {
	pixels := make([]float32, batch*3*224*224)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range pixels {
		pixels[i] = float32(random.NormFloat64())
	}
	in, err := ort.NewTensor(ort.NewShape(int64(batch), 3, 224, 224), pixels)
	if err != nil {
		return r, err
	}
	defer in.Destroy()
	out, err := ort.NewEmptyTensor[float32](ort.NewShape(int64(batch), 1000))
	if err != nil {
		return r, err
	}
	defer out.Destroy()

	var session *ort.AdvancedSession
	r.LoadMS, err = milliseconds(func() error {
		session, err = load(model, threads, in, out)
		return err
	})
	if err != nil {
		return r, err
	}
	defer session.Destroy()
	if r.FirstMS, err = milliseconds(session.Run); err != nil {
		return r, err
	}
	var times []float64
	warm := runs/10 + 1 // as mixconv bench does
	for range warm + runs {
		t, err := milliseconds(session.Run)
		if err != nil {
			return r, err
		}
		times = append(times, t)
	}
	times = times[warm:]
	slices.Sort(times)
	r.MinMS, r.MedianMS = times[0], times[len(times)/2]
	return r, nil
}

func load(model string, threads int, in, out ort.Value) (*ort.AdvancedSession, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	if err := options.SetIntraOpNumThreads(threads); err != nil {
		return nil, err
	}
	if err := options.SetInterOpNumThreads(1); err != nil {
		return nil, err
	}
	return ort.NewAdvancedSession(model, []string{"input"}, []string{"logits"}, []ort.Value{in}, []ort.Value{out}, options)
}

func milliseconds(f func() error) (float64, error) {
	start := time.Now()
	err := f()
	return time.Since(start).Seconds() * 1e3, err
}
