package guard

import "sync/atomic"

// Memory bounds the bytes of requests that are held at the same time.
type Memory struct {
	most int64
	held atomic.Int64
}

// NewMemory makes a bound of so many bytes.
func NewMemory(most int64) *Memory { return &Memory{most: most} }

// Reserve takes so many bytes, if there are as many.
func (m *Memory) Reserve(n int64) bool {
	if m.held.Add(n) <= m.most {
		return true
	}
	m.held.Add(-n)
	return false
}

// Release gives them back.
func (m *Memory) Release(n int64) { m.held.Add(-n) }

// Held is how many bytes are taken.
func (m *Memory) Held() int64 { return m.held.Load() }
