package main

import (
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/tensor"
)

// thousands writes n with a comma before every third digit from the right.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if left := len(digits) - i; i > 0 && left%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// positive is n for JSON: null where 0 stands for not known.
func positive(n int64) *int64 {
	if n <= 0 {
		return nil
	}
	return &n
}

// multiplyAdds says how many there are, nil if that is not known.
func multiplyAdds(n *int64) string {
	if n == nil {
		return "multiply-adds not known"
	}
	return thousands(*n) + " multiply-adds"
}

// dims are a shape's dimensions for JSON: null where only a run tells, and in
// place of a shape whose rank is unknown.
type dims tensor.Shape

// MarshalJSON implements json.Marshaler.
func (d dims) MarshalJSON() ([]byte, error) {
	if d == nil {
		return []byte("null"), nil
	}
	parts := make([]string, len(d))
	for i, n := range d {
		parts[i] = "null"
		if n != tensor.Unknown {
			parts[i] = strconv.Itoa(n)
		}
	}
	return []byte("[" + strings.Join(parts, ",") + "]"), nil
}

// array describes an input, an output or a stored array.
type array struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape dims   `json:"shape"`
}
