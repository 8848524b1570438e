package preprocess

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/filetype"
	"github.com/mixconv/mixconv/internal/regular"
	"github.com/mixconv/mixconv/limit"
)

// maxLabels is more than any classifier has classes.
const maxLabels = 1 << 20

// ReadLabels reads a file of class names; ParseLabels says which.
func ReadLabels(path string, lim limit.Limits) ([]string, error) {
	lim = lim.OrDefault()
	data, err := regular.Read(path, min(lim.FileBytes, maxLabels*int64(lim.NameBytes)))
	if err != nil {
		return nil, err
	}
	labels, err := ParseLabels(data, lim)
	return labels, errs.InFile(path, err)
}

// ParseLabels reads class names in the order of their classes: a line each, a
// JSON list, or a JSON object of names by class number without gaps, as the
// official EfficientNets' labels_map.txt is. Space around a name is dropped.
// An empty name is an error: the classes after it would be off by one.
func ParseLabels(data []byte, lim limit.Limits) ([]string, error) {
	lim = lim.OrDefault()
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		if t := filetype.OfBytes(data); t.Kind != filetype.Unknown {
			return nil, t.Mistaken("a list of labels")
		}
		return nil, errs.Format("labels", "not UTF-8, allowed text with a label in each line, or JSON")
	}
	var labels []string
	var err error
	switch text := bytes.TrimSpace(data); {
	case len(text) == 0:
		return nil, errs.Format("labels", "none, allowed a label in each line, or JSON")
	case text[0] == '[':
		err = json.Unmarshal(text, &labels)
	case text[0] == '{':
		labels, err = labelsByNumber(text)
	default:
		labels = strings.Split(string(text), "\n")
	}
	if err != nil {
		return nil, errs.Format("labels", "%w; allowed JSON is a list of names, or an object of names by class number", err)
	}
	for i := range labels {
		labels[i] = strings.TrimSpace(labels[i])
		if labels[i] == "" || len(labels[i]) > lim.NameBytes {
			return nil, errs.Format("labels", "class %d has a name of %d bytes, allowed 1…%d", i, len(labels[i]), lim.NameBytes)
		}
	}
	if len(labels) > maxLabels {
		return nil, errs.Format("labels", "%d, allowed %d", len(labels), maxLabels)
	}
	return labels, nil
}

// labelsByNumber reads {"0": "tench", "1": "goldfish", …} in any order.
func labelsByNumber(text []byte) ([]string, error) {
	var names map[string]string
	if err := json.Unmarshal(text, &names); err != nil {
		return nil, err
	}
	labels := make([]string, len(names))
	for key, name := range names {
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i >= len(names) || key != strconv.Itoa(i) {
			return nil, errs.Format("", "class %s, allowed 0…%d for %d names", errs.Quote(key), len(names)-1, len(names))
		}
		labels[i] = name
	}
	return labels, nil
}
