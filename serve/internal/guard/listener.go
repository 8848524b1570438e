package guard

import (
	"net"
	"sync"
	"sync/atomic"
)

// Listener accepts no more connections than it may hold; others wait until one ends.
type Listener struct {
	net.Listener
	room   chan struct{}
	closed chan struct{}
	once   sync.Once
	open   atomic.Int64
}

// Limit makes a listener of at most so many connections.
func Limit(l net.Listener, most int) *Listener {
	return &Listener{Listener: l, room: make(chan struct{}, most), closed: make(chan struct{})}
}

// Open is how many connections there are.
func (l *Listener) Open() int64 { return l.open.Load() }

// Accept waits for a connection, and for room.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case l.room <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	l.open.Add(1)
	return &conn{Conn: c, listener: l}, nil
}

// Close ends waiting, too.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// conn gives its place back once.
type conn struct {
	net.Conn
	listener *Listener
	once     sync.Once
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.listener.open.Add(-1)
		<-c.listener.room
	})
	return err
}
