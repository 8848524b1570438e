package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/runtime"
)

// Inputs picks a session's inputs out of arrays, by name, with or without the
// ":0" that TensorFlow appends; an only array serves an only input whatever its
// name. A picture in NHWC is brought into NCHW, or the reverse, where only that
// fits the declared shape. Inputs that have a default may be there or
// not. Arrays that are no inputs are left out.
func Inputs(s *runtime.Session, arrays runtime.Tensors) (runtime.Tensors, error) {
	inputs := s.Inputs()
	if len(inputs) == 1 && len(arrays) == 1 {
		for _, only := range arrays {
			arrays = runtime.Tensors{inputs[0].Name: only}
		}
	}
	if in := pick(s, arrays); in != nil {
		return in, nil
	}
	var missing []string
	for _, v := range inputs {
		if arrays[v.Name] == nil && arrays[plainName(v.Name)] == nil {
			missing = append(missing, errs.Quote(v.Name))
		}
	}
	return nil, fmt.Errorf("no array for the model's input %s, it has %s", strings.Join(missing, ", "), nameList(arrays))
}

// pick is Inputs without its last resort; nil if an input is missing.
func pick(s *runtime.Session, arrays runtime.Tensors) runtime.Tensors {
	in := runtime.Tensors{}
	for _, v := range s.Inputs() {
		t := arrays[v.Name]
		if t == nil {
			t = arrays[plainName(v.Name)]
		}
		if t == nil {
			return nil
		}
		in[v.Name], _ = arrange(t, v.Shape, unknown)
	}
	for _, v := range s.Defaults() {
		if t := arrays[v.Name]; t != nil {
			in[v.Name] = t
		}
	}
	return in
}

// nameList names a few arrays for an error message.
func nameList(arrays runtime.Tensors) string {
	const most = 6
	names := slices.Sorted(maps.Keys(arrays))
	if len(names) == 0 {
		return "none"
	}
	more := ""
	if len(names) > most {
		more = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	for i := range names {
		names[i] = errs.Quote(names[i])
	}
	return strings.Join(names, ", ") + more
}

// InPieces calls run, for a model with an only input of a fixed batch as often
// as the given pictures take, and joins what it returns.
func InPieces(s *runtime.Session, in runtime.Tensors, run func(runtime.Tensors) (runtime.Tensors, error)) (runtime.Tensors, error) {
	inputs := s.Inputs()
	if len(inputs) != 1 || len(in) != 1 || in[inputs[0].Name] == nil {
		return run(in)
	}
	declared, t := inputs[0].Shape, in[inputs[0].Name]
	if len(declared) == 0 || len(t.Shape) == 0 {
		return run(in)
	}
	batch, n := declared[0], t.Shape[0]
	if batch <= 0 || n <= batch || n%batch != 0 {
		return run(in)
	}
	all := runtime.Tensors{}
	for lo := 0; lo < n; lo += batch {
		out, err := run(runtime.Tensors{inputs[0].Name: pictures(t, lo, lo+batch)})
		if err != nil {
			return nil, err
		}
		for name, piece := range out {
			all[name] = join(all[name], piece)
		}
	}
	return all, nil
}
