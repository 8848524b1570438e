package browser

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// watch fails the test for exceptions of the page, and for what the browser reports as
// errors: files that are not there, a policy that is broken. It starts the browser.
func watch(t *testing.T, tab context.Context) {
	t.Helper()
	ended := make(chan struct{}, 2)
	err := chromedp.Do(tab, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		thrown, entries := cdp.Events(tab, target, runtime.ExceptionThrown), cdp.Events(tab, target, log.EntryAdded)
		go func() {
			for e, err := range thrown {
				if err != nil {
					break // the tab is closed
				}
				t.Errorf("the page throws %s", e.ExceptionDetails.Text)
			}
			ended <- struct{}{}
		}()
		go func() {
			for e, err := range entries {
				if err != nil {
					break
				}
				if e.Entry.Level == log.EntryLevelError {
					t.Errorf("the browser says %s %s", e.Entry.Text, e.Entry.URL)
				}
			}
			ended <- struct{}{}
		}()
		_, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{})
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { <-ended; <-ended })
}
