package score

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

// reason is err without the path, which the row's key says.
func reason(key string, err error) string {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err.Error()
	}
	return strings.TrimPrefix(err.Error(), errs.Quote(key)+": ")
}
