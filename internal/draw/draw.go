// Package draw lays out a small graph for SVG: nodes in rows from top to bottom, an edge
// to the next row straight, one that is longer in a lane at the right.
package draw

import (
	"cmp"
	"fmt"
	"slices"
)

// Node is a box to draw. From are the indices of the nodes that it reads, each before it.
type Node struct {
	Class string   // of the box, for the stylesheet
	Head  string   // bold
	Lines []string // below it
	Title string   // shown when a pointer rests on the box
	Cells []string // parts of the node, side by side
	Find  string   // what a search looks at
	From  []int
}

// Drawing is a graph with places.
type Drawing struct {
	Width, Height int
	Boxes         []Box
	Edges         []string // paths
}

// Box is a node at its place.
type Box struct {
	Node
	X, Y, W, H int
	Texts      []Text
	CellBoxes  []Cell
}

// Text is a line in a box.
type Text struct {
	X, Y int
	Text string
	Head bool
}

// Cell is a part of a box.
type Cell struct {
	X, Y, W, H int
	Text       string
}

const (
	boxWidth   = 176
	cellWidth  = 84
	cellHeight = 24
	lineHeight = 15
	boxPad     = 8
	gapX       = 14
	gapY       = 26
	laneWidth  = 13
)

// Layout places nodes.
func Layout(nodes []Node) *Drawing {
	rank, rows := ranks(nodes)
	d := &Drawing{Boxes: make([]Box, len(nodes))}
	y := gapY / 2
	for _, row := range rows {
		placeRow(d, nodes, row, y)
		y += rowHeight(d, row) + gapY
	}
	d.Height = y
	left := 0
	for _, b := range d.Boxes {
		left = min(left, b.X)
	}
	for i := range d.Boxes {
		d.Boxes[i].X += gapX - left
		d.Boxes[i].fill()
	}
	d.connect(nodes, rank, rows)
	for _, b := range d.Boxes {
		d.Width = max(d.Width, b.X+b.W+gapX)
	}
	return d
}

// ranks are the rows of nodes: each is below all that it reads.
func ranks(nodes []Node) (rank []int, rows [][]int) {
	rank = make([]int, len(nodes))
	for i, n := range nodes {
		for _, from := range n.From {
			rank[i] = max(rank[i], rank[from]+1)
		}
		for len(rows) <= rank[i] {
			rows = append(rows, nil)
		}
		rows[rank[i]] = append(rows[rank[i]], i)
	}
	return rank, rows
}

// placeRow places a row around x 0, each node near what it reads.
func placeRow(d *Drawing, nodes []Node, row []int, y int) {
	middle := map[int]int{}
	for _, i := range row {
		for _, from := range nodes[i].From {
			middle[i] += (d.Boxes[from].X + d.Boxes[from].W/2) / len(nodes[i].From)
		}
	}
	slices.SortStableFunc(row, func(a, b int) int { return cmp.Compare(middle[a], middle[b]) })
	width := -gapX
	for _, i := range row {
		d.Boxes[i] = sized(nodes[i])
		width += d.Boxes[i].W + gapX
	}
	x := -width / 2
	for _, i := range row {
		d.Boxes[i].X, d.Boxes[i].Y = x, y
		x += d.Boxes[i].W + gapX
	}
}

func rowHeight(d *Drawing, row []int) int {
	h := 0
	for _, i := range row {
		h = max(h, d.Boxes[i].H)
	}
	return h
}

func sized(n Node) Box {
	b := Box{Node: n, W: max(boxWidth, len(n.Cells)*cellWidth+2*boxPad), H: (1+len(n.Lines))*lineHeight + 2*boxPad}
	if len(n.Cells) > 0 {
		b.H += cellHeight + boxPad/2
	}
	return b
}

// fill places what is in a box.
func (b *Box) fill() {
	x, y := b.X+b.W/2, b.Y+boxPad+11
	b.Texts = append(b.Texts, Text{x, y, shorten(b.Head), true})
	for _, line := range b.Lines {
		y += lineHeight
		b.Texts = append(b.Texts, Text{x, y, shorten(line), false})
	}
	for i, text := range b.Cells {
		w := (b.W - 2*boxPad) / len(b.Cells)
		b.CellBoxes = append(b.CellBoxes, Cell{b.X + boxPad + i*w, y + boxPad, w - 3, cellHeight, text})
	}
}

// shorten keeps the end of a text that is too long for a box: names differ there.
func shorten(text string) string {
	const most = 27
	if r := []rune(text); len(r) > most {
		return "…" + string(r[len(r)-most+1:])
	}
	return text
}

// MiddleX and MiddleY are where a cell's text stands.
func (c Cell) MiddleX() int { return c.X + c.W/2 }

// MiddleY is the baseline of a cell's text.
func (c Cell) MiddleY() int { return c.Y + c.H/2 + 4 }

// lane is a way down at the right of some rows.
type lane struct{ from, to, x int }

// connect draws the edges. One that passes rows takes a lane at their right.
func (d *Drawing) connect(nodes []Node, rank []int, rows [][]int) {
	var lanes []lane
	for i, n := range nodes {
		to := d.Boxes[i]
		for k, j := range n.From {
			if slices.Contains(n.From[:k], j) {
				continue
			}
			from := d.Boxes[j]
			if rank[i] == rank[j]+1 {
				x1, y1, x2, y2 := from.X+from.W/2, from.Y+from.H, to.X+to.W/2, to.Y-2
				d.Edges = append(d.Edges, fmt.Sprintf("M%d,%d C%d,%d %d,%d %d,%d", x1, y1, x1, (y1+y2)/2, x2, (y1+y2)/2, x2, y2))
				continue
			}
			const apart = 6 // from the middle: what leaves a box is below what comes
			l := lane{rank[j], rank[i], d.right(rows[rank[j]:rank[i]+1]) + laneWidth}
			l.avoid(lanes)
			lanes = append(lanes, l)
			d.Width = max(d.Width, l.x+gapX)
			d.Edges = append(d.Edges, fmt.Sprintf("M%d,%d H%d V%d H%d", from.X+from.W, from.Y+from.H/2+apart, l.x, to.Y+to.H/2-apart, to.X+to.W+2))
		}
	}
}

// right is where the widest of the rows ends.
func (d *Drawing) right(rows [][]int) int {
	x := 0
	for _, row := range rows {
		for _, i := range row {
			x = max(x, d.Boxes[i].X+d.Boxes[i].W)
		}
	}
	return x
}

// avoid moves a lane to the right until it keeps clear of others.
func (l *lane) avoid(others []lane) {
	for moved := true; moved; {
		moved = false
		for _, o := range others {
			if l.from < o.to && o.from < l.to && l.x > o.x-laneWidth && l.x < o.x+laneWidth {
				l.x, moved = o.x+laneWidth, true
			}
		}
	}
}
