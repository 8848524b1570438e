package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/score"
)

// stream reads an Arrow stream and writes another: for each batch one with as many rows in
// the same order, which have the column of keys, if there is one, and the answers. A
// picture that cannot be read is a row with the reason; a stream that cannot is an error.
func stream(ctx context.Context, m *score.Model, in io.Reader, out io.Writer, column, key string, threads int) (err error) {
	defer func() {
		if problem := recover(); problem != nil { // the library's, of a damaged stream
			err = errs.InFile("stdin", errs.Format("Arrow stream", "damaged: %v", problem))
		}
	}()
	reader, err := ipc.NewReader(in)
	if err != nil {
		return errs.InFile("stdin", errs.Format("Arrow stream", "%v", err))
	}
	defer reader.Release()
	s, err := newStreaming(m, reader.Schema(), column, key)
	if err != nil {
		return errs.InFile("stdin", err)
	}
	writer := ipc.NewWriter(out, ipc.WithSchema(s.schema))
	for number := 0; reader.Next(); number++ {
		batch, err := s.answer(ctx, reader.RecordBatch(), threads)
		if err != nil {
			return errs.InFile("stdin", errs.Format(fmt.Sprintf("Arrow stream: batch %d", number), "%v", err))
		}
		err = writer.Write(batch)
		batch.Release()
		if err != nil {
			return fmt.Errorf("stdout: %w", err)
		}
	}
	if err := reader.Err(); err != nil && !errors.Is(err, io.EOF) {
		return errs.InFile("stdin", errs.Format("Arrow stream", "%v", err))
	}
	if err := writer.Close(); err != nil {
		return fmt.Errorf("stdout: %w", err)
	}
	return nil
}

// streaming is what is the same for all batches.
type streaming struct {
	model    *score.Model
	pictures int // column
	key      int // column; -1: none
	schema   *arrow.Schema
}

func newStreaming(m *score.Model, schema *arrow.Schema, column, key string) (*streaming, error) {
	s := &streaming{model: m, pictures: -1, key: -1}
	var names []string
	bytes := 0
	for i, f := range schema.Fields() {
		names = append(names, f.Name)
		switch {
		case column == "" && (f.Type.ID() == arrow.BINARY || f.Type.ID() == arrow.LARGE_BINARY):
			s.pictures = i
			bytes++
		case column != "" && f.Name == column:
			if s.pictures = i; !holdsPictures(f.Type) {
				return nil, errs.Format("Arrow stream", "column %s is %s, allowed are bytes and text", errs.Quote(column), f.Type)
			}
		}
		if key == "" && f.Name == usualKey || key != "" && f.Name == key {
			s.key = i
		}
	}
	switch {
	case column == "" && bytes != 1:
		return nil, errs.Format("Arrow stream", "%d columns of bytes: name the one with the pictures with --column, it has %s", bytes, quoted(names))
	case s.pictures < 0:
		return nil, errs.Format("Arrow stream", "no column %s, it has %s", errs.Quote(column), quoted(names))
	case key != "" && s.key < 0:
		return nil, errs.Format("Arrow stream", "no column %s, it has %s", errs.Quote(key), quoted(names))
	}
	fields := answerFields(m.Kind())
	if s.key >= 0 {
		fields = append([]arrow.Field{schema.Field(s.key)}, fields...)
	}
	s.schema = arrow.NewSchema(fields, nil)
	return s, nil
}

func holdsPictures(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.BINARY, arrow.LARGE_BINARY, arrow.STRING, arrow.LARGE_STRING:
		return true
	}
	return false
}

// answer makes the batch of answers to a batch of pictures.
func (s *streaming) answer(ctx context.Context, in arrow.RecordBatch, threads int) (arrow.RecordBatch, error) {
	// Reading a batch does not look whether values lie within their columns' bytes.
	for _, c := range in.Columns() {
		if err := array.ValidateFull(c); err != nil {
			return nil, err
		}
	}
	items := make([]score.Item, in.NumRows()) // by this goroutine, on which a panic is caught
	for i := range items {
		items[i] = pictureAt(in.Column(s.pictures), i)
	}
	rows := make([]score.Row, in.NumRows())
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(threads, len(rows)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(rows) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				rows[i] = s.model.Row(ctx, items[i])
			}
		})
	}
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	columns := answerColumns(rows, s.model.Kind())
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	if s.key >= 0 {
		keys := in.Column(s.key)
		keys.Retain()
		columns = append([]arrow.Array{keys}, columns...)
	}
	return array.NewRecordBatch(s.schema, columns, in.NumRows()), nil
}

// pictureAt is the picture in a row of a column.
func pictureAt(column arrow.Array, i int) score.Item {
	key := strconv.Itoa(i)
	if column.IsNull(i) {
		return score.Item{Key: key, Read: func() ([]byte, error) { return nil, errNull }}
	}
	switch c := column.(type) {
	case *array.Binary:
		return item(key, c.Value(i), false)
	case *array.LargeBinary:
		return item(key, c.Value(i), false)
	case *array.String:
		return item(key, []byte(c.Value(i)), true)
	case *array.LargeString:
		return item(key, []byte(c.Value(i)), true)
	}
	return score.Item{Key: key, Read: func() ([]byte, error) { return nil, errNull }}
}
