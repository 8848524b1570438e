package score

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultRows is how many rows a part has.
const DefaultRows = 10_000

// maxRows bounds Options.Rows: a part's rows are held in memory.
const maxRows = 1_000_000

// Options say how a run is cut and what it writes.
type Options struct {
	Threads int   // goroutines, each with one picture at a time; 0: one
	Shard   Shard // the pictures that are this run's
	Rows    int   // of a part; 0: DefaultRows
	Format  Format
	// Model tells what decides the answers, such as the SHA-256 of the model's file. A
	// folder with results of another one is refused.
	Model map[string]string
	// Progress, if it is set, is called now and then with how many pictures are done and
	// the part of the sources that has been read, less than 0 if that is not known.
	Progress func(pictures int64, done float64)
}

// Summary is what a run has done.
type Summary struct {
	Pictures int64   `json:"pictures"` // rows of all parts
	Failed   int64   `json:"failed"`   // those of them that have an error
	Parts    int     `json:"parts"`
	Seconds  float64 `json:"seconds"` // of this run
	Resumed  int64   `json:"resumed"` // rows that earlier runs had written
}

// Run scores the pictures of the sources and writes parts into the folder out. Parts that
// an earlier run with the same options has finished there are kept; sources that give
// other pictures than that run had are an error. When the context ends, so does the run;
// what it has written is of use to the next one.
func Run(ctx context.Context, model *Model, sources []Source, out string, o Options) (Summary, error) {
	begin := time.Now()
	if o.Rows == 0 {
		o.Rows = DefaultRows
	}
	if o.Rows < 1 || o.Rows > maxRows {
		return Summary{}, fmt.Errorf("%d rows of a part: allowed from 1 to %d", o.Rows, maxRows)
	}
	h := header{1, o.Model, o.Format.Name, model.kind, model.top, o.Rows, max(1, o.Shard.Of)}
	m, err := openManifest(out, o.Shard, h, o.Format.Ending)
	if err != nil {
		return Summary{}, err
	}
	defer m.file.Close()
	r := &run{model: model, sources: sources, options: o, manifest: m, have: maps.Clone(m.parts)}
	resumed := m.totals().Pictures
	err = r.run(ctx)
	last := m.totals()
	if err == nil && !(m.done && r.written == 0) {
		err = m.add(last)
	}
	return Summary{last.Pictures, last.Failed, last.Parts, time.Since(begin).Seconds(), resumed}, err
}

// run is a run under way.
type run struct {
	model    *Model
	sources  []Source
	options  Options
	manifest *manifest // of the goroutine that collects, as written is
	written  int       // parts

	// Of the goroutine that reads.
	have  map[int]partLine // parts that were there
	count int64            // pictures of the shard so far
	keys  hash.Hash        // of a part that is there

	at atomic.Int64 // the source that is read
}

// task is a picture on its way.
type task struct {
	item Item
	part int
	row  chan Row // has room for the answer
}

// inFlight is how many pictures are under way for each goroutine, so that one that takes
// long does not let the others wait.
const inFlight = 4

// run reads, lets goroutines answer, and collects the answers in order.
func (r *run) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	threads := max(1, r.options.Threads)
	ordered, work := make(chan *task, inFlight*threads), make(chan *task)
	var workers, collector sync.WaitGroup
	for range threads {
		workers.Go(func() {
			for t := range work {
				t.row <- r.model.Row(ctx, t.item)
			}
		})
	}
	collector.Go(func() {
		if err := r.collect(ctx, ordered); err != nil {
			cancel(err)
		}
	})
	err := r.read(ctx, func(t *task) bool {
		for _, to := range []chan *task{ordered, work} {
			select {
			case to <- t:
			case <-ctx.Done():
				return false
			}
		}
		return true
	})
	if err != nil {
		cancel(err)
	}
	close(work)
	workers.Wait()
	close(ordered)
	collector.Wait()
	return context.Cause(ctx)
}

// read sends the pictures of the shard whose parts are not there.
func (r *run) read(ctx context.Context, send func(*task) bool) error {
	wants := func(key string) bool {
		_, have := r.have[r.part()]
		return r.options.Shard.Has(key) && !have
	}
	for i, s := range r.sources {
		r.at.Store(int64(i))
		for item, err := range s.Items(ctx, wants) {
			if err != nil {
				return err
			}
			if !r.options.Shard.Has(item.Key) {
				continue
			}
			part := r.part()
			r.count++
			if p, have := r.have[part]; have {
				if err := r.skip(p, item.Key); err != nil {
					return err
				}
			} else if !send(&task{item, part, make(chan Row, 1)}) {
				return nil
			}
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	return r.checkEnd()
}

// part is that of the next picture.
func (r *run) part() int { return int(r.count / int64(r.options.Rows)) }

var errChanged = errors.New("the sources have changed since these results were begun: name another folder")

// skip counts a picture of a part that is there.
func (r *run) skip(p partLine, key string) error {
	place := int((r.count - 1) % int64(r.options.Rows))
	if place >= p.Rows {
		return errChanged
	}
	if place == 0 {
		r.keys = sha256.New()
	}
	addKey(r.keys, key)
	if place == p.Rows-1 && hex.EncodeToString(r.keys.Sum(nil)) != p.Keys {
		return errChanged
	}
	return nil
}

func addKey(h hash.Hash, key string) {
	io.WriteString(h, key)
	h.Write([]byte{0})
}

// checkEnd wants the parts that were there to have no more pictures than the sources.
func (r *run) checkEnd() error {
	rows := int64(r.options.Rows)
	for part, p := range r.have {
		if int64(part)*rows+int64(p.Rows) > r.count {
			return errChanged
		}
	}
	return nil
}

// done is the part of all sources that has been read.
func (r *run) done() float64 {
	at := r.at.Load()
	part := r.sources[at].Done()
	if part < 0 {
		return -1
	}
	return (float64(at) + part) / float64(len(r.sources))
}
