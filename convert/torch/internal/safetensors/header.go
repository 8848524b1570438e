package safetensors

import (
	"bytes"
	"strings"

	"github.com/mixconv/mixconv/convert/torch/internal/strictjson"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// metadata is the one key that names no tensor.
const metadata = "__metadata__"

// parseHeader reads a header: an object of tensors, padded with spaces, and of
// texts under one key.
func parseHeader(text []byte, base int64, lim limit.Limits) ([]Info, map[string]string, error) {
	if !bytes.HasPrefix(text, []byte("{")) {
		return nil, nil, errs.FormatAt(base, "header", "begins with %s, allowed {", errs.Quote(string(text[:min(len(text), 16)])))
	}
	s := strictjson.New(bytes.TrimRight(text, " "), base)
	var tensors []Info
	said := map[string]string{}
	err := s.Object(func(name string) error {
		if name == metadata {
			return s.Object(func(key string) (err error) { said[key], err = s.String(); return err })
		}
		if len(tensors) == lim.Nodes {
			return s.Fail("more than %d tensors", lim.Nodes)
		}
		if why := badName(name, lim); why != "" {
			return s.Fail("the name of tensor %s %s", errs.Quote(name), why)
		}
		t, err := parseInfo(s, name, lim)
		if err != nil {
			return err
		}
		tensors = append(tensors, t)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return tensors, said, s.End()
}

func badName(name string, lim limit.Limits) string {
	switch {
	case name == "":
		return "is empty"
	case len(name) > lim.NameBytes:
		return "is longer than the limit"
	case strings.ContainsRune(name, 0):
		return "contains NUL"
	}
	return ""
}

// parseInfo reads a tensor's object: dtype, shape and data_offsets, each once.
func parseInfo(s *strictjson.Scanner, name string, lim limit.Limits) (Info, error) {
	t := Info{Name: name}
	start := s.Offset()
	var dtype string
	var dims, offsets []int64
	keys := 0
	err := s.Object(func(key string) (err error) {
		keys++
		switch key {
		case "dtype":
			dtype, err = s.String()
		case "shape":
			dims, err = integers(s, tensor.MaxRank)
		case "data_offsets":
			offsets, err = integers(s, 2)
		default:
			err = s.Fail("unknown key %s, allowed dtype, shape and data_offsets", errs.Quote(key))
		}
		return err
	})
	switch {
	case err != nil:
		e, ok := err.(*errs.FormatError)
		if !ok {
			return t, err
		}
		return t, errs.FormatAt(e.Offset, t.field(), "%s", e.Msg)
	case keys != 3:
		return t, errs.FormatAt(start, t.field(), "%d of the 3 keys dtype, shape and data_offsets", keys)
	case len(offsets) != 2:
		return t, errs.FormatAt(start, t.field(), "data_offsets has %d numbers, allowed 2", len(offsets))
	}
	t.begin, t.end = offsets[0], offsets[1]
	if err := t.check(dtype, dims, lim); err != nil {
		return t, errs.FormatAt(start, t.field(), "%w", err)
	}
	return t, nil
}

// integers reads an array of at most most integers.
func integers(s *strictjson.Scanner, most int) ([]int64, error) {
	list := []int64{}
	err := s.Array(func() error {
		if len(list) == most {
			return s.Fail("more than %d numbers", most)
		}
		n, err := s.Integer()
		list = append(list, n)
		return err
	})
	return list, err
}
