package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/score"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// parquetFile is a source of pictures in a column of a Parquet file: their bytes or, if the
// column is one of text, their paths.
type parquetFile struct {
	path        string
	column, key string // names, with points between those of nested fields; "": the usual ones
	rows, read  atomic.Int64
}

// openParquet is scorecommand.Program.Opener.
func openParquet(column, key string) score.Opener {
	return func(path string) (score.Source, bool) {
		return &parquetFile{path: path, column: column, key: key}, strings.EqualFold(filepath.Ext(path), ".parquet")
	}
}

// Done implements score.Source.
func (p *parquetFile) Done() float64 { return float64(p.read.Load()) / float64(max(1, p.rows.Load())) }

// Items implements score.Source. The library panics on some files that are none; that is an
// error of the file.
func (p *parquetFile) Items(ctx context.Context, _ func(string) bool) iter.Seq2[score.Item, error] {
	return func(yield func(score.Item, error) bool) {
		yielding := false
		err := func() (err error) {
			defer func() {
				if problem := recover(); problem != nil {
					if yielding {
						panic(problem) // not the file's
					}
					err = errs.Format("Parquet", "damaged: %v", problem)
				}
			}()
			return p.each(ctx, func(item score.Item) bool {
				yielding = true
				defer func() { yielding = false }()
				return yield(item, nil)
			})
		}()
		if err != nil && ctx.Err() == nil {
			yield(score.Item{}, errs.InFile(p.path, err))
		}
	}
}

func (p *parquetFile) each(ctx context.Context, yield func(score.Item) bool) error {
	file, err := os.Open(p.path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errs.Format("", "not a regular file")
	}
	if err := checkFooter(file, info.Size()); err != nil {
		return err
	}
	f, err := parquet.OpenFile(file, info.Size(), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return errs.Format("Parquet", "%v", err)
	}
	pictures, err := p.pictures(f)
	if err != nil {
		return err
	}
	keys, err := p.keys(f)
	if err != nil {
		return err
	}
	columns := []int{pictures.index}
	if keys != nil {
		columns = append(columns, keys.index)
	}
	if err := checkColumns(file, info.Size(), f, columns); err != nil {
		return err
	}
	p.rows.Store(f.NumRows())
	var row int64
	for number, group := range f.RowGroups() {
		err := p.group(ctx, group, pictures, keys, &row, yield)
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return errs.Format(fmt.Sprintf("row group %d", number), "%v", err)
		}
	}
	return nil
}

var errEnough = errors.New("the caller wants no more")

// leaf is a column of values.
type leaf struct {
	index int
	text  bool // its values are text
	kind  parquet.Kind
}

// leaves are the columns of a file by name; those of lists and maps are left out.
func leaves(f *parquet.File) (list map[string]leaf, names []string) {
	list = map[string]leaf{}
	var walk func(c *parquet.Column, path []string)
	walk = func(c *parquet.Column, path []string) {
		if c.Repeated() {
			return
		}
		if !c.Leaf() {
			for _, child := range c.Columns() {
				walk(child, append(path, child.Name()))
			}
			return
		}
		name := strings.Join(path, ".")
		list[name] = leaf{c.Index(), isText(c.Type()), c.Type().Kind()}
		names = append(names, name)
	}
	walk(f.Root(), nil)
	return list, names
}

// isText reports whether a type is UTF-8, as new files and as old ones say it.
func isText(t parquet.Type) bool {
	if logical := t.LogicalType(); logical != nil {
		_, text := logical.Value.(*format.StringType)
		return text
	}
	old := t.ConvertedType()
	return old != nil && *old == deprecated.UTF8
}

// pictures is the column with the pictures.
func (p *parquetFile) pictures(f *parquet.File) (leaf, error) {
	list, names := leaves(f)
	if p.column != "" {
		found, ok := list[p.column]
		if !ok || found.kind != parquet.ByteArray {
			return leaf{}, errs.Format("Parquet", "no column %s of bytes or text, it has %s", errs.Quote(p.column), quoted(names))
		}
		return found, nil
	}
	var bytes []string
	for _, name := range names {
		if c := list[name]; c.kind == parquet.ByteArray && !c.text {
			bytes = append(bytes, name)
		}
	}
	if len(bytes) != 1 {
		return leaf{}, errs.Format("Parquet", "%d columns of bytes: name the one with the pictures with --column, it has %s", len(bytes), quoted(names))
	}
	return list[bytes[0]], nil
}

// usualKey is the column of keys, if there is one of this name.
const usualKey = "key"

// keys is the column with the keys; nil: paths are or, of bytes, the rows' numbers.
func (p *parquetFile) keys(f *parquet.File) (*leaf, error) {
	list, names := leaves(f)
	name := p.key
	if name == "" {
		name = usualKey
	}
	c, ok := list[name]
	switch {
	case !ok && p.key == "":
		return nil, nil
	case !ok:
		return nil, errs.Format("Parquet", "no column %s, it has %s", errs.Quote(name), quoted(names))
	case c.kind != parquet.ByteArray && c.kind != parquet.Int32 && c.kind != parquet.Int64:
		return nil, errs.Format("Parquet", "column %s of keys is %v, allowed are text, bytes and integers", errs.Quote(name), c.kind)
	}
	return &c, nil
}

func quoted(names []string) string {
	const most = 8
	var parts []string
	for i, name := range names {
		if i == most {
			parts = append(parts, fmt.Sprintf("%d more", len(names)-most))
			break
		}
		parts = append(parts, errs.Quote(name))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// group yields the pictures of a row group.
func (p *parquetFile) group(ctx context.Context, g parquet.RowGroup, pictures leaf, keys *leaf, row *int64, yield func(score.Item) bool) error {
	columns := g.ColumnChunks()
	values := newColumn(columns[pictures.index])
	defer values.close()
	var names *column
	if keys != nil {
		names = newColumn(columns[keys.index])
		defer names.close()
	}
	for range g.NumRows() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		value, err := values.next()
		if err != nil {
			return err
		}
		key := fmt.Sprintf("%s/%d", filepath.ToSlash(p.path), *row)
		if pictures.text && !value.IsNull() {
			key = filepath.ToSlash(string(value.ByteArray()))
		}
		if names != nil {
			name, err := names.next()
			if err != nil {
				return err
			}
			key = keyOf(name)
		}
		*row++
		p.read.Store(*row)
		if !yield(itemOf(key, value, pictures.text)) {
			return errEnough
		}
	}
	return nil
}

func keyOf(v parquet.Value) string {
	switch {
	case v.IsNull():
		return ""
	case v.Kind() == parquet.ByteArray:
		return string(v.ByteArray())
	}
	return strconv.FormatInt(v.Int64(), 10)
}

var errNull = errors.New("null, in place of a picture")

// itemOf is the picture in a value, or in the file that it names.
func itemOf(key string, v parquet.Value, path bool) score.Item {
	if v.IsNull() {
		return score.Item{Key: key, Read: func() ([]byte, error) { return nil, errNull }}
	}
	return item(key, append([]byte(nil), v.ByteArray()...), path)
}

// item is a picture of these bytes, or in the file of this path.
func item(key string, data []byte, path bool) score.Item {
	if path {
		return score.Item{Key: key, Read: func() ([]byte, error) { return score.ReadPicture(string(data)) }}
	}
	return score.Item{Key: key, Read: func() ([]byte, error) { return data, nil }}
}

// column reads the values of a column chunk, one after the other.
type column struct {
	pages  parquet.Pages
	values parquet.ValueReader
	buffer []parquet.Value
	at, n  int
	page   parquet.Page
}

// atOnce is how many values are read at a time.
const atOnce = 16

func newColumn(c parquet.ColumnChunk) *column {
	return &column{pages: c.Pages(), buffer: make([]parquet.Value, atOnce)}
}

func (c *column) close() {
	parquet.Release(c.page)
	c.pages.Close()
}

// next is the next value, which is valid until the one after it is asked for.
func (c *column) next() (parquet.Value, error) {
	for c.at == c.n {
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				return parquet.Value{}, err
			}
			parquet.Release(c.page)
			c.page, c.values = page, page.Values()
		}
		n, err := c.values.ReadValues(c.buffer)
		c.at, c.n = 0, n
		if err == io.EOF {
			c.values = nil
		} else if err != nil {
			return parquet.Value{}, err
		}
	}
	c.at++
	return c.buffer[c.at-1], nil
}
