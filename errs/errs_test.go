package errs

import (
	"errors"
	"testing"
)

// TestFormatIsOneLine: what others say in several lines is said in one, and still found.
func TestFormatIsOneLine(t *testing.T) {
	cause := errors.New("first\nsecond")
	err := FormatAt(3, "field", "cannot read: %w", cause)
	if err.Error() != "offset 0x3: field: cannot read: first; second" || !errors.Is(err, cause) {
		t.Error(err)
	}
}
