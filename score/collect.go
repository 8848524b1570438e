package score

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path/filepath"

	"github.com/mixconv/mixconv/internal/atomicfile"
)

// collect takes the answers in order and writes a part when it has all its rows.
func (r *run) collect(ctx context.Context, ordered <-chan *task) error {
	var rows []Row
	part, pictures := 0, r.manifest.totals().Pictures
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		defer func() { rows = rows[:0] }()
		return r.writePart(part, rows)
	}
	for t := range ordered {
		if t.part != part {
			if err := flush(); err != nil {
				return err
			}
			part = t.part
		}
		var row Row
		select {
		case row = <-t.row:
		case <-ctx.Done():
			return nil
		}
		if ctx.Err() != nil {
			return nil // it may be why there is no answer
		}
		rows = append(rows, row)
		if pictures++; r.options.Progress != nil {
			r.options.Progress(pictures, r.done())
		}
		if len(rows) == r.options.Rows {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if ctx.Err() != nil {
		return nil // not all of the last part's pictures are here
	}
	return flush()
}

// writePart writes a part and then the line that says so.
func (r *run) writePart(part int, rows []Row) error {
	m := r.manifest
	p := partLine{Part: part, File: m.partName(part), Rows: len(rows)}
	keys, sum := sha256.New(), sha256.New()
	for _, row := range rows {
		addKey(keys, row.Key)
		if row.Error != "" {
			p.Failed++
		}
	}
	err := atomicfile.Write(filepath.Join(m.folder, p.File), func(w io.Writer) error {
		size := &sized{w: io.MultiWriter(w, sum)}
		err := r.options.Format.Write(size, rows, r.model.kind)
		p.Bytes = size.n
		return err
	})
	if err != nil {
		return err
	}
	p.SHA256, p.Keys = hex.EncodeToString(sum.Sum(nil)), hex.EncodeToString(keys.Sum(nil))
	if err := m.add(p); err != nil {
		return err
	}
	m.parts[part] = p
	r.written++
	return nil
}

// sized counts what is written.
type sized struct {
	w io.Writer
	n int64
}

func (s *sized) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.n += int64(n)
	return n, err
}
