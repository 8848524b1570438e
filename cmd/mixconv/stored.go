package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// stored is what a converting command says of what the model says of its
// pictures.
type stored struct {
	ImageSize  *int              `json:"image_size"` // height and width; null if open
	Preprocess map[string]string `json:"preprocess"` // what is stored of it; null if nothing
	Labels     int               `json:"labels"`     // class names stored
}

func describeStored(m *mixconv.Converted, inputs []runtime.Value) stored {
	var s stored
	if len(inputs) == 1 && len(inputs[0].Shape) == 4 && inputs[0].Shape[2] != tensor.Unknown {
		s.ImageSize = &inputs[0].Shape[2]
	}
	for _, key := range preprocess.Keys {
		if value, ok := m.Metadata(key); ok {
			if s.Preprocess == nil {
				s.Preprocess = map[string]string{}
			}
			s.Preprocess[strings.TrimPrefix(key, "mixconv.preprocess.")] = value
		}
	}
	if labels, _ := m.Metadata(convert.MetaLabels); labels != "" {
		s.Labels = 1 + strings.Count(labels, "\n")
	}
	return s
}

func (s stored) text(w io.Writer) {
	size := "open"
	if s.ImageSize != nil {
		size = fmt.Sprintf("%d×%d", *s.ImageSize, *s.ImageSize)
	}
	fmt.Fprintf(w, "image size      %s (--image-size sets another)\n", size)
	if s.Preprocess == nil {
		fmt.Fprintln(w, "preprocessing   not stored, it is not known: --crop, --interpolation, --mean and --std say it")
	} else {
		var parts []string
		for _, key := range preprocess.Keys {
			short := strings.TrimPrefix(key, "mixconv.preprocess.")
			value, ok := s.Preprocess[short]
			if !ok {
				value = "not stored"
			}
			parts = append(parts, short+" "+errs.Quote(value))
		}
		fmt.Fprintf(w, "preprocessing   %s\n", strings.Join(parts, ", "))
	}
	if s.Labels == 0 {
		fmt.Fprintln(w, "labels          not stored: --labels FILE names them")
	} else {
		fmt.Fprintf(w, "labels          %d stored\n", s.Labels)
	}
}
