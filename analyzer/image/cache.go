package image

import (
	"container/list"
	"errors"
	"sync"
)

// cache keeps decoded bytes up to a size and forgets the least recently used. Keys are pointers of the
// streams and block readers that own the bytes.
type cache struct {
	mu    sync.Mutex
	limit int64
	used  int64
	order *list.List // front: used last
	items map[any]*list.Element
	calls map[any]*call // blocks being decoded
}

// call is a block that somebody decodes and others wait for.
type call struct {
	done chan struct{}
	data []byte
	err  error
}

type cacheItem struct {
	key  any
	data []byte
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, order: list.New(), items: map[any]*list.Element{}, calls: map[any]*call{}}
}

func (c *cache) get(key any) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cacheItem).data, true
}

func (c *cache) put(key any, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.items[key]; ok {
		c.drop(e)
	}
	if int64(len(data)) > c.limit {
		return
	}
	c.items[key] = c.order.PushFront(&cacheItem{key, data})
	c.used += int64(len(data))
	for c.used > c.limit {
		c.drop(c.order.Back())
	}
}

func (c *cache) forget(key any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.items[key]; ok {
		c.drop(e)
	}
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.order.Init()
	clear(c.items)
	c.used = 0
}

func (c *cache) drop(e *list.Element) {
	it := c.order.Remove(e).(*cacheItem)
	delete(c.items, it.key)
	c.used -= int64(len(it.data))
}

// Cached returns the bytes for key, from the shared cache or from decode. Of several callers that want one block at
// the same time, one decodes it; what decode itself asks for must lie in the layers below.
func (b *Budget) Cached(key any, decode func() ([]byte, error)) ([]byte, error) {
	if data, ok := b.cache.get(key); ok {
		return data, nil
	}
	mine, c := b.cache.begin(key)
	if !mine {
		<-c.done
		return c.data, c.err
	}
	c.err = errAbandoned // what the others get if decode panics
	defer b.cache.end(key, c)
	if c.data, c.err = decode(); c.err == nil {
		c.err = b.spend(int64(len(c.data)))
	}
	if c.err != nil {
		c.data = nil
		return nil, c.err
	}
	b.cache.put(key, c.data)
	return c.data, nil
}

var errAbandoned = errors.New("decoding was abandoned")

// begin returns the call for key, and whether the caller is to make it.
func (c *cache) begin(key any) (mine bool, k *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.calls[key]; k != nil {
		return false, k
	}
	k = &call{done: make(chan struct{})}
	c.calls[key] = k
	return true, k
}

func (c *cache) end(key any, k *call) {
	c.mu.Lock()
	delete(c.calls, key)
	c.mu.Unlock()
	close(k.done)
}
