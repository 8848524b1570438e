package tf

import (
	"path"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/errs"
)

const (
	// stateFile names the newest checkpoint in its folder: a CheckpointState
	// as protobuf text.
	stateFile = "checkpoint"
	maxState  = 1 << 20
)

// parseState returns the prefix that a state file names. It is a path below
// the state file's folder: of an absolute one, which was right on the machine
// that trained, the last part, and anything that leads out of the folder is an
// error.
func parseState(text string) (string, error) {
	const key = "model_checkpoint_path"
	prefix := ""
	for i, line := range strings.Split(text, "\n") {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || strings.TrimSpace(name) != key {
			continue // other fields list older checkpoints and times
		}
		field := key + " in line " + strconv.Itoa(i+1)
		if prefix != "" {
			return "", errs.Format(field, "comes twice")
		}
		p, err := strconv.Unquote(strings.TrimSpace(value))
		if err != nil || p == "" {
			return "", errs.Format(field, "is %s, allowed a path in quotes", errs.Quote(value))
		}
		if prefix, err = contained(p); err != nil {
			return "", errs.Format(field, "%w", err)
		}
	}
	if prefix == "" {
		return "", errs.Format("", "no %s", key)
	}
	return prefix, nil
}

// contained returns p as a path below the state file's folder.
func contained(p string) (string, error) {
	slashed := strings.ReplaceAll(p, `\`, "/")
	absolute := path.IsAbs(slashed) || strings.Contains(slashed, ":") // C:/…, gs://…
	if absolute {
		slashed = path.Base(slashed)
	}
	for part := range strings.SplitSeq(slashed, "/") {
		if part == ".." || strings.ContainsRune(part, 0) {
			return "", errs.Format("", "%s leads out of the folder", errs.Quote(p))
		}
	}
	if slashed = path.Clean(slashed); slashed == "." || slashed == "/" {
		return "", errs.Format("", "%s is no checkpoint's prefix", errs.Quote(p))
	}
	return slashed, nil
}
