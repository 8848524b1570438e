package wirescan

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"google.golang.org/protobuf/encoding/protowire"
)

// fail returns an error at offset that names the field being read.
func (sc *scanner) fail(offset int, format string, args ...any) error {
	var path *fieldpath.Path
	for i := 1; i < len(sc.stack); i++ {
		f := sc.stack[i]
		if f.via == nil { // inside an unknown group there are no names
			break
		}
		if f.via.desc.IsList() {
			path = path.Named(f.via.name(), sc.index(sc.stack[i-1], f.via, f.tag), sc.nameOf(f))
		} else {
			path = path.Field(f.via.name())
		}
	}
	if f := sc.current; f != nil {
		if top := sc.stack[len(sc.stack)-1]; f.sub != nil && f.desc.IsList() {
			path = path.Element(f.name(), sc.index(top, f, sc.tag))
		} else {
			path = path.Field(f.name())
		}
	}
	return errs.FormatAt(int64(offset), path.String(), format, args...)
}

func (f *field) name() string { return string(f.desc.Name()) }

// index counts how many values of f stand in parent before the one at tag. It
// runs only for an error, over bytes that the scan has already accepted.
func (sc *scanner) index(parent frame, f *field, tag int) int {
	n := 0
	sc.each(parent.start, tag, func(num protowire.Number, _ []byte) bool {
		if num == f.desc.Number() {
			n++
		}
		return true
	})
	return n
}

// nameOf returns the value of f's field called "name", "" if it has none or
// what precedes it is malformed.
func (sc *scanner) nameOf(f frame) string {
	name := ""
	sc.each(f.start, f.end, func(num protowire.Number, body []byte) bool {
		if known := f.msg.lookup(num); known != nil && known.name() == "name" {
			name = string(body[:min(len(body), 400)])
			return false
		}
		return true
	})
	return name
}

// each calls visit with the fields from start to end, length-delimited ones
// with their content, until visit returns false or a field is malformed.
func (sc *scanner) each(start, end int, visit func(protowire.Number, []byte) bool) {
	for start < end {
		num, typ, n := protowire.ConsumeTag(sc.data[start:end])
		if n < 0 {
			return
		}
		start += n
		size := protowire.ConsumeFieldValue(num, typ, sc.data[start:end])
		if size < 0 {
			return
		}
		var body []byte
		if typ == protowire.BytesType {
			body, _ = protowire.ConsumeBytes(sc.data[start:end])
		}
		start += size
		if !visit(num, body) {
			return
		}
	}
}
