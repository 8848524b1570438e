package torch

import (
	"maps"
	"slices"
	"strconv"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/convert/torch/internal/pth"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// contents is all that a file has, before anything of it is chosen.
type contents struct {
	dictionaries []*dictionary // with tensors in them, the outermost first
	lists        []string      // keys of lists of tensors, which have no names
	claims       []claim
	config       *Config // of the folder, nil without one

	root *pickle.Dict // what was saved; nil where the file is no pickle
	file *pth.File
}

// dictionary is one that has tensors.
type dictionary struct {
	key     string // the keys that lead to it, with points between; "" for what was saved itself
	entries []entry
	others  []string // what else is in it, and of which type: epoch is an integer
}

// entry is a tensor, whose elements may not have been read.
type entry struct {
	name   string
	shape  tensor.Shape
	loaded *tensor.Tensor // nil where view is not
	view   *pth.Tensor
}

// plain are contents without dictionaries in them.
func plain(tensors []Named) *contents {
	d := &dictionary{}
	for _, t := range tensors {
		d.entries = append(d.entries, entry{name: t.Name, shape: t.Tensor.Shape, loaded: t.Tensor})
	}
	return &contents{dictionaries: []*dictionary{d}}
}

// load reads the elements of entries.
func (c *contents) load(entries []entry) ([]Named, error) {
	var views []*pth.Tensor
	for _, e := range entries {
		if e.view != nil {
			views = append(views, e.view)
		}
	}
	var read []*tensor.Tensor
	if len(views) > 0 {
		var err error
		if read, err = c.file.Load(views); err != nil {
			return nil, err
		}
	}
	tensors := make([]Named, 0, len(entries))
	for _, e := range entries {
		t := e.loaded
		if e.view != nil {
			t, read = read[0], read[1:]
		}
		tensors = append(tensors, Named{e.name, t})
	}
	return tensors, nil
}

// Bounds of where dictionaries are looked for. Trainers' are two or three deep.
const (
	maxKeyDepth     = 8
	maxDictionaries = 10_000
	maxPlaces       = 4 // of the same dictionary
)

// pickled are the contents of a pickle. A dictionary may be in several places,
// or in itself: it is looked at in the first few.
func pickled(f *pth.File) (*contents, error) {
	root, ok := f.Root.(*pickle.Dict)
	if !ok {
		return nil, errs.Format("checkpoint", "%s, allowed is a dictionary of tensors", pickle.TypeName(f.Root))
	}
	c := &contents{root: root, file: f, claims: claimsOf(root)}
	type place struct {
		dict *pickle.Dict
		key  string
	}
	places := map[*pickle.Dict]int{root: 1}
	total := 1
	level := []place{{root, ""}}
	for depth := 0; depth < maxKeyDepth && len(level) > 0; depth++ {
		var next []place
		for _, at := range level {
			c.add(at.key, at.dict)
			for _, e := range at.dict.Entries {
				inner, isDict := e.Value.(*pickle.Dict)
				name, named := e.Key.(string)
				if n, ok := e.Key.(int64); ok { // of a parameter, in the state of an optimizer
					name, named = strconv.FormatInt(n, 10), true
				}
				if isDict && named && places[inner] < maxPlaces && total < maxDictionaries {
					places[inner]++
					total++
					next = append(next, place{inner, joinKeys(at.key, name)})
				}
			}
		}
		level = next
	}
	return c, nil
}

func joinKeys(outer, inner string) string {
	if outer == "" {
		return inner
	}
	return outer + "." + inner
}

// add notes the tensors of d, if it has any.
func (c *contents) add(key string, d *pickle.Dict) {
	found := &dictionary{key: key}
	for _, e := range d.Entries {
		name, named := e.Key.(string)
		switch v := e.Value.(type) {
		case *pth.Tensor:
			if named {
				found.entries = append(found.entries, entry{name: name, shape: v.Shape, view: v})
				continue
			}
		case *pickle.List:
			if named && allTensors(v.Items) {
				c.lists = append(c.lists, joinKeys(key, name))
			}
		}
		if !named {
			name = pickle.TypeName(e.Key) + " as a key"
		}
		found.others = append(found.others, errs.Quote(name)+" is "+pickle.TypeName(e.Value))
	}
	if len(found.entries) > 0 {
		c.dictionaries = append(c.dictionaries, found)
	}
}

func allTensors(items []any) bool {
	for _, v := range items {
		if _, ok := v.(*pth.Tensor); !ok {
			return false
		}
	}
	return len(items) > 0
}

// keys are those of the dictionaries, for messages.
func (c *contents) keys() []string {
	keys := map[string]bool{}
	for _, d := range c.dictionaries {
		if d.key != "" {
			keys[d.key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}
