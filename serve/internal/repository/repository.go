package repository

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strconv"
	"sync"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/serve/internal/model"
	"github.com/mixconv/mixconv/serve/internal/oip"
)

// Open makes a model of a version's file, ready to run.
type Open func(ctx context.Context, path, name, version string) (*model.Model, error)

// Repository has the models.
type Repository struct {
	sources []Source
	open    Open
	loading sync.Mutex // one model at a time

	mu      sync.Mutex
	entries map[key]*entry
	closing sync.WaitGroup
}

type key struct{ name, version string }

// entry is a version of a model, loaded or not. The repository's lock guards it.
type entry struct {
	key
	path     string
	file     os.FileInfo  // as it was when it was last read, or was to be
	current  *held        // nil: not loaded
	stats    *model.Stats // of this model and those before it in this place
	loading  bool
	unloaded bool   // on demand: changes of the file are not watched
	reason   string // why it could not be loaded, the last time
}

// held is a model and how many use it.
type held struct {
	model   *model.Model
	users   int
	retired bool
}

// New makes a repository of nothing yet.
func New(sources []Source, open Open) *Repository {
	return &Repository{sources: sources, open: open, entries: map[key]*entry{}}
}

// State is what the index says of a version.
type State struct{ Name, Version, State, Reason string }

// Index lists all versions, by name.
func (r *Repository) Index(readyOnly bool) []State {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []State{}
	for _, e := range r.sorted() {
		s := State{e.name, e.version, "UNAVAILABLE", e.reason}
		switch {
		case e.current != nil:
			s.State = "READY"
		case e.loading:
			s.State = "LOADING"
		case readyOnly:
			continue
		case e.unloaded:
			s.Reason = "unloaded"
		}
		if s.State == "READY" || !readyOnly {
			list = append(list, s)
		}
	}
	return list
}

func (r *Repository) sorted() []*entry {
	var list []*entry
	for _, e := range r.entries {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(number(a.version), number(b.version)))
	})
	return list
}

func number(version string) int64 {
	n, _ := strconv.ParseInt(version, 10, 64)
	return n
}

// Ready reports whether all models are loaded that are to be.
func (r *Repository) Ready() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.entries {
		if e.current == nil && !e.unloaded {
			return false
		}
	}
	return len(r.entries) > 0
}

// Models are all that are loaded. Release each.
func (r *Repository) Models() []*Use {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []*Use
	for _, e := range r.sorted() {
		if e.current != nil {
			list = append(list, r.use(e.current))
		}
	}
	return list
}

// Versions are those of a model that are loaded, ascending.
func (r *Repository) Versions(name string) (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.sorted() {
		if e.name == name && e.current != nil {
			list = append(list, e.version)
		}
	}
	return list
}

// Use is a model that somebody uses. It stays as it is until Release.
type Use struct {
	*model.Model
	repository *Repository
	held       *held
}

// Get returns a version of a model, "" for its newest.
func (r *Repository) Get(name, version string) (*Use, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found, known *entry
	for _, e := range r.sorted() {
		if e.name != name || version != "" && e.version != version {
			continue
		}
		known = e
		if e.current != nil {
			found = e
		}
	}
	switch {
	case found != nil:
		return r.use(found.current), nil
	case known == nil && version != "":
		return nil, oip.Errorf(oip.NotFound, "no model %s of version %s", errs.Quote(name), errs.Quote(version))
	case known == nil:
		return nil, oip.Errorf(oip.NotFound, "no model %s", errs.Quote(name))
	case known.unloaded:
		return nil, oip.Errorf(oip.NotFound, "model %s is unloaded", errs.Quote(name))
	}
	return nil, oip.Errorf(oip.Unavailable, "model %s is not ready", errs.Quote(name))
}

func (r *Repository) use(h *held) *Use {
	h.users++
	return &Use{h.model, r, h}
}

// Release ends the use.
func (u *Use) Release() {
	r := u.repository
	r.mu.Lock()
	defer r.mu.Unlock()
	if u.held.users--; u.held.users == 0 && u.held.retired {
		r.closing.Go(u.held.model.Close)
	}
}

// retire lets go of a model that is replaced or unloaded: it is closed when nobody uses
// it any more. The lock is held.
func (r *Repository) retire(h *held) {
	if h == nil {
		return
	}
	h.retired = true
	if h.users == 0 {
		r.closing.Go(h.model.Close)
	}
}

// Close retires all models, and waits until they are closed.
func (r *Repository) Close() {
	r.loading.Lock()
	defer r.loading.Unlock()
	r.mu.Lock()
	for _, e := range r.entries {
		r.retire(e.current)
		e.current, e.unloaded = nil, true
	}
	r.mu.Unlock()
	r.closing.Wait()
}
