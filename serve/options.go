package serve

import (
	"fmt"
	goruntime "runtime"
	"time"
)

// Options are the choices that a Server is made with. Zero fields mean the defaults that
// Defaults has.
type Options struct {
	Models  []string // files, folders, or NAME=PATH of either
	Listen  string   // address and port
	Version string   // of this program, as clients are told

	Threads      int           // that all runs together compute with
	ThreadsOfRun int           // that one run computes with
	MaxBatch     int           // pictures that are run together
	MaxDelay     time.Duration // how long a request waits for others
	Queue        int           // requests of a model that may wait
	Watch        time.Duration // how often files are looked at; negative: never

	Body     int64         // the most bytes of a request's body, compressed or not
	Memory   int64         // the most bytes of all requests' bodies together
	Pictures int           // the most pictures of one request
	Drain    time.Duration // how long accepted requests may take when the server stops
}

// Defaults are the options that are used where none is given.
func Defaults() Options {
	threads := goruntime.GOMAXPROCS(0)
	return Options{
		Listen:       "127.0.0.1:8080",
		Threads:      threads,
		ThreadsOfRun: min(threads, 4),
		MaxBatch:     16,
		Queue:        128,
		Watch:        time.Second,
		Body:         64 << 20,
		Memory:       1 << 30,
		Pictures:     64,
		Drain:        30 * time.Second,
	}
}

// check fills in defaults and says what is not allowed.
func (o *Options) check() error {
	d := Defaults()
	if o.Listen == "" {
		o.Listen = d.Listen
	}
	for _, f := range []struct {
		name  string
		value *int
		usual int
		most  int
	}{
		{"threads", &o.Threads, d.Threads, 1 << 10},
		{"threads of a run", &o.ThreadsOfRun, d.ThreadsOfRun, 1 << 10},
		{"batch", &o.MaxBatch, d.MaxBatch, 1 << 10},
		{"queue", &o.Queue, d.Queue, 1 << 20},
		{"pictures", &o.Pictures, d.Pictures, 1 << 10},
	} {
		if *f.value == 0 {
			*f.value = f.usual
		}
		if *f.value < 1 || *f.value > f.most {
			return fmt.Errorf("%s: %d, allowed are 1 to %d", f.name, *f.value, f.most)
		}
	}
	o.ThreadsOfRun = min(o.ThreadsOfRun, o.Threads)
	for _, f := range []struct {
		value *int64
		usual int64
	}{{&o.Body, d.Body}, {&o.Memory, d.Memory}, {(*int64)(&o.Watch), int64(d.Watch)}, {(*int64)(&o.Drain), int64(d.Drain)}} {
		if *f.value == 0 {
			*f.value = f.usual
		}
	}
	if o.MaxDelay < 0 || o.MaxDelay > time.Minute {
		return fmt.Errorf("delay: %s, allowed are 0s to 1m", o.MaxDelay)
	}
	if len(o.Models) == 0 {
		return fmt.Errorf("no model named")
	}
	return nil
}
