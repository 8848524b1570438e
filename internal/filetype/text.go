package filetype

import (
	"bytes"
	"io"
	"unicode"
	"unicode/utf8"
)

// ofText recognises what is text.
func ofText(head []byte, _ io.ReaderAt, size int64) Type {
	text := bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if !isText(text, size > int64(len(head))) {
		return Type{}
	}
	text = bytes.TrimLeft(text, " \t\r\n")
	lower := bytes.ToLower(text)
	begins := func(prefix string) bool { return bytes.HasPrefix(lower, []byte(prefix)) }
	has := func(part string) bool { return bytes.Contains(text, []byte(part)) }
	switch {
	case begins("version ") && has("git-lfs"):
		return Type{NotFetched, "a git-lfs pointer: the file itself was not downloaded (git lfs pull)"}
	case begins("<!doctype html"), begins("<html"):
		return Type{NotFetched, "an HTML page"}
	case has("<svg"):
		return Type{Foreign, "an SVG drawing"}
	case (begins("<?xml") || begins("<net ")) && has("<net ") && has("<layer"):
		return Type{Foreign, "an OpenVINO model (.xml)"}
	case begins("<?xml"):
		return Type{Foreign, "an XML document"}
	case begins("{"), begins("["):
		return ofJSON(has)
	case begins("ir_version:"), begins("<") && has("ir_version"):
		return Type{Foreign, "ONNX as text: only the binary form is read"}
	case begins("model_checkpoint_path:"):
		return Type{CheckpointState, "TensorFlow's list of checkpoints (a file named checkpoint)"}
	case begins("saved_model_schema_version:"):
		return Type{Foreign, "a SavedModel as text: only the binary form is read"}
	case begins("node {"):
		return Type{Foreign, "a TensorFlow graph as text: only the binary form is read"}
	}
	return Type{Text, "text"}
}

// isText reports whether data is printable UTF-8. Where data goes on, its last
// rune may be cut.
func isText(data []byte, goesOn bool) bool {
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n < 2 {
			return goesOn && !utf8.FullRune(data)
		}
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return false
		}
		data = data[n:]
	}
	return true
}

func ofJSON(has func(string) bool) Type {
	switch {
	case has(`"weight_map"`):
		return Type{SafetensorIndex, "the index of sharded safetensors"}
	case has(`"modelTopology"`), has(`"graph-model"`), has(`"layers-model"`):
		return Type{Foreign, "a TensorFlow.js model"}
	case has(`"nodes"`) && has(`"op"`):
		return Type{Foreign, "an MXNet network"}
	}
	return Type{JSON, "JSON or similar text"}
}
