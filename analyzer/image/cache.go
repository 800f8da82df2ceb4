package image

import (
	"container/list"
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
}

type cacheItem struct {
	key  any
	data []byte
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, order: list.New(), items: map[any]*list.Element{}}
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

// Cached returns the bytes for key, from the shared cache or from decode. Two callers may decode the same
// block at once; the result is the same.
func (b *Budget) Cached(key any, decode func() ([]byte, error)) ([]byte, error) {
	if data, ok := b.cache.get(key); ok {
		return data, nil
	}
	data, err := decode()
	if err == nil {
		err = b.spend(int64(len(data)))
	}
	if err != nil {
		return nil, err
	}
	b.cache.put(key, data)
	return data, nil
}
