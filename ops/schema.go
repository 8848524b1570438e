package ops

import (
	_ "embed"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/tensor"
)

// schemas has one line for every version of every operator, printed from
// ONNX's own operator schemas by test/refs/schemas.py, which says how a line
// is built. A test there holds the file against the onnx package.
//
//go:embed schemas.txt
var schemas string

// cutSchemas yields the name and the lines of each operator of a schema file.
func cutSchemas(text string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for text != "" {
			name, _, _ := strings.Cut(text, " ")
			size := 0
			for strings.HasPrefix(text[size:], name+" ") {
				line, _, _ := strings.Cut(text[size:], "\n")
				size = min(size+len(line)+1, len(text))
			}
			if !yield(name, text[:size]) {
				return
			}
			text = text[size:]
		}
	}
}

// parseOperator reads an operator's lines: its versions in ascending order.
func parseOperator(lines string) (*Op, error) {
	o := &Op{}
	for line := range strings.Lines(lines) {
		name, v, err := parseSchema(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		o.Name = name
		o.Since = append(o.Since, v.since)
		o.versions = append(o.versions, v)
	}
	return o, nil
}

// parseSchema reads "Name since | inputs -> outputs | attributes | types".
func parseSchema(line string) (name string, v version, err error) {
	fields := strings.Split(line, " | ")
	if len(fields) != 4 {
		return "", v, fmt.Errorf("%d fields, must be 4", len(fields))
	}
	name, since, _ := strings.Cut(fields[0], " ")
	if v.since, err = strconv.Atoi(since); err != nil {
		return "", v, err
	}
	in, out, _ := strings.Cut(fields[1], "->")
	v.in, v.out = parseParams(in), parseParams(out)
	for _, text := range split(fields[2], ", ") {
		spec, err := parseAttr(text)
		if err != nil {
			return "", v, err
		}
		v.attrs = append(v.attrs, spec)
	}
	v.types = types{}
	for _, text := range split(fields[3], "; ") {
		letter, names, _ := strings.Cut(text, "=")
		for _, name := range split(names, ",") {
			set, ok := dtypesByName[name]
			if !ok {
				return "", v, fmt.Errorf("element type %q", name)
			}
			v.types[letter] |= set
		}
	}
	return name, v, nil
}

// split is strings.Split, but nothing for nothing.
func split(s, sep string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, sep)
}

// parseParams reads "X:T B?:T rest...:T": each a name with ? if it may be
// absent, ... or ~ if it repeats, and its type.
func parseParams(list string) []param {
	var params []param
	for _, field := range strings.Fields(list) {
		var p param
		p.name, p.typ, _ = strings.Cut(field, ":")
		p.name, p.mixed = strings.CutSuffix(p.name, "~")
		p.name, p.variadic = strings.CutSuffix(p.name, "...")
		p.name, p.optional = strings.CutSuffix(p.name, "?")
		p.variadic = p.variadic || p.mixed
		params = append(params, p)
	}
	return params
}

// parseAttr reads "name kind", "name kind required" or "name kind=default".
func parseAttr(text string) (AttrSpec, error) {
	text, def, given := strings.Cut(text, "=")
	words := strings.Fields(text)
	a := AttrSpec{Name: words[0], Kind: AttrKind(slices.Index(attrKinds[:], words[1])), Required: len(words) > 2}
	if !given {
		return a, nil
	}
	var err error
	switch a.Kind {
	case Int:
		a.Default, err = strconv.ParseInt(def, 10, 64)
	case Float:
		var f float64
		f, err = strconv.ParseFloat(def, 32)
		a.Default = float32(f)
	case String:
		a.Default = def
	case Ints:
		var list []int64
		for _, word := range strings.Fields(strings.Trim(def, "[]")) {
			v, failed := strconv.ParseInt(word, 10, 64)
			list, err = append(list, v), failed
		}
		a.Default = list
	case Strings:
		a.Default = strings.Fields(strings.Trim(def, "[]"))
	default:
		err = fmt.Errorf("attribute %s: a default for %s", a.Name, a.Kind)
	}
	return a, err
}

// dtypesByName has the names that a schema line uses: every element type's own,
// and those of sets.
var dtypesByName = func() map[string]dtypes {
	m := map[string]dtypes{
		"floats": floats, "ints": ints, "uints": uints, "numbers": numbers, "wide": wide, "indices": indices,
		"float8": float8, "sequence": sequences, "optional": optionals, "complexes": complexes, "castable": castable,
		"any1": any1, "any13": any13, "any19": any19, "any21": any21, "any23": any23, "any24": any24, "any25": any25,
	}
	for d := tensor.Undefined + 1; d.Valid(); d++ {
		m[d.String()] = set(d)
	}
	return m
}()
