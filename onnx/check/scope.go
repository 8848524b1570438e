package check

import "github.com/mixconv/mixconv/onnx/internal/fieldpath"

// scope is the names that are visible at one place of a graph: those of the
// graph so far and of the graphs around it. A name has one definition.
type scope struct {
	defined map[string]*fieldpath.Path // where
	order   []string                   // of definition, innermost graph last
}

func newScope() scope { return scope{defined: map[string]*fieldpath.Path{}} }

// define adds a name. If it is taken it returns where, and changes nothing.
func (s *scope) define(name string, at *fieldpath.Path) (taken *fieldpath.Path) {
	if before, ok := s.defined[name]; ok {
		return before
	}
	s.defined[name] = at
	s.order = append(s.order, name)
	return nil
}

func (s *scope) visible(name string) bool {
	_, ok := s.defined[name]
	return ok
}

// mark and leave enclose a subgraph: its names end with it.
func (s *scope) mark() int { return len(s.order) }

func (s *scope) leave(mark int) {
	for _, name := range s.order[mark:] {
		delete(s.defined, name)
	}
	s.order = s.order[:mark]
}
