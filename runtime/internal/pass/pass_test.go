package pass

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestDrawn: ARCHITECTURE.md draws every pass.
func TestDrawn(t *testing.T) {
	page, err := os.ReadFile("../../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	drawing := regexp.MustCompile(`(?s)### The passes.*?passed\n`).Find(page)
	for _, p := range Table {
		if !regexp.MustCompile(`\b` + p.Name + `\b`).Match(drawing) {
			t.Errorf("the drawing of passes in ARCHITECTURE.md lacks %s", p.Name)
		}
	}
}

// TestOrder: every pass stands behind those that it needs.
func TestOrder(t *testing.T) {
	var before []string
	for _, p := range Table {
		if slices.Contains(before, p.Name) {
			t.Errorf("%s is there twice", p.Name)
		}
		for _, need := range p.After {
			if !slices.Contains(before, need) {
				t.Errorf("%s must run after %s", p.Name, need)
			}
		}
		before = append(before, p.Name)
	}
}

func TestPermutations(t *testing.T) {
	perm := []int{2, 0, 3, 1}
	list := []string{"n", "c", "h", "w"}
	moved := permute(list, perm)
	if back := permute(moved, invert(perm)); !slices.Equal(back, list) {
		t.Errorf("%v moved to %v and back to %v", list, moved, back)
	}
	if !isIdentity(permute(perm, invert(perm))) {
		t.Error("a permutation and its inverse are not the identity")
	}
}
