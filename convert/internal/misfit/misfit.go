// Package misfit says what keeps a file's tensors and a network from fitting.
package misfit

import (
	"fmt"
	"strings"
)

// Misfit lists in words, for messages, what does not fit.
type Misfit struct {
	Wrong   []string // tensors of another shape than the network's
	Surplus []string // tensors that it has no place for
	Missing []string // places that no tensor fills
}

// Count is how many things do not fit.
func (m Misfit) Count() int { return len(m.Wrong) + len(m.Surplus) + len(m.Missing) }

// Text says in one line what does not fit. A place of the network is called so: role
// or parameter.
func (m Misfit) Text(place string) string {
	var parts []string
	for _, group := range []struct {
		what string
		list []string
	}{
		{"tensors of another shape", m.Wrong},
		{"tensors that no " + place + " takes", m.Surplus},
		{place + "s that no tensor fills", m.Missing},
	} {
		if len(group.list) > 0 {
			parts = append(parts, group.what+": "+First(group.list))
		}
	}
	return strings.Join(parts, "; ")
}

// First has the first few of a list, and how many more there are.
func First(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
