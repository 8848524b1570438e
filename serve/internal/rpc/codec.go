package rpc

import (
	"fmt"

	"github.com/mixconv/mixconv/serve/internal/oip"
	"github.com/mixconv/mixconv/serve/internal/oippb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// inferRequest is an oippb.InferRequest whose raw contents are copied once, to where they
// stay: protobuf would copy them to memory that need not be aligned.
type inferRequest struct {
	oippb.InferRequest
	raw []rawInput
}

type rawInput struct {
	memory *oip.Memory
	size   int
}

func (r *inferRequest) free() {
	for _, in := range r.raw {
		in.memory.Free()
	}
	r.raw = nil
}

// codec is protobuf.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(message any) ([]byte, error) {
	m, ok := message.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%T is no message", message)
	}
	return proto.Marshal(m)
}

func (codec) Unmarshal(data []byte, message any) error {
	switch m := message.(type) {
	case *inferRequest:
		return m.unmarshal(data)
	case proto.Message:
		return proto.Unmarshal(data, m)
	}
	return fmt.Errorf("%T is no message", message)
}

// rawContents is the number of the field that unmarshal takes out.
const rawContents = 7

func (r *inferRequest) unmarshal(data []byte) (err error) {
	defer func() {
		if err != nil {
			r.free()
		}
	}()
	var rest []byte
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return protowire.ParseError(n)
		}
		length := protowire.ConsumeFieldValue(number, kind, data[n:])
		if length < 0 {
			return protowire.ParseError(length)
		}
		field := data[:n+length]
		data = data[n+length:]
		if number != rawContents || kind != protowire.BytesType {
			rest = append(rest, field...)
			continue
		}
		content, _ := protowire.ConsumeBytes(field[n:])
		in := rawInput{oip.NewMemory(len(content)), len(content)}
		copy(in.memory.Bytes(in.size), content)
		r.raw = append(r.raw, in)
	}
	return proto.Unmarshal(rest, &r.InferRequest)
}
