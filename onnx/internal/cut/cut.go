package cut

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

// Piece is a piece of a file.
type Piece struct{ Offset, Bytes int64 }

// Copy appends to out the model in r, which has size bytes, without the elements of
// initializers that have as many bytes as least or more. It returns out, and what was
// left out, by the number of the initializer. An error says that the model is to be
// read as a whole.
func Copy(out []byte, r io.ReaderAt, size, least int64) ([]byte, map[int]Piece, error) {
	c := cutter{source: window{file: r}, least: least, out: out, cuts: map[int]Piece{}}
	if err := c.message(0, size, initializerData); err != nil {
		return nil, nil, err
	}
	return c.out, c.cuts, nil
}

// cutter copies a message without its large elements. It checks no more than it
// needs.
type cutter struct {
	source window
	least  int64 // bytes that are worth to be left out
	out    []byte
	tensor int           // number of the tensor at hand
	cuts   map[int]Piece // what was left out, by tensor
}

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
	if int64(size) >= 1<<35 {
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
	c.cuts[c.tensor] = Piece{pos, end - pos}
	return nil
}
