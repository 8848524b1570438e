package graphtest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// scanner reads one line from left to right. Spaces stand between anything.
type scanner struct{ rest string }

func (s *scanner) skip() { s.rest = strings.TrimLeft(s.rest, " \t") }

// at reports whether the rest begins with a mark.
func (s *scanner) at(mark string) bool {
	s.skip()
	return strings.HasPrefix(s.rest, mark)
}

// take skips a mark if the rest begins with it.
func (s *scanner) take(mark string) bool {
	ok := s.at(mark)
	if ok {
		s.rest = s.rest[len(mark):]
	}
	return ok
}

func (s *scanner) need(mark string) error {
	if !s.take(mark) {
		return fmt.Errorf("%q where %q is expected", s.rest, mark)
	}
	return nil
}

func (s *scanner) end() bool {
	s.skip()
	return s.rest == ""
}

// until is what comes before the first of some characters, or all.
func (s *scanner) until(stops string) string {
	s.skip()
	i := strings.IndexAny(s.rest, stops)
	if i < 0 {
		i = len(s.rest)
	}
	word := s.rest[:i]
	s.rest = s.rest[i:]
	return word
}

// name reads a name, which may be in quotation marks.
func (s *scanner) name() (string, error) {
	if s.at(`"`) {
		quoted, err := strconv.QuotedPrefix(s.rest)
		if err != nil {
			return "", fmt.Errorf("%q: a name without its second quotation mark", s.rest)
		}
		s.rest = s.rest[len(quoted):]
		return strconv.Unquote(quoted)
	}
	word := s.until(" ,()[]{}=+*→#\"\t")
	if word == "" {
		return "", fmt.Errorf("%q where a name is expected", s.rest)
	}
	return word, nil
}

// list reads names between brackets.
func (s *scanner) list(open, end string) ([]string, error) {
	if err := s.need(open); err != nil {
		return nil, err
	}
	list := []string{}
	for !s.take(end) {
		if s.take("(") { // a complex number
			list = append(list, s.until(")"))
			s.take(")")
			continue
		}
		if s.at(`"`) {
			word, err := s.name()
			if err != nil {
				return nil, err
			}
			list = append(list, word)
			continue
		}
		word := s.until(" \t\"" + end)
		if word == "" {
			return nil, fmt.Errorf("a list without its %q", end)
		}
		list = append(list, word)
	}
	return list, nil
}

// typ reads a type, as float32[?,3] or sequence(float32)[…].
func (s *scanner) typ() (ops.Type, error) {
	if s.take("optional(") {
		t, err := s.typ()
		t.Optional = true
		if err == nil {
			err = s.need(")")
		}
		return t, err
	}
	var t ops.Type
	name := s.until("[")
	for d := range tensor.DType(32) {
		if d.Valid() || d == tensor.Undefined {
			switch name {
			case d.String():
				t.DType = d
			case d.Sequence().String():
				t.DType = d.Sequence()
			}
		}
	}
	if t.DType == tensor.Undefined && name != tensor.Undefined.String() {
		return t, fmt.Errorf("%q where a type is expected", name+s.rest)
	}
	if s.take("[…]") {
		return t, nil
	}
	if err := s.need("["); err != nil {
		return t, err
	}
	t.Shape = tensor.Shape{}
	for !s.take("]") {
		word := strings.TrimSpace(s.until(",]"))
		d, err := strconv.Atoi(word)
		if word == "?" {
			d, err = tensor.Unknown, nil
		} else if err == nil && d < 0 {
			err = strconv.ErrRange
		}
		if err != nil {
			return t, fmt.Errorf("dimension %q, allowed are ? and numbers from 0", word)
		}
		t.Shape = append(t.Shape, d)
		s.take(",")
	}
	return t, nil
}
