package main

import (
	"cmp"
	"fmt"
	"io"
	goruntime "runtime"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

// machine is what figures were measured on.
type machine struct {
	Processor string `json:"processor"` // as the system calls it; "" where it does not tell
	Cores     int    `json:"cores"`     // logical ones that this process may use
	Platform  string `json:"platform"`
}

func thisMachine() machine {
	return machine{Processor: processor(), Cores: goruntime.NumCPU(), Platform: goruntime.GOOS + "/" + goruntime.GOARCH}
}

func (m machine) text(w io.Writer, instructions string) {
	fmt.Fprintf(w, "%s, %d cores, %s, %s\n", errs.Quote(cmp.Or(m.Processor, "processor not known")), m.Cores, m.Platform, instructions)
}

// cpuName reads the processor's name in what Linux has in /proc/cpuinfo.
func cpuName(text string) string {
	values := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); values[name] == "" {
			values[name] = strings.TrimSpace(value)
		}
	}
	if name := values["model name"]; name != "" {
		return name
	}
	if part := values["CPU part"]; part != "" {
		return "implementer " + values["CPU implementer"] + " part " + part
	}
	return ""
}
