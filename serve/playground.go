package serve

import (
	"context"
	"sync"

	"github.com/mixconv/mixconv/internal/playground"
	"github.com/mixconv/mixconv/serve/internal/model"
	"github.com/mixconv/mixconv/serve/internal/repository"
)

// tried are the models that the page tries pictures on. The last one is kept open, beside
// the one that answers requests.
type tried struct {
	models *repository.Repository

	mu   sync.Mutex
	of   *model.Model
	open *playground.Model
}

// Playground lists the models that take pictures, each in its newest version.
func (p *tried) Playground() []playground.Info {
	var list []playground.Info
	for _, use := range p.models.Models() {
		if about, ok := use.Playground(); ok {
			if n := len(list); n > 0 && list[n-1].Name == about.Name {
				list = list[:n-1]
			}
			list = append(list, about)
		}
		use.Release()
	}
	return list
}

// OpenPlayground opens a model by name, unless it is open.
func (p *tried) OpenPlayground(ctx context.Context, name string) (*playground.Model, error) {
	use, err := p.models.Get(name, "")
	if err != nil {
		return nil, err
	}
	defer use.Release()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == use.Model {
		return p.open, nil
	}
	open, err := use.OpenPlayground(ctx)
	if err != nil {
		return nil, err
	}
	p.of, p.open = use.Model, open
	return open, nil
}
