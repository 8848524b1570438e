package score

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/mixconv/mixconv/errs"
)

// maxPath bounds a line of a list.
const maxPath = 1 << 16

// lines is a list of files, a path a line.
type lines struct {
	from io.Reader
	name string
}

func newLines(from io.Reader, name string) *lines { return &lines{from, name} }

// Done is not known: a list that comes through a pipe has no size.
func (l *lines) Done() float64 { return -1 }

func (l *lines) Items(ctx context.Context, _ func(string) bool) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		scanner := bufio.NewScanner(l.from)
		scanner.Buffer(nil, maxPath)
		number := 1
		for ; scanner.Scan() && ctx.Err() == nil; number++ {
			if path := scanner.Text(); path != "" && !yield(fileItem(path), nil) {
				return
			}
		}
		err := scanner.Err()
		if errors.Is(err, bufio.ErrTooLong) {
			err = errs.Format(fmt.Sprintf("line %d", number), "more than %d bytes, allowed is a path", maxPath)
		}
		if err != nil {
			yield(Item{}, errs.InFile(l.name, err))
		}
	}
}
