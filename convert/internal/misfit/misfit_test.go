package misfit

import "testing"

func TestText(t *testing.T) {
	for _, c := range []struct {
		m     Misfit
		count int
		want  string
	}{
		{Misfit{}, 0, ""},
		{Misfit{Missing: []string{"a", "b", "c"}}, 3, "roles that no tensor fills: a, b, c"},
		{Misfit{Wrong: []string{"a"}, Surplus: []string{"b", "c", "d", "e", "f"}}, 6, "tensors of another shape: a; tensors that no role takes: b, c, d and 2 more"},
	} {
		if got := c.m.Text("role"); got != c.want || c.m.Count() != c.count {
			t.Errorf("%d: %s, want %d: %s", c.m.Count(), got, c.count, c.want)
		}
	}
}
