package ubifs

import (
	"cmp"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	masterSize = 512
	maxLevels  = 512
	entryBytes = 96 // of memory an entry of the index costs, for the budget
)

// tree is what the index and the journal tell.
type tree struct {
	*volume
	inodes  map[uint32]*inode
	names   map[nameKey]dent
	labels  map[nameKey]dent // extended attributes by the inode they belong to
	met     map[place]struct{}
	entries int64
}

// inode is where the nodes of one inode lie.
type inode struct {
	ino    uint32
	place  place
	stat   *stat // once it is read
	blocks []block
	cuts   []cut
	ready  *content // of a regular file, once it is listed
}

// block is a piece of a file.
type block struct {
	number uint32
	order  int // among what the journal tells; 0 in the index
	place  place
}

// cut says that what a file had from a block on before some moment is gone.
type cut struct {
	order int
	first uint64
}

type nameKey struct {
	parent uint32
	name   string
}

// dent is what a name leads to.
type dent struct {
	ino uint32
	at  place
}

func newTree(v *volume) *tree {
	t := &tree{volume: v}
	t.reset()
	return t
}

func (t *tree) reset() {
	t.inodes, t.names, t.labels = map[uint32]*inode{}, map[nameKey]dent{}, map[nameKey]dent{}
	t.met, t.entries = map[place]struct{}{}, 0
}

// master is what is needed of struct ubifs_mst_node.
type master struct {
	commit uint64
	log    uint32
	root   place
}

// load reads the newest master node, then the index and the journal behind it.
func (t *tree) load() error {
	var newest master
	seen := false
	for lnum := range uint32(2) {
		err := t.scan(masterLEB+lnum, 0, func(n found) error {
			if n.kind != typeMaster || n.length < masterSize {
				return nil
			}
			c := bin.Little(n.raw, 0)
			c.Skip(nodeHeader + 8)
			m := master{commit: c.U64()}
			c.Skip(4)
			m.log = c.U32()
			m.root = place{c.U32(), c.U32(), c.U32()}
			if !seen || m.commit >= newest.commit {
				newest, seen = m, true
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if !seen {
		return image.Errorf(image.Malformed, masterLEB*t.leb, "no master node")
	}
	if err := t.walk(newest.root); err != nil {
		return err
	}
	return t.journal(newest)
}

type step struct {
	place place
	level int // that the node is below
}

// walk goes through the index from its root. It stops at the first node that cannot be read.
func (t *tree) walk(root place) error {
	for todo := []step{{root, maxLevels}}; len(todo) > 0; {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if _, twice := t.met[s.place]; twice {
			return image.Errorf(image.Malformed, -1, "the index has a node twice")
		}
		t.met[s.place] = struct{}{}
		raw, err := t.node(s.place, typeIndex)
		if err != nil {
			return err
		}
		t.good += int64(len(raw))
		c := bin.Little(raw, 0)
		c.Skip(nodeHeader)
		children, level := int(c.U16()), int(c.U16())
		if children == 0 || level >= s.level {
			return image.Errorf(image.Malformed, -1, "an index node of level %d with %d children below level %d", level, children, s.level)
		}
		// Authenticated filesystems have a hash behind each key.
		size := (len(raw) - indexSize) / children
		if size < branchSize {
			return image.Errorf(image.Malformed, -1, "an index node of %d bytes with %d children", len(raw), children)
		}
		for k := range children {
			c.Seek(indexSize + k*size)
			p := place{c.U32(), c.U32(), c.U32()}
			if level > 0 {
				todo = append(todo, step{p, level})
				continue
			}
			if err := t.entry(readKey(c), p); err != nil {
				return err
			}
		}
	}
	return nil
}

// entry takes one entry of the index in.
func (t *tree) entry(k key, p place) error {
	t.entries++
	if err := t.budget.CheckMemory(t.entries * entryBytes); err != nil {
		return err
	}
	switch k.kind {
	case typeInode:
		t.inode(k.ino).place = p
	case typeData:
		i := t.inode(k.ino)
		i.blocks = append(i.blocks, block{k.block, 0, p})
	case typeDent, typeXent:
		raw, err := t.node(p, uint8(k.kind))
		if err != nil {
			// The name is lost, the rest is not.
			t.spoil("", err)
			return nil
		}
		t.good += int64(len(raw))
		t.name(k, p, raw)
	}
	return nil
}

func (t *tree) inode(ino uint32) *inode {
	i := t.inodes[ino]
	if i == nil {
		i = &inode{ino: ino}
		t.inodes[ino] = i
	}
	return i
}

// name takes a directory entry in, or one of an extended attribute. One that leads to no inode takes the name away.
func (t *tree) name(k key, p place, raw []byte) {
	c := bin.Little(raw, 0)
	c.Skip(keyAt + 16)
	ino := c.U64()
	c.Skip(2)
	size := int(c.U16())
	c.Skip(4)
	name := c.Bytes(size)
	if c.Err() != nil || size > maxName || ino > 1<<32-1 {
		t.Miss("", image.Errorf(image.Malformed, int64(p.lnum)*t.leb+int64(p.offs), "a directory entry of %d bytes", len(raw)))
		return
	}
	names := t.names
	if k.kind == typeXent {
		names = t.labels
	}
	if nk := (nameKey{k.ino, string(name)}); ino == 0 {
		delete(names, nk)
	} else {
		names[nk] = dent{uint32(ino), p}
	}
}

// spoil records a node that cannot be read.
func (t *tree) spoil(name string, err error) {
	t.Miss(name, err)
	gap := image.GapOf(nil, "", err)
	if len(t.bad) < maxBad {
		t.bad = append(t.bad, image.Check{Name: name, What: nodeSum, Outcome: image.Mismatched, Offset: gap.Offset, Detail: gap.Detail})
	}
}

// byNumber orders blocks as they lie in the file.
func byNumber(a, b block) int { return cmp.Compare(a.number, b.number) }
