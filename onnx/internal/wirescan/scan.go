package wirescan

import (
	"unicode/utf8"

	"github.com/mixconv/mixconv/errs"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Limits bounds what decoding the scanned bytes may cost.
type Limits struct {
	Depth     int   // messages and unknown groups inside one another, the outermost not counted
	Messages  int   // messages in all
	NameBytes int   // length of a string that is not free
	Memory    int64 // estimated bytes of the decoded messages
}

// Scan checks data, one message of the schema's type. Known fields must have
// their declared wire type, enums a declared value, strings valid UTF-8.
// Unknown fields are skipped, unknown groups entered without recursion. The
// error is an *errs.FormatError at the first field that is wrong.
func (s *Schema) Scan(data []byte, lim Limits) error {
	sc := &scanner{data: data, lim: lim, memory: s.root.size, messages: 1}
	sc.stack = append(sc.stack, frame{msg: s.root, end: len(data)})
	for len(sc.stack) > 0 {
		if err := sc.step(); err != nil {
			return err
		}
		if sc.memory > lim.Memory {
			return sc.fail(sc.pos, "decoding takes about %d bytes of memory up to here, allowed %d for this file", sc.memory, lim.Memory)
		}
	}
	return nil
}

type scanner struct {
	data     []byte
	pos      int // the next byte
	stack    []frame
	lim      Limits
	memory   int64
	messages int
	current  *field // the field being read, for errors
	tag      int    // where its tag is
}

// frame is a message or an unknown group that the scan is inside of.
type frame struct {
	msg        *message         // nil in a group
	group      protowire.Number // 0 in a message
	via        *field           // the parent's field
	tag        int              // offset of the tag that opened it
	start, end int              // its content; a group's end is its parent's
}

// step reads one field, or leaves a message that ends here.
func (sc *scanner) step() error {
	top := &sc.stack[len(sc.stack)-1]
	sc.current, sc.tag = nil, sc.pos
	if sc.pos == top.end {
		if top.group != 0 {
			return sc.fail(top.tag, "group %d is not closed", top.group)
		}
		sc.stack = sc.stack[:len(sc.stack)-1]
		return nil
	}
	tag, err := sc.varint(top.end)
	if err != nil {
		return err
	}
	num, typ := protowire.DecodeTag(tag)
	if num < protowire.MinValidNumber || num > protowire.MaxValidNumber {
		return sc.fail(sc.tag, "field number %d, allowed 1 to %d", tag>>3, protowire.MaxValidNumber)
	}
	sc.current = top.msg.lookup(num)
	if f := sc.current; f != nil && typ != f.wire && (typ != protowire.BytesType || !f.packable()) {
		return sc.fail(sc.tag, "wire type %s, allowed %s", wireName(typ), wireName(f.wire))
	}
	return sc.value(top, num, typ)
}

// value reads what follows a tag.
func (sc *scanner) value(top *frame, num protowire.Number, typ protowire.Type) error {
	switch typ {
	case protowire.VarintType:
		v, err := sc.varint(top.end)
		if err != nil {
			return err
		}
		return sc.scalar(v)
	case protowire.Fixed32Type:
		return sc.fixed(top.end, 4)
	case protowire.Fixed64Type:
		return sc.fixed(top.end, 8)
	case protowire.BytesType:
		return sc.bytes(top)
	case protowire.StartGroupType:
		return sc.push(frame{group: num, tag: sc.tag, start: sc.pos, end: top.end})
	case protowire.EndGroupType:
		if top.group != num {
			return sc.fail(sc.tag, "end of group %d, which is not open", num)
		}
		n := sc.pos - top.tag
		sc.stack = sc.stack[:len(sc.stack)-1]
		sc.unknown(n)
		return nil
	default:
		return sc.fail(sc.tag, "wire type %d, allowed 0 to 5", typ)
	}
}

// scalar accounts for one varint value.
func (sc *scanner) scalar(v uint64) error {
	f := sc.current
	if f == nil {
		sc.unknown(sc.pos - sc.tag)
		return nil
	}
	sc.memory += f.cost
	if f.desc.Kind() == protoreflect.EnumKind {
		values := f.desc.Enum().Values()
		if int64(v) != int64(int32(v)) || values.ByNumber(protoreflect.EnumNumber(int32(v))) == nil {
			return sc.fail(sc.tag, "%s %d, allowed 0 to %d", f.desc.Enum().Name(), int64(v), last(values))
		}
	}
	return nil
}

func (sc *scanner) fixed(end, size int) error {
	if end-sc.pos < size {
		return sc.fail(sc.pos, "%d bytes left for a value of %d", end-sc.pos, size)
	}
	sc.pos += size
	if sc.current == nil {
		sc.unknown(sc.pos - sc.tag)
	} else {
		sc.memory += sc.current.cost
	}
	return nil
}

// bytes reads a length-delimited value: a string, a block of packed scalars,
// or the beginning of a message.
func (sc *scanner) bytes(top *frame) error {
	at := sc.pos
	n, err := sc.varint(top.end)
	if err != nil {
		return err
	}
	if n > uint64(top.end-sc.pos) {
		return sc.fail(at, "length %d, but only %d bytes are left", n, top.end-sc.pos)
	}
	f, end := sc.current, sc.pos+int(n)
	if f != nil && f.sub != nil {
		return sc.message(f, end)
	}
	body := sc.data[sc.pos:end]
	switch {
	case f == nil:
		sc.unknown(end - sc.tag)
	case f.packable():
		if err := sc.packed(end); err != nil {
			return err
		}
	case f.desc.Kind() == protoreflect.StringKind && !utf8.Valid(body):
		return sc.fail(sc.pos, "%s is not valid UTF-8", errs.Quote(string(body[:min(len(body), 201)])))
	case f.desc.Kind() == protoreflect.StringKind && !f.free && len(body) > sc.lim.NameBytes:
		return sc.fail(sc.pos, "%d bytes, allowed %d", len(body), sc.lim.NameBytes)
	default:
		sc.memory += f.cost + roundUp(int64(n))
	}
	sc.pos = end
	return nil
}

func (sc *scanner) message(f *field, end int) error {
	sc.messages++
	if sc.messages > sc.lim.Messages {
		return sc.fail(sc.tag, "more than %d messages", sc.lim.Messages)
	}
	sc.memory += f.cost + f.sub.size
	return sc.push(frame{msg: f.sub, via: f, tag: sc.tag, start: sc.pos, end: end})
}

func (sc *scanner) push(f frame) error {
	if len(sc.stack) > sc.lim.Depth {
		return sc.fail(sc.tag, "nested more than %d deep", sc.lim.Depth)
	}
	sc.stack = append(sc.stack, f)
	sc.current = nil
	return nil
}

// packed checks a block of scalars that ends at end.
func (sc *scanner) packed(end int) error {
	f := sc.current
	if f.wire != protowire.VarintType {
		size := 4
		if f.wire == protowire.Fixed64Type {
			size = 8
		}
		if (end-sc.pos)%size != 0 {
			return sc.fail(sc.pos, "%d bytes of packed values, allowed a multiple of %d", end-sc.pos, size)
		}
		sc.memory += roundUp(int64(end - sc.pos))
		return nil
	}
	count := int64(0)
	for sc.pos < end {
		if _, err := sc.varint(end); err != nil {
			return err
		}
		count++
	}
	sc.memory += roundUp(count * f.cost / 2) // sized once: nothing grows
	return nil
}

// varint reads a varint that must end before end.
func (sc *scanner) varint(end int) (uint64, error) {
	v, n := protowire.ConsumeVarint(sc.data[sc.pos:end])
	if n >= 0 {
		sc.pos += n
		return v, nil
	}
	if end-sc.pos < 10 {
		return 0, sc.fail(sc.pos, "ends inside a varint")
	}
	return 0, sc.fail(sc.pos, "varint longer than 10 bytes or 64 bits")
}

// unknown accounts for n bytes that decoding keeps as they are. Those inside a
// group count when it closes.
func (sc *scanner) unknown(n int) {
	if sc.stack[len(sc.stack)-1].group == 0 {
		sc.memory += 2*int64(n) + 8
	}
}

func last(values protoreflect.EnumValueDescriptors) protoreflect.EnumNumber {
	most := protoreflect.EnumNumber(0)
	for i := range values.Len() {
		most = max(most, values.Get(i).Number())
	}
	return most
}

func wireName(t protowire.Type) string {
	names := [...]string{"varint", "64-bit", "length-delimited", "start of group", "end of group", "32-bit"}
	if int(t) >= 0 && int(t) < len(names) {
		return names[t]
	}
	return "6 or 7"
}
