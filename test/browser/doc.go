// Package browser tests the pages of mixconv in headless Chromium, with real clicks and a
// drawn digit. It is a module of its own, as nothing else wants a browser.
//
// Without Chromium its tests are skipped, unless MIXCONV_BROWSER says which program it is.
// MIXCONV_SHOTS names a folder for screenshots to look at.
package browser
