package serve

import (
	"errors"
	"fmt"
	goruntime "runtime"
	"time"
)

// Options are the choices that a Server is made with; Defaults has the usual ones.
type Options struct {
	Models  []string // files, folders, or NAME=PATH of either
	Version string   // of this program, as clients are told

	Listen      string // address and port
	DebugListen string // address and port of profiles; "": none
	TLSCert     string // files; "": no TLS
	TLSKey      string
	TokenFile   string // has the token that callers must know; "": none

	Threads      int           // that all runs together compute with
	ThreadsOfRun int           // that one run computes with
	MaxBatch     int           // pictures that are run together
	MaxDelay     time.Duration // how long a request waits for others
	Queue        int           // requests of a model that may wait
	Timeout      time.Duration // how long a request may take, its waiting included; 0: any
	Watch        time.Duration // how often files are looked at; 0: never

	Body        int64         // the most bytes of a request's body, compressed or not
	Memory      int64         // the most bytes of all requests' bodies together
	Header      int           // the most bytes of a request's headers
	Pictures    int           // the most pictures of one request
	Pixels      int64         // the most pixels of a picture
	Connections int           // the most connections at a time
	Read        time.Duration // how long a request may take to arrive
	Write       time.Duration // how long a caller may take to read an answer
	Idle        time.Duration // how long a connection may be silent
	Drain       time.Duration // how long accepted requests may take when the server stops
}

// Defaults are the usual options.
func Defaults() Options {
	threads := goruntime.GOMAXPROCS(0)
	return Options{
		Listen:       "127.0.0.1:8080",
		Threads:      threads,
		ThreadsOfRun: min(threads, 4),
		MaxBatch:     16,
		Queue:        128,
		Timeout:      time.Minute,
		Watch:        time.Second,
		Body:         64 << 20,
		Memory:       1 << 30,
		Header:       32 << 10,
		Pictures:     64,
		Pixels:       1 << 26,
		Connections:  4096,
		Read:         30 * time.Second,
		Write:        30 * time.Second,
		Idle:         2 * time.Minute,
		Drain:        30 * time.Second,
	}
}

// check says what is not allowed.
func (o *Options) check() error {
	const longest = 24 * time.Hour
	for _, f := range []struct {
		name               string
		value, least, most int64
	}{
		{"threads", int64(o.Threads), 1, 1 << 10},
		{"run threads", int64(o.ThreadsOfRun), 1, 1 << 10},
		{"max batch", int64(o.MaxBatch), 1, 1 << 10},
		{"queue", int64(o.Queue), 1, 1 << 20},
		{"max body", o.Body, 1 << 10, 1 << 31},
		{"max memory", o.Memory, o.Body, 1 << 50},
		{"max header", int64(o.Header), 1 << 10, 1 << 20},
		{"max pictures", int64(o.Pictures), 1, 1 << 10},
		{"max pixels", o.Pixels, 1, 1 << 31},
		{"max connections", int64(o.Connections), 1, 1 << 20},
	} {
		if f.value < f.least || f.value > f.most {
			return fmt.Errorf("%s: %d, allowed are %d to %d", f.name, f.value, f.least, f.most)
		}
	}
	for _, f := range []struct {
		name         string
		value, least time.Duration
	}{
		{"max delay", o.MaxDelay, 0}, {"timeout", o.Timeout, 0}, {"watch", o.Watch, 0}, {"drain", o.Drain, 0},
		{"read timeout", o.Read, time.Millisecond}, {"write timeout", o.Write, time.Millisecond}, {"idle timeout", o.Idle, time.Millisecond},
	} {
		if f.value < f.least || f.value > longest {
			return fmt.Errorf("%s: %s, allowed are %s to %s", f.name, f.value, f.least, longest)
		}
	}
	if (o.TLSCert == "") != (o.TLSKey == "") {
		return errors.New("TLS wants a certificate and its key, one of them is not named")
	}
	if len(o.Models) == 0 {
		return errors.New("no model named")
	}
	o.ThreadsOfRun = min(o.ThreadsOfRun, o.Threads)
	return nil
}
