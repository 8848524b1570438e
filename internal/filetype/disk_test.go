package filetype_test

import (
	"errors"
	"io"
	"testing"

	"github.com/mixconv/mixconv/internal/filetype"
)

// unreadable is a file of a disk that is gone; or, with io.EOF, of one that became empty.
type unreadable struct{ err error }

func (u unreadable) ReadAt([]byte, int64) (int, error) { return 0, u.err }

// TestUnreadable: a file that cannot be read is not an empty one.
func TestUnreadable(t *testing.T) {
	if found := filetype.Of(unreadable{errors.New("input/output error")}, 100); found.Kind != filetype.Unknown {
		t.Errorf("unreadable: %+v", found)
	}
	if found := filetype.Of(unreadable{io.EOF}, 100); found.Kind != filetype.Empty {
		t.Errorf("empty: %+v", found)
	}
}
