package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/torch"
	"github.com/mixconv/mixconv/errs"
)

// weightsFile is what inspect prints of what PyTorch stored.
type weightsFile struct {
	File         string   `json:"file"`
	Format       string   `json:"format"`
	Tensors      []array  `json:"tensors"` // without the prefix
	Params       int64    `json:"params"`  // elements of all float tensors, moments of batch norms too
	Dictionary   string   `json:"dictionary"`
	Averages     bool     `json:"averages"` // the dictionary's are moving averages
	Prefix       string   `json:"prefix"`
	Architecture string   `json:"architecture"`   // what the file or a config.json names
	Fits         []string `json:"fits,omitempty"` // networks that the tensors fit
	SHA256       string   `json:"sha256"`
}

// inspectTorch lists the tensors that a conversion with --ema auto would take.
func (a *app) inspectTorch(path string) error {
	c, err := torch.Read(path, convert.Options{})
	if err != nil {
		return err
	}
	f := weightsFile{File: c.File, Format: string(c.Format), Dictionary: c.Dictionary, Averages: c.Averages, Prefix: c.Prefix, SHA256: c.SHA256}
	if f.Architecture = c.Said; c.Config != nil {
		f.Architecture = c.Config.Architecture
	}
	f.Fits = c.Fits
	for _, t := range c.Tensors {
		f.Tensors = append(f.Tensors, array{t.Name, t.Tensor.DType.String(), dims(t.Tensor.Shape)})
	}
	f.Params = floatElements(f.Tensors)
	return a.print(f, f.text)
}

func (f weightsFile) text(w io.Writer) {
	fmt.Fprintf(w, "%s: %s, %d tensors, %s float elements\n", errs.Quote(f.File), f.Format, len(f.Tensors), thousands(f.Params))
	for _, line := range []struct{ what, value string }{
		{"network", f.Architecture}, {"fits", strings.Join(f.Fits, ", ")}, {"dictionary", f.Dictionary}, {"prefix", f.Prefix}, {"sha256", f.SHA256},
	} {
		if line.value != "" {
			fmt.Fprintf(w, "%-15s %s\n", line.what, errs.Quote(line.value))
		}
	}
	writeArrays(w, f.Tensors)
}
