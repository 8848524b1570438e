package repository

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/serve/internal/oip"
)

// LoadAll loads what is in the sources. The first failure ends it.
func (r *Repository) LoadAll(ctx context.Context) error {
	places, err := r.find()
	if err != nil {
		return err
	}
	for _, p := range places {
		r.entry(p)
	}
	for _, p := range places {
		if err := r.load(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// find lists the files of all sources. A name that two of them have is an error.
func (r *Repository) find() (list []place, err error) {
	for _, s := range r.sources {
		places, err := s.find()
		if err != nil {
			return nil, err
		}
		for _, p := range places {
			if i := slices.IndexFunc(list, func(q place) bool { return q.name == p.name && q.version == p.version }); i >= 0 {
				return nil, fmt.Errorf("%s and %s are both the model %s: say NAME=PATH", errs.Quote(list[i].path), errs.Quote(p.path), errs.Quote(p.name))
			}
			list = append(list, p)
		}
	}
	return list, nil
}

// entry returns p's, which is made if there is none.
func (r *Repository) entry(p place) *entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := key{p.name, p.version}
	if r.entries[k] == nil {
		r.entries[k] = &entry{key: k, path: p.path}
	}
	return r.entries[k]
}

// load loads a file beside what is there, and puts it in its place.
func (r *Repository) load(ctx context.Context, p place) error {
	e := r.entry(p)
	r.loading.Lock()
	defer r.loading.Unlock()
	file, err := os.Stat(p.path)
	r.mu.Lock()
	e.path, e.file, e.loading = p.path, file, true
	r.mu.Unlock()
	start := time.Now()
	var h *held
	if err == nil {
		m, openErr := r.open(ctx, p.path, p.name, p.version)
		if err = openErr; err == nil {
			h = &held{model: m}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e.loading = false
	if err != nil {
		e.reason = err.Error()
		slog.Error("model not loaded", "model", p.name, "version", p.version, "error", err)
		return err
	}
	if e.stats != nil {
		h.model.Stats = e.stats // what is counted goes on
	}
	r.retire(e.current)
	e.current, e.stats, e.reason, e.unloaded = h, h.model.Stats, "", false
	slog.Info("model loaded", "model", p.name, "version", p.version, "path", p.path, "ms", time.Since(start).Milliseconds(), "batches", h.model.Preferred)
	return nil
}

// Load loads all versions of a model, again if they are loaded.
func (r *Repository) Load(ctx context.Context, name string) error {
	places, err := r.find()
	if err != nil {
		return oip.Errorf(oip.Unavailable, "%s", oip.AsError(err).Msg)
	}
	found := false
	for _, p := range places {
		if p.name == name {
			found = true
			if err := r.load(ctx, p); err != nil {
				return err
			}
		}
	}
	if !found {
		return oip.Errorf(oip.NotFound, "no model %s", errs.Quote(name))
	}
	return nil
}

// Unload lets go of all versions of a model. The requests that use them are answered.
func (r *Repository) Unload(name string) error {
	r.loading.Lock()
	defer r.loading.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	known := false
	for _, e := range r.entries {
		if e.name == name {
			known = true
			r.retire(e.current)
			e.current, e.unloaded, e.reason = nil, true, ""
		}
	}
	if !known {
		return oip.Errorf(oip.NotFound, "no model %s", errs.Quote(name))
	}
	slog.Info("model unloaded", "model", name)
	return nil
}

// Watch looks at the files again and again, and loads those that have changed, and new
// ones, until the context ends.
func (r *Repository) Watch(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			r.look(ctx)
		}
	}
}

// look loads what has changed. What cannot be loaded leaves the old model where it is.
func (r *Repository) look(ctx context.Context) {
	for _, s := range r.sources {
		places, err := s.find()
		if err != nil {
			continue // a file that is being replaced is not there for a moment
		}
		for _, p := range places {
			if r.changed(p) {
				if err := r.load(ctx, p); errors.Is(err, context.Canceled) {
					return
				}
			}
		}
	}
}

// changed reports whether p's file is another than the one that was last read.
func (r *Repository) changed(p place) bool {
	file, err := os.Stat(p.path)
	if err != nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entries[key{p.name, p.version}]
	if e == nil {
		return true
	}
	return !e.unloaded && (e.file == nil || !os.SameFile(e.file, file) || e.file.Size() != file.Size() || !e.file.ModTime().Equal(file.ModTime()))
}
