package preprocess

import (
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/tensor"
)

// FromMetadata reads a Config through lookup, which returns the value of one of
// metadata.Preprocess and whether there is one. A missing or malformed value is a FormatError that
// names its key.
func FromMetadata(lookup func(key string) (string, bool)) (Config, error) {
	r := metadataReader{lookup: lookup}
	size, _ := tensor.IntOf(r.number(metadata.PreprocessSize, func(s string) (float64, error) { n, err := strconv.Atoi(s); return float64(n), err }))
	c := Config{
		Kind:          Kind(r.text(metadata.PreprocessKind)),
		Size:          size,
		Crop:          r.number(metadata.PreprocessCrop, parseFloat),
		Interpolation: Interpolation(r.text(metadata.PreprocessInterpolation)),
		Mean:          r.triple(metadata.PreprocessMean),
		Std:           r.triple(metadata.PreprocessStd),
	}
	if r.err != nil {
		return Config{}, r.err
	}
	if err := c.Check(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// Metadata returns c as FromMetadata reads it, without loss.
func (c Config) Metadata() map[string]string {
	return map[string]string{
		metadata.PreprocessKind:          string(c.Kind),
		metadata.PreprocessSize:          strconv.Itoa(c.Size),
		metadata.PreprocessCrop:          formatFloat(c.Crop),
		metadata.PreprocessInterpolation: string(c.Interpolation),
		metadata.PreprocessMean:          formatTriple(c.Mean),
		metadata.PreprocessStd:           formatTriple(c.Std),
	}
}

// metadataReader keeps the first error.
type metadataReader struct {
	lookup func(key string) (string, bool)
	err    error
}

func (r *metadataReader) text(key string) string {
	s, ok := r.lookup(key)
	if !ok && r.err == nil {
		r.err = errs.Format("metadata "+key, "missing")
	}
	return s
}

func (r *metadataReader) number(key string, parse func(string) (float64, error)) float64 {
	s := r.text(key)
	if r.err != nil {
		return 0
	}
	v, err := parse(s)
	if err != nil {
		r.err = errs.Format("metadata "+key, "%s is not a number", errs.Quote(s))
	}
	return v
}

func (r *metadataReader) triple(key string) (v [3]float64) {
	s := r.text(key)
	if r.err != nil {
		return v
	}
	parts := strings.Split(s, ",")
	if len(parts) != 3 {
		r.err = errs.Format("metadata "+key, "%s, allowed three numbers: R,G,B", errs.Quote(s))
		return v
	}
	for i, part := range parts {
		var err error
		if v[i], err = parseFloat(strings.TrimSpace(part)); err != nil {
			r.err = errs.Format("metadata "+key, "%s is not a number", errs.Quote(part))
			return v
		}
	}
	return v
}

func parseFloat(s string) (float64, error) { return strconv.ParseFloat(s, 64) }

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func formatTriple(v [3]float64) string {
	return formatFloat(v[0]) + "," + formatFloat(v[1]) + "," + formatFloat(v[2])
}
