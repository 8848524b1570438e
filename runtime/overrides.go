package runtime

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/pass"
)

// An input with an initializer has a default: a caller may give it or not. What is
// not given is a constant, which loading folds and packs like any other. For a run
// that gives some of them, there is a session of its own, of the same model and the
// same weights, in which these are inputs; it is made when it is first asked for.

// maxVariants is how many of these a session remembers.
const maxVariants = 4

// variants are sessions for runs that give inputs which have a default.
type variants struct {
	mu   sync.Mutex
	made []*Session // last made last
}

// Defaults lists the inputs that Run may be given and need not: those that an
// initializer of the file gives a value. Of a file of IR version 3 that is none:
// there, every initializer is an input by form, and a constant by meaning. The
// first run that gives such an input prepares the model anew.
func (s *Session) Defaults() []Value { return defaults(s.model, s.typed) }

// giving is the session that takes in: s, or one in which what in has of the inputs
// with a default are inputs like others.
func (s *Session) giving(ctx context.Context, in Tensors) (*Session, error) {
	return s.variant(ctx, func(name string) bool { _, ok := in[name]; return ok })
}

// variant is giving for names.
func (s *Session) variant(ctx context.Context, given func(name string) bool) (*Session, error) {
	overrides := 0
	for _, d := range s.typed.Defaults {
		if given(d.Value.Name) {
			overrides++
		}
	}
	if overrides == 0 {
		return s, nil
	}
	takes := func(v *Session) bool {
		return len(v.typed.Inputs) == len(s.typed.Inputs)+overrides &&
			!slices.ContainsFunc(v.typed.Inputs[len(s.typed.Inputs):], func(v *graph.Value) bool { return !given(v.Name) })
	}
	if v := s.variants.find(takes); v != nil {
		return v, nil
	}
	var v *Session
	err := s.cache.exclusively(ctx, func() (err error) {
		if v = s.variants.find(takes); v != nil { // made while this one waited
			return nil
		}
		if v, err = s.override(ctx, given); err == nil {
			s.variants.add(v)
		}
		return err
	})
	if err != nil {
		return nil, s.explain(err)
	}
	return v, nil
}

func (l *variants) find(takes func(*Session) bool) *Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.made, takes); i >= 0 {
		return l.made[i]
	}
	return nil
}

func (l *variants) add(v *Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.made) == maxVariants {
		l.made = slices.Delete(l.made, 0, 1)
	}
	l.made = append(l.made, v)
}

// override makes the session in which the given inputs have no default. Nobody else
// prepares anything meanwhile: whoever reads constants asks for the errors of that.
func (s *Session) override(ctx context.Context, given func(name string) bool) (*Session, error) {
	b := s.budget(ctx)
	typed, err := s.typed.Override(b, given)
	if err != nil {
		return nil, err
	}
	v := &Session{model: s.model, options: s.options, kernels: s.kernels, pays: s.pays, cache: s.cache, scratch: s.scratch, hook: s.hook}
	return v, v.prepareGraphs(b, typed)
}

// prepareGraphs makes of the graph as the file says what runs are planned from.
func (s *Session) prepareGraphs(b *limit.Budget, typed *graph.Graph) (err error) {
	if s.options.Layers {
		addLayers(typed)
	}
	s.typed, s.places = typed, make(map[string]int, len(typed.Outputs))
	for i, out := range typed.Outputs {
		s.places[out.Name] = i
	}
	if s.options.Engine == Planned {
		if s.passed, err = typed.Clone(b); err == nil {
			err = pass.Run(b, s.passed, s.kernels.Computes)
		}
	} else {
		typed.Embed()
	}
	return cmp.Or(typed.Reads.Err(), err)
}

// unknownInput is the error for given names of which one is no input's; nil if all
// are.
func (s *Session) unknownInput(given []string) error {
	var names []string
	for _, v := range s.typed.Inputs {
		names = append(names, v.Name)
	}
	for _, d := range s.typed.Defaults {
		names = append(names, d.Value.Name)
	}
	known := make(map[string]bool, len(names))
	for _, name := range names {
		known[name] = true
	}
	for _, name := range given {
		if !known[name] {
			return fmt.Errorf("the model has no input %s%s, it has %s", errs.Quote(name), errs.DidYouMean(name, slices.Values(names)), quoteList(names))
		}
	}
	return nil
}

// quoteList names a few inputs for an error.
func quoteList(names []string) string {
	const most = 8
	if len(names) == 0 {
		return "none"
	}
	var list []string
	for _, name := range names[:min(most, len(names))] {
		list = append(list, errs.Quote(name))
	}
	if len(names) > most {
		list = append(list, fmt.Sprintf("%d more", len(names)-most))
	}
	return strings.Join(list, ", ")
}
