package plan

import (
	"fmt"
	"io"
	"strings"

	"github.com/mixconv/mixconv/tensor"
)

// Dump writes the plan as text, the same on every machine: one line a step with the
// node, the kernel and where it reads and writes, as offsets in bytes into the arena.
func (p *Plan) Dump(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "plan arena=%d steps=%d fallbacks=%d\n", p.arena, len(p.Steps), len(p.Fallbacks()))
	for _, s := range p.Steps {
		name := s.Kernel
		if s.Fallback {
			name = "fallback " + name
		}
		fmt.Fprintf(&b, "%-18s %s", name, s.Name)
		for _, r := range s.reads {
			fmt.Fprintf(&b, " %s", r)
		}
		b.WriteString(" ->")
		for _, o := range s.writes {
			fmt.Fprintf(&b, " %s", o)
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p *Place) String() string {
	at := "const"
	if p.buf.data == nil {
		at = fmt.Sprintf("@%d", p.buf.offset+p.offset*p.buf.dtype.Bits()/8)
	}
	if p.buf.dtype != tensor.Float32 {
		at += " " + p.buf.dtype.String()
	}
	s := at + p.dims.String()
	if pixel := p.pixel(); pixel > 0 && pixel != p.dims[1] {
		s += fmt.Sprintf("/%d", pixel)
	}
	return s
}
