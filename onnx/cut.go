package onnx

import (
	"encoding/binary"
	"errors"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// initializerData is the way of field numbers to the elements of initializers:
// ModelProto.graph, GraphProto.initializer, TensorProto.raw_data.
var initializerData = []protowire.Number{7, 5, 9}

// errUncut says that a message cannot be cut, for whatever reason: it is to be
// read as a whole.
var errUncut = errors.New("not a message that can be cut")

// cutter copies a message without its large elements. It checks no more than it
// needs.
type cutter struct {
	source window
	least  int64 // bytes that are worth to be left out
	out    []byte
	tensor int           // number of the tensor at hand
	cuts   map[int]piece // what was left out, by tensor
}

// piece is a piece of a file.
type piece struct{ offset, bytes int64 }

// message copies the message from pos to end; way leads to what is cut out.
func (c *cutter) message(pos, end int64, way []protowire.Number) error {
	for pos < end {
		head, err := c.source.peek(pos, min(end-pos, 2*binary.MaxVarintLen64))
		if err != nil {
			return err
		}
		num, typ, n := protowire.ConsumeTag(head)
		if n < 0 {
			return errUncut
		}
		value := pos + int64(n)
		if typ != protowire.BytesType {
			size := protowire.ConsumeFieldValue(num, typ, head[n:])
			if size < 0 || typ == protowire.StartGroupType {
				return errUncut
			}
			pos = value + int64(size)
			c.out = append(c.out, head[:n+size]...)
			continue
		}
		size, m := protowire.ConsumeVarint(head[n:])
		if m < 0 || size > uint64(end-value-int64(m)) {
			return errUncut
		}
		value += int64(m)
		if num != way[0] {
			c.out, err = c.source.append(c.out, pos, value+int64(size))
		} else {
			err = c.field(pos, value, value+int64(size), way)
		}
		if err != nil {
			return err
		}
		pos = value + int64(size)
	}
	return nil
}

// field copies the field way[0], whose tag is at tag and whose value goes from
// pos to end, or leaves it out.
func (c *cutter) field(tag, pos, end int64, way []protowire.Number) error {
	if len(way) == 1 {
		return c.elements(tag, pos, end)
	}
	c.out = protowire.AppendTag(c.out, way[0], protowire.BytesType)
	at := len(c.out)
	c.out = append(c.out, 0x80, 0x80, 0x80, 0x80, 0) // a length that is not known yet
	if err := c.message(pos, end, way[1:]); err != nil {
		return err
	}
	size := len(c.out) - at - 5
	if size >= 1<<35 {
		return errUncut
	}
	for i := range 5 {
		c.out[at+i] |= byte(size>>(7*i)) & 0x7f
	}
	if len(way) == 2 {
		c.tensor++
	}
	return nil
}

// elements copies a tensor's elements or, if they are many, cuts them out.
func (c *cutter) elements(tag, pos, end int64) (err error) {
	if end-pos < c.least {
		c.out, err = c.source.append(c.out, tag, end)
		return err
	}
	if _, twice := c.cuts[c.tensor]; twice {
		return errUncut
	}
	if c.cuts == nil {
		c.cuts = map[int]piece{}
	}
	c.cuts[c.tensor] = piece{pos, end - pos}
	return nil
}

// window is a part of a file in memory.
type window struct {
	file io.ReaderAt
	data []byte
	at   int64 // of data in the file
}

// peek returns the n bytes from pos on, n ≤ windowBytes. They stay until the
// next call.
func (w *window) peek(pos, n int64) ([]byte, error) {
	if pos < w.at || pos+n > w.at+int64(len(w.data)) {
		if w.data == nil {
			w.data = make([]byte, 0, windowBytes)
		}
		got, err := w.file.ReadAt(w.data[:windowBytes], pos)
		w.at, w.data = pos, w.data[:got]
		if err != nil && err != io.EOF {
			return nil, err
		}
		if int64(got) < n {
			return nil, io.ErrUnexpectedEOF
		}
	}
	return w.data[pos-w.at:][:n], nil
}

const windowBytes = 8 << 10

// append appends the bytes from pos to end.
func (w *window) append(to []byte, pos, end int64) ([]byte, error) {
	for pos < end {
		part, err := w.peek(pos, min(end-pos, windowBytes))
		if err != nil {
			return nil, err
		}
		to = append(to, part...)
		pos += int64(len(part))
	}
	return to, nil
}
