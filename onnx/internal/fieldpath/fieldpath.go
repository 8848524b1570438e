// Package fieldpath names a place inside a protobuf message for error
// messages, as in `graph.node[3] "conv1" attribute pads`.
package fieldpath

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/mixconv/mixconv/errs"
)

// Path is a chain of fields from the outermost message inwards. Building one
// is cheap, so that code may carry it along and print it only when something
// is wrong. A nil Path is the whole file.
type Path struct {
	parent *Path
	field  string
	index  int    // -1: not an element of a repeated field, or which is not known
	name   string // the element's own name, "" if it has none
	kind   string // what it is, for want of a name
}

// Field appends a field that is not repeated.
func (p *Path) Field(field string) *Path { return &Path{p, field, -1, "", ""} }

// Element appends an element of a repeated field.
func (p *Path) Element(field string, index int) *Path { return &Path{p, field, index, "", ""} }

// Named appends an element of a repeated field that may have a name. An index
// of -1 is not printed.
func (p *Path) Named(field string, index int, name string) *Path {
	return &Path{p, field, index, name, ""}
}

// Typed appends an element that may have a name and has a kind, as nodes do.
func (p *Path) Typed(field string, index int, name, kind string) *Path {
	return &Path{p, field, index, name, kind}
}

// Errorf returns a FormatError about what is at p.
func (p *Path) Errorf(format string, args ...any) error {
	return errs.Format(p.String(), format, args...)
}

// most is how many fields a printed path has at each end.
const most = 6

func (p *Path) String() string {
	var chain []*Path
	for ; p != nil; p = p.parent {
		chain = append(chain, p)
	}
	var b strings.Builder
	separator := ""
	for i := len(chain) - 1; i >= 0; i-- {
		if len(chain) > 2*most && i >= most && i < len(chain)-most {
			if i == most {
				b.WriteString("…")
				separator = ""
			}
			continue
		}
		text, labelled := chain[i].segment()
		if labelled && chain[i].isAttribute() && b.Len() > 0 {
			separator = " "
		}
		b.WriteString(separator + text)
		separator = "."
		if labelled {
			separator = " "
		}
	}
	return b.String()
}

// segment prints one field; labelled says that it ends in a name.
func (p *Path) segment() (text string, labelled bool) {
	text = p.field
	if p.index >= 0 && (p.name == "" || !p.isAttribute()) {
		text += fmt.Sprintf("[%d]", p.index)
	}
	switch {
	case p.name != "" && p.isAttribute():
		return text + " " + errs.Quote(cut(p.name)), true
	case p.name != "":
		return text + fmt.Sprintf(" %q", cut(p.name)), true
	case p.kind != "":
		return text + " " + errs.Quote(cut(p.kind)), true
	}
	return text, false
}

// isAttribute reports whether p is one of a node's attributes, which are known
// by name and not by number.
func (p *Path) isAttribute() bool { return p.field == "attribute" || p.field == "attribute_proto" }

func cut(name string) string {
	const longest = 80
	if len(name) <= longest {
		return name
	}
	n := longest
	for n > longest-utf8.UTFMax && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n] + "…"
}
