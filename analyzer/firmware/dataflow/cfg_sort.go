package dataflow

import (
	"slices"
)

// sort finds the reverse post-order and the blocks on cycles.
func (g *graph) sort() {
	n := len(g.blocks)
	g.rank, g.loops, g.heads = make([]int32, n), make([]bool, n), make([]bool, n)
	state := make([]uint8, n)
	type frame struct {
		b    int32
		next []int32
	}
	all := func(b int32) (out []int32) {
		g.blocks[b].next(func(s int32) { out = append(out, s) })
		return out
	}
	stack := []frame{{0, all(0)}}
	state[0] = 1
	var post []int32
	type back struct{ from, to int32 }
	var backs []back
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if len(top.next) == 0 {
			state[top.b] = 2
			post = append(post, top.b)
			stack = stack[:len(stack)-1]
			continue
		}
		s := top.next[0]
		top.next = top.next[1:]
		switch state[s] {
		case 0:
			state[s] = 1
			stack = append(stack, frame{s, all(s)})
		case 1:
			backs = append(backs, back{top.b, s})
		}
	}
	slices.Reverse(post)
	g.order = post
	for i := range g.rank {
		g.rank[i] = -1
	}
	for i, b := range post {
		g.rank[b] = int32(i)
	}
	for _, b := range post {
		g.blocks[b].next(func(s int32) { g.blocks[s].pred = append(g.blocks[s].pred, b) })
	}
	for _, e := range backs { // the natural loop: blocks that reach the back edge without passing its head
		g.loops[e.to] = true
		g.heads[e.to] = true
		todo := []int32{e.from}
		for len(todo) > 0 {
			b := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if b == e.to || g.loops[b] && b != e.from {
				continue
			}
			seen := g.loops[b]
			g.loops[b] = true
			if !seen || b == e.from {
				todo = append(todo, g.blocks[b].pred...)
			}
			if b == e.from && seen {
				break
			}
		}
	}
}
