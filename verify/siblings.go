package verify

import (
	"context"
	"errors"

	"github.com/mixconv/mixconv/runtime"
)

// Sibling is how another network did that the reference's weights fit too: it has
// the same tensors and computes otherwise. Only outputs are compared.
type Sibling struct {
	Network string `json:"network"`
	Pass    bool   `json:"pass"`
	MaxAbs  Number `json:"max_abs"`
	MaxRel  Number `json:"max_rel"`
	Note    string `json:"note,omitempty"` // why it could not be tried
}

// maxSiblings is how many are tried: each starts Python once more.
const maxSiblings = 4

// siblings runs the networks that the weights fit too on the same input.
func (r *live) siblings(ctx context.Context, here *subject, in runtime.Tensors, pictures []Picture) ([]siblingAnswer, error) {
	var list []siblingAnswer
	for _, network := range r.Siblings[:min(len(r.Siblings), maxSiblings)] {
		other := *r
		other.Network = network
		a, err := other.ask(ctx, here, []string{}, in, pictures)
		if e := (*UnavailableError)(nil); errors.As(err, &e) {
			list = append(list, siblingAnswer{network: network, failed: e.Reason})
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, siblingAnswer{network: network, values: a.values})
	}
	return list, nil
}

// siblingAnswer is what a sibling computed, or why it did not.
type siblingAnswer struct {
	network, failed string
	values          *values
}

// compareSiblings compares the outputs of the model with those of each sibling.
func (c *Comparison) compareSiblings(ctx context.Context, got *values, list []siblingAnswer, o Options) error {
	o = Options{Tolerance: o.Tolerance}
	for _, s := range list {
		if s.failed != "" {
			c.Siblings = append(c.Siblings, Sibling{Network: s.network, Note: s.failed})
			continue
		}
		other, err := compareAll(ctx, s.network, got, answer{values: s.values}, o)
		if err != nil {
			return err
		}
		c.Siblings = append(c.Siblings, Sibling{Network: s.network, Pass: other.Pass, MaxAbs: other.MaxAbs, MaxRel: other.MaxRel})
	}
	return nil
}

// String says in a few words how the sibling did.
func (s Sibling) String() string {
	switch {
	case s.Note != "":
		return s.Network + " has these tensors too, and could not be tried: " + s.Note
	case s.Pass:
		return s.Network + " has these tensors too, and agrees"
	}
	return s.Network + " has these tensors too, and differs by " + s.MaxRel.String() + " of the largest value"
}
