package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/preparation"
	"github.com/mixconv/mixconv/metadata"
	"github.com/mixconv/mixconv/onnx"
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

func describeStored(m *convert.Converted, inputs []runtime.Value) stored {
	var s stored
	if len(inputs) == 1 && len(inputs[0].Shape) == 4 && inputs[0].Shape[2] != tensor.Unknown {
		s.ImageSize = &inputs[0].Shape[2]
	}
	s.Preprocess = preprocessing(m.Model)
	if labels, _ := m.Metadata(metadata.Labels); labels != "" {
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
		fmt.Fprintf(w, "preprocessing   %s\n", preprocessText(s.Preprocess))
	}
	if s.Labels == 0 {
		fmt.Fprintln(w, "labels          not stored: --labels FILE names them")
	} else {
		fmt.Fprintf(w, "labels          %d stored\n", s.Labels)
	}
}

// preprocessing is what m says of how pictures are prepared, by short names; nil if
// nothing.
func preprocessing(m *onnx.Model) map[string]string {
	var said map[string]string
	for _, key := range metadata.Preprocess {
		if value, ok := m.Metadata(key); ok {
			if said == nil {
				said = map[string]string{}
			}
			said[preparation.Field(key)] = value
		}
	}
	return said
}

// preprocessText is preprocessing in a line.
func preprocessText(said map[string]string) string {
	var parts []string
	for _, key := range metadata.Preprocess {
		short := preparation.Field(key)
		value, ok := said[short]
		if !ok {
			value = "not stored"
		}
		parts = append(parts, short+" "+errs.Quote(value))
	}
	return strings.Join(parts, ", ")
}
