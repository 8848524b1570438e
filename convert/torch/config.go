package torch

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/mixconv/mixconv/convert/torch/internal/strictjson"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/regular"
)

// maxConfig bounds a config.json: one with the names and descriptions of
// 21,843 classes has 4 MB.
const maxConfig = 16 << 20

// Config is what the config.json says that timm writes beside weights on the
// Hugging Face hub. Fields that it leaves out are zero.
type Config struct {
	Architecture  string // timm's name of the network
	NumClasses    int
	InputSize     []int // channels, height, width
	Interpolation string
	CropPct       float64
	CropMode      string
	Mean, Std     []float64      // per channel, of values from 0 to 1
	Labels        []string       // by class
	Descriptions  []string       // by class; as long as Labels if there are any
	ModelArgs     map[string]any // that the model is built with, beside its name
}

// pretrained is a "pretrained_cfg", which once was the whole file.
type pretrained struct {
	NumClasses    *int            `json:"num_classes"`
	InputSize     []int           `json:"input_size"`
	Interpolation string          `json:"interpolation"`
	CropPct       float64         `json:"crop_pct"`
	CropMode      string          `json:"crop_mode"`
	Mean          []float64       `json:"mean"`
	Std           []float64       `json:"std"`
	Labels        json.RawMessage `json:"labels"`
	LabelNames    json.RawMessage `json:"label_names"`
	Descriptions  json.RawMessage `json:"label_descriptions"`
}

// readConfig reads a config.json. One that names no architecture is not
// timm's and gives nil.
func readConfig(path string) (*Config, error) {
	text, err := regular.Read(path, maxConfig)
	if err != nil {
		return nil, err
	}
	c, err := parseConfig(text)
	return c, errs.InFile(path, err)
}

func parseConfig(text []byte) (*Config, error) {
	s := strictjson.New(text, 0)
	if err := s.Skip(); err != nil {
		return nil, err
	}
	if err := s.End(); err != nil {
		return nil, err
	}
	var file struct {
		Architecture string         `json:"architecture"`
		ModelArgs    map[string]any `json:"model_args"`
		Pretrained   *pretrained    `json:"pretrained_cfg"`
		pretrained
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, jsonError(err)
	}
	if file.Architecture == "" {
		return nil, nil
	}
	outer, inner := file.pretrained, file.Pretrained
	if inner == nil {
		inner = &outer
	}
	c := &Config{
		Architecture: file.Architecture, ModelArgs: file.ModelArgs,
		InputSize: inner.InputSize, Interpolation: inner.Interpolation,
		CropPct: inner.CropPct, CropMode: inner.CropMode, Mean: inner.Mean, Std: inner.Std,
	}
	// What stands outside is newer than what stands in pretrained_cfg.
	for _, p := range []*pretrained{inner, &outer} {
		if p.NumClasses != nil {
			c.NumClasses = *p.NumClasses
		}
		if err := c.addLabels(p); err != nil {
			return nil, err
		}
	}
	return c, c.check()
}

// addLabels reads the labels of p, if it has any.
func (c *Config) addLabels(p *pretrained) error {
	for _, names := range []json.RawMessage{p.Labels, p.LabelNames} {
		if isSet(names) {
			labels, err := parseLabels("label_names", names)
			if err != nil {
				return err
			}
			c.Labels = labels
		}
	}
	if !isSet(p.Descriptions) {
		return nil
	}
	byName := map[string]string{}
	if json.Unmarshal(p.Descriptions, &byName) != nil || len(c.Labels) == 0 {
		descriptions, err := parseLabels("label_descriptions", p.Descriptions)
		c.Descriptions = descriptions
		return err
	}
	c.Descriptions = make([]string, len(c.Labels))
	for i, label := range c.Labels {
		c.Descriptions[i] = byName[label]
	}
	return nil
}

func isSet(v json.RawMessage) bool { return len(v) > 0 && string(v) != "null" }

// parseLabels reads a list, or an object with the keys "0", "1" and so on.
func parseLabels(field string, text json.RawMessage) ([]string, error) {
	var list []string
	if json.Unmarshal(text, &list) == nil {
		return list, nil
	}
	var byIndex map[string]string
	if json.Unmarshal(text, &byIndex) != nil {
		return nil, errs.Format(field, "neither a list of strings nor an object of strings by class")
	}
	list = make([]string, len(byIndex))
	for i := range list {
		label, ok := byIndex[strconv.Itoa(i)]
		if !ok {
			return nil, errs.Format(field, "%d entries, but none for class %d", len(byIndex), i)
		}
		list[i] = label
	}
	return list, nil
}

// check compares the fields with each other and with what is possible.
func (c *Config) check() error {
	switch {
	case c.NumClasses < 0:
		return errs.Format("num_classes", "%d, allowed 0 or more", c.NumClasses)
	case c.InputSize != nil && len(c.InputSize) != 3:
		return errs.Format("input_size", "%d numbers, allowed 3: channels, height and width", len(c.InputSize))
	case c.CropPct < 0 || c.CropPct > 4:
		return errs.Format("crop_pct", "%g, allowed 0 to 4", c.CropPct)
	case c.CropMode != "" && c.CropMode != "center":
		return errs.Format("crop_mode", "%s, allowed center", errs.Quote(c.CropMode))
	case len(c.Mean) != len(c.Std):
		return errs.Format("mean", "%d numbers, std has %d", len(c.Mean), len(c.Std))
	case len(c.Labels) > 0 && c.NumClasses > 0 && len(c.Labels) != c.NumClasses:
		return errs.Format("label_names", "%d labels, num_classes is %d", len(c.Labels), c.NumClasses)
	case len(c.Descriptions) > 0 && len(c.Labels) > 0 && len(c.Descriptions) != len(c.Labels):
		return errs.Format("label_descriptions", "%d descriptions, %d labels", len(c.Descriptions), len(c.Labels))
	}
	for _, n := range c.InputSize {
		if n < 1 || n > 1<<20 {
			return errs.Format("input_size", "%d, allowed 1 to %d", n, 1<<20)
		}
	}
	for _, v := range c.Std {
		if v <= 0 {
			return errs.Format("std", "%g, allowed is more than 0", v)
		}
	}
	return nil
}

// jsonError gives an error of encoding/json its place.
func jsonError(err error) error {
	var e *json.UnmarshalTypeError
	if errors.As(err, &e) {
		return errs.FormatAt(e.Offset, e.Field, "found a %s, which is of the wrong type", e.Value)
	}
	return errs.Format("JSON", "%w", err)
}
