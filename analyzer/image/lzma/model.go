package lzma

// Sizes of the model, as the LZMA specification names them ("lzma-specification.txt" of the LZMA SDK).
const (
	numStates      = 12
	maxPosStates   = 1 << 4
	numLenToStates = 4
	endPosModel    = 14  // distance slots from here on have fixed bits in the middle
	fullDistances  = 128 // 1 << (endPosModel / 2)
	litSize        = 0x300
	minMatch       = 2
	probInit       = 1 << 10
)

// lengths is the model of match lengths, for one kind of match.
type lengths struct {
	choice, choice2 uint16
	low, mid        [maxPosStates][8]uint16
	high            [256]uint16
}

// model holds the adaptive probabilities, out of 2048, that a bit is 0.
type model struct {
	isMatch    [numStates * maxPosStates]uint16
	isRep0Long [numStates * maxPosStates]uint16
	isRep      [numStates]uint16
	isRepG0    [numStates]uint16
	isRepG1    [numStates]uint16
	isRepG2    [numStates]uint16
	slot       [numLenToStates][64]uint16
	special    [fullDistances]uint16
	align      [16]uint16
	new, rep   lengths
	literal    []uint16 // litSize for each context
}

func fill(p []uint16) {
	for i := range p {
		p[i] = probInit
	}
}

func (l *lengths) reset() {
	l.choice, l.choice2 = probInit, probInit
	for i := range l.low {
		fill(l.low[i][:])
		fill(l.mid[i][:])
	}
	fill(l.high[:])
}

func (m *model) reset() {
	for _, p := range [][]uint16{
		m.isMatch[:], m.isRep0Long[:], m.isRep[:], m.isRepG0[:], m.isRepG1[:], m.isRepG2[:],
		m.special[:], m.align[:], m.literal,
	} {
		fill(p)
	}
	for i := range m.slot {
		fill(m.slot[i][:])
	}
	m.new.reset()
	m.rep.reset()
}
