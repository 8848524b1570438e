// Package strictjson reads JSON (RFC 8259) as the file formats here need it:
// an object's key may not come twice, which encoding/json lets pass, text must
// be UTF-8 without lone surrogates, and errors say where.
//
// The caller knows what must come next and asks for it; nothing is built that
// was not asked for.
package strictjson

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mixconv/mixconv/errs"
)

// maxDepth bounds what Skip descends into.
const maxDepth = 100

// Scanner reads one JSON text.
type Scanner struct {
	text []byte
	pos  int
	base int64
}

// New returns a scanner of text, which begins at offset base of its file.
func New(text []byte, base int64) *Scanner { return &Scanner{text: text, base: base} }

// Offset is where the scanner stands in the file.
func (s *Scanner) Offset() int64 { return s.base + int64(s.pos) }

// Fail returns an error at the scanner's offset.
func (s *Scanner) Fail(format string, args ...any) error {
	return errs.FormatAt(s.Offset(), "JSON", format, args...)
}

// End checks that nothing but white space is left.
func (s *Scanner) End() error {
	if s.peek() != 0 || s.pos < len(s.text) {
		return s.Fail("text after the end of the value")
	}
	return nil
}

// Object reads an object. member is called with the scanner at each value,
// which it must read.
func (s *Scanner) Object(member func(key string) error) error {
	if err := s.want('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	return s.list('}', func() error {
		start := s.Offset()
		key, err := s.String()
		if err != nil {
			return err
		}
		if seen[key] {
			return errs.FormatAt(start, "JSON", "the key %s comes twice", errs.Quote(key))
		}
		seen[key] = true
		if err := s.want(':'); err != nil {
			return err
		}
		return member(key)
	})
}

// Array reads an array. item is called with the scanner at each value, which
// it must read.
func (s *Scanner) Array(item func() error) error {
	if err := s.want('['); err != nil {
		return err
	}
	return s.list(']', item)
}

// list reads items with commas between them up to the closing bracket.
func (s *Scanner) list(closing byte, item func() error) error {
	if s.peek() == closing {
		s.pos++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case closing:
			s.pos++
			return nil
		default:
			return s.Fail("found %s, allowed , and %c", s.found(), closing)
		}
	}
}

// Integer reads an integer from 0 to 2^63-1.
func (s *Scanner) Integer() (int64, error) {
	s.peek()
	end := s.pos
	for end < len(s.text) && strings.IndexByte("+-.0123456789Ee", s.text[end]) >= 0 {
		end++
	}
	digits := string(s.text[s.pos:end])
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != digits {
		return 0, s.Fail("found %s, allowed is an integer from 0 to 2^63-1", s.found())
	}
	s.pos = end
	return n, nil
}

// String reads a string.
func (s *Scanner) String() (string, error) {
	if err := s.want('"'); err != nil {
		return "", err
	}
	start := s.pos
	var unescaped []byte // what precedes start, if there was an escape
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			part := s.text[start:s.pos]
			s.pos++
			if unescaped == nil {
				return string(part), nil
			}
			return string(append(unescaped, part...)), nil
		case c == '\\':
			unescaped = append(unescaped, s.text[start:s.pos]...)
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			unescaped = utf8.AppendRune(unescaped, r)
			start = s.pos
		case c < ' ':
			return "", s.Fail("control character %#02x in a string", c)
		case c < utf8.RuneSelf:
			s.pos++
		default:
			r, n := utf8.DecodeRune(s.text[s.pos:])
			if r == utf8.RuneError && n == 1 {
				return "", s.Fail("byte %#02x is not UTF-8", c)
			}
			s.pos += n
		}
	}
	return "", s.Fail("a string without an end")
}

var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads an escape sequence, two of \u for a surrogate pair.
func (s *Scanner) escape() (rune, error) {
	rest := s.text[s.pos+1:]
	if len(rest) > 0 {
		if r, ok := escapes[rest[0]]; ok {
			s.pos += 2
			return r, nil
		}
	}
	r, ok := s.unit()
	if ok && utf16.IsSurrogate(r) {
		low, _ := s.unit()
		r = utf16.DecodeRune(r, low)
		ok = r != utf8.RuneError
	}
	if !ok {
		return 0, s.Fail("not an escape sequence, or half of a surrogate pair")
	}
	return r, nil
}

// unit reads \u and four hexadecimal digits.
func (s *Scanner) unit() (rune, bool) {
	rest := s.text[s.pos:]
	if len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(rest[2:6]), 16, 16)
	if err != nil {
		return 0, false
	}
	s.pos += 6
	return rune(n), true
}

// Skip reads any value.
func (s *Scanner) Skip() error { return s.skip(maxDepth) }

func (s *Scanner) skip(depth int) error {
	if depth == 0 {
		return s.Fail("nested more than %d deep", maxDepth)
	}
	switch c := s.peek(); c {
	case '{':
		return s.Object(func(string) error { return s.skip(depth - 1) })
	case '[':
		return s.Array(func() error { return s.skip(depth - 1) })
	case '"':
		_, err := s.String()
		return err
	default:
		return s.scalar()
	}
}

// scalar reads a number, true, false or null.
func (s *Scanner) scalar() error {
	end := s.pos
	for end < len(s.text) && strings.IndexByte("+-.0123456789abcdefghijklmnopqrstuvwxyzE", s.text[end]) >= 0 {
		end++
	}
	word := string(s.text[s.pos:end])
	if word != "true" && word != "false" && word != "null" && !isNumber(word) {
		return s.Fail("found %s, allowed is a value", s.found())
	}
	s.pos = end
	return nil
}

// isNumber reports whether word follows JSON's grammar of numbers.
func isNumber(word string) bool {
	word = strings.TrimPrefix(word, "-")
	whole, ok := digits(&word)
	if !ok || len(whole) > 1 && whole[0] == '0' {
		return false
	}
	if strings.HasPrefix(word, ".") {
		word = word[1:]
		if _, ok := digits(&word); !ok {
			return false
		}
	}
	if word != "" && (word[0] == 'e' || word[0] == 'E') {
		word = word[1:]
		if word != "" && (word[0] == '+' || word[0] == '-') {
			word = word[1:]
		}
		if _, ok := digits(&word); !ok {
			return false
		}
	}
	return word == ""
}

// digits cuts the digits that word begins with.
func digits(word *string) (string, bool) {
	n := 0
	for n < len(*word) && (*word)[n] >= '0' && (*word)[n] <= '9' {
		n++
	}
	found := (*word)[:n]
	*word = (*word)[n:]
	return found, n > 0
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *Scanner) peek() byte {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

func (s *Scanner) want(c byte) error {
	if s.peek() != c || s.pos == len(s.text) {
		return s.Fail("found %s, allowed %c", s.found(), c)
	}
	s.pos++
	return nil
}

// found quotes what stands at the scanner.
func (s *Scanner) found() string {
	rest := s.text[s.pos:]
	if len(rest) == 0 {
		return "the end"
	}
	return errs.Quote(string(rest[:min(len(rest), 16)]))
}
